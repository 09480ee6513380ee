//! A bounded run of the fuzz targets' properties, on stable: the seeds, and seeds that were cut, spliced and changed.

use std::fs;
use std::path::Path;

use idporten_config_tests::fuzz::{TARGETS, Target, exchange};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRunner};

/// The mutations of a seed.
#[derive(Debug, Clone)]
enum Change {
    Set(Index, u8),
    Insert(Index, Vec<u8>),
    Delete(Index, usize),
    Repeat(Index, usize),
    Cut(Index),
}

fn change() -> impl Strategy<Value = Change> {
    // Bytes that mean something in JSON, TOML, URLs and base64.
    let pieces: &[&[u8]] = &[
        b"\"",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\\",
        b"\n",
        b"=",
        b"0",
        b"-",
        b"\\ud800",
        b"\xff",
        b"\xe2\x80\xae",
        b"null",
        b"true",
        b"1e999",
        b"A",
        b"=",
    ];
    let piece = select(pieces.to_vec()).prop_map(<[u8]>::to_vec);
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (any::<Index>(), piece).prop_map(|(at, piece)| Change::Insert(at, piece)),
        (any::<Index>(), 1..20usize).prop_map(|(at, length)| Change::Delete(at, length)),
        (any::<Index>(), 1..60usize).prop_map(|(at, length)| Change::Repeat(at, length)),
        any::<Index>().prop_map(Change::Cut),
    ]
}

fn apply(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        if bytes.is_empty() {
            break;
        }
        let within = |at: &Index, length: usize| {
            let start = at.index(bytes.len());
            start..(start + length).min(bytes.len())
        };
        match change {
            Change::Set(at, byte) => {
                let place = at.index(bytes.len());
                bytes[place] = *byte;
            }
            Change::Insert(at, piece) => {
                let place = at.index(bytes.len());
                bytes.splice(place..place, piece.iter().copied());
            }
            Change::Delete(at, length) => drop(bytes.drain(within(at, *length))),
            Change::Repeat(at, length) => {
                let range = within(at, *length);
                let piece = bytes[range.clone()].to_vec();
                bytes.splice(range.start..range.start, piece);
            }
            Change::Cut(at) => bytes.truncate(at.index(bytes.len())),
        }
    }
    bytes
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn run((name, property): Target, cases: u32) {
    let seeds = seeds(name);
    assert!(!seeds.is_empty());
    for seed in &seeds {
        property(seed);
    }
    let config = Config {
        cases,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(7_638),
        failure_persistence: None,
        ..Config::default()
    };
    let cases = (select(seeds), proptest::collection::vec(change(), 1..4));
    let result = TestRunner::new(config).run(&cases, |(seed, changes)| {
        property(&apply(seed, &changes));
        Ok(())
    });
    assert!(result.is_ok(), "{name}: {}", result.unwrap_err());
}

#[test]
fn no_seed_and_no_change_of_one_breaks_a_property() {
    for target in TARGETS {
        // Code is generated and parsed again for all but key sets.
        run(*target, if target.0 == "jwks" { 2_000 } else { 200 });
    }
}

/// Runs scripts of any bytes, which meet more than the changes of a seed.
fn exchanges(cases: u32, seed: u64) {
    let config = Config { cases, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Config::default() };
    let scripts = proptest::collection::vec(any::<u8>(), 0..300);
    let result = TestRunner::new(config).run(&scripts, |script| {
        exchange(&script);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn no_exchange_breaks_what_a_refresher_and_a_verifier_promise() {
    exchanges(100, 8_414);
}

#[test]
#[ignore = "takes minutes; `EXCHANGES` is the number of scripts, and `SEED` draws others"]
fn no_exchange_of_many_breaks_a_promise() {
    let number = |name, usual| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    exchanges(u32::try_from(number("EXCHANGES", 100_000)).unwrap(), number("SEED", 1));
}
