//! The files of a project that were written for a program, and not fetched or built.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use idporten_config::internal::Finding;
use ignore::{DirEntry, WalkBuilder, WalkState};

use super::context::FileKind;

/// Directories whose files are made, fetched, or git's own.
const SKIPPED: &[&str] = &[".git", "node_modules", ".venv", ".next"];
/// The same, but read below `src`, where a module may have such a name.
const SKIPPED_OUTSIDE_SRC: &[&str] = &["target", "vendor", "dist", "build"];
/// The size of the largest file that is read. Larger ones are data.
const MAX_BYTES: u64 = 1 << 20;
/// The number of bytes in which a NUL is looked for, which text has none of.
const SAMPLE: usize = 8 << 10;

/// The files below some paths, read in parallel, and counted.
pub(super) struct Tree<'a> {
    exclude: &'a [Exclude],
    prose: bool,
    read: AtomicUsize,
    passed_over: AtomicUsize,
    prose_passed_over: AtomicUsize,
    unreadable: Mutex<Vec<Finding>>,
    /// Files that were read already, if there are several roots: one may lie below another.
    seen: Option<Mutex<HashSet<PathBuf>>>,
}

/// The numbers of files that were read and that were not.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) read: usize,
    /// Binary files and large ones.
    pub(super) passed_over: usize,
    pub(super) prose: usize,
    pub(super) unreadable: Vec<Finding>,
}

/// A path to leave out.
pub(super) struct Exclude {
    path: PathBuf,
    has_matched: AtomicBool,
}

impl Exclude {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: plain(path), has_matched: AtomicBool::new(false) }
    }

    pub(super) fn has_matched(&self) -> bool {
        self.has_matched.load(Ordering::Relaxed)
    }

    fn matches(&self, path: &Path, root: &Path, depth: usize) -> bool {
        let below_root = path.strip_prefix(root).ok().filter(|_| depth > 0);
        let matches = plain(path) == self.path || below_root.is_some_and(|path| plain(path) == self.path);
        self.has_matched.fetch_or(matches, Ordering::Relaxed);
        matches
    }
}

/// A path without its `.`s.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|component| *component != Component::CurDir).collect()
}

impl<'a> Tree<'a> {
    /// A tree of so many roots, without the excluded paths, with prose where it is asked for.
    pub(super) fn new(roots: usize, exclude: &'a [Exclude], prose: bool) -> Self {
        Self {
            exclude,
            prose,
            read: AtomicUsize::new(0),
            passed_over: AtomicUsize::new(0),
            prose_passed_over: AtomicUsize::new(0),
            unreadable: Mutex::default(),
            seen: (roots > 1).then(Mutex::default),
        }
    }

    /// Calls `each` with each file below a path, from several threads. A file that is named itself is read whatever its name.
    ///
    /// What git ignores is left out, but for `.env` files: a wrong value there breaks a log-in like any other. Outside a git
    /// repository `.gitignore` files count too.
    pub(super) fn each(&self, root: &Path, each: &(impl Fn(&Path, &[u8]) + Sync)) {
        let walk = WalkBuilder::new(root)
            .hidden(false)
            .require_git(false)
            // Git does not read `.ignore`, by which search tools leave out what is committed.
            .ignore(false)
            .filter_entry({
                let root = root.to_owned();
                move |entry| !is_skipped(entry, &root)
            })
            .build_parallel();
        walk.run(|| {
            Box::new(|entry| {
                match entry {
                    Ok(entry) => return self.entry(&entry, root, each),
                    Err(error) => self.fails(&path_in(&error).unwrap_or_else(|| root.to_owned()), &error.to_string()),
                }
                WalkState::Continue
            })
        });
    }

    pub(super) fn counts(self) -> Counts {
        let mut unreadable = self.unreadable.into_inner().unwrap_or_else(PoisonError::into_inner);
        unreadable.sort_by(|a, b| a.message.cmp(&b.message));
        Counts {
            read: self.read.into_inner(),
            passed_over: self.passed_over.into_inner(),
            prose: self.prose_passed_over.into_inner(),
            unreadable,
        }
    }

