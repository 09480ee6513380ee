//! Writing a file whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use idporten_config::internal::Finding;

use crate::output::VerbError;

/// How long a temporary file of another process is left alone. Writing one takes no hour: whoever made it was killed.
const ABANDONED: Duration = Duration::from_secs(60 * 60);
/// How often another temporary name is tried.
const ATTEMPTS: u32 = 16;

/// Writes the text beside the file and renames it into place: whoever reads the file sees the old text or the new one. A file
/// that has this text already is left untouched; the answer says whether it was written.
pub(crate) fn write(path: &Path, text: &str) -> Result<bool, VerbError> {
    match fs::metadata(path) {
        // A rename would put a file in the place of a device, such as /dev/stdout.
        Ok(found) if !found.is_file() => {
            let message = format!("`{}` is not a regular file", path.display());
            return Err(Finding::error(message, "name a file, or remove what stands in its place").into());
        }
        Ok(_) if fs::read(path).is_ok_and(|old| old == text.as_bytes()) => return Ok(false),
        _ => {}
    }
    match replace(path, text) {
        Ok(()) => Ok(true),
        Err(error) => {
            let message = format!("`{}` cannot be written: {error}", path.display());
            Err(Finding::error(message, help(path, &error)).into())
        }
    }
}

/// The same, in a directory that is made if it is not there.
pub(crate) fn write_in_new_directory(path: &Path, text: &str) -> Result<bool, VerbError> {
    if let Some(directory) = path.parent().filter(|directory| *directory != Path::new("")) {
        fs::create_dir_all(directory).map_err(|error| {
            let message = format!("`{}` cannot be written: `{}`: {error}", path.display(), directory.display());
            Finding::error(message, help(directory, &error))
        })?;
    }
    write(path, text)
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A link stays a link: its target gets the text.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (file, beside) = create_beside(&target)?;
    let written = fill(file, text, &target).and_then(|()| fs::rename(&beside, &target));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    } else {
        remove_abandoned(&target);
    }
    written
}

fn fill(mut file: fs::File, text: &str, target: &Path) -> io::Result<()> {
    if let Ok(old) = fs::metadata(target) {
        file.set_permissions(old.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A new file in the same directory, for a rename does not cross file systems. What another process is writing is not this
/// one's: in containers two of them may well have the same id.
fn create_beside(target: &Path) -> io::Result<(fs::File, PathBuf)> {
    let mut attempt = 0;
    loop {
        let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
        let name = format!("{}{}-{nanoseconds}-{attempt}.tmp", prefix(target), std::process::id());
        let beside = target.with_file_name(name);
        match OpenOptions::new().write(true).create_new(true).open(&beside) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && attempt < ATTEMPTS => attempt += 1,
            opened => return Ok((opened?, beside)),
        }
    }
}

/// How the names of a file's temporary files begin.
fn prefix(target: &Path) -> String {
    format!(".{}.", target.file_name().unwrap_or_default().to_string_lossy())
}

/// Removes what processes that were killed have left of this file.
fn remove_abandoned(target: &Path) {
    let prefix = prefix(target);
    let directory = target.parent().filter(|directory| *directory != Path::new("")).unwrap_or(Path::new("."));
    let is_ours = |name: &str| name.starts_with(&prefix) && name.strip_suffix(".tmp").is_some();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let modified = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        let is_old = modified.and_then(|then| then.elapsed().ok()).is_some_and(|age| age > ABANDONED);
        if is_old && is_ours(&entry.file_name().to_string_lossy()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn help(path: &Path, error: &io::Error) -> String {
    let directory = match path.parent() {
        Some(directory) if directory != Path::new("") => directory.display().to_string(),
        _ => ".".to_owned(),
    };
    match error.kind() {
        ErrorKind::NotFound => format!("create the directory `{directory}` first"),
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            format!("`{}` is not a directory: name a file in one", path.display())
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "make room; what was there is left as it was".to_owned()
        }
        _ => format!("make `{directory}` writable, or name a file elsewhere; what was there is left as it was"),
    }
}
