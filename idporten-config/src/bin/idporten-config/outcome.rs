//! What a verb has to say, and how it leaves the process.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use idporten_config::internal::{Finding, harmless};

/// What a verb has to say.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// For standard output: what was asked for.
    pub(crate) output: String,
    /// For standard error: what else there is to know.
    pub(crate) remarks: Vec<String>,
    pub(crate) verdict: Verdict,
}

/// The exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Verdict {
    #[default]
    Fine = 0,
    Findings = 1,
    BadInput = 2,
    /// The network or a provider failed.
    Unreachable = 3,
}

impl Outcome {
    pub(crate) fn noting(notes: &[String]) -> Self {
        let mut outcome = Self::default();
        for note in notes {
            outcome.note(note);
        }
        outcome
    }

    pub(crate) fn refused(refusal: &Refusal) -> Self {
        let mut outcome = Self { verdict: refusal.verdict, ..Self::default() };
        outcome.remark_on(&refusal.findings);
        outcome
    }

    pub(crate) fn remark_on(&mut self, findings: &[Finding]) {
        self.remarks.extend(findings.iter().map(labelled));
    }

    pub(crate) fn note(&mut self, text: &str) {
        self.remarks.push(format!("note: {}", harmless(text)));
    }

    /// Says it all. Remarks come first: a reader of the output who has read enough closes the pipe.
    pub(crate) fn finish(self) -> ExitCode {
        for remark in &self.remarks {
            // Where standard error is closed, there is nobody to tell.
            let _ = writeln!(io::stderr(), "{remark}");
        }
        match write_out(&self.output) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                let _ = writeln!(io::stderr(), "error: standard output cannot be written: {error}; send it elsewhere");
                ExitCode::from(Verdict::BadInput as u8)
            }
            _ => ExitCode::from(self.verdict as u8),
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
pub(crate) struct Refusal {
    pub(crate) findings: Vec<Finding>,
    verdict: Verdict,
}

impl Refusal {
    /// Nothing could be done, for the network or a provider failed.
    pub(crate) fn unreachable(finding: Finding) -> Self {
        Self { findings: vec![finding], verdict: Verdict::Unreachable }
    }
}

impl From<Finding> for Refusal {
    fn from(finding: Finding) -> Self {
        vec![finding].into()
    }
}

impl From<Vec<Finding>> for Refusal {
    fn from(findings: Vec<Finding>) -> Self {
        Self { findings, verdict: Verdict::BadInput }
    }
}

impl From<Box<Finding>> for Refusal {
    fn from(finding: Box<Finding>) -> Self {
        vec![*finding].into()
    }
}
