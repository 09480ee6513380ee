//! Measures how much a flood of unknown kids disturbs look-ups of a known one, and how fast a service starts.
//!
//! `cargo run --release -p idporten-config-tests --example disturbance`

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use idporten_config::KnownEnvironment::IdportenTest;
use idporten_config::refresh::Refresher;
use idporten_config::testing::{MemoryProvider, snapshot};

const LOOK_UPS: usize = 1_000_000;

fn main() {
    let seed = snapshot(IdportenTest, SystemTime::now(), &["one", "two", "three"]);
    let text = seed.to_string();

    let start = Instant::now();
    let refresher = Refresher::builder(&*text).unwrap().start_with(MemoryProvider::new(&seed)).unwrap();
    assert!(refresher.find_keys(Some("three"), "RS256").is_ok());
    println!("from a snapshot in the program to the first key: {:?}", start.elapsed());

    let idle = look_ups(&refresher);
    let (asked, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let flooded = thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) || asked.load(Ordering::Relaxed) < 1_000_000 {
                let kid = asked.fetch_add(1, Ordering::Relaxed).to_string();
                drop(black_box(refresher.find_keys(Some(&kid), "RS256")));
            }
        });
        let flooded = look_ups(&refresher);
        over.store(true, Ordering::Relaxed);
        flooded
    });
    println!("| a look-up of a known kid | median | 99.9 % | 99.99 % |\n|---|---|---|---|");
    for (name, times) in [("idle", &idle), ("in a flood of unknown kids", &flooded)] {
        println!("| {name} | {:?} | {:?} | {:?} |", at(times, 0.5), at(times, 0.999), at(times, 0.9999));
    }
    let fetches = refresher.status().counters.unknown_kid_fetches;
    println!("{} unknown kids asked for {fetches} fetches", asked.load(Ordering::Relaxed));
}

/// The times of single look-ups, with that of reading a clock in them; sorted.
fn look_ups(refresher: &Refresher) -> Vec<Duration> {
    let mut times = Vec::with_capacity(LOOK_UPS);
    for _ in 0..LOOK_UPS {
        let start = Instant::now();
        drop(black_box(refresher.find_keys(Some(black_box("three")), "RS256")));
        times.push(start.elapsed());
    }
    times.sort_unstable();
    times
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a place in a list"
)]
fn at(sorted: &[Duration], share: f64) -> Duration {
    sorted[(sorted.len() as f64 * share) as usize]
}
