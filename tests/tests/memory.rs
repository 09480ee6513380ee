//! Memory, whatever a server sends. The tests take turns in a process of their own, since the process is what is measured.

#![cfg(target_os = "linux")]

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use std::{fs, iter};

use idporten_config::KnownEnvironment;
use idporten_config::document::json::{Object, Value};
use idporten_config::fetch::{Fetcher, Kind};
use idporten_config::refresh::Refresher;
use idporten_config::testing::{jwks, key, snapshot};
use idporten_config_tests::child;
use idporten_config_tests::live::{self, LONG, Mirror, TEST, fetched};
use idporten_config_tests::server::{Reply, Server};

const MIB: usize = 1 << 20;

/// The number of times that a large and a small answer follow each other.
const ROUNDS: usize = 4;

#[test]
fn a_body_without_an_end_costs_a_few_mebibytes_at_most() {
    let _turn = turn();
    let environment = KnownEnvironment::IdportenTest;
    let server = Server::start();
    let fetcher = Fetcher::new(server.options()).unwrap();
    let fetch = |reply: Reply| {
        server.on(environment.well_known_url(), reply);
        fetcher.fetch(&environment.into(), SystemTime::now()).unwrap_err()
    };
    // The memory that the first exchange of a process sets up is not counted.
    fetch(Reply::json("{}"));
    let (before, sent) = (idle(), server.sent());
    let piece = vec![b' '; 16 << 10];
    for reply in [Reply::json(piece.clone()).chunked(), Reply::json(piece.clone()).unframed()] {
        let error = fetch(reply.endless());
        assert_eq!(error.kind(), Kind::Document, "{error}");
        assert!(error.to_string().contains("larger than 1048576 bytes"), "{error}");
    }
    // As long as a header may be, and longer.
    let error = fetch(Reply::raw([b"HTTP/1.1 200 OK\r\nX: ", piece.as_slice()].concat()).endless());
    assert_eq!(error.kind(), Kind::Network, "{error}");
    // The cap each time, and what the system's buffers held on the way.
    assert!(server.sent() - sent < 48 * MIB, "{} bytes could be sent", server.sent() - sent);
    let grown = peak().saturating_sub(before);
    assert!(grown < 8 * MIB, "the process grew by {grown} bytes");
}

#[test]
fn many_small_values_cost_sixteen_mebibytes_at_most() {
    let _turn = turn();
    let environment = KnownEnvironment::IdportenTest;
    let server = Server::start();
    let fetcher = Fetcher::new(server.options()).unwrap();
    let good = snapshot(environment, SystemTime::now(), &["one"]);
    let keys = good.metadata().jwks_uri.clone().unwrap();
    let fetch = |metadata: &str, jwks: &str| {
        server.on(environment.well_known_url(), Reply::json(metadata));
        server.on(&keys, Reply::json(jwks));
        fetcher.fetch(&environment.into(), SystemTime::now())
    };
    let metadata = |x: &str| with_x(good.metadata_json(), x);
    let key_set = |x: &str| with_x(jwks([key("one", 0)]).as_object().unwrap(), x);
    fetch(&metadata("0"), &key_set("0")).unwrap();
    for x in small_values() {
        let (metadata, keys) = (metadata(&x), key_set(&x));
        let before = idle();
        // The work of a refresher on the answer: the held form, and the text of the store.
        let snapshot = fetch(&metadata, &keys).unwrap_or_else(|error| panic!("{error}"));
        let text = snapshot.to_string();
        let grown = peak().saturating_sub(before);
        assert!(text.len() > 100_000);
        assert!(grown <= 16 * MIB, "{}...: the process grew by {grown} bytes", &x[..20]);
    }
    let before = idle();
    let error = fetch(&metadata(&list((1 << 20) / 2 - 2_000, "0")), &key_set("0")).unwrap_err().to_string();
    assert!(error.contains("has more than 50000 values, the limit of a document"), "{error}");
    let grown = peak().saturating_sub(before);
    assert!(grown <= 16 * MIB, "the process grew by {grown} bytes for a document that is refused");
}

