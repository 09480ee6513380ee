//! Atomic writes of a file, for the store of a refresher and for the files of the tool.

use std::collections::hash_map::RandomState;
use std::ffi::OsString;
use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

/// The age above which a temporary file counts as abandoned, regardless of the process that made it. No write takes an hour.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// The permissions of a written file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The permissions of the file that is replaced, or those that the process gives to new files.
    Kept,
    /// Read and write permission for this user only.
    Private,
}

/// Writes a file beside the target and renames it into place, so that every reader sees the old bytes or the new ones. A link in
/// the target's place is replaced, not followed. Temporary files of this target that killed processes left are removed.
///
/// # Errors
///
/// The error of the directory or the disk. The target is unchanged.
pub fn replace(target: &Path, contents: &dyn Display, access: Access) -> io::Result<()> {
    let written = match write_beside(target, contents, access) {
        // Another process took the temporary file for abandoned: a process id means nothing in another
        // container that shares the directory.
        Err(error) if error.kind() == io::ErrorKind::NotFound => write_beside(target, contents, access),
        written => written,
    };
    written.inspect(|()| remove_abandoned(target))
}

fn write_beside(target: &Path, contents: &dyn Display, access: Access) -> io::Result<()> {
    // The file is made beside the target, since a rename does not cross file systems.
    let (mut file, path) = create_beside(target, access)?;
    let written = fill(&mut file, contents, target, access).and_then(|()| fs::rename(&path, target));
    written.inspect_err(|_| drop(fs::remove_file(&path)))
}

/// Creates a file beside the target, with a name that no other write has.
///
/// # Errors
///
/// The error of the directory.
pub(crate) fn create_beside(target: &Path, access: Access) -> io::Result<(File, PathBuf)> {
    let mut name = prefix(target).ok_or(io::ErrorKind::InvalidFilename)?;
    name.push(format!("{}-{:016x}-{:016x}.tmp", process_name(), process_token(), random()));
    let path = target.with_file_name(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if access == Access::Private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    // Windows has no mode bits: a new file has the permissions of its directory.
    #[cfg(not(unix))]
    let _ = access;
    Ok((options.open(&path)?, path))
}

fn fill(file: &mut File, contents: &dyn Display, target: &Path, access: Access) -> io::Result<()> {
    if access == Access::Kept
        && let Ok(old) = fs::metadata(target)
    {
        file.set_permissions(old.permissions())?;
    }
    // Not as one string: the text of a snapshot can be many times as large as its tree.
    let mut writer = BufWriter::new(&mut *file);
    write!(writer, "{contents}")?;
    writer.flush()?;
    drop(writer);
    // The data is synced before the rename: after a loss of power, a renamed file could otherwise be empty.
    file.sync_all()
}

/// Removes the temporary files of this target that killed processes left.
fn remove_abandoned(target: &Path) {
    let Some(prefix) = prefix(target) else { return };
    let directory = target.parent().filter(|directory| *directory != Path::new("")).unwrap_or(Path::new("."));
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let rest = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        let rest = rest.and_then(|rest| rest.strip_suffix(b".tmp")).and_then(|rest| str::from_utf8(rest).ok());
        let age = entry.metadata().and_then(|metadata| metadata.modified()).ok().and_then(|time| time.elapsed().ok());
        if rest.is_some_and(|rest| is_of_ended_process(rest) || age.is_some_and(|age| age > ABANDONED)) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

/// Returns whether the process that made a temporary file of this name has ended, as far as that can be known.
fn is_of_ended_process(name: &str) -> bool {
    let mut parts = name.split('-');
    let (Some(process), Some(token)) = (parts.next(), parts.next()) else { return false };
    let (id, start) = process.split_once('.').unwrap_or((process, ""));
    match id.parse::<u32>() {
        // A restarted container often gets the same process id as before.
        Ok(id) if id == std::process::id() => token != format!("{:016x}", process_token()),
        // A busy system gives the id of an ended process to another one within minutes.
        Ok(_) => started("self").is_some() && started(id).is_none_or(|now| !start.is_empty() && start != now),
        Err(_) => false,
    }
}

/// Returns the id of this process, and where the system tells it, its start.
fn process_name() -> String {
    let id = std::process::id();
    started("self").map_or_else(|| id.to_string(), |start| format!("{id}.{start}"))
}

/// Returns the start of a process, in the clock ticks of Linux: the 22nd field of `/proc/PID/stat`. The second is the
/// name of its program in parentheses, which may hold spaces.
fn started(id: &str) -> Option<String> {
    let stat = fs::read_to_string(Path::new("/proc").join(id).join("stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(19).map(str::to_owned)
}

/// Returns the prefix of the names of a target's temporary files.
fn prefix(target: &Path) -> Option<OsString> {
    let mut prefix = OsString::from(".");
    prefix.push(target.file_name()?);
    prefix.push(".");
    Some(prefix)
}

/// Returns a number that tells this process from an earlier one of the same id.
fn process_token() -> u64 {
    static TOKEN: OnceLock<u64> = OnceLock::new();
    *TOKEN.get_or_init(random)
}

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_ended_processes_count_as_theirs() {
        let own = std::process::id();
        let token = process_token();
        assert!(!is_of_ended_process(&format!("{own}-{token:016x}-0123456789abcdef")), "this process");
        assert!(is_of_ended_process(&format!("{own}-0123456789abcdef-0123456789abcdef")), "an earlier one of its id");
        assert!(!is_of_ended_process("backup"), "a file of somebody else");
        if Path::new("/proc/self").exists() {
            assert!(is_of_ended_process(&format!("{}-0123456789abcdef-0", u32::MAX)), "one that cannot be");
            assert!(!is_of_ended_process("1-0123456789abcdef-0"), "one that runs");
            let start = started("1").unwrap();
            assert!(!is_of_ended_process(&format!("1.{start}-0123456789abcdef-0")), "one that runs since then");
            assert!(is_of_ended_process(&format!("1.{start}1-0123456789abcdef-0")), "one whose id another has now");
            assert!(!is_of_ended_process(&format!("{}-{token:016x}-0", process_name())), "this process by its name");
        }
    }
}
