//! `check`: whether snapshots and generated code are sound and current.

mod findings;
mod generated;
mod live;
mod text;

use std::time::SystemTime;

use clap::Args;
use idporten_config::codegen;
use idporten_config::document::json::{Object, Value, object};
use idporten_config::internal::{Finding, Severity, Times};

use crate::network::NetworkOptions;
use crate::output::{ExitStatus, Output, VerbError};
use crate::report::{Annotation, Format, FormatOptions, github, sarif};
use crate::repository::path_from_root;
use crate::snapshots::{LoadedSnapshots, SnapshotOptions};
use crate::{certificates, json, times};
use findings::{Findings, RULES};

/// Check snapshots against live documents, rules, requirements and age
///
/// Every difference between a snapshot and the live document is a finding; `--offline` leaves that comparison out. Some things that a
/// build only warns of are findings here: a snapshot older than the manifest's `max-age` (30 days by default), and a snapshot of
/// production that was not fetched from the provider. Entries of a key set that are not used, and certificates that are about to end,
/// are reported too.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The environments, by slug [default: all of the manifest]
    #[arg(value_name = "ENV")]
    environments: Vec<String>,
    #[command(flatten)]
    options: SnapshotOptions,
    /// Do not use the network
    #[arg(long)]
    offline: bool,
    /// Also check that FILE is what `generate` makes of the same environments
    ///
    /// Line endings are ignored.
    #[arg(long, value_name = "FILE")]
    generated: Option<String>,
    #[command(flatten)]
    format: FormatOptions,
    #[command(flatten)]
    network: NetworkOptions,
}

const AFTER_HELP: &str = "\
Examples:
  idporten-config check
  idporten-config check --offline
  idporten-config check --offline idporten-prod maskinporten-prod
  idporten-config check --offline --generated src/providers.rs
  idporten-config check --format github
  idporten-config check --json | jq -r '.findings[].message'

Exit codes:
  0  no findings
  1  findings, each with what fixes it
  2  a mistake in the command or the manifest, or generated code that cannot be read
  3  the network or a provider failed, so not everything was compared";

/// The result of a check.
struct CheckResult<'a> {
    snapshots: &'a LoadedSnapshots,
    findings: Findings,
    generated: Option<generated::Compared>,
    /// The environments that could not be compared with their live documents.
    unreachable: Vec<String>,
    notes: Vec<String>,
    /// Whether the manifest or an option has a mistake.
    has_mistakes: bool,
}

pub(crate) fn run(arguments: &Arguments, quiet: bool) -> Result<Output, VerbError> {
    let times = times()?;
    let snapshots = arguments.options.load(&arguments.environments, times)?;
    let report = arguments.examine(&snapshots, times, quiet)?;
    let mut output = Output { status: report.status(), ..Output::default() };
    let format = arguments.format.format();
    if format == Format::Text {
        output.notes(&report.notes);
    }
    output.text = match format {
        Format::Text => text::of(&report, quiet),
        Format::Json => report.in_json().to_string(),
        Format::Github => github(&report.annotations(arguments)),
        Format::Sarif => sarif(&report.annotations(arguments), &RULES).to_string(),
    };
    Ok(output)
}

impl Arguments {
    fn examine<'a>(
        &self,
        snapshots: &'a LoadedSnapshots,
        times: Times,
        quiet: bool,
    ) -> Result<CheckResult<'a>, VerbError> {
        let mut findings = Findings::default();
        findings.add("manifest", snapshots.mistakes.iter().cloned());
        findings.add("snapshot", snapshots.findings.iter().cloned());
        findings.add("snapshot", codegen::products(&snapshots.sources).findings);
        let (key_notes, keys): (Vec<_>, Vec<_>) =
            snapshots.keys.iter().cloned().partition(|finding| finding.severity == Severity::Note);
        findings.add("key", keys);
        let mut notes = snapshots.notes.clone();
        notes.extend(key_notes.into_iter().map(|note| note.message));
        for source in &snapshots.sources {
            let now = times.for_age_of(source.snapshot()).unwrap_or_else(SystemTime::now);
            findings.add("certificate", certificates::findings(source.snapshot(), now));
        }
        let mut live = live::Compared::default();
        if !self.offline {
            live = live::compare_all(snapshots, &self.environments, &self.network, times, quiet);
        }
        findings.add("live", live.findings);
        notes.extend(live.notes);
        let generated = match &self.generated {
            Some(file) => Some(generated::compare(file, &self.options, &self.environments, snapshots)?),
            None => None,
        };
        findings.add("generated-code", generated.iter().filter_map(|compared| compared.finding.clone()));
        let is_unreadable = generated.as_ref().is_some_and(|compared| compared.is_unreadable);
        let has_mistakes = live.is_misconfigured || is_unreadable || !snapshots.mistakes.is_empty();
        Ok(CheckResult { snapshots, findings, generated, unreachable: live.unreachable, notes, has_mistakes })
    }
}

impl CheckResult<'_> {
    fn status(&self) -> ExitStatus {
        if self.has_mistakes {
            ExitStatus::BadInput
        } else if !self.unreachable.is_empty() {
            // An environment that could not be compared may have worse findings than those.
            ExitStatus::Unreachable
        } else if self.findings.is_empty() {
            ExitStatus::Success
        } else {
            ExitStatus::Findings
        }
    }

    fn in_json(&self) -> Value {
        let findings: Vec<Object> = self.ordered().map(json::finding).collect();
        object([
            ("environments", self.snapshots.slugs.clone().into()),
            ("findings", findings.into()),
            ("notes", self.notes.clone().into()),
            ("ok", (self.status() == ExitStatus::Success).into()),
            ("unreachable", self.unreachable.clone().into()),
        ])
        .into()
    }

    /// The findings of the manifest, of each environment in the manifest's order, and of generated code.
    fn ordered(&self) -> impl Iterator<Item = &Finding> {
        self.findings.in_order_of(&self.snapshots.slugs).map(|(_, finding)| finding)
    }

    /// The findings as annotations. One without a place is put at the snapshot's file: code scanning shows only what has a file.
    fn annotations(&self, arguments: &Arguments) -> Vec<Annotation> {
        let snapshot_of = |finding: &Finding| {
            let source = self.snapshots.source(finding.environment.as_deref()?)?;
            (!source.is_bundled() && source.based_on().is_none()).then(|| source.label().to_owned())
        };
        let annotation = |(rule, finding): (&'static str, &Finding)| {
            let mut annotation = Annotation::of(finding, rule);
            let file = annotation.file.or_else(|| snapshot_of(finding)).or_else(|| arguments.options.manifest_file());
            annotation.file = file.map(|file| path_from_root(&file));
            annotation
        };
        let findings = self.findings.in_order_of(&self.snapshots.slugs).map(annotation);
        findings.chain(self.notes.iter().map(|note| Annotation::note(note))).collect()
    }
}
