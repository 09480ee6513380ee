//! The file that carries the last success from one process to the next.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::schedule::is_future;
use crate::document::json::Value;
use crate::document::provider::Provider;
use crate::document::snapshot::{MAX_BYTES, Origin, Snapshot};
use crate::file::{self, Access};

/// The beginning of each store: a snapshot file has its members in one order.
const START: &[u8] = b"{\n  \"as_of\": \"";

/// A snapshot file, read with suspicion: whatever can write it chooses the keys. Its methods fail with a reason that follows the
/// name of the file.
pub(super) struct Store {
    path: PathBuf,
}

impl Store {
    /// Resolves the path now: a later change of the working directory must not move the store.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path: std::path::absolute(&path).unwrap_or(path) }
    }

    /// Returns the reason with the name of the file.
    pub(super) fn named(&self, reason: &str) -> String {
        format!("`{}` {reason}", self.path.display())
    }

    /// Reads the snapshot in the file, if there is a file. The error says why the file is ignored.
    pub(super) fn load(&self, provider: &Provider, now: SystemTime) -> Result<Option<Snapshot>, String> {
        // No link is followed: the owner of a link says nothing about the owner of its target.
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
        // Two services may share a path by mistake, and production must not trust the keys of a test environment.
        if snapshot.provider() != provider {
            return Err(foreign(&snapshot, provider));
        }
        // A refresher stores nothing but what it fetched.
        if snapshot.origin() != Origin::Fetched {
            return Err(format!("was not written by a refresher: it is {}; remove it", snapshot.origin()));
        }
        if is_future(snapshot.as_of(), now) {
            let date = snapshot.timestamp();
            return Err(format!(
                "is ignored: it is dated {date}, more than a day ahead of this machine's clock; set the clock, or remove it"
            ));
        }
        Ok(Some(snapshot))
    }

    /// Writes the file, whole or not at all.
    pub(super) fn save(&self, snapshot: &Snapshot) -> Result<(), String> {
        self.check_place(snapshot.provider())?;
        // The mode may have changed since the start. A file that the next process would refuse is not worth writing.
        self.check_directory()?;
        file::replace(&self.path, snapshot, Access::Private)
            .map_err(|error| format!("cannot be written: {error}; make room or its directory writable"))
    }

    /// Removes keys of these kids and thumbprints from the file. What else it holds stays, also where it is newer than what is held
    /// here: another process may have written it.
    pub(super) fn distrust(&self, provider: &Provider, distrusted: &[String]) -> Result<(), String> {
        if !fs::symlink_metadata(&self.path).is_ok_and(|found| found.is_file()) {
            return Ok(());
        }
        let stored = Snapshot::parse(self.text(None)?).ok().filter(|stored| stored.provider() == provider);
        match stored.and_then(|stored| stored.without(distrusted)) {
            Some(trusted) if trusted.has_usable_keys() => self.save(&trusted),
            Some(_) => self.remove(provider),
            None => Ok(()),
        }
    }

    /// Removes the file if it is a store of this provider, so that no process starts from it.
    pub(super) fn remove(&self, provider: &Provider) -> Result<(), String> {
        self.check_place(provider)?;
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(format!("cannot be removed: {error}; remove it by hand"))
            }
            _ => Ok(()),
        }
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
            Err(_) if is_something_else(&text) => {
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
        let inode = |found| attributes(found).map(|found| found.inode);
        if !opened.is_file() || checked.is_some_and(|checked| inode(checked) != inode(&opened)) {
            return Err("was replaced while it was opened; it is read at the next start".to_owned());
        }
        let mut text = Vec::new();
        file.take(MAX_BYTES as u64 + 1).read_to_end(&mut text).map_err(|error| unreadable(&error))?;
        Ok(text)
    }

    /// Checks that no other user may write the file.
    fn check_owner(&self, found: &Metadata) -> Result<(), String> {
        let Some(Attributes { uid, .. }) = attributes(found) else { return Ok(()) };
        let own = self.own_user()?;
        if uid != own {
            return Err(format!("belongs to user {uid}, not to {own}; remove it"));
        }
        check_mode(found, "it")
    }

    /// Checks that no other user but root may write the directory: there, a file is replaced without being written, also by an
    /// older store of this user.
    fn check_directory(&self) -> Result<(), String> {
        let directory = self.path.parent().unwrap_or(Path::new("/"));
        // A link is followed here: the owner and the mode of the directory that it names decide who may replace a file in it.
        let found = fs::metadata(directory)
            .map_err(|error| format!("has no directory that can be checked: {error}; create it"))?;
        if let Some(Attributes { uid, .. }) = attributes(&found)
            && uid != 0
            && uid != self.own_user()?
        {
            return Err(format!("is ignored: its directory belongs to user {uid}; use a directory of this user"));
        }
        check_mode(&found, "its directory")
    }

    fn own_user(&self) -> Result<u32, String> {
        self.own_uid().map_err(|error| format!("cannot be checked: {error}; make its directory writable for this user"))
    }

    /// Returns the user of this process or, where the system does not say, the owner of a file that it creates.
    fn own_uid(&self) -> io::Result<u32> {
        let uid = |found| attributes(found).map(|found| found.uid).ok_or(io::ErrorKind::Unsupported.into());
        // Asking the system directly (`geteuid`) needs unsafe code or one more dependency.
        if let Ok(process) = fs::metadata("/proc/self") {
            return uid(&process);
        }
        let (file, path) = file::create_beside(&self.path, Access::Private)?;
        let own = uid(&file.metadata()?);
        fs::remove_file(path).and(own)
    }
}

/// Returns whether a text that is no snapshot is no broken one either. A loss of power leaves a store that is empty, cut short, or has
/// zeros in it. A whole JSON object without a member of a snapshot is another program's file.
fn is_something_else(text: &[u8]) -> bool {
    match Value::parse(text).as_ref().ok().and_then(Value::as_object) {
        Some(object) => !object.is_empty() && object.get("as_of").or_else(|| object.get("well_known_url")).is_none(),
        None => !text.starts_with(b"\0") && !text.starts_with(START) && !START.starts_with(text),
    }
}

fn unreadable(error: &io::Error) -> String {
    format!("cannot be read: {error}; make it readable for this user, or remove it")
}

fn foreign(found: &Snapshot, provider: &Provider) -> String {
    format!("is of {}, not of {}; give each a file", found.provider().slug(), provider.slug())
}

fn check_mode(found: &Metadata, what: &str) -> Result<(), String> {
    // A group is refused like all other users: its members change, and none of them may choose the keys.
    let (who, remedy) = match attributes(found).map_or(0, |found| found.mode & 0o022) {
        0 => return Ok(()),
        0o020 => ("its group", "g-w"),
        0o002 => ("everybody", "o-w"),
        _ => ("everybody", "go-w"),
    };
    Err(format!("is ignored: {who} may write to {what}; run `chmod {remedy}` on that"))
}

/// The attributes of a file on Unix.
struct Attributes {
    uid: u32,
    mode: u32,
    /// The device and the number of the file on it, which together name it whatever its path is.
    inode: (u64, u64),
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
fn attributes(found: &Metadata) -> Option<Attributes> {
    use std::os::unix::fs::MetadataExt;
    Some(Attributes { uid: found.uid(), mode: found.mode(), inode: (found.dev(), found.ino()) })
}

/// Returns nothing: outside Unix, the permissions of the directory decide.
#[cfg(not(unix))]
fn attributes(_: &Metadata) -> Option<Attributes> {
    None
}
