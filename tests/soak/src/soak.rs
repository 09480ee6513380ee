//! The random run: events every few seconds for as long as it is to last, and what the process takes meanwhile.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;
use std::{fs, thread};

use crate::bed::{Bed, Options};
use crate::clock;
use crate::events::{Event, Script};
use crate::judge::Bounds;
use crate::process::Usage;
use crate::story::Outcome;

/// The refresh interval, in seconds.
const INTERVAL: u64 = 120;
/// The bounds of a run in which each event may meet any other. After fetches at 0, 4 and 12 s there is none for an unknown kid
/// until 60 s; a reused kid waits for a timed refresh once the fetches of bad signatures are spent; and there is one confirmation
/// of an absence a minute. Each has a fetch more.
const BOUNDS: Bounds = Bounds {
    new_key: Duration::from_secs(50),
    reused_kid: Duration::from_secs(INTERVAL + 5),
    withdrawn: Duration::from_secs(65),
};
/// The rows of the tables.
const PERIODS: u32 = 6;
/// The growth that is allowed from the second period, which has seen each kind of event, to the last: KiB, threads and descriptors.
/// The load keeps up to 64 connections open, and does so from its first burst on.
const GROWTH: Usage = Usage { anonymous_kib: 4 << 10, threads: 1, descriptors: 72 };

/// The least and the most that the process took in a period. The least is what stays: requests that wait and a fetch come and go.
#[derive(Debug, Clone, Copy)]
struct Range {
    least: Usage,
    most: Usage,
}

/// Runs for a time, and prints what the tables of the outcome do not show.
pub(crate) fn run(time: Duration, rate: u64, seed: u64) -> Outcome {
    let options = Options { rate, seed, bounds: BOUNDS, interval: Some(INTERVAL), fakes_time: true };
    let mut bed = Bed::start(options);
    let mut script = Script::new(seed);
    let (mut counts, mut ranges) = (BTreeMap::new(), Vec::new());
    for period in 1..=PERIODS {
        bed.phase(&format!("{period} of {PERIODS}"));
        ranges.extend(play(&mut bed, &mut script, time / PERIODS, &mut counts));
    }
    script.end_all(&mut bed);
    finish(&bed, &script);
    is_flat(&bed, &ranges);
    print(&counts, &ranges, bed.fake_time.is_some());
    println!("| what the service said | times |\n|---|---|");
    bed.errors().iter().for_each(|(error, count)| println!("| {error} | {count} |"));
    println!();
    let (phases, violations, words) = bed.end();
    Outcome { phases, violations, words }
}

fn play(bed: &mut Bed, script: &mut Script, time: Duration, counts: &mut BTreeMap<Event, u32>) -> Option<Range> {
    let end = clock::now() + time;
    let mut range: Option<Range> = None;
    let mut next = clock::now() + script.pause();
    while clock::now() < end {
        thread::sleep(Duration::from_millis(100));
        script.end_due(bed, clock::now());
        if clock::now() >= next {
            if let Some(event) = script.next(bed) {
                eprintln!("{:.1} {event:?}", clock::now().as_secs_f64());
                *counts.entry(event).or_default() += 1;
            }
            next = clock::now() + script.pause();
        }
        if let Some(usage) = bed.process.usage() {
            let before = range.unwrap_or(Range { least: usage, most: usage });
            range = Some(Range { least: before.least.each(usage, u64::min), most: before.most.each(usage, u64::max) });
        }
    }
    range
}

/// The store works again after all, and holds what is served.
fn finish(bed: &Bed, script: &Script) {
    thread::sleep(Duration::from_secs(2));
    let refreshed = bed.refresh();
    bed.require(refreshed == "refreshed", &format!("the last refresh failed: {refreshed}"));
    thread::sleep(Duration::from_secs(2));
    let status = bed.status();
    bed.require(status.contains("\"store_error\":null"), &format!("the store does not work: {status}"));
    let stored = fs::read_to_string(bed.store()).unwrap_or_default();
    bed.require(stored.contains(script.newest_kid()), "the store lacks the newest key");
    bed.require(bed.is_tidy(), "a temporary file is left beside the store");
    bed.require(status.contains("\"panics\":0"), &format!("something panicked: {status}"));
}

fn is_flat(bed: &Bed, ranges: &[Range]) {
    let [_, second, .., last] = ranges else { return };
    let allowed = second.least.each(GROWTH, |one, other| one + other);
    let is_below = last.least.each(allowed, u64::min) == last.least;
    bed.require(is_below, &format!("memory, threads or descriptors grew: {:?} to {:?}", second.least, last.least));
}

fn print(counts: &BTreeMap<Event, u32>, ranges: &[Range], fakes_time: bool) {
    let mut events = String::new();
    for (event, count) in counts {
        let _ = write!(events, "{}{event:?} {count}", if events.is_empty() { "" } else { ", " });
    }
    println!("Events: {events}.");
    if !fakes_time {
        println!("The clock did not jump: Debian's package `faketime` is not installed.");
    }
    println!("\n| period | memory, MiB | threads | descriptors |\n|---|---|---|---|");
    for (number, Range { least, most }) in (1..).zip(ranges) {
        let (from, to) = (least.anonymous_kib >> 10, most.anonymous_kib >> 10);
        let threads = format!("{} to {}", least.threads, most.threads);
        println!("| {number} | {from} to {to} | {threads} | {} to {} |", least.descriptors, most.descriptors);
    }
    println!();
}
