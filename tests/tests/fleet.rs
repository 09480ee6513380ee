//! A small fleet keeps the promises that are made of each instance, and of all together.

use std::time::Duration;

use idporten_config_tests::fleet::{self, Report, Scenario, Span};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn week() -> Scenario {
    Scenario::week(200, 7, 1)
}

fn peaks(scenario: &Scenario, report: &Report, phase: &str) -> (u64, u64) {
    let phases = scenario.phases();
    let phase = phases.iter().find(|candidate| candidate.name == phase).expect("a phase of this name");
    let [peak, naive] = [&report.load, &report.naive].map(|load| load.within(&phase.spans).peak_minute());
    (peak, naive)
}

#[test]
fn a_week_of_a_fleet_keeps_the_promises() {
    let scenario = week();
    let report = fleet::run(&scenario);
    let tally = &report.tally;

    let fetches = scenario.policy.unknown_kid_fetches as usize;
    assert_eq!(tally.most_in_a_window, fetches, "the flood spends the window, and no more");
    assert_eq!((tally.beyond_limit, tally.unavailable), (Duration::ZERO, 0));
    for group in tally.groups() {
        assert_eq!(group.unknown, 0, "a key that is published is never unknown: {group:?}");
        assert!(group.longest_wait < scenario.policy.key_wait, "{group:?}");
        // Whatever else happens, a withdrawn key is trusted for no longer than an interval, and the fetch that ends it.
        assert_eq!((group.refusals.len(), group.never_refused), (200, 0), "every instance refuses it: {group:?}");
        let limit = scenario.policy.refresh_interval + scenario.latency;
        assert!(group.refusals.iter().all(|refusal| refusal.after <= limit), "{group:?}");
    }
}

#[test]
fn a_new_key_is_undetermined_no_longer_than_necessary() {
    let scenario = week();
    let tally = fleet::run(&scenario).tally;
    let [calm, in_outage, in_flood] = &tally.rotations[..] else { panic!("three rotations") };

    assert_eq!((tally.restarts.undetermined, calm.undetermined), (0, 0), "the first who asks is told after a fetch");
    assert!(calm.waited >= 200, "each instance is asked");

    let left = scenario.outage.until.saturating_sub(scenario.rotations[1].published);
    assert!(in_outage.undetermined > 0);
    // By the last of the timed retries, if nobody has asked before.
    assert!(in_outage.longest_undetermined <= left + scenario.policy.max_backoff + scenario.latency, "{in_outage:?}");

    let window = scenario.policy.unknown_kid_window;
    assert!(in_flood.undetermined > 0, "the shadow of the window falls on it");
    assert!(in_flood.longest_undetermined < window + SECOND, "{in_flood:?}");
    let (_, longest) = in_flood.refused_after(true).expect("the flood has fetches made");
    assert!(longest < window + SECOND, "{longest:?}");
}

#[test]
fn a_key_set_that_lags_by_eight_seconds_is_followed_within_five() {
    let scenario = Scenario::rotation(100, 8 * SECOND, Duration::ZERO, 5);
    let tally = fleet::run(&scenario).tally;
    let group = &tally.rotations[0];
    assert!(group.longest_lag <= 5 * SECOND && group.unknown == 0, "{group:?}");
    assert!(tally.most_in_a_window <= 3, "{} fetches in a minute", tally.most_in_a_window);
}

#[test]
fn a_rotation_in_a_flood_that_lasts_is_followed_within_25_seconds() {
    for lasted in [61, 70, 90] {
        let scenario = Scenario::rotation(20, Duration::ZERO, lasted * SECOND, 6);
        let tally = fleet::run(&scenario).tally;
        let group = &tally.rotations[0];
        assert!(group.longest_lag <= 25 * SECOND && group.unknown == 0, "{group:?}");
        assert_eq!(tally.most_in_a_window, 3, "the flood spends the window, and no more");
    }
}

#[test]
fn a_fleet_that_starts_in_an_outage_recovers_within_half_a_minute() {
    let scenario = Scenario::cold_start(200, 7);
    let report = fleet::run(&scenario);
    let minutes = |from: u32, until: u32| [Span { from: from * MINUTE, until: until * MINUTE }];
    let [outage, naive] = [&report.load, &report.naive].map(|load| load.within(&minutes(20, 60)).peak_minute());
    // Two requests a fetch, from 7.5 to 30 seconds apart.
    assert!(outage <= 200 * 2 * 5 && outage * 8 <= naive, "{outage} requests a minute, {naive} of the naive fleet");
    let after = report.load.within(&minutes(61, 120)).total();
    assert_eq!(after, 0, "all have recovered within a minute");
    assert!(report.load.within(&minutes(60, 61)).total() == 200 * 2, "each by one fetch");
}

#[test]
fn the_provider_is_spared_what_a_naive_fleet_would_ask_of_it() {
    let scenario = week();
    let report = fleet::run(&scenario);
    for (phase, times) in
        [("all", 100), ("outage", 10), ("outage, after a rotation", 10), ("flood, after it", 500), ("otherwise", 3)]
    {
        let (peak, naive) = peaks(&scenario, &report, phase);
        assert!(
            peak > 0 && peak * times <= naive,
            "{phase}: {peak} requests in a minute, and {naive} of the naive fleet"
        );
    }
}

#[test]
fn nothing_is_served_beyond_its_limit_in_an_outage_that_is_longer() {
    let mut scenario = week();
    scenario.policy = scenario.policy.with_max_age(DAY);
    let tally = fleet::run(&scenario).tally;
    assert_eq!(tally.beyond_limit, Duration::ZERO);
    assert!(tally.unavailable > 0, "there is a time in which nothing may be served");
    assert!(tally.groups().all(|group| group.unknown == 0));
}

#[test]
fn polling_each_minute_changes_nothing_and_runs_are_reproducible() {
    let scenario = Scenario::week(20, 7, 2);
    let report = fleet::run(&scenario);
    assert!(report == fleet::run(&Scenario { minutes: true, ..scenario.clone() }), "the clocks go at one pace");
    assert!(report != fleet::run(&Scenario { seed: 3, ..scenario }));
}
