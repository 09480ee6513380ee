//! A week of a fleet on virtual time: what it asks of the provider, beside a naive design, and what becomes of keys that come and go.
//! The model is described at `idporten_config_tests::fleet`.
//!
//! `cargo run --release -p idporten-config-tests --example fleet [instances] [days] [seed]`

use std::env;
use std::time::{Duration, Instant};

use idporten_config_tests::fleet::{self, Group, Load, Report, Scenario, Span};

fn main() {
    let number = |at, default| env::args().nth(at).map_or(default, |text| text.parse().expect("a number"));
    let [instances, days] = [(1, 10_000), (2, 7)].map(|(at, default)| number(at, default));
    let days = u32::try_from(days).expect("days");
    let scenario = Scenario::week(u32::try_from(instances).expect("instances"), days, number(3, 42));
    let start = Instant::now();
    let report = fleet::run(&scenario);
    println!("{instances} instances, {days} days, seed {}: simulated in {:.1?}\n", scenario.seed, start.elapsed());
    loads(&scenario, &report);
    keys(&scenario, &report);
    promises(&scenario, &report);
    cold_start(scenario.instances, scenario.seed);
    rotations(scenario.seed);
}

fn cold_start(instances: u32, seed: u64) {
    let scenario = Scenario::cold_start(instances, seed);
    let report = fleet::run(&scenario);
    println!(
        "\nA roll-out within ten minutes without snapshots, while the provider is away for an hour: requests a second.\n"
    );
    println!("| | mean | peak, 1 min | peak, 1 s | naive: mean | peak, 1 min | peak, 1 s |");
    println!("|---|---|---|---|---|---|---|");
    let minute = Duration::from_secs(60);
    for (name, from, until) in [("roll-out", 0, 10), ("outage, after it", 10, 60), ("the minute after", 60, 61)] {
        let span = Span { from: from * minute, until: until * minute };
        let seconds = span.length().as_secs();
        let figures = [&report.load, &report.naive].map(|load| rates(&load.within(&[span]), seconds));
        println!("| {name} | {} |", figures.join(" | "));
    }
}

fn rotations(seed: u64) {
    println!(
        "\nThe longest from the publication of a key to its first use, where it signs a hundred tokens a second.\n"
    );
    println!("| lag of the key set | flood of 300 a second before it | served after | fetches in a minute |");
    println!("|---|---|---|---|");
    for (lag, flooded) in [(0, 0), (8, 0), (0, 61), (0, 90), (8, 90)] {
        let scenario = Scenario::rotation(100, Duration::from_secs(lag), Duration::from_secs(flooded), seed);
        let tally = fleet::run(&scenario).tally;
        let longest = tally.rotations[0].longest_lag;
        println!("| {lag} s | {flooded} s | {longest:.1?} | {} |", tally.most_in_a_window);
    }
}

fn loads(scenario: &Scenario, report: &Report) {
    println!("Requests a second at the provider, two to a fetch: mean, peak minute, peak second.\n");
    println!("| | mean | peak, 1 min | peak, 1 s | naive: mean | peak, 1 min | peak, 1 s |");
    println!("|---|---|---|---|---|---|---|");
    for phase in scenario.phases() {
        let seconds = phase.spans.iter().map(|span| span.length().as_secs()).sum();
        let figures = [&report.load, &report.naive].map(|load| rates(&load.within(&phase.spans), seconds));
        println!("| {} | {} |", phase.name, figures.join(" | "));
    }
}

fn rates(load: &Load, seconds: u64) -> String {
    let rate = |requests: u64, seconds: u64| match requests / seconds {
        0..100 => {
            let tenths = (requests * 10 + seconds / 2) / seconds;
            format!("{}.{}", tenths / 10, tenths % 10)
        }
        whole => whole.to_string(),
    };
    format!("{} | {} | {}", rate(load.total(), seconds), rate(load.peak_minute(), 60), load.peak_second())
}

fn keys(scenario: &Scenario, report: &Report) {
    let tally = &report.tally;
    println!(
        "\nLook-ups of a new key, which is published, before an instance has it; and the old key, once it is withdrawn.\n"
    );
    println!(
        "| | got it, after at most | `UnknownKey` | `Undetermined` | by processes, for at most | \
         old key refused after a timed refresh: median, longest | after an unknown kid: median, longest | never |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let rotations = scenario.rotations.iter().map(|rotation| format!("rotation {}", rotation.name));
    let names = std::iter::once("restarts from an old snapshot".to_owned()).chain(rotations);
    for (name, group) in names.zip(tally.groups()) {
        println!(
            "| {name} | {}, {:.1?} | {} | {} | {}, {} | {} | {} | {} |",
            group.waited,
            group.longest_wait,
            group.unknown,
            group.undetermined,
            group.undetermined_processes,
            time(group.longest_undetermined),
            refused(group, false),
            refused(group, true),
            group.never_refused,
        );
    }
    println!(
        "\nFetches: {} in their time, {} for unknown kids, of which at most {} in a window of an instance. Answered without anything \
         to serve: {}. Served beyond a limit: {:?}.",
        tally.due, tally.for_unknown_kids, tally.most_in_a_window, tally.unavailable, tally.beyond_limit
    );
}

fn refused(group: &Group, by_unknown_kid: bool) -> String {
    let Some((median, longest)) = group.refused_after(by_unknown_kid) else { return "none".to_owned() };
    let count = group.refusals.iter().filter(|refusal| refusal.by_unknown_kid == by_unknown_kid).count();
    format!("{}, {} ({count})", time(median), time(longest))
}

fn time(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 300.0 => format!("{seconds:.1} s"),
        seconds if seconds < 10_800.0 => format!("{:.1} min", seconds / 60.0),
        seconds => format!("{:.1} h", seconds / 3_600.0),
    }
}

fn promises(scenario: &Scenario, report: &Report) {
    let tally = &report.tally;
    assert!(tally.groups().all(|group| group.unknown == 0), "a key that is published was answered with `UnknownKey`");
    assert!(
        tally.most_in_a_window <= scenario.policy.unknown_kid_fetches as usize,
        "unknown kids had too many fetches"
    );
    assert_eq!(tally.beyond_limit, Duration::ZERO, "something was served beyond its limit");
}
