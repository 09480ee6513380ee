//! The files of a project.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

#[cfg(feature = "fetch")]
use super::{Environment, Finding, unknown_environment};
use crate::document::snapshot::MAX_BYTES;
#[cfg(feature = "fetch")]
use crate::document::{Provider, Snapshot};

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

/// Returns the provider of an environment, from the table, the manifest, or else its snapshot at `path`.
///
/// # Errors
///
/// Returns a finding where none of them describes it.
#[cfg(feature = "fetch")]
pub fn provider_of(environment: &Environment, path: &Path) -> Result<Provider, Box<Finding>> {
    if let Some(provider) = &environment.provider {
        return Ok(provider.clone());
    }
    let (slug, shown) = (&environment.slug, &environment.path);
    match read(path).map(Snapshot::parse) {
        Ok(Ok(snapshot)) if snapshot.provider().slug() == slug => Ok(snapshot.provider().clone()),
        Ok(Ok(snapshot)) => {
            let message = format!("{slug}: `{shown}` is a snapshot of {}", snapshot.provider().slug());
            Err(Finding::error(message, "rename the file, or describe the environment in a manifest").into())
        }
        Ok(Err(error)) => Err(Finding::error(format!("`{shown}`: {error}"), "describe it in a manifest").into()),
        Err(_) => Err(unknown_environment(slug).into()),
    }
}
