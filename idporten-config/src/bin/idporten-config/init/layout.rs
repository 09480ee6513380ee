//! The directories of a project: the package, the manifest's, the snapshots', and the root of the repository.

use std::env;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::repository::{normalized, root_of, with_slashes};

/// The directories of a project, as absolute paths.
pub(super) struct Layout {
    here: PathBuf,
    /// The directory of the manifest, where the tool runs in CI.
    base: PathBuf,
    snapshots: PathBuf,
    /// The root of the repository. Without a repository it is the directory of the manifest.
    root: PathBuf,
}

impl Layout {
    /// The layout of a package in the working directory, whose manifest is the file.
    pub(super) fn new(manifest_file: &str, snapshots: &str) -> io::Result<Self> {
        let here = env::current_dir()?;
        let manifest = normalized(&here.join(manifest_file));
        let base = manifest.parent().unwrap_or(&here).to_owned();
        let root = root_of(&base).unwrap_or(&base).to_owned();
        Ok(Self { snapshots: normalized(&here.join(snapshots)), here, base, root })
    }

    /// A path from the working directory, for files of the manifest's directory or the root.
    fn shown(&self, path: &Path) -> String {
        with_slashes(&relative(&self.here, path))
    }

    /// The path of a file at the root of the repository.
    pub(super) fn at_root(&self, file: &str) -> String {
        self.shown(&self.root.join(file))
    }

    /// The path of a file beside the manifest.
    pub(super) fn beside_manifest(&self, file: &str) -> String {
        self.shown(&self.base.join(file))
    }

    /// The directory of the manifest, from the root of the repository; empty where they are one.
    pub(super) fn base_from_root(&self) -> String {
        self.base.strip_prefix(&self.root).map(with_slashes).unwrap_or_default()
    }

    /// The directory of snapshots from that of the manifest, if it is below: `snapshots`, or empty where they are one.
    pub(super) fn snapshots_below_base(&self) -> Option<String> {
        self.snapshots.strip_prefix(&self.base).ok().map(with_slashes)
    }

    /// The directory of snapshots from that of the manifest.
    pub(super) fn snapshots_from_base(&self) -> String {
        match with_slashes(&relative(&self.base, &self.snapshots)) {
            path if path.is_empty() => ".".to_owned(),
            path => path,
        }
    }

    /// The directory of snapshots from the root of the repository, if it is below.
    pub(super) fn snapshots_below_root(&self) -> Option<String> {
        self.snapshots.strip_prefix(&self.root).ok().map(with_slashes)
    }
}

/// The path that leads from one directory to another path, both absolute.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let shared = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_path_leads_up_and_down() {
        let of = |from: &str, to: &str| relative(Path::new(from), Path::new(to));
        assert_eq!(of("/a/b", "/a/b/c"), Path::new("c"));
        assert_eq!(of("/a/b/c", "/a/d"), Path::new("../../d"));
        assert_eq!(of("/a", "/a"), Path::new(""));
    }
}
