//! The process of the service, and what the system says of it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};

use crate::service::{IN_USE, Settings};
use crate::usage::Usage;

/// The receiver of a service's lines: the time of an event and its text.
pub(crate) type Events = Arc<dyn Fn(Duration, &str) + Send + Sync>;

/// The process, which is killed with its holder.
pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
    reader: Option<JoinHandle<()>>,
    /// The bytes in use that it told last; 0 before.
    in_use: Arc<AtomicU64>,
}

/// A library and a file that set the time of day of a process.
#[derive(Debug, Clone)]
pub(crate) struct FakeTime {
    pub(crate) library: PathBuf,
    pub(crate) file: PathBuf,
}

impl Process {
    pub(crate) fn start(settings: &Settings, fake_time: Option<&FakeTime>, events: Events) -> Self {
        let mut command = command(settings, fake_time);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("a process");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines().map_while(Result::ok);
        // The first events may come before the port.
        let mut early = Vec::new();
        let port = loop {
            let line = lines.next().expect("the service ended before it was ready");
            match line.parse::<u16>() {
                Ok(port) => break port,
                Err(_) => early.push(line),
            }
        };
        let in_use = Arc::new(AtomicU64::new(0));
        let told = Arc::clone(&in_use);
        let read = move || early.into_iter().chain(lines).for_each(|line| tell(&events, &told, &line));
        Self { child, address: SocketAddr::from(([127, 0, 0, 1], port)), reader: Some(thread::spawn(read)), in_use }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Kills it, and takes its last events.
    pub(crate) fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = self.reader.take().map(JoinHandle::join);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the service has ended");
    }

    /// Sets the present limit of a resource; `None` for the largest that is allowed.
    pub(crate) fn limit(&self, resource: Resource, limit: Option<u64>) {
        let maximum = self.maximum(resource);
        let limit = Rlimit { current: limit.or(maximum), maximum };
        prlimit(Some(self.pid()), resource, limit).expect("a limit that may be set");
    }

    /// Returns what the process takes, once it has told the bytes in use.
    pub(crate) fn usage(&self) -> Option<Usage> {
        let in_use = Some(self.in_use.load(Ordering::Relaxed)).filter(|bytes| *bytes > 0)?;
        let directory = PathBuf::from(format!("/proc/{}", self.child.id()));
        let status = fs::read_to_string(directory.join("status")).ok()?;
        let value = |name: &str| {
            status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
        };
        let descriptors = u64::try_from(fs::read_dir(directory.join("fd")).ok()?.count()).ok()?;
        let anonymous = value("RssAnon:")? << 10;
        Some(Usage { in_use, anonymous, threads: value("Threads:")?, descriptors })
    }

    fn maximum(&self, resource: Resource) -> Option<u64> {
        let path = format!("/proc/{}/limits", self.child.id());
        let name = match resource {
            Resource::Fsize => "Max file size",
            _ => "Max open files",
        };
        let limits = fs::read_to_string(path).unwrap_or_default();
        limits.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().nth(1)?.parse().ok())
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

/// The signal of a file that grows past its limit would end the process: the shell has it ignored, which an `exec` keeps.
fn command(settings: &Settings, fake_time: Option<&FakeTime>) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"]).arg(program()).arg("serve");
    command.arg("--provider").arg(settings.provider.to_string());
    command.arg("--ca-file").arg(&settings.ca_file).arg("--store").arg(&settings.store);
    if let Some(interval) = settings.interval {
        command.arg("--interval").arg(interval.to_string());
    }
    if let Some(fake_time) = fake_time {
        command.env("LD_PRELOAD", &fake_time.library).env("FAKETIME_TIMESTAMP_FILE", &fake_time.file);
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("FAKETIME_CACHE_DURATION", "1");
    }
    command
}

pub(crate) fn program() -> PathBuf {
    std::env::current_exe().expect("a program knows its path")
}

/// Keeps the bytes in use, and passes each event on.
fn tell(events: &Events, in_use: &AtomicU64, line: &str) {
    let Some((nanos, event)) = line.split_once(' ') else { return };
    match event.strip_prefix(IN_USE) {
        Some(bytes) => in_use.store(bytes.parse().unwrap_or_default(), Ordering::Relaxed),
        None => events(Duration::from_nanos(nanos.parse().unwrap_or_default()), event),
    }
}

impl FakeTime {
    /// Returns the library where Debian's package `faketime` has it.
    pub(crate) fn find(directory: &Path) -> Option<Self> {
        let libraries = fs::read_dir("/usr/lib").ok()?.flatten().map(|entry| entry.path());
        let library = libraries.map(|path| path.join("faketime/libfaketimeMT.so.1")).find(|path| path.is_file())?;
        let this = Self { library, file: directory.join("time") };
        this.set("+0");
        Some(this)
    }

    /// Sets the difference from the true time, as `+90000`, in seconds.
    pub(crate) fn set(&self, difference: &str) {
        let file = self.file.with_extension("new");
        fs::write(&file, format!("{difference}\n")).and_then(|()| fs::rename(file, &self.file)).expect("a file");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}