#[test]
fn memory_of_a_large_answer_is_given_back_after_a_small_one() {
    const NAME: &str = "memory_of_a_large_answer_is_given_back_after_a_small_one";
    if child::is_child() {
        return takes_large_answers(4 * MIB);
    }
    let _turn = turn();
    let more = [list(24_000, r#""a string too long to be kept in place""#), list(24_000, r#"{"name":0}"#)];
    for x in small_values().into_iter().chain(more) {
        serve_large(NAME, &x);
    }
}

/// Shapes of which the typed form, or the comparison with what was held, is larger than the tree.
#[test]
fn memory_of_the_largest_forms_stays_bounded() {
    const NAME: &str = "memory_of_the_largest_forms_stays_bounded";
    if child::is_child() {
        return takes_large_answers(16 * MIB);
    }
    let _turn = turn();
    let distinct: Vec<_> = (0..49_000).map(|i| format!(r#""{i}""#)).collect();
    let long: Vec<_> = (0..24_000).map(|i| format!(r#""a string of 29 bytes, {i:05}""#)).collect();
    let short: Vec<_> = distinct.iter().take(1_000).map(String::as_str).collect();
    let nested = format!("{}0{}", r#"{"":"#.repeat(59), "}".repeat(59));
    for x in [
        list(49_000 / 60, &nested),
        format!("[{}]", distinct.join(",")),
        format!(r#"[],"claims_supported":[{}]"#, long.join(",")),
        format!("0,{}", members(49_000).trim_matches(['{', '}'])),
        format!(r#"0,"{}":[{}]"#, "n".repeat(1_000_000), short.join(",")),
    ] {
        serve_large(NAME, &x);
    }
}

/// Runs the test once more as a process: the memory of the server is not counted there.
fn serve_large(test: &str, x: &str) {
    println!("x is {}", &x[..40]);
    let mirror = Mirror::start(&["a"]);
    let good = fetched(Duration::ZERO, &["any"]);
    let (large, small) = (Reply::json(with_x(good.metadata_json(), x)), live::metadata());
    let answers = iter::repeat_n([small.clone(), large], ROUNDS + 1).flatten();
    mirror.server.on(Mirror::WELL_KNOWN, [small].into_iter().chain(answers).collect::<Vec<_>>());
    child::run(test, &mirror.variables());
}

/// Refreshes with a large and a small answer in turn, and asserts that the first small one leaves no more than `kept`.
fn takes_large_answers(kept: usize) {
    let refresher = Refresher::builder(TEST.bundled_snapshot()).unwrap().start().unwrap();
    refresher.wait_ready(LONG).unwrap();
    // What the second exchange of a process sets up is not counted either.
    refresher.refresh_now().unwrap();
    let before = idle();
    for round in 0..ROUNDS {
        let before_this = idle();
        refresher.refresh_now().unwrap();
        let grown = peak().saturating_sub(before_this);
        assert!(grown <= 16 * MIB, "round {round}: the process grew by {grown} bytes");
        refresher.refresh_now().unwrap();
        let found = idle().saturating_sub(before);
        // Later rounds leave more, which is not asserted: with each free of a large block, glibc raises the size from which it
        // returns blocks at once (mallopt(3), M_MMAP_THRESHOLD), and it keeps free memory for each of its arenas.
        assert!(round > 0 || found <= kept, "the process kept {found} bytes of {grown}");
    }
}

/// The text of an object with one more member, without blanks.
fn with_x(object: &Object, x: &str) -> String {
    let text = serde_json::to_string(&Value::from(object.clone())).unwrap();
    format!(r#"{},"x":{x}}}"#, text.strip_suffix('}').unwrap())
}

/// As near to the limit of 50,000 values as the other members allow.
fn small_values() -> [String; 5] {
    [list(49_000, "0"), list(49_000, r#""abcdefghij""#), list(49_000, "[]"), list(49_000, "{}"), members(49_000)]
}

fn list(count: usize, value: &str) -> String {
    format!("[{}{value}]", format!("{value},").repeat(count - 1))
}

fn members(count: usize) -> String {
    let members: Vec<_> = (0..count).map(|i| format!(r#""{i}":"x""#)).collect();
    format!("{{{}}}", members.join(","))
}

/// Waits until no other test runs.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forgets the peak so far (`proc(5)`), and returns the memory in use.
fn idle() -> usize {
    fs::write("/proc/self/clear_refs", "5").unwrap();
    peak()
}

/// The most memory that this process has had since it was [`idle`].
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}
