//! The findings about a project, in the form that a build, a macro and the tool all print.

use std::fmt;

use crate::document::json::is_invisible;

/// A mistake in a project or a remark about it, with its place and the fix.
///
/// Its [`Display`](fmt::Display) form has a line for each part. Control characters are escaped, so that no text can be a
/// command to a terminal or to cargo.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The severity.
    pub severity: Severity,
    /// The slug of the environment that it concerns, or `None` if it concerns the project.
    pub environment: Option<String>,
    /// The message.
    pub message: String,
    /// The place of the mistake, if it has one.
    pub place: Option<Place>,
    /// Further facts that help to understand it.
    pub notes: Vec<String>,
    /// The edit or command that fixes it.
    pub help: String,
}

/// The severity of a finding, in decreasing order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// A build fails.
    Error,
    /// A build reports it and continues; `check` fails.
    Warning,
    /// A build does not report it; `check` fails.
    CheckOnly,
    /// A build does not report it; `check` reports it and does not fail.
    Note,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The file, as the user names it.
    pub file: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The text at the place.
    pub text: String,
}

impl Finding {
    /// Makes a finding that fails a build.
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

    /// Makes a finding that a build reports without failing.
    #[must_use]
    pub fn warning(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(message, help) }
    }

    /// Makes a finding that fails `check` and that a build does not report.
    #[must_use]
    pub fn for_check(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { severity: Severity::CheckOnly, ..Self::error(message, help) }
    }

    /// Makes a finding that fails nothing.
    #[must_use]
    pub fn note_of(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::error(message, help) }
    }

    /// Sets the environment that it concerns.
    #[must_use]
    pub fn of(mut self, environment: &str) -> Self {
        self.environment = Some(environment.to_owned());
        self
    }

    /// Sets the place.
    #[must_use]
    pub fn at(mut self, place: Option<&Place>) -> Self {
        self.place = place.cloned();
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Returns whether a build fails.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Returns whether a build reports the finding.
    #[must_use]
    pub fn is_for_builds(&self) -> bool {
        matches!(self.severity, Severity::Error | Severity::Warning)
    }

    /// Returns whether `check` fails.
    #[must_use]
    pub fn fails_check(&self) -> bool {
        self.severity != Severity::Note
    }

    /// Returns the lines of the text.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        // A line ends up in a directive to cargo, an annotation or a terminal, where a control character of a provider's value could
        // start another.
        let mut lines = vec![escape_control(&self.message)];
        lines.extend(self.place.iter().map(|place| escape_control(&format!("  {place}"))));
        lines.extend(self.notes.iter().map(|note| escape_control(&format!("  {note}"))));
        lines.push(escape_control(&format!("  help: {}", self.help)));
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
            Self::Warning | Self::CheckOnly => "warning",
            Self::Note => "note",
        })
    }
}

impl Place {
    /// Makes a place: a line of a file, counted from 1, or the whole file. `text` is the text at the place.
    #[must_use]
    pub fn new(file: impl Into<String>, line: Option<usize>, text: impl Into<String>) -> Self {
        Self { file: file.into(), line, text: text.into() }
    }

    /// Returns the place of a byte in a text.
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

/// Escapes every control and invisible character of a text that comes from a document or a manifest.
///
/// ```
/// use idporten_config::internal::escape_control;
///
/// assert_eq!(escape_control("openid\u{1b}[2J\n"), r"openid\u{1b}[2J\n");
/// ```
#[must_use]
pub fn escape_control(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_invisible(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}
