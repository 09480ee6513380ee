//! The random run: events every few seconds for as long as it is to last, and what the process takes meanwhile.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;
use std::{fs, thread};

use crate::bed::{Bed, Options};
use crate::clock;
use crate::events::{Event, Script};
use crate::judge::Bounds;
use crate::story::Outcome;
use crate::usage::{self, Range};

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
    for words in usage::faults(&ranges) {
        bed.require(false, &words);
    }
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
            range = Some(range.map_or(Range::of(usage), |range| range.with(usage)));
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

fn print(counts: &BTreeMap<Event, u32>, ranges: &[Range], fakes_time: bool) {
    let mut events = String::new();
    for (event, count) in counts {
        let _ = write!(events, "{}{event:?} {count}", if events.is_empty() { "" } else { ", " });
    }
    println!("Events: {events}.");
    if !fakes_time {
        println!("The clock did not jump: Debian's package `faketime` is not installed.");
    }
    println!("\n{}", usage::HEADER);
    (1..).zip(ranges).for_each(|(number, range)| println!("{}", range.row(number)));
    println!();
}
