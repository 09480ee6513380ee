//! Calls of cargo and of other programs.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use idporten_config::document::json::{Object, Value};

use crate::places;

/// Beginnings of variables by which cargo tells a test of its package, or a shell tells a build what to do: not those of the
/// builds that a test makes.
const NOT_PASSED_ON: [&str; 8] = [
    "CARGO_BIN_",
    "CARGO_BUILD_TARGET",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_MANIFEST_",
    "CARGO_PKG_",
    "IDPORTEN_CONFIG_",
    "RUSTFLAGS",
    "SOURCE_DATE_EPOCH",
];

/// Cargo in a directory.
#[derive(Debug)]
pub struct Cargo {
    command: Command,
}

/// The output and exit status of a program.
#[derive(Debug)]
pub struct Finished {
    /// True if it succeeded.
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
        for (name, _) in std::env::vars_os() {
            if NOT_PASSED_ON.iter().any(|start| name.to_string_lossy().starts_with(start)) {
                command.env_remove(name);
            }
        }
        Self { command }
    }

    /// Builds into a directory of its own, with nothing that only a debugger or a next build would use.
    #[must_use]
    pub fn building_in(self, target: impl AsRef<OsStr>) -> Self {
        self.env("CARGO_TARGET_DIR", target).env("CARGO_INCREMENTAL", "0").env("CARGO_PROFILE_DEV_DEBUG", "0")
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
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
