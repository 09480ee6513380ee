//! Files and directories of tests.

use std::fs;
use std::path::Path;

/// Copies a directory and everything below it, over what is there.
///
/// # Panics
///
/// If a file cannot be read or written.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::write(to, fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

/// Counts the temporary files that writes left beside a file.
#[must_use]
pub fn temporary_beside(file: &Path) -> usize {
    let entries = file.parent().and_then(|directory| fs::read_dir(directory).ok()).into_iter().flatten().flatten();
    entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "tmp")).count()
}

/// Empties a directory, which need not be there.
///
/// # Panics
///
/// If it cannot be emptied.
pub fn empty(directory: &Path) {
    if directory.exists() {
        fs::remove_dir_all(directory).unwrap();
    }
    fs::create_dir_all(directory).unwrap();
}
