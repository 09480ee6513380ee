//! Writing a file whole or not at all.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use idporten_config::internal::{Access, Finding, replace_file};

use crate::output::VerbError;

/// Writes the text beside the file and renames it into place, so that every reader sees the old text or the new one. A file
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
    replace_file(&target, &text, Access::Kept)
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
