//! The resources of a refresher: it leaves nothing behind when it is dropped, and does not grow while it runs. Each test counts in a process
//! of its own, with the server in another.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::Write;
use std::process::Command;
use std::time::Duration;

use idporten_config::fetch::Options;
use idporten_config::refresh::{RefreshPolicy, Refresher};
use idporten_config_tests::child;
use idporten_config_tests::live::{
    LONG, Mirror, TEST, WELL_KNOWN, asked, eventually, fetched, metadata, provider, ready, start,
};
use idporten_config_tests::scratch::Scratch;
use idporten_config_tests::server::{Reply, Server};

const MIB: usize = 1 << 20;

/// The names of this process's threads, those that only run tests aside.
fn threads() -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    // One may end while it is looked at.
    let names = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
    // The system cuts a name after 15 bytes.
    names.filter(|name| ["idporten-config", "reqwest-interna"].contains(&name.trim_end())).collect()
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// The memory that this process has now.
fn memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

fn started() -> Refresher {
    Refresher::builder(TEST.bundled_snapshot()).unwrap().start().unwrap()
}

/// Runs the test as a process that fetches from this mirror, and says whether this is that process.
#[track_caller]
fn is_child(test: &str, mirror: impl FnOnce() -> Mirror) -> bool {
    if !child::is_child() {
        child::run(test, &mirror().variables());
    }
    child::is_child()
}

#[test]
fn the_last_handle_ends_every_thread() {
    if is_child("the_last_handle_ends_every_thread", || Mirror::start(&["a"])) {
        assert_eq!(threads(), [""; 0]);
        let refresher = started();
        refresher.wait_ready(LONG).unwrap();
        let other = refresher.clone();
        drop(refresher);
        other.refresh_now().unwrap();
        assert!(!threads().is_empty());
        drop(other);
        eventually("the threads end", || threads().is_empty());
    }
}

#[test]
fn dropping_the_last_handle_ends_the_threads_of_a_sleeping_refresher() {
    if is_child("dropping_the_last_handle_ends_the_threads_of_a_sleeping_refresher", || Mirror::start(&["a"])) {
        let seed = fetched(Duration::ZERO, &["a"]);
        let refreshers = [(); 20].map(|()| Refresher::builder(seed.clone()).unwrap().policy(RefreshPolicy::never()));
        let refreshers = refreshers.map(|builder| builder.start().unwrap());
        eventually("each has its thread", || threads().len() == 20);
        drop(refreshers);
        eventually("the threads end", || threads().is_empty());
    }
}

#[test]
fn two_hundred_refreshers_leave_neither_threads_nor_descriptors() {
    if is_child("two_hundred_refreshers_leave_neither_threads_nor_descriptors", || Mirror::start(&["a"])) {
        started().wait_ready(LONG).unwrap();
        eventually("the threads end", || threads().is_empty());
        let before = descriptors();
        for i in 0..200 {
            let refresher = started();
            // Most are dropped on the way.
            if i % 10 == 0 {
                refresher.wait_ready(LONG).unwrap();
            }
        }
        eventually("the threads end", || threads().is_empty());
        eventually("the descriptors are closed", || descriptors() <= before);
    }
}

#[test]
fn two_thousand_refreshes_cost_no_memory() {
    if is_child("two_thousand_refreshes_cost_no_memory", || Mirror::start(&["a", "b", "c"])) {
        let refresher = started();
        let refresh = |times| (0..times).for_each(|_| refresher.refresh_now().unwrap());
        refresh(500);
        let (before, open) = (memory(), descriptors());
        refresh(1_500);
        let grown = memory().saturating_sub(before);
        assert!(grown < 2 * MIB, "the process grew by {grown} bytes");
        assert_eq!(descriptors(), open);
        eventually("what fetched has ended", || threads().len() <= 3);
        assert_eq!(refresher.status().consecutive_failures, 0);
    }
}

/// A server whose metadata takes a moment.
fn slow() -> Server {
    let server = provider(&["a"]);
    let reply = metadata();
    let half = reply.body().len() / 2 + 1;
    server.on(WELL_KNOWN, reply.dripped(half, Duration::from_millis(300)));
    server
}

#[test]
fn no_request_starts_after_the_last_handle_is_gone() {
    if child::is_child() {
        let server = slow();
        let refresher = start(&server, RefreshPolicy::default());
        eventually("the first document is asked for", || !asked(&server).is_empty());
        drop(refresher);
        eventually("the threads end", || threads().is_empty());
        assert_eq!(server.sent(), metadata().body().len(), "the first document came, whole");
        return assert_eq!(asked(&server), [WELL_KNOWN], "and the second was not asked for");
    }
    child::run("no_request_starts_after_the_last_handle_is_gone", &[]);
}

#[test]
fn nothing_is_tried_again_after_the_last_handle_is_gone() {
    if child::is_child() {
        let server = provider(&["a"]);
        let refresher = ready(&server, RefreshPolicy::default());
        server.on(WELL_KNOWN, Reply::silence());
        refresher.find_keys(Some("b"), "RS256").unwrap_err();
        eventually("the server hangs", || asked(&server).len() == 3);
        drop(refresher);
        server.hang_up();
        eventually("the threads end", || threads().is_empty());
        return assert_eq!(asked(&server).len(), 3);
    }
    child::run("nothing_is_tried_again_after_the_last_handle_is_gone", &[]);
}

#[test]
fn no_request_starts_after_a_drop_during_client_set_up() {
    if child::is_child() {
        let (server, directory) = (provider(&["a"]), Scratch::new());
        // A file that is read when something is written to it.
        let file = directory.path().join("authorities.pem");
        assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
        let mut options: Options = server.options();
        options.ca_file = Some(file.clone());
        let refresher = Refresher::builder(TEST.bundled_snapshot()).unwrap().fetch_options(options).start().unwrap();
        // Opening waits for the reader.
        let mut pipe = fs::File::options().write(true).open(&file).unwrap();
        drop(refresher);
        pipe.write_all(&fs::read(server.authority().file()).unwrap()).unwrap();
        drop(pipe);
        eventually("the threads end", || threads().is_empty());
        return assert_eq!(server.connections(), 0);
    }
    child::run("no_request_starts_after_a_drop_during_client_set_up", &[]);
}
