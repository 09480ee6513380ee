//! The output of a verb: text, messages and an exit status.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use idporten_config::internal::{Finding, harmless};

/// The output of a verb.
#[derive(Debug, Default)]
pub(crate) struct Output {
    /// The text for standard output.
    pub(crate) text: String,
    /// Notes and findings for standard error.
    pub(crate) messages: Vec<String>,
    pub(crate) status: ExitStatus,
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
        for note in notes {
            output.note(note);
        }
        output
    }

    pub(crate) fn failed(error: &VerbError) -> Self {
        let mut output = Self { status: error.status, ..Self::default() };
        output.report(&error.findings);
        output
    }

    pub(crate) fn report(&mut self, findings: &[Finding]) {
        self.messages.extend(findings.iter().map(labelled));
    }

    pub(crate) fn note(&mut self, text: &str) {
        self.messages.push(format!("note: {}", harmless(text)));
    }

    /// Writes everything. Messages go first: a reader that has seen enough of the text closes the pipe.
    pub(crate) fn finish(self) -> ExitCode {
        for message in &self.messages {
            // Where standard error is closed, there is nobody to tell.
            let _ = writeln!(io::stderr(), "{message}");
        }
        match write_out(&self.text) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                let _ = writeln!(io::stderr(), "error: standard output cannot be written: {error}; send it elsewhere");
                ExitCode::from(ExitStatus::BadInput as u8)
            }
            _ => ExitCode::from(self.status as u8),
        }
    }
}

/// A finding as a build shows it: `error: ...`, with a line for each part.
pub(crate) fn labelled(finding: &Finding) -> String {
    format!("{}: {finding}", finding.severity)
}

/// Says a line at once, for whoever waits. What cannot be written is found out at the end.
pub(crate) fn progress(line: &str) {
    let _ = write_out(&format!("{line}\n"));
}

fn write_out(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Why a verb could do nothing of what it was asked.
#[derive(Debug)]
pub(crate) struct VerbError {
    pub(crate) findings: Vec<Finding>,
    status: ExitStatus,
}

impl VerbError {
    /// Nothing could be done, for the network or a provider failed.
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
