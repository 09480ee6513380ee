//! A provider value that should not stand where it does.

use std::fmt;

/// One value in a file, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LintFinding {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The column of the value's first character, from 1.
    pub(crate) column: usize,
    pub(crate) kind: LintKind,
    pub(crate) value: String,
    /// The text to write instead, and the reason.
    pub(crate) advice: String,
}

/// The reason why a value is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LintKind {
    /// The provider has no such value, or not in this place.
    Wrong,
    /// It belongs to an environment that is switched off.
    Retired,
    /// It is right today, and would not follow the snapshot.
    HardCoded,
}

impl LintFinding {
    /// A finding whose place the caller fills in.
    pub(super) fn new(kind: LintKind, value: &str, advice: String) -> Self {
        Self { line: 0, column: 0, kind, value: value.to_owned(), advice }
    }
}

impl LintKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Retired => "retired",
            Self::HardCoded => "hard-coded",
        }
    }
}

impl fmt::Display for LintKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
