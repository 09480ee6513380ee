//! Calls of cargo and of other programs.

use std::path::Path;
use std::process::Command;

use idporten_config::json::{Object, Value};

use crate::places;

/// Cargo in a directory.
#[derive(Debug)]
pub struct Cargo {
    command: Command,
}

/// What a program printed, and how it ended.
#[derive(Debug)]
pub struct Finished {
    /// Whether it succeeded.
    pub succeeded: bool,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
    line: String,
}

impl Cargo {
    /// Cargo in the workspace.
    #[must_use]
    pub fn of_the_workspace() -> Self {
        Self::new(places::workspace())
    }

    /// Cargo in a directory, without the network and without what was said to the cargo that runs the test.
    #[must_use]
    pub fn new(directory: &Path) -> Self {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(directory).env("CARGO_TERM_COLOR", "never").env("CARGO_NET_OFFLINE", "true");
        // What cargo tells a test of its package, and what a shell may say of the build that the test belongs to.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_BIN_") {
                command.env_remove(&*name);
            }
        }
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
            command.env_remove(name);
        }
        Self { command }
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it to the end.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn run(mut self, arguments: &[&str]) -> Finished {
        run(self.command.args(arguments))
    }
}

impl Finished {
    /// The same, if it succeeded.
    ///
    /// # Panics
    ///
    /// With all that it printed, if it failed.
    #[must_use]
    pub fn success(self) -> Self {
        assert!(self.succeeded, "{} failed\n{}\n{}", self.line, self.stdout, self.stderr);
        self
    }

    /// The same, if it failed.
    ///
    /// # Panics
    ///
    /// With all that it printed, if it succeeded.
    #[must_use]
    pub fn failure(self) -> Self {
        assert!(!self.succeeded, "{} succeeded\n{}\n{}", self.line, self.stdout, self.stderr);
        self
    }
}

/// The messages of one kind that `cargo build --message-format=json` printed, such as `compiler-artifact`.
///
/// # Panics
///
/// If it printed anything else.
#[must_use]
pub fn messages(finished: &Finished, reason: &str) -> Vec<Object> {
    let object = |line: &str| Value::parse(line.as_bytes()).ok()?.as_object().cloned();
    let messages = finished.stdout.lines().map(|line| object(line).unwrap_or_else(|| panic!("not a message: {line}")));
    messages.filter(|message| message.get("reason").and_then(Value::as_str) == Some(reason)).collect()
}

/// Runs a program to the end.
///
/// # Panics
///
/// If it cannot be started.
pub fn run(command: &mut Command) -> Finished {
    let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
    let line = format!("{} {}", command.get_program().to_string_lossy(), arguments.join(" "));
    let output = command.output().unwrap_or_else(|error| panic!("{line} cannot be started: {error}"));
    Finished {
        succeeded: output.status.success(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        line,
    }
}
