//! The files of a project.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::document::snapshot::MAX_BYTES;

/// Reads a manifest or a snapshot. At most one byte more than the size limit of a snapshot is read, which is enough to reject it.
///
/// # Errors
///
/// Returns the errors of the file system, and an error for a file that is not regular: opening a pipe would block until another
/// process writes to it.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut text = Vec::new();
    File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut text)?;
    Ok(text)
}
