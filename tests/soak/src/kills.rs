//! Rounds of `kill -9`, of a service that writes its store and of the tool's `fetch`: the file is whole after each.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};
use std::{fs, thread};

use idporten_config::KnownEnvironment::IdportenTest;
use idporten_config::Snapshot;
use idporten_config::refresh::Refresher;
use idporten_config::testing::{MemoryProvider, snapshot};
use idporten_config_tests::files::temporary_beside;
use idporten_config_tests::live::{Mirror, keys};
use idporten_config_tests::random::Random;
use idporten_config_tests::scratch::Scratch;
use idporten_config_tests::tool;

use crate::process::program;

/// The longest that the writer lives after its first write.
const WRITER_LIFE: u64 = 20_000;

/// The counts of the rounds of one program.
#[derive(Debug, Default)]
pub(crate) struct Rounds {
    pub(crate) kills: u64,
    /// Kills that hit a write: a temporary file was left.
    pub(crate) within_a_write: u64,
    /// Files that were not whole.
    pub(crate) torn: u64,
    /// Temporary files that the next write left.
    pub(crate) left: usize,
}

/// Writes a store again and again, with other keys each time, until the process is killed; or once.
pub(crate) fn write(store: &Path, once: bool) {
    let seed = snapshot(IdportenTest, SystemTime::now(), &["kid-0"]);
    let provider = MemoryProvider::new(&seed);
    let refresher = Refresher::builder(seed).expect("a seed").store(store).start_with(provider.clone());
    let refresher = refresher.expect("a refresher");
    for number in 1_u64.. {
        provider.publish_keys(&[&format!("kid-{number}")]);
        refresher.refresh_now().expect("a refresh");
        if number == 1 {
            println!("writes");
        }
        if once {
            break;
        }
    }
    // The store is written by a thread of its own.
    let end = Instant::now() + Duration::from_secs(10);
    while temporary_beside(store) > 0 && Instant::now() < end {
        thread::sleep(Duration::from_millis(10));
    }
}

/// Kills a service while it writes its store.
pub(crate) fn of_a_service(rounds: u64, seed: u64) -> Rounds {
    let directory = Scratch::new();
    let store = directory.path().join("store.json");
    let (mut random, mut outcome) = (Random::new(seed), Rounds::default());
    for _ in 0..rounds {
        let mut child = writer(&store).stdout(Stdio::piped()).spawn().expect("a process");
        let output = child.stdout.take().expect("its output");
        let _ = BufReader::new(output).read_line(&mut String::new());
        thread::sleep(Duration::from_micros(random.below(WRITER_LIFE)));
        let _ = child.kill();
        let _ = child.wait();
        outcome.note(&store);
    }
    assert!(
        writer(&store).arg("--once").stdout(Stdio::null()).status().is_ok_and(|status| status.success()),
        "the last write failed"
    );
    outcome.note_end(&store);
    outcome
}

fn writer(store: &Path) -> Command {
    let mut command = Command::new(program());
    command.arg("write").arg(store);
    command
}

/// Kills `idporten-config fetch` at any time of its run.
pub(crate) fn of_the_tool(rounds: u64, seed: u64) -> Rounds {
    let (directory, mirror) = (Scratch::new(), Mirror::start(&["kid"]));
    fs::write(directory.path().join("idporten.toml"), "[environments.idporten-test]\n").expect("a file");
    let file = directory.path().join("snapshots/idporten-test.json");
    // It may have to be built first, which is no part of the time that a run takes.
    let _ = tool::program();
    let start = Instant::now();
    assert!(fetch(&directory, &mirror).status().is_ok_and(|status| status.success()), "the first fetch failed");
    let usual = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    let (mut random, mut outcome) = (Random::new(seed), Rounds::default());
    for number in 0..rounds {
        mirror.server.on(Mirror::JWKS, keys(&[&format!("kid-{number}")]));
        let mut child = fetch(&directory, &mirror).spawn().expect("a process");
        thread::sleep(Duration::from_micros(random.below(usual)));
        let _ = child.kill();
        let _ = child.wait();
        outcome.note(&file);
    }
    mirror.server.on(Mirror::JWKS, keys(&["the-last"]));
    assert!(fetch(&directory, &mirror).status().is_ok_and(|status| status.success()), "the last fetch failed");
    outcome.note_end(&file);
    outcome
}

fn fetch(directory: &Scratch, mirror: &Mirror) -> Command {
    let mut command = Command::new(tool::program());
    command.args(["--quiet", "fetch"]).current_dir(directory.path()).envs(mirror.variables());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

impl Rounds {
    fn note(&mut self, file: &Path) {
        self.kills += 1;
        self.within_a_write += u64::from(temporary_beside(file) > 0);
        self.torn += u64::from(file.exists() && !is_whole(file));
    }

    fn note_end(&mut self, file: &Path) {
        self.torn += u64::from(!is_whole(file));
        self.left = temporary_beside(file);
    }

    pub(crate) fn holds(&self) -> bool {
        self.torn == 0 && self.left == 0
    }

    pub(crate) fn row(&self, name: &str) -> String {
        format!("| {name} | {} | {} | {} | {} |", self.kills, self.within_a_write, self.torn, self.left)
    }
}

pub(crate) const HEADER: &str =
    "| program | kills | within a write | torn files | temporary files left |\n|---|---|---|---|---|";

fn is_whole(file: &Path) -> bool {
    fs::read(file).is_ok_and(|bytes| Snapshot::parse(bytes).is_ok())
}
