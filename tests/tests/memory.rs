//! Memory, whatever a server sends. One test in a process of its own: what is measured is the process.

#![cfg(target_os = "linux")]

use std::fs;
use std::time::SystemTime;

use idporten_config::KnownEnvironment;
use idporten_config::fetch::{Fetcher, Kind};
use idporten_config_tests::server::{Reply, Server};

const MIB: usize = 1 << 20;

#[test]
fn a_body_without_an_end_costs_a_few_mebibytes_at_most() {
    let environment = KnownEnvironment::IdportenTest;
    let server = Server::start();
    let fetcher = Fetcher::new(server.options()).unwrap();
    let fetch = |reply: Reply| {
        server.on(environment.well_known_url(), reply);
        fetcher.fetch(&environment.into(), SystemTime::now()).unwrap_err()
    };
    // What the first exchange of a process sets up is not counted.
    fetch(Reply::json("{}"));
    let (before, sent) = (peak(), server.sent());
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
    let grown = peak() - before;
    assert!(grown < 8 * MIB, "the process grew by {grown} bytes");
}

/// The most memory that this process has had.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}
