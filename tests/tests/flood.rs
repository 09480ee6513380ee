//! A flood of tokens with unknown kids. One test in a process of its own: what is measured is the process.

#![cfg(target_os = "linux")]

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use idporten_config::KnownEnvironment;
use idporten_config::refresh::{LookupError, Refresher};
use idporten_config::testing::{MemoryProvider, VirtualClock, snapshot};

const MIB: usize = 1 << 20;

#[test]
fn a_million_unknown_kids_cost_no_memory_and_no_answers() {
    let clock = VirtualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    let seed = snapshot(KnownEnvironment::IdportenTest, clock.now(), &["one"]);
    let provider = MemoryProvider::new(&seed);
    let refresher = Refresher::builder(seed).unwrap().clock(&clock).start_with(provider.clone()).unwrap();
    clock.advance(Duration::from_secs(5 * 60));
    let flood = |from: u32, to: u32| {
        for number in from..to {
            let kid = format!("{number:064}");
            let answer = match number % 2 {
                0 => refresher.find_keys(Some(&kid), "RS256"),
                _ => refresher.find_keys_wait(Some(&kid), "RS256"),
            };
            assert!(matches!(answer, Err(LookupError::Undetermined { .. } | LookupError::UnknownKey)), "{answer:?}");
        }
    };
    flood(0, 10_000);
    let (before, over) = (resident(), AtomicBool::new(false));
    thread::scope(|scope| {
        let known = scope.spawn(|| {
            let mut answers = 0_u32;
            while !over.load(Ordering::Relaxed) || answers == 0 {
                assert!(refresher.find_keys(Some("one"), "RS256").is_ok());
                answers += 1;
            }
            answers
        });
        flood(10_000, 1_000_000);
        over.store(true, Ordering::Relaxed);
        assert!(known.join().unwrap() > 1_000);
    });
    let grown = resident().saturating_sub(before);
    assert!(grown < 2 * MIB, "the process grew by {grown} bytes");
    assert!(provider.requests().len() <= 2 + 2 * 2, "{} requests", provider.requests().len());
}

/// The memory that this process has.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}
