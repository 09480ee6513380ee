//! The output of a verb: text, messages and an exit status.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use idporten_config::internal::{Finding, Severity, escape_control};

/// The output of a verb.
#[derive(Debug, Default)]
pub(crate) struct Output {
    /// The text for standard output.
    pub(crate) text: String,
    /// The lines for standard error.
    pub(crate) messages: Vec<Message>,
    pub(crate) status: ExitStatus,
}

/// A line for standard error.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Something that `--quiet` leaves out.
    Note(String),
    Finding(String),
}

/// The exit code of the tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum ExitStatus {
    #[default]
    Success = 0,
    Findings = 1,
    BadInput = 2,
    /// The network or a provider failed.
    Unreachable = 3,
}

impl Output {
    pub(crate) fn with_notes(notes: &[String]) -> Self {
        let mut output = Self::default();
        output.notes(notes);
        output
    }

    pub(crate) fn failed(error: &VerbError) -> Self {
        let mut output = Self { status: error.status, ..Self::default() };
        output.report(&error.findings);
        output
    }

    pub(crate) fn report(&mut self, findings: &[Finding]) {
        self.messages.extend(findings.iter().map(|finding| Message::Finding(labelled(finding))));
    }

    pub(crate) fn note(&mut self, text: &str) {
        self.messages.push(Message::Note(format!("{}: {}", paint("note", NOTE), escape_control(text))));
    }

    pub(crate) fn notes(&mut self, notes: &[String]) {
        for note in notes {
            self.note(note);
        }
    }

    /// Writes everything. Messages go first: a reader that has seen enough of the text closes the pipe.
    pub(crate) fn finish(self, quiet: bool) -> ExitCode {
        for message in &self.messages {
            match message {
                Message::Note(_) if quiet => {}
                // Nobody reads a standard error that is closed.
                Message::Note(line) | Message::Finding(line) => drop(writeln!(anstream::stderr(), "{line}")),
            }
        }
        match write_out(&self.text) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                let help = "send it elsewhere";
                let _ = writeln!(io::stderr(), "error: standard output cannot be written: {error}; {help}");
                ExitCode::from(ExitStatus::BadInput as u8)
            }
            _ => ExitCode::from(self.status as u8),
        }
    }
}

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default();

/// The text in a style. The escapes reach a terminal only, and none with `NO_COLOR`: `anstream` strips them elsewhere.
pub(crate) fn paint(text: &str, style: Style) -> String {
    format!("{style}{text}{style:#}")
}

/// A finding as a build shows it: `error: ...`, with a line for each part.
pub(crate) fn labelled(finding: &Finding) -> String {
    let style = if finding.severity == Severity::Error { ERROR } else { WARNING };
    format!("{}: {finding}", paint(&finding.severity.to_string(), style))
}

/// `1 finding`, `2 findings`.
pub(crate) fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Writes a finding to standard error at once, so that it is there whatever ends the verb.
pub(crate) fn write_finding(finding: &Finding) {
    let _ = writeln!(anstream::stderr(), "{}", labelled(finding));
}

/// Writes a line at once. An error shows again when the rest is written.
pub(crate) fn write_line(line: &str) {
    let _ = write_out(&format!("{line}\n"));
}

fn write_out(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// The reason why a verb did nothing of what it was asked.
#[derive(Debug)]
pub(crate) struct VerbError {
    pub(crate) findings: Vec<Finding>,
    status: ExitStatus,
}

impl VerbError {
    /// The network or a provider failed.
    pub(crate) fn unreachable(finding: Finding) -> Self {
        Self { findings: vec![finding], status: ExitStatus::Unreachable }
    }
}

impl From<Finding> for VerbError {
    fn from(finding: Finding) -> Self {
        vec![finding].into()
    }
}

impl From<Vec<Finding>> for VerbError {
    fn from(findings: Vec<Finding>) -> Self {
        Self { findings, status: ExitStatus::BadInput }
    }
}

impl From<Box<Finding>> for VerbError {
    fn from(finding: Box<Finding>) -> Self {
        vec![*finding].into()
    }
}
