//! The git repository around a directory.

use std::env;
use std::path::{Component, Path, PathBuf};

/// The root of the repository that holds a directory: the nearest one with `.git`, which is a file in a worktree.
pub(crate) fn root_of(directory: &Path) -> Option<&Path> {
    directory.ancestors().find(|ancestor| ancestor.join(".git").exists())
}

/// A path of the working directory as CI systems name it: from the root of the repository, with slashes. Outside of any
/// repository, and for a file elsewhere, it is the path as it was given.
pub(crate) fn path_from_root(path: &str) -> String {
    let Ok(here) = env::current_dir() else { return path.to_owned() };
    let Some(root) = root_of(&here) else { return path.to_owned() };
    let absolute = normalized(&here.join(path));
    absolute.strip_prefix(root).map_or_else(|_| path.to_owned(), with_slashes)
}

/// The path without `.` and `..`. Links are not resolved: a path is shown as the user wrote it.
pub(crate) fn normalized(path: &Path) -> PathBuf {
    let mut normalized = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if normalized.file_name().is_some() => {
                normalized.pop();
            }
            other => normalized.push(other),
        }
    }
    normalized
}

/// The path with slashes on every system.
pub(crate) fn with_slashes(path: &Path) -> String {
    let path = path.display().to_string();
    if cfg!(windows) { path.replace('\\', "/") } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_in_a_path_are_resolved_by_name() {
        for (path, expected) in [("/a/./b/../c", "/a/c"), ("../a", "../a"), ("a/../../b", "../b"), ("/../a", "/../a")] {
            assert_eq!(normalized(Path::new(path)), Path::new(expected), "{path}");
        }
    }
}