    fn entry(&self, entry: &DirEntry, root: &Path, each: &(impl Fn(&Path, &[u8]) + Sync)) -> WalkState {
        let (path, depth) = (entry.path(), entry.depth());
        if self.is_excluded(path, root, depth) {
            return WalkState::Skip;
        }
        if path.is_dir() && (depth == 0 || !entry.path_is_symlink()) {
            for file in environment_files(path) {
                if !self.is_excluded(&file, root, depth + 1) {
                    self.file(&file, each);
                }
            }
            return WalkState::Continue;
        }
        // What a link inside of a directory leads to is linted where it is.
        let is_file = depth == 0 || entry.file_type().is_some_and(|kind| kind.is_file());
        if !is_file || (depth > 0 && is_environment_file(path)) {
            return WalkState::Continue;
        }
        if depth > 0 && !self.prose && FileKind::of(&entry.file_name().to_string_lossy()) == FileKind::Prose {
            self.prose_passed_over.fetch_add(1, Ordering::Relaxed);
        } else {
            self.file(path, each);
        }
        WalkState::Continue
    }

    fn file(&self, path: &Path, each: &(impl Fn(&Path, &[u8]) + Sync)) {
        if let Some(seen) = &self.seen
            && !seen.lock().unwrap_or_else(PoisonError::into_inner).insert(plain(path))
        {
            return;
        }
        match text(path) {
            Ok(Some(bytes)) => {
                self.read.fetch_add(1, Ordering::Relaxed);
                each(path, &bytes);
            }
            Ok(None) => drop(self.passed_over.fetch_add(1, Ordering::Relaxed)),
            Err(error) => self.fails(path, &error.to_string()),
        }
    }

    /// All are asked: one that is named twice has matched both times.
    fn is_excluded(&self, path: &Path, root: &Path, depth: usize) -> bool {
        self.exclude.iter().filter(|exclude| exclude.matches(path, root, depth)).count() > 0
    }

    fn fails(&self, path: &Path, error: &str) {
        let message = format!("`{}` cannot be read: {error}", path.display());
        let finding = Finding::error(message, "name another path, or leave it out with `--exclude`");
        self.unreadable.lock().unwrap_or_else(PoisonError::into_inner).push(finding);
    }
}

fn is_skipped(entry: &DirEntry, root: &Path) -> bool {
    let is_directory = entry.file_type().is_some_and(|kind| kind.is_dir());
    let is_named = |names: &[&str]| names.iter().any(|name| entry.file_name() == *name);
    // The root may be named `src` itself. What is above it says nothing about the project: containers have theirs in `/usr/src`.
    let path = entry.path().strip_prefix(root.parent().unwrap_or(root)).unwrap_or(entry.path());
    let is_source = path.iter().any(|part| part == "src");
    entry.depth() > 0 && is_directory && (is_named(SKIPPED) || is_named(SKIPPED_OUTSIDE_SRC) && !is_source)
}

/// The `.env` files of a directory, ignored by git or not.
fn environment_files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    entries.filter(|path| is_environment_file(path) && path.is_file()).collect()
}

fn is_environment_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".env"))
}

/// The path that an error of the walk is about.
fn path_in(error: &ignore::Error) -> Option<PathBuf> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path.clone()),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_in(err),
        _ => None,
    }
}

/// The bytes of a file; none where it is data. A pipe is refused unopened: opening it would block until another process writes to it.
fn text(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    if metadata.len() > MAX_BYTES {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| is_utf_16(bytes) || !bytes[..bytes.len().min(SAMPLE)].contains(&0)))
}

fn is_utf_16(bytes: &[u8]) -> bool {
    matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..])
}

/// The text of bytes: UTF-16 by its mark, as Windows writes it, and else UTF-8.
pub(super) fn decoded(bytes: &[u8]) -> String {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        // The mark is no character of the first line.
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}
