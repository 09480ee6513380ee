//! A machine that has run out of something: space on the disk, descriptors, threads. What is held is served, the error says what
//! is missing, and all works again once it is there.
//!
//! Each test runs as a process of its own, whose limits it lowers and raises again.

#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use idporten_config::KnownEnvironment::IdportenTest;
use idporten_config::Snapshot;
use idporten_config::refresh::{RefreshError, Refresher, StartError};
use idporten_config::testing::{MemoryProvider, snapshot};
use idporten_config_tests::live::{self, LONG, eventually};
use idporten_config_tests::scratch::Scratch;
use idporten_config_tests::server::{Authority, Server};
use idporten_config_tests::{child, tool};
use rustix::process::{Resource, Rlimit, geteuid, getrlimit, setrlimit};

/// The user that has no rights of its own. A limit of threads does not hold for root.
const NOBODY: u32 = 65_534;
/// The variable that names a directory for the child.
const DIRECTORY: &str = "LIMITS_DIRECTORY";

/// Sets the present limit of this process, or with `None` the largest that is allowed.
fn limit(resource: Resource, limit: Option<u64>) {
    let maximum = getrlimit(resource).maximum;
    setrlimit(resource, Rlimit { current: limit.or(maximum), maximum }).unwrap();
}

/// Runs the test of this name as a process, in which a file that grows past its limit is an error and not the end.
#[track_caller]
fn run(test: &str, variables: &[(&str, &str)]) {
    let test = child::command(test, variables);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"]).arg(test.get_program()).args(test.get_args());
    command.envs(test.get_envs().filter_map(|(name, value)| value.map(|value| (name, value))));
    if geteuid().is_root() && needs_a_user(variables) {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && report.contains("1 passed"), "{report}{errors}");
}

/// Returns whether a test must not be root, who may write everywhere and start any number of threads: one with a directory.
fn needs_a_user(variables: &[(&str, &str)]) -> bool {
    variables.iter().any(|(name, _)| *name == DIRECTORY)
}

fn directory() -> PathBuf {
    std::env::var_os(DIRECTORY).unwrap().into()
}

/// A refresher in memory with a store, which has fetched once.
fn with_store(store: &Path) -> (MemoryProvider, Refresher) {
    let seed = snapshot(IdportenTest, SystemTime::now(), &["one"]);
    let provider = MemoryProvider::new(&seed);
    let refresher = Refresher::builder(seed).unwrap().store(store).start_with(provider.clone()).unwrap();
    refresher.refresh_now().unwrap();
    (provider, refresher)
}

fn stored_kids(store: &Path) -> Vec<String> {
    let snapshot = Snapshot::parse(fs::read(store).unwrap()).unwrap();
    snapshot.jwks().unwrap().keys().iter().filter_map(|key| key.kid().map(str::to_owned)).collect()
}

/// The error of a refresh that must fail.
#[track_caller]
fn failure(refresher: &Refresher) -> String {
    match refresher.refresh_now() {
        Err(RefreshError::Failed(error)) => error.to_string(),
        other => panic!("the refresh ended with {other:?}"),
    }
}

#[test]
fn a_full_disk_keeps_the_old_store_and_serves_the_new_keys() {
    if !child::is_child() {
        return run("a_full_disk_keeps_the_old_store_and_serves_the_new_keys", &[]);
    }
    let directory = Scratch::new();
    let store = directory.path().join("store.json");
    let (provider, refresher) = with_store(&store);
    eventually("the first write", || store.exists());
    limit(Resource::Fsize, Some(0));
    provider.publish_keys(&["two"]);
    refresher.refresh_now().unwrap();
    eventually("the failed write", || refresher.status().store_error.is_some());
    let error = refresher.status().store_error.unwrap();
    assert!(error.contains("cannot be written") && error.contains("make room"), "{error}");
    assert!(refresher.find_keys(Some("two"), "RS256").is_ok());
    assert_eq!(stored_kids(&store), ["one"], "the old file is whole");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no half-written file is left");

    limit(Resource::Fsize, None);
    refresher.refresh_now().unwrap();
    eventually("a write", || refresher.status().store_error.is_none());
    assert_eq!(stored_kids(&store), ["two"]);
}

#[test]
fn a_full_disk_fails_the_tool_and_keeps_its_snapshot() {
    let (directory, mirror) = (Scratch::new(), live::Mirror::start(&["one"]));
    fs::write(directory.path().join("idporten.toml"), "[environments.idporten-test]\n").unwrap();
    let fetch = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).arg(tool::program()).arg("fetch").current_dir(directory.path());
        let output = command.envs(mirror.variables()).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let (code, said) = fetch("exec \"$@\"");
    assert_eq!(code, Some(0), "{said}");
    mirror.server.on(live::Mirror::JWKS, live::keys(&["two"]));
    let (code, said) = fetch("trap '' XFSZ; ulimit -f 0; exec \"$@\"");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("File too large"), "{said}");
    let snapshots = directory.path().join("snapshots");
    assert_eq!(stored_kids(&snapshots.join("idporten-test.json")), ["one"]);
    let files: Vec<_> = fs::read_dir(snapshots).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(files.iter().all(|name| !name.to_string_lossy().ends_with(".tmp")), "{files:?}");
}

