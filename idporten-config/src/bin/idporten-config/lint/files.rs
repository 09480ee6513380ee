//! The files of a project that a program or a person wrote for a program.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use idporten_config::internal::Finding;
use walkdir::{DirEntry, WalkDir};

/// Directories whose files are made, fetched, or git's own.
const SKIPPED: &[&str] = &["target", ".git", "node_modules"];
/// Ends of the names of prose, where values are talked about.
const PROSE: &[&str] = &["md", "markdown", "rst", "adoc", "txt"];
/// Larger files are data.
const MAX_BYTES: u64 = 1 << 20;
/// How far a file is searched for a NUL, which text has none of.
const SAMPLE: usize = 8 << 10;

/// Reads files, and keeps count.
pub(super) struct Files<'a> {
    exclude: &'a [Exclude],
    /// How many were read.
    pub(super) read: usize,
    /// How many were not, for they are data.
    pub(super) passed_over: usize,
    /// What could not be.
    pub(super) unreadable: Vec<Finding>,
}

/// A path to leave out.
pub(super) struct Exclude {
    path: PathBuf,
    has_matched: Cell<bool>,
}

impl Exclude {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: plain(path), has_matched: Cell::new(false) }
    }

    pub(super) fn has_matched(&self) -> bool {
        self.has_matched.get()
    }

    fn matches(&self, entry: &DirEntry, root: &Path) -> bool {
        let below_root = entry.path().strip_prefix(root).ok().filter(|_| entry.depth() > 0);
        let matches = plain(entry.path()) == self.path || below_root.is_some_and(|path| plain(path) == self.path);
        self.has_matched.set(self.has_matched.get() || matches);
        matches
    }
}

/// A path without its `.`s.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|component| *component != Component::CurDir).collect()
}

impl<'a> Files<'a> {
    pub(super) fn new(exclude: &'a [Exclude]) -> Self {
        Self { exclude, read: 0, passed_over: 0, unreadable: Vec::new() }
    }

    /// Hands over each text below a path, in the order of their names. A file that is named itself is read whatever its name.
    pub(super) fn each(&mut self, path: &Path, mut each: impl FnMut(&Path, &str)) {
        let exclude = self.exclude;
        let walk = WalkDir::new(path).sort_by_file_name().into_iter();
        for entry in walk.filter_entry(|entry| is_wanted(entry, path, exclude)) {
            match entry {
                // What a link inside of a directory leads to is linted where it is.
                Ok(entry) if entry.depth() > 0 && !entry.file_type().is_file() => {}
                Ok(entry) if entry.path().is_dir() => {}
                Ok(entry) => match text(entry.path()) {
                    Ok(Some(text)) => {
                        self.read += 1;
                        each(entry.path(), &text);
                    }
                    Ok(None) => self.passed_over += 1,
                    Err(error) => self.fails(entry.path(), &error),
                },
                Err(error) => {
                    let path = error.path().unwrap_or(path).to_owned();
                    let error = error.into_io_error().unwrap_or_else(|| io::Error::other("a loop of links"));
                    self.fails(&path, &error);
                }
            }
        }
    }

    fn fails(&mut self, path: &Path, error: &io::Error) {
        let message = format!("`{}` cannot be read: {error}", path.display());
        self.unreadable.push(Finding::error(message, "name another path, or leave it out with `--exclude`"));
    }
}

fn is_wanted(entry: &DirEntry, root: &Path, exclude: &[Exclude]) -> bool {
    // All are asked: one that is named twice has not matched nothing.
    if exclude.iter().filter(|exclude| exclude.matches(entry, root)).count() > 0 {
        return false;
    }
    let name = entry.file_name().to_string_lossy();
    match entry.depth() {
        0 => true,
        _ if entry.file_type().is_dir() => !SKIPPED.contains(&name.as_ref()),
        _ => !is_prose(entry.path()),
    }
}

fn is_prose(path: &Path) -> bool {
    let end = path.extension().map(|end| end.to_string_lossy().to_ascii_lowercase());
    end.is_some_and(|end| PROSE.contains(&end.as_str()))
}

/// The text of a file; none where it is data.
fn text(path: &Path) -> io::Result<Option<String>> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > MAX_BYTES {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    file.by_ref().take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(decoded(&bytes))
}

/// UTF-16 by its mark, as Windows writes it, and else UTF-8.
fn decoded(bytes: &[u8]) -> Option<String> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => Some(utf16(rest, u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => Some(utf16(rest, u16::from_be_bytes)),
        // The mark is no character of the first line.
        [0xEF, 0xBB, 0xBF, rest @ ..] => decoded(rest),
        _ if bytes[..bytes.len().min(SAMPLE)].contains(&0) => None,
        _ => Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}
