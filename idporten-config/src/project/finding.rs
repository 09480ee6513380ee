//! What is wrong, or worth knowing, in a project: said the same way by a build, a macro and the tool.

use std::fmt;

use crate::document::json::is_invisible;

/// One thing to mend: what is wrong, where, and the way out.
///
/// Its [`Display`](fmt::Display) form has a line for each part, none of which holds a character that a terminal or a build tool
/// could take for a command.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The environment it concerns, by slug.
    pub environment: Option<String>,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
    /// What else there is to know.
    pub notes: Vec<String>,
    /// The edit or command that mends it.
    pub help: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// The build must fail.
    Error,
    /// The build goes on; `check` fails where it says so.
    Warning,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The file, as the user names it.
    pub file: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// What stands there.
    pub text: String,
}

impl Finding {
    /// What must fail a build: what is wrong, and what mends it.
    #[must_use]
    pub fn error(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            environment: None,
            message: message.into(),
            place: None,
            notes: Vec::new(),
            help: help.into(),
        }
    }

    /// What a build goes on with: what is wrong, and what mends it.
    #[must_use]
    pub fn warning(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(message, help) }
    }

    /// The finding, said of an environment.
    #[must_use]
    pub fn of(mut self, environment: &str) -> Self {
        self.environment = Some(environment.to_owned());
        self
    }

    /// The finding, with its place where there is one.
    #[must_use]
    pub fn at(mut self, place: Option<&Place>) -> Self {
        self.place = place.cloned();
        self
    }

    /// The finding, with something more to know.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Whether it must fail a build.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The lines of its text.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![harmless(&self.message)];
        lines.extend(self.place.iter().map(|place| harmless(&format!("  {place}"))));
        lines.extend(self.notes.iter().map(|note| harmless(&format!("  {note}"))));
        lines.push(harmless(&format!("  help: {}", self.help)));
        lines
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join("\n"))
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

impl Place {
    /// A line of a file, from 1, or the whole file; `text` is what stands there.
    #[must_use]
    pub fn new(file: impl Into<String>, line: Option<usize>, text: impl Into<String>) -> Self {
        Self { file: file.into(), line, text: text.into() }
    }

    /// The place of a byte in a text.
    #[cfg(feature = "codegen")]
    pub(crate) fn in_text(file: &str, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line: String = text[start..].lines().next().unwrap_or_default().trim().chars().take(200).collect();
        Self { file: file.to_owned(), line: Some(before.matches('\n').count() + 1), text: line }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.text.is_empty() {
            write!(f, ": {}", self.text)?;
        }
        Ok(())
    }
}

/// The text with every control and invisible character escaped: it may come from a document or a manifest.
///
/// ```
/// use idporten_config::internal::harmless;
///
/// assert_eq!(harmless("openid\u{1b}[2J\n"), r"openid\u{1b}[2J\n");
/// ```
#[must_use]
pub fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_invisible(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}
