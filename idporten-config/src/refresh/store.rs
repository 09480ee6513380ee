//! The file that carries the last success from one process to the next.

use std::collections::hash_map::RandomState;
use std::fs::{self, File, Metadata, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::document::provider::Provider;
use crate::document::snapshot::{MAX_BYTES, Origin, Snapshot};

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
        self.write(snapshot).map_err(|reason| format!("`{}` {reason}", self.path.display()))
    }

    /// Removes the file, if it is a store of this provider's: no process is to start from it.
    pub(super) fn remove(&self, provider: &Provider) -> Result<(), String> {
        let gone = self.check_place(provider).and_then(|()| match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(format!("cannot be removed: {error}")),
            _ => Ok(()),
        });
        gone.map_err(|reason| format!("`{}` {reason}", self.path.display()))
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
        self.check_directory()?;
        let text = self.text(Some(&found))?;
        let snapshot = Snapshot::parse(text).map_err(|error| format!("is ignored: {error}"))?;
        if snapshot.provider() != provider {
            return Err(foreign(&snapshot, provider));
        }
        if snapshot.origin() != Origin::Fetched {
            return Err(format!("was not written by a refresher: it is {}; remove it", snapshot.origin()));
        }
        Ok(Some(snapshot))
    }

    fn write(&self, snapshot: &Snapshot) -> Result<(), String> {
        self.check_place(snapshot.provider())?;
        self.check_directory()?;
        let cannot = |error: io::Error| format!("cannot be written: {error}");
        let (path, mut file) = self.temporary().map_err(cannot)?;
        let written = file.write_all(snapshot.to_string().as_bytes()).and_then(|()| file.sync_all());
        let renamed = written.and_then(|()| fs::rename(&path, &self.path));
        renamed.inspect_err(|_| drop(fs::remove_file(&path))).map_err(cannot)
    }

    /// What stands in the place of the store may go where it is a store, whole or broken, or a link to anything.
    fn check_place(&self, provider: &Provider) -> Result<(), String> {
        let found = match fs::symlink_metadata(&self.path) {
            Ok(found) if !found.is_symlink() => found,
            _ => return Ok(()),
        };
        if !found.is_file() {
            return Err("is no regular file, and is left as it is; name a plain file".to_owned());
        }
        // Another process may have put its own there since: that is a store too.
        let text = self.text(None)?;
        match Snapshot::parse(&text) {
            Ok(other) if other.provider() != provider => Err(foreign(&other, provider)),
            // What a machine that lost its power left of a store begins so, or with zeros.
            Err(_) if !text.is_empty() && !text.starts_with(b"{") && !text.starts_with(b"\0") => {
                Err("holds something else, and is left as it is; name a file of its own".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// The content, up to more than a snapshot can have; of the file that was judged, where that matters.
    fn text(&self, judged: Option<&Metadata>) -> Result<Vec<u8>, String> {
        let unreadable = |error: io::Error| format!("cannot be read: {error}");
        let file = File::open(&self.path).map_err(unreadable)?;
        let opened = file.metadata().map_err(unreadable)?;
        if judged.is_some_and(|judged| !is_same(judged, &opened)) {
            return Err("was replaced while it was opened; it is read at the next start".to_owned());
        }
        let mut text = Vec::new();
        file.take(MAX_BYTES as u64 + 1).read_to_end(&mut text).map_err(unreadable)?;
        Ok(text)
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

    /// The file may be nobody else's to write.
    #[cfg(unix)]
    fn check_owner(&self, found: &Metadata) -> Result<(), String> {
        use std::os::unix::fs::MetadataExt;
        let own =
            self.own_uid().map_err(|error| format!("cannot be judged: {error}; make its directory this user's"))?;
        if found.uid() != own {
            return Err(format!("belongs to user {}, not to {own}; remove it", found.uid()));
        }
        check_mode(found, "it")
    }

    /// Nor may its directory: there, a file is replaced by who cannot write it.
    #[cfg(unix)]
    fn check_directory(&self) -> Result<(), String> {
        let directory = fs::metadata(self.directory()).map_err(|error| format!("cannot be judged: {error}"))?;
        check_mode(&directory, "its directory")
    }

    /// Whose a process is, or, where the system does not say, whose a file is that we make.
    #[cfg(unix)]
    fn own_uid(&self) -> io::Result<u32> {
        use std::os::unix::fs::MetadataExt;
        if let Ok(process) = fs::metadata("/proc/self") {
            return Ok(process.uid());
        }
        let (path, file) = self.temporary()?;
        let own = file.metadata()?.uid();
        fs::remove_file(path).map(|()| own)
    }

    /// Elsewhere the rights of the directory decide.
    #[cfg(not(unix))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "it has the form of the other")]
    fn check_owner(&self, _: &Metadata) -> Result<(), String> {
        Ok(())
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "it has the form of the other")]
    fn check_directory(&self) -> Result<(), String> {
        Ok(())
    }
}

fn foreign(found: &Snapshot, provider: &Provider) -> String {
    format!("is of {}, not of {}; give each its own", found.provider().slug(), provider.slug())
}

#[cfg(unix)]
fn check_mode(found: &Metadata, what: &str) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    if found.mode() & 0o002 == 0 {
        return Ok(());
    }
    Err(format!("is ignored: everybody may write to {what}; run `chmod o-w` on that"))
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
