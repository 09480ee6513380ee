//! The file that carries the last success from one process to the next.

use std::collections::hash_map::RandomState;
use std::fs::{self, File, Metadata, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::provider::Provider;
use crate::snapshot::{MAX_BYTES, Origin, Snapshot};

/// A snapshot file, written by rename and read with suspicion: who can write it chooses the keys.
pub(super) struct Store {
    path: PathBuf,
    /// Held while writing: a disk that hangs costs one thread, and the writes that come meanwhile.
    writing: Mutex<()>,
}

impl Store {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, writing: Mutex::new(()) }
    }

    /// The snapshot in the file, if there is one of this provider's. The error says why the file is ignored.
    pub(super) fn load(&self, provider: &Provider) -> Result<Option<Snapshot>, String> {
        self.read(provider).map_err(|reason| format!("`{}` {reason}", self.path.display()))
    }

    /// Writes the file, whole or not at all.
    pub(super) fn save(&self, snapshot: &Snapshot) -> Result<(), String> {
        let Ok(_alone) = self.writing.try_lock() else {
            return Err(format!("`{}` is still being written; see whether its disk hangs", self.path.display()));
        };
        self.write(snapshot).map_err(|error| format!("`{}` cannot be written: {error}", self.path.display()))
    }

    fn read(&self, provider: &Provider) -> Result<Option<Snapshot>, String> {
        let found = match fs::symlink_metadata(&self.path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("cannot be read: {error}")),
        };
        if !found.is_file() {
            return Err("is no regular file, and no link is followed; name a plain file".to_owned());
        }
        self.check_owner(&found)?;
        let mut text = Vec::new();
        let unreadable = |error: io::Error| format!("cannot be read: {error}");
        let file = File::open(&self.path).map_err(unreadable)?;
        // What was judged and what is read must be one file.
        if !is_same(&found, &file.metadata().map_err(unreadable)?) {
            return Err("was replaced while it was opened; it is read at the next start".to_owned());
        }
        file.take(MAX_BYTES as u64 + 1).read_to_end(&mut text).map_err(unreadable)?;
        let snapshot = Snapshot::parse(text).map_err(|error| format!("is ignored: {error}"))?;
        if snapshot.provider() != provider {
            return Err(format!("is of {}, not of {}; give each its own", snapshot.provider().slug(), provider.slug()));
        }
        if snapshot.origin() != Origin::Fetched {
            return Err(format!("was not written by a refresher: it is {}; remove it", snapshot.origin()));
        }
        Ok(Some(snapshot))
    }

    fn write(&self, snapshot: &Snapshot) -> io::Result<()> {
        let (path, mut file) = self.temporary()?;
        let written = file.write_all(snapshot.to_string().as_bytes()).and_then(|()| file.sync_all());
        written.and_then(|()| fs::rename(&path, &self.path)).inspect_err(|_| drop(fs::remove_file(&path)))
    }

    /// A new file beside the store's, of a name that no other process has.
    fn temporary(&self) -> io::Result<(PathBuf, File)> {
        let name = self.path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
        let mut temporary = std::ffi::OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{:016x}", RandomState::new().build_hasher().finish()));
        let path = self.path.with_file_name(temporary);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok((path.clone(), options.open(path)?))
    }

    fn directory(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }

    /// Neither the file nor its directory may be another's to write.
    #[cfg(unix)]
    fn check_owner(&self, found: &Metadata) -> Result<(), String> {
        use std::os::unix::fs::MetadataExt;
        let unreadable = |error: io::Error| format!("cannot be judged: {error}; make its directory this user's");
        // Whose a file is that we make here is who we are.
        let (path, file) = self.temporary().map_err(unreadable)?;
        let own = file.metadata().and_then(|made| fs::remove_file(path).map(|()| made.uid())).map_err(unreadable)?;
        if found.uid() != own {
            return Err(format!("belongs to user {}, not to {own}; remove it", found.uid()));
        }
        let directory = fs::metadata(self.directory()).map_err(unreadable)?;
        for (what, mode) in [("it", found.mode()), ("its directory", directory.mode())] {
            if mode & 0o002 != 0 {
                return Err(format!("is ignored: everybody may write to {what}; run `chmod o-w` on that"));
            }
        }
        Ok(())
    }

    /// Elsewhere the rights of the directory decide.
    #[cfg(not(unix))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "it has the form of the other")]
    fn check_owner(&self, _: &Metadata) -> Result<(), String> {
        Ok(())
    }
}

#[cfg(unix)]
fn is_same(judged: &Metadata, opened: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (judged.dev(), judged.ino()) == (opened.dev(), opened.ino())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, opened: &Metadata) -> bool {
    opened.is_file()
}
