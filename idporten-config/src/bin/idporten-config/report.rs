//! Findings in the forms that CI systems read: GitHub's workflow commands and SARIF 2.1.0.

mod github;
mod sarif;

use clap::{Args, ValueEnum};
use idporten_config::internal::{Finding, Severity};

pub(crate) use github::github;
pub(crate) use sarif::sarif;

/// The options of a verb that reports findings.
#[derive(Debug, Args)]
pub(crate) struct FormatOptions {
    /// The form of the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines, for people
    Text,
    /// An object with a list of findings, for programs
    Json,
    /// Annotations of files, for a step of GitHub Actions
    Github,
    /// A SARIF 2.1.0 log, for code scanning and editors
    Sarif,
}

/// One finding at a place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Annotation {
    pub(crate) level: Level,
    /// The id of the rule, one of those that the report lists.
    pub(crate) rule: &'static str,
    /// The lines of the message; the last one says what fixes it.
    pub(crate) message: String,
    /// The file, relative to the root of the repository.
    pub(crate) file: Option<String>,
    /// The line, from 1.
    pub(crate) line: Option<usize>,
    /// The column in characters, from 1.
    pub(crate) column: Option<usize>,
}

/// The level of an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Error,
    Warning,
    Notice,
}

/// A kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) id: &'static str,
    /// One sentence, with a full stop: SARIF viewers show it as prose.
    pub(crate) description: &'static str,
}

/// The rule of notes, which are no findings.
pub(crate) const NOTE: Rule = Rule { id: "note", description: "Something to know that needs no action." };

impl FormatOptions {
    pub(crate) fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

impl Annotation {
    /// A note without a place.
    pub(crate) fn note(text: &str) -> Self {
        Self { level: Level::Notice, rule: NOTE.id, message: text.to_owned(), file: None, line: None, column: None }
    }

    /// A finding of the rule. Its place is a line of a manifest or of generated code.
    pub(crate) fn of(finding: &Finding, rule: &'static str) -> Self {
        let place = finding.place.as_ref();
        let notes = finding.notes.iter().map(String::as_str);
        let help = format!("help: {}", finding.help);
        let lines: Vec<&str> = [finding.message.as_str()].into_iter().chain(notes).chain([help.as_str()]).collect();
        Self {
            level: if finding.severity == Severity::Error { Level::Error } else { Level::Warning },
            rule,
            message: lines.join("\n"),
            file: place.map(|place| place.file.clone()),
            line: place.and_then(|place| place.line),
            column: None,
        }
    }
}
