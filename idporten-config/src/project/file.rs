//! Files of a project.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::document::snapshot::MAX_BYTES;

/// Reads a manifest or a snapshot. Of a longer file, one byte more than a snapshot may have is read.
///
/// # Errors
///
/// Those of the file system, and a file that is not a regular one: opening a pipe would wait for somebody to write to it.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut text = Vec::new();
    File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut text)?;
    Ok(text)
}
