//! What cargo tells a build script, and what a build script tells cargo.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use std::{env, fs, io};

use super::live::{self, Mode};
use super::{OUTPUT, Output};
use crate::project::finding::Finding;

/// Cargo's side of a build script.
#[derive(Debug)]
pub(super) struct Cargo {
    pub(super) manifest_dir: PathBuf,
    pub(super) out_dir: PathBuf,
    /// The time that ages are judged against.
    pub(super) now: SystemTime,
    /// The machine's own time, where no other stands in for it.
    pub(super) clock: Option<SystemTime>,
    /// Whether cargo knows `cargo::error` for this package: it refuses the form where `rust-version` is older.
    pub(super) has_error_directive: bool,
    /// Whether snapshots are to be fetched.
    pub(super) mode: Mode,
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
        let stand_in = env::var_os("SOURCE_DATE_EPOCH").map(|value| value.to_string_lossy().into_owned());
        Ok(Self {
            manifest_dir: directory("CARGO_MANIFEST_DIR")?,
            out_dir: directory("OUT_DIR")?,
            now: now(stand_in.as_deref())?,
            clock: stand_in.is_none().then(SystemTime::now),
            has_error_directive: has_error_directive(&env::var("CARGO_PKG_RUST_VERSION").unwrap_or_default()),
            mode: Mode::read(&|name| env::var(name).ok())?,
        })
    }

    /// A path relative to the package, where it is given as an absolute one within it: generated code then holds no path of
    /// this machine.
    pub(super) fn relative<'a>(&self, path: &'a str) -> &'a str {
        let inside = self.manifest_dir.to_str().and_then(|directory| path.strip_prefix(directory)?.strip_prefix('/'));
        inside.unwrap_or(path)
    }

    /// Writes the code and tells cargo the rest. A build that must fail fails once everything has been said.
    pub(super) fn finish(&self, output: &Output) {
        let mut findings = output.findings.clone();
        if let Err(error) = self.write(&output.code) {
            let message = format!("`{OUTPUT}` cannot be written to OUT_DIR: {error}");
            findings.push(Finding::error(message, "make room, or mend the permissions of the target directory"));
        }
        for directive in directives(&output.watched, &findings, self.has_error_directive) {
            println!("{directive}");
        }
        if !self.has_error_directive && findings.iter().any(Finding::is_error) {
            fail(&findings);
        }
    }

    /// Keeps a snapshot that was fetched for this build beside the code that is generated from it.
    #[cfg(feature = "fetch")]
    pub(super) fn keep(&self, slug: &str, snapshot: &crate::Snapshot) -> io::Result<()> {
        fs::write(self.out_dir.join(format!("{slug}.json")), snapshot.to_string())
    }

    /// Says why nothing could be done outside of a build script.
    pub(super) fn outside(finding: &Finding) {
        fail(std::slice::from_ref(finding));
    }

    /// Leaves the file alone where it has the same content already.
    fn write(&self, code: &str) -> io::Result<()> {
        let path = self.out_dir.join(OUTPUT);
        if fs::read(&path).is_ok_and(|old| old == code.as_bytes()) {
            return Ok(());
        }
        fs::write(path, code)
    }
}

/// The time that ages are judged against: the clock's, or `SOURCE_DATE_EPOCH` in seconds since 1970 where that variable is set,
/// for builds that must be reproducible.
///
/// # Errors
///
/// A `SOURCE_DATE_EPOCH` that is not a number of seconds.
pub fn now(source_date_epoch: Option<&str>) -> Result<SystemTime, Box<Finding>> {
    let Some(text) = source_date_epoch else { return Ok(SystemTime::now()) };
    let seconds = text.parse().map(Duration::from_secs).ok();
    seconds.and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(seconds)).ok_or_else(|| {
        let message = format!("`SOURCE_DATE_EPOCH` is {text:?}");
        Box::new(Finding::error(message, "set it to a number of seconds since 1970, or unset it"))
    })
}

/// The one-colon form is understood by every cargo; `cargo::error` alone has no such form.
pub(super) fn directives(watched: &[String], findings: &[Finding], has_error_directive: bool) -> Vec<String> {
    let mut directives = vec!["cargo:rerun-if-env-changed=SOURCE_DATE_EPOCH".to_owned()];
    directives.extend(live::VARIABLES.iter().map(|name| format!("cargo:rerun-if-env-changed={name}")));
    // A path that could end its line and begin another directive is none that cargo could watch.
    let watchable = watched.iter().filter(|path| !path.contains(char::is_control));
    directives.extend(watchable.map(|path| format!("cargo:rerun-if-changed={path}")));
    for finding in findings.iter().filter(|finding| has_error_directive || !finding.is_error()) {
        let directive = if finding.is_error() { "cargo::error" } else { "cargo:warning" };
        directives.extend(finding.lines().iter().map(|line| format!("{directive}={line}")));
    }
    directives
}

/// Whether a package of this `rust-version` may use `cargo::error`, which came with 1.84.
pub(super) fn has_error_directive(rust_version: &str) -> bool {
    let mut parts = rust_version.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
    rust_version.is_empty() || (parts.next().unwrap_or_default(), parts.next().unwrap_or_default()) >= (1, 84)
}

#[allow(clippy::exit, reason = "a build script that may not print `cargo::error` fails by its exit code")]
fn fail(findings: &[Finding]) {
    for finding in findings.iter().filter(|finding| finding.is_error()) {
        eprintln!("error: {finding}");
    }
    std::process::exit(1);
}
