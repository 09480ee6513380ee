//! Writing a file whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use idporten_config::finding::Finding;

use crate::outcome::Refusal;

/// Writes the text beside the file and renames it into place: whoever reads the file sees the old text or the new one. A file
/// that has this text already is left untouched; the answer says whether it was written.
pub(crate) fn write(path: &Path, text: &str) -> Result<bool, Refusal> {
    match fs::metadata(path) {
        // A rename would put a file in the place of a device, such as /dev/stdout.
        Ok(found) if !found.is_file() => {
            let message = format!("`{}` is not a regular file", path.display());
            return Err(Finding::error(message, "name a file, or leave `--out` out to print").into());
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

fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A link stays a link: its target gets the text.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let beside = beside(&target);
    // What another process is writing is not this one's to remove.
    let file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
    let written = fill(file, text, &target).and_then(|()| fs::rename(&beside, &target));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
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

/// A name of this process's own in the same directory, for a rename does not cross file systems.
fn beside(target: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    target.with_file_name(name)
}

fn help(path: &Path, error: &io::Error) -> String {
    let directory = match path.parent() {
        Some(directory) if directory != Path::new("") => directory.display().to_string(),
        _ => ".".to_owned(),
    };
    match error.kind() {
        ErrorKind::NotFound => format!("create the directory `{directory}` first"),
        ErrorKind::NotADirectory => format!("`{directory}` is not a directory: name a file in one"),
        ErrorKind::AlreadyExists => format!("an interrupted run left a `.tmp` file in `{directory}`: remove it"),
        _ => format!("make `{directory}` writable, or name a file elsewhere"),
    }
}
