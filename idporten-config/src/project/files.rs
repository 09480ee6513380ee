//! A project on disk: its manifest and the snapshots beside it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::document::snapshot::MAX_BYTES;
use crate::project::finding::{Finding, Place};
use crate::project::manifest::{FILE_NAME, Manifest};
use crate::project::sources::{self, Resolved};

/// A manifest, and the directory that its paths start from.
#[derive(Debug, Clone)]
pub struct Project {
    root: PathBuf,
    manifest: Manifest,
    /// The manifest's file, relative to the root, where it was read from one.
    file: Option<String>,
    findings: Vec<Finding>,
}

impl Project {
    /// Reads the manifest at `file`, a path relative to `root`. What is wrong with it is among the findings of
    /// [`resolve`](Self::resolve).
    #[must_use]
    pub fn open(root: &Path, file: &str) -> Self {
        let (mut manifest, findings) = match read(&root.join(file)).map(String::from_utf8) {
            Ok(Ok(text)) if text.len() > MAX_BYTES => {
                (Manifest::default(), vec![unreadable(file, "too large", "shorten it")])
            }
            Ok(Ok(text)) => Manifest::parse(&text, file),
            Ok(Err(_)) => (Manifest::default(), vec![unreadable(file, "not UTF-8", "save it as UTF-8")]),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (Manifest::default(), vec![missing(file)]),
            Err(error) => {
                (Manifest::default(), vec![unreadable(file, &error.to_string(), "put a readable file there")])
            }
        };
        manifest.move_to(directory_of(file));
        Self { root: root.to_owned(), manifest, file: Some(file.to_owned()), findings }
    }

    /// A project whose manifest is not in a file.
    #[must_use]
    pub fn of(root: &Path, manifest: Manifest) -> Self {
        Self { root: root.to_owned(), manifest, file: None, findings: Vec::new() }
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    #[cfg(feature = "build")]
    pub(crate) fn manifest_mut(&mut self) -> &mut Manifest {
        &mut self.manifest
    }

    /// What is wrong with the manifest itself.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The manifest's file, relative to the root, where it was read from one.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// Whether a path of the manifest, relative to the root, leads to something.
    #[must_use]
    pub fn exists(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// Whether a path of the manifest, relative to the root, leads to a file.
    #[must_use]
    pub fn is_file(&self, path: &str) -> bool {
        self.root.join(path).is_file()
    }

    /// Reads the snapshots and holds them against the requirements; the manifest's own mistakes come first. Where `now` is
    /// given, snapshots older than the manifest allows are warned of.
    #[must_use]
    pub fn resolve(&self, now: Option<SystemTime>) -> Resolved {
        let mut resolved = sources::resolve(&self.manifest, &|path| read(&self.root.join(path)), now);
        resolved.findings.splice(0..0, self.findings.iter().cloned());
        resolved
    }
}

/// Reads a manifest or a snapshot, of which more than a snapshot may have is left unread.
///
/// # Errors
///
/// Those of the file system; and what is not a regular file, since opening a pipe would wait for somebody to write to it.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut text = Vec::new();
    File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut text)?;
    Ok(text)
}

fn directory_of(file: &str) -> &str {
    file.rfind('/').map_or("", |slash| &file[..=slash])
}

fn missing(file: &str) -> Finding {
    let help = format!(
        "create it with a table for each environment, such as `[environments.idporten-test]`; where one `{FILE_NAME}` serves \
         several packages, name its path"
    );
    Finding::error(format!("no manifest at `{file}`"), help)
}

fn unreadable(file: &str, reason: &str, help: &str) -> Finding {
    let place = Place { file: file.to_owned(), line: None, text: String::new() };
    Finding::error(format!("the manifest cannot be read: {reason}"), help).at(Some(&place))
}