#[test]
fn a_read_only_directory_is_reported_and_disturbs_nothing() {
    if !child::is_child() {
        let scratch = Scratch::new();
        fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o555)).unwrap();
        let path = scratch.path().to_str().unwrap();
        return run("a_read_only_directory_is_reported_and_disturbs_nothing", &[(DIRECTORY, path)]);
    }
    let (_, refresher) = with_store(&directory().join("store.json"));
    eventually("the failed write", || refresher.status().store_error.is_some());
    let error = refresher.status().store_error.unwrap();
    assert!(error.contains("Permission denied") && error.contains("its directory writable"), "{error}");
    assert!(refresher.find_keys(Some("one"), "RS256").is_ok());
}

#[test]
fn without_a_descriptor_a_fetch_fails_and_the_next_one_works() {
    if !child::is_child() {
        let mirror = live::Mirror::start(&["one"]);
        return run("without_a_descriptor_a_fetch_fails_and_the_next_one_works", &mirror.variables());
    }
    let refresher = Refresher::builder(live::fetched(Duration::ZERO, &["one"])).unwrap().start().unwrap();
    limit(Resource::Nofile, Some(0));
    for _ in 0..2 {
        let error = failure(&refresher);
        assert!(error.contains("Too many open files") && !error.contains("bug"), "{error}");
        assert!(refresher.find_keys(Some("one"), "RS256").is_ok());
    }
    // One more each time: the file of the authorities, the client and the connection each take some.
    let errors: Vec<_> = (1..60)
        .filter_map(|open| {
            limit(Resource::Nofile, Some(open));
            refresher.refresh_now().err().map(|error| error.to_string())
        })
        .collect();
    let unconnected = errors.iter().find(|error| error.contains("cannot connect"));
    assert!(
        unconnected.is_some_and(|error| error.ends_with("raise this process's limit of open files")),
        "{errors:#?}"
    );
    limit(Resource::Nofile, None);
    refresher.refresh_now().unwrap();
    assert_eq!(refresher.status().counters.panics, 0);
}

/// Returns how many threads of this process are the refresher's. The kernel keeps 15 bytes of a name.
fn own_threads() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
    let names = tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| name.starts_with("idporten-config")).count()
}

#[test]
fn without_a_thread_a_fetch_fails_and_the_next_one_works() {
    if !child::is_child() {
        let authority = Arc::new(Authority::new());
        let server = Server::with(Arc::clone(&authority), authority.issue(&["localhost"]));
        server.on("https://localhost/test.idporten.no/.well-known/openid-configuration", live::metadata());
        server.on("https://localhost/test.idporten.no/jwks.json", live::keys(&["one"]));
        let address = format!("https://localhost:{}", server.address().port());
        let variables = [
            ("IDPORTEN_CONFIG_MIRROR", &*address),
            ("IDPORTEN_CONFIG_CA_FILE", authority.file().to_str().unwrap()),
            ("IDPORTEN_CONFIG_CA_ONLY", "true"),
            ("NO_PROXY", "*"),
            (DIRECTORY, "/"),
        ];
        return run("without_a_thread_a_fetch_fails_and_the_next_one_works", &variables);
    }
    let seed = || live::fetched(Duration::ZERO, &["one"]);
    let refresher = Refresher::builder(seed()).unwrap().start().unwrap();
    limit(Resource::Nproc, Some(0));
    assert!(matches!(Refresher::builder(seed()).unwrap().start(), Err(StartError::Thread(_))));
    let error = failure(&refresher);
    assert!(error.contains("no thread can be started") && error.contains("raise"), "{error}");
    // One more each time: the fetch, its client and the look-up of a name each take one, and the last panics where there is none.
    for threads in 1..20 {
        limit(Resource::Nproc, Some(threads));
        let result = refresher.refresh_now();
        assert!(refresher.find_keys(Some("one"), "RS256").is_ok());
        if let Err(error) = result {
            assert!(error.to_string().contains("raise "), "{error}");
            eventually("the end of the fetch's thread", || own_threads() == 1);
        }
    }
    limit(Resource::Nproc, None);
    refresher.refresh_now().unwrap_or_else(|error| panic!("{error}: {}", refresher.status()));
    assert!(refresher.wait_ready(LONG).is_ok());
}
