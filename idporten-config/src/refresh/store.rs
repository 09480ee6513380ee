//! The file that carries the last success from one process to the next.

mod writer;

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::document::provider::Provider;
use crate::document::snapshot::{MAX_BYTES, Origin, Snapshot};
use crate::file::{self, Access};
pub(super) use writer::{Change, Writer};

/// A snapshot file, read with suspicion: whatever can write it chooses the keys.
pub(super) struct Store {
    path: PathBuf,
}

impl Store {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Reads the snapshot in the file, if there is a file. The error says why the file is ignored.
    pub(super) fn load(&self, provider: &Provider) -> Result<Option<Snapshot>, String> {
        self.read(provider).map_err(|reason| self.named(&reason))
    }

    /// Writes the file, whole or not at all.
    fn save(&self, snapshot: &Snapshot) -> Result<(), String> {
        let written = self.check_place(snapshot.provider()).and_then(|()| self.check_directory()).and_then(|()| {
            file::replace(&self.path, snapshot, Access::Private)
                .map_err(|error| format!("cannot be written: {error}; make room or its directory writable"))
        });
        written.map_err(|reason| self.named(&reason))
    }

    /// Removes the file if it is a store of this provider, so that no process starts from it.
    fn remove(&self, provider: &Provider) -> Result<(), String> {
        let gone = self.check_place(provider).and_then(|()| match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(format!("cannot be removed: {error}; remove it by hand"))
            }
            _ => Ok(()),
        });
        gone.map_err(|reason| self.named(&reason))
    }

    fn named(&self, reason: &str) -> String {
        format!("`{}` {reason}", self.path.display())
    }

    fn read(&self, provider: &Provider) -> Result<Option<Snapshot>, String> {
        let found = match fs::symlink_metadata(&self.path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(&error)),
        };
        if !found.is_file() {
            return Err("is not a regular file, and no link is followed; name a plain file".to_owned());
        }
        self.check_owner(&found)?;
        self.check_directory()?;
        let text = self.text(Some(&found))?;
        let snapshot =
            Snapshot::parse(text).map_err(|error| format!("is ignored until a success replaces it: {error}"))?;
        if snapshot.provider() != provider {
            return Err(foreign(&snapshot, provider));
        }
        if snapshot.origin() != Origin::Fetched {
            return Err(format!("was not written by a refresher: it is {}; remove it", snapshot.origin()));
        }
        Ok(Some(snapshot))
    }

    /// Checks that nothing is lost if the file is replaced: only a store, whole or broken, or a link may be replaced.
    fn check_place(&self, provider: &Provider) -> Result<(), String> {
        let found = match fs::symlink_metadata(&self.path) {
            Ok(found) if !found.is_symlink() => found,
            _ => return Ok(()),
        };
        if !found.is_file() {
            return Err("is not a regular file, and is left as it is; name a plain file".to_owned());
        }
        // Another process may have put its own file there since the last look: that is a store too.
        let text = self.text(None)?;
        match Snapshot::parse(&text) {
            Ok(other) if other.provider() != provider => Err(foreign(&other, provider)),
            // A loss of power leaves a store that is cut short, or that has zeros in it.
            Err(_) if !text.is_empty() && !text.starts_with(b"{") && !text.starts_with(b"\0") => {
                Err("holds something else, and is left as it is; name another file".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Reads slightly more than the size limit of a snapshot, so that a larger file is noticed. With `checked`, the file must be
    /// the one whose owner and mode were checked: another file may take its place between the check and the opening.
    fn text(&self, checked: Option<&Metadata>) -> Result<Vec<u8>, String> {
        let file = File::open(&self.path).map_err(|error| unreadable(&error))?;
        let opened = file.metadata().map_err(|error| unreadable(&error))?;
        if checked.is_some_and(|checked| !is_same(checked, &opened)) {
            return Err("was replaced while it was opened; it is read at the next start".to_owned());
        }
        let mut text = Vec::new();
        file.take(MAX_BYTES as u64 + 1).read_to_end(&mut text).map_err(|error| unreadable(&error))?;
        Ok(text)
    }

    /// Checks that no other user may write the file.
    #[cfg(unix)]
    fn check_owner(&self, found: &Metadata) -> Result<(), String> {
        use std::os::unix::fs::MetadataExt;
        let own = self
            .own_uid()
            .map_err(|error| format!("cannot be checked: {error}; make its directory writable for this user"))?;
        if found.uid() != own {
            return Err(format!("belongs to user {}, not to {own}; remove it", found.uid()));
        }
        check_mode(found, "it")
    }

    /// Checks that no other user may write the directory: there, a file is replaced without being written.
    #[cfg(unix)]
    fn check_directory(&self) -> Result<(), String> {
        let directory = match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let found = fs::metadata(directory)
            .map_err(|error| format!("has no directory that can be checked: {error}; create it"))?;
        check_mode(&found, "its directory")
    }

    /// Returns the user of this process or, where the system does not say, the owner of a file that it creates.
    #[cfg(unix)]
    fn own_uid(&self) -> io::Result<u32> {
        use std::os::unix::fs::MetadataExt;
        if let Ok(process) = fs::metadata("/proc/self") {
            return Ok(process.uid());
        }
        let (file, path) = file::create_beside(&self.path, Access::Private)?;
        let own = file.metadata()?.uid();
        fs::remove_file(path).map(|()| own)
    }

    /// Checks nothing: outside Unix, the permissions of the directory decide.
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

fn unreadable(error: &io::Error) -> String {
    format!("cannot be read: {error}; make it readable for this user, or remove it")
}

fn foreign(found: &Snapshot, provider: &Provider) -> String {
    format!("is of {}, not of {}; give each a file", found.provider().slug(), provider.slug())
}

#[cfg(unix)]
fn check_mode(found: &Metadata, what: &str) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    // A group is refused like all other users: its members change, and none of them may choose the keys.
    let (who, remedy) = match found.mode() & 0o022 {
        0 => return Ok(()),
        0o020 => ("its group", "g-w"),
        0o002 => ("everybody", "o-w"),
        _ => ("everybody", "go-w"),
    };
    Err(format!("is ignored: {who} may write to {what}; run `chmod {remedy}` on that"))
}

#[cfg(unix)]
fn is_same(checked: &Metadata, opened: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (checked.dev(), checked.ino()) == (opened.dev(), opened.ino())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, opened: &Metadata) -> bool {
    opened.is_file()
}
