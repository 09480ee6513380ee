//! The paths whose changes make cargo run the script again.

use std::path::Path;

use super::Cargo;
use crate::document::violation::printable;
use crate::project::{Finding, Project, Report};

/// The directory in `OUT_DIR` of links to files that are expected to appear.
#[cfg(unix)]
const EXPECTED: &str = "expected";

/// Returns the manifest and every snapshot that was read, and a warning if cargo will run the script at each build.
///
/// Cargo runs a script at each build for a path that is missing. That is right for a missing snapshot that fails the build. If
/// the environment is based on another instead, the directory in which the snapshot will appear is watched or, without one, a
/// link.
pub(super) fn paths(project: &Project, report: &Report, cargo: &Cargo) -> (Vec<String>, Option<Finding>) {
    let mut paths: Vec<String> = project.file().into_iter().map(str::to_owned).collect();
    let present = report.files.iter().filter(|file| file.present);
    paths.extend(present.map(|file| file.path.clone()));
    let expected: Vec<&str> = report.files.iter().filter(|file| !file.present).map(|file| file.path.as_str()).collect();
    let directory = project.manifest().snapshots_directory();
    let mut warning = None;
    if expected.is_empty() {
    } else if is_watchable(project, &directory) {
        paths.push(directory);
    } else if let Some(links) = link(&cargo.out_dir, expected.iter().map(|path| project.path(path))) {
        paths.push(links);
    } else {
        paths.extend(expected.iter().map(|&path| path.to_owned()));
        warning = report.sources.iter().find(|source| source.based_on().is_some()).map(|source| {
            let slug = source.snapshot().provider().slug();
            let directory = printable(&directory);
            let message =
                format!("{slug}: this script runs at each build, as there is no directory `{directory}` to watch");
            Finding::warning(message, "create it, with a file such as `.gitkeep` in it for git").of(slug)
        });
    }
    paths.dedup();
    (paths, warning)
}

/// Returns whether a directory exists and does not contain the package: cargo watches everything below a directory, which would
/// then include `target`.
fn is_watchable(project: &Project, directory: &str) -> bool {
    let holds_the_package = directory.split('/').all(|part| matches!(part, "" | "." | ".."));
    project.path(directory).is_dir() && !holds_the_package
}

/// Makes a directory of links to files that are missing, and returns its path.
///
/// Cargo takes the time of a directory from everything below it. It follows links and ignores dangling ones, so that the
/// directory is unchanged until a file appears. It is then as new as the file or the link, whichever is newer, so that a file
/// that appears with an old time is noticed too.
#[cfg(unix)]
fn link(out_dir: &Path, missing: impl Iterator<Item = std::path::PathBuf>) -> Option<String> {
    use std::fs;
    // Cargo compares with the time at which it started the script, which is that of this file. Without the file, another tool
    // runs the script, such as Bazel, which refuses dangling links in a script's output.
    let started = fs::metadata(out_dir.parent()?.join("invoked.timestamp")).and_then(|file| file.modified()).ok()?;
    let directory = out_dir.join(EXPECTED);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir(&directory).ok()?;
    for (number, path) in missing.enumerate() {
        std::os::unix::fs::symlink(path, directory.join(number.to_string())).ok()?;
    }
    // Otherwise the directory would be newer than the start of the script, and the next build would run it again without need.
    fs::File::open(&directory).and_then(|file| file.set_modified(started)).ok()?;
    directory.to_str().map(str::to_owned)
}

/// Makes no links, since they need a privilege on Windows.
#[cfg(not(unix))]
fn link(_: &Path, _: impl Iterator<Item = std::path::PathBuf>) -> Option<String> {
    None
}
