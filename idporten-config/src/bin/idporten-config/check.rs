//! `check`: whether snapshots and generated code may be relied upon.

mod generated;
mod live;

use std::time::SystemTime;

use clap::Args;
use idporten_config::codegen;
use idporten_config::document::Origin;
use idporten_config::document::json::{Object, Value, object};
use idporten_config::internal::Finding;
use idporten_config::internal::Manifest;
use idporten_config::internal::{Source, from_the_future};

use crate::certificates;
use crate::network::NetworkOptions;
use crate::output::{ExitStatus, Output, VerbError, labelled};
use crate::snapshots::{LoadedSnapshots, SnapshotOptions};
use crate::table::table;
use crate::{json, now};

/// Check snapshots: the live document, the rules one must pass, the requirements of the manifest, age, certificates, and generated
/// code.
///
/// A snapshot that differs from the live document is a finding, whatever the difference; with `--offline` that is not looked at.
/// What a build only warns of is a finding here: a snapshot older than the manifest's `max-age` (30 days where nothing is said),
/// or one of production that was not fetched from the provider.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The environments, by slug; all of the manifest where none is named
    #[arg(value_name = "ENV")]
    environments: Vec<String>,
    #[command(flatten)]
    options: SnapshotOptions,
    /// Compare with nothing on the network
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    network: NetworkOptions,
    /// Also check that FILE is what `generate` makes of the same environments, line endings aside
    #[arg(long, value_name = "FILE")]
    generated: Option<String>,
    /// Print a JSON object with a list of findings, for programs
    #[arg(long)]
    json: bool,
}

const AFTER_HELP: &str = "\
Examples:
  idporten-config check
  idporten-config check --offline
  idporten-config check --offline idporten-prod maskinporten-prod
  idporten-config check --offline --generated src/providers.rs
  idporten-config check --offline --json | jq -r '.findings[].message'

Exit codes:
  0  no finding
  1  findings, each with what mends it
  2  a mistake in the command or the manifest
  3  something could not be compared, for the network or a provider failed; there may be findings beside that";

pub(crate) fn run(arguments: &Arguments) -> Result<Output, VerbError> {
    let now = now()?;
    let mut selection = arguments.options.select(&arguments.environments, now)?;
    let mut output = Output::with_notes(&selection.notes);
    selection.findings.extend(selection.sources.iter().filter_map(|source| not_fetched(source, &selection.manifest)));
    let certificates = selection.sources.iter().flat_map(|source| certificates::findings(source.snapshot(), now));
    selection.findings.extend(certificates);
    selection.findings.extend(from_the_future(&selection.sources, SystemTime::now()));
    selection.findings.extend(codegen::products(&selection.sources).findings);
    let live = if arguments.offline {
        live::Answer::default()
    } else {
        live::check(&selection, &arguments.environments, &arguments.network, now)?
    };
    for note in &live.notes {
        output.note(note);
    }
    selection.findings.extend(live.findings);
    let generated = match &arguments.generated {
        Some(file) => Some(generated::check(file, &arguments.options, &arguments.environments, &selection)?),
        None => None,
    };
    let report = Report { selection: &selection, generated, unreachable: live.unreachable };
    output.status = report.status();
    output.text = if arguments.json { report.in_json().to_string() } else { report.text() };
    Ok(output)
}

/// Production must not rest on what others wrote down.
fn not_fetched(source: &Source, manifest: &Manifest) -> Option<Finding> {
    let (snapshot, provider) = (source.snapshot(), source.snapshot().provider());
    let is_production = provider.stage() == "prod" && !provider.is_development();
    if !is_production || snapshot.origin() == Origin::Fetched {
        return None;
    }
    let slug = provider.slug();
    let message = format!("{slug}: the snapshot of production is {}, not fetched", snapshot.origin());
    let help = format!("run `idporten-config fetch {slug}` to take the live document");
    let finding = Finding::warning(message, help).of(slug).at(manifest.place_of(slug));
    Some(finding.note(format!("{}, {}", source.provenance(), source.label())))
}

/// What a check found.
struct Report<'a> {
    selection: &'a LoadedSnapshots,
    generated: Option<generated::Answer>,
    /// The environments that could not be compared with their live documents.
    unreachable: Vec<String>,
}

impl Report<'_> {
    /// Every finding: of the manifest, of each environment, of the generated code.
    fn findings(&self) -> Vec<&Finding> {
        let own = self.selection.slugs.iter().flat_map(|slug| self.of(slug));
        let generated = self.generated.iter().filter_map(|answer| answer.finding.as_ref());
        self.selection.mistakes.iter().chain(own).chain(generated).collect()
    }

    fn of(&self, slug: &str) -> Vec<&Finding> {
        self.selection.findings.iter().filter(|finding| finding.environment.as_deref() == Some(slug)).collect()
    }

    fn status(&self) -> ExitStatus {
        match self.findings().as_slice() {
            _ if !self.selection.mistakes.is_empty() => ExitStatus::BadInput,
            // What could not be looked at may be worse than what was.
            _ if !self.unreachable.is_empty() => ExitStatus::Unreachable,
            [] => ExitStatus::Success,
            _ => ExitStatus::Findings,
        }
    }

    fn in_json(&self) -> Value {
        let findings: Vec<Object> = self.findings().into_iter().map(json::finding).collect();
        object([
            ("environments", self.selection.slugs.clone().into()),
            ("findings", findings.into()),
            ("ok", (self.status() == ExitStatus::Success).into()),
            ("unreachable", self.unreachable.clone().into()),
        ])
        .into()
    }

    /// A line for each thing that was checked, with its findings below.
    fn text(&self) -> String {
        let mut checked: Vec<(&str, String, Vec<&Finding>)> = Vec::new();
        for slug in &self.selection.slugs {
            checked.push((slug, verdict_on(slug, self), self.of(slug)));
        }
        if let Some(answer) = &self.generated {
            checked.push((&answer.file, answer.state.to_owned(), answer.finding.iter().collect()));
        }
        let lines =
            table(&checked.iter().map(|(what, state, _)| vec![(*what).to_owned(), state.clone()]).collect::<Vec<_>>());
        let mut text: String = self.selection.mistakes.iter().map(|finding| labelled(finding) + "\n").collect();
        for (line, (_, _, findings)) in lines.lines().zip(&checked) {
            text += &format!("{line}\n");
            text.extend(findings.iter().map(|finding| labelled(finding) + "\n"));
        }
        text + &self.summary()
    }

    fn summary(&self) -> String {
        let findings = self.findings();
        let checked = plural(self.selection.slugs.len(), "environment");
        let errors = findings.iter().filter(|finding| finding.is_error()).count();
        match findings.len() {
            0 => format!("{checked}, no findings\n"),
            all => format!(
                "{checked}, {} ({}, {})\n",
                plural(all, "finding"),
                plural(errors, "error"),
                plural(all - errors, "warning")
            ),
        }
    }
}

fn verdict_on(slug: &str, report: &Report<'_>) -> String {
    match report.of(slug).len() {
        // Nothing is known of an environment that a mistake in the manifest hides.
        0 if report.selection.source(slug).is_none() => "not checked".to_owned(),
        0 => "ok".to_owned(),
        count => plural(count, "finding"),
    }
}

fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
