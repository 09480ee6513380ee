//! The interface between cargo and a build script: environment variables in, directives out.

use std::path::PathBuf;
use std::time::SystemTime;
use std::{env, fs, io};

use super::live::{self, Mode};
use super::{OUTPUT, Output};
use crate::project::{Finding, Times, escape_control};

/// The environment in which cargo runs a build script.
#[derive(Debug)]
pub(super) struct Cargo {
    pub(super) manifest_dir: PathBuf,
    pub(super) out_dir: PathBuf,
    /// The times for measuring ages.
    pub(super) times: Times,
    /// The setting for fetching snapshots.
    pub(super) mode: Mode,
    /// The mistakes in variables. Their defaults are used, so that all other findings come too.
    pub(super) mistakes: Vec<Finding>,
}

impl Cargo {
    /// Reads the environment variables of a build script.
    pub(super) fn from_env() -> Result<Self, Box<Finding>> {
        let directory = |name: &str| {
            env::var_os(name).map(PathBuf::from).ok_or_else(|| {
                let message = format!("`{name}` is not set");
                Box::new(Finding::error(message, "call this from a build script, build.rs, which cargo runs"))
            })
        };
        let source_date_epoch = env::var_os("SOURCE_DATE_EPOCH").map(|value| value.to_string_lossy().into_owned());
        let times = Times::of_build(source_date_epoch.as_deref(), SystemTime::now());
        let mode = Mode::read(&|name| env::var(name).ok());
        Ok(Self {
            manifest_dir: directory("CARGO_MANIFEST_DIR")?,
            out_dir: directory("OUT_DIR")?,
            mistakes: times.as_ref().err().into_iter().chain(mode.as_ref().err()).map(|it| (**it).clone()).collect(),
            times: times.unwrap_or_default(),
            mode: mode.unwrap_or(Mode::Off),
        })
    }

    /// Makes an absolute path within the package relative to it, so that generated code holds no path of this machine.
    pub(super) fn relative<'a>(&self, path: &'a str) -> &'a str {
        let inside = self.manifest_dir.to_str().and_then(|directory| path.strip_prefix(directory)?.strip_prefix('/'));
        inside.unwrap_or(path)
    }

    /// Returns whether the package was made by `cargo package`, which keeps the `Cargo.toml` that it replaces under this name.
    pub(super) fn is_packaged(&self) -> bool {
        self.manifest_dir.join("Cargo.toml.orig").is_file()
    }

    /// Writes the code and prints the directives. If one of them is an error, cargo fails the build after the script has ended.
    pub(super) fn finish(&self, output: &Output) {
        let mut findings = output.findings.clone();
        if let Err(error) = self.write(&output.code) {
            findings.push(unwritable(OUTPUT, &error));
        }
        for directive in directives(self.mode, &output.watched, &findings) {
            println!("{directive}");
        }
    }

    /// Saves a snapshot that was fetched for this build beside the code that is generated from it.
    #[cfg(feature = "fetch")]
    pub(super) fn keep(&self, snapshot: crate::Snapshot) -> Result<crate::Snapshot, Box<Finding>> {
        let file = format!("{}.json", snapshot.provider().slug());
        match fs::write(self.out_dir.join(&file), snapshot.to_string()) {
            Ok(()) => Ok(snapshot),
            Err(error) => Err(unwritable(&file, &error).into()),
        }
    }

    /// Ends a process that cargo does not run as a build script.
    #[allow(clippy::exit, reason = "without cargo, nothing but the exit code says that the call failed")]
    pub(super) fn fail_outside(finding: &Finding) {
        eprintln!("error: {finding}");
        std::process::exit(1);
    }

    /// Writes the code, unless the file already has that content: a new modification time would make cargo compile it again.
    fn write(&self, code: &str) -> io::Result<()> {
        let path = self.out_dir.join(OUTPUT);
        if fs::read(&path).is_ok_and(|old| old == code.as_bytes()) {
            return Ok(());
        }
        fs::write(path, code)
    }
}

fn unwritable(file: &str, error: &io::Error) -> Finding {
    let help = "free some space, or correct the permissions of the target directory";
    Finding::error(format!("`{file}` cannot be written to OUT_DIR: {error}"), help)
}

/// Returns the lines for cargo. All except errors have one colon, since cargo refuses two for a package whose `rust-version` is
/// older than 1.77. `cargo::error` has no form with one colon and is accepted for every `rust-version`.
pub(super) fn directives(mode: Mode, watched: &[String], findings: &[Finding]) -> Vec<String> {
    let variables = ["SOURCE_DATE_EPOCH"].into_iter().chain(live::variables(mode));
    let mut directives: Vec<_> = variables.map(|name| format!("cargo:rerun-if-env-changed={name}")).collect();
    // A line break in a path would start another directive.
    let watchable = watched.iter().filter(|path| !path.contains(char::is_control));
    directives.extend(watchable.map(|path| format!("cargo:rerun-if-changed={path}")));
    for finding in findings.iter().filter(|finding| finding.is_for_builds()) {
        if finding.is_error() {
            directives.extend(finding.lines().iter().map(|line| format!("cargo::error={line}")));
        } else {
            // Cargo repeats warnings at each build, so that each is one line.
            let line = escape_control(&format!("{}; help: {}", finding.message, finding.help));
            directives.push(format!("cargo:warning={line}"));
        }
    }
    directives
}
