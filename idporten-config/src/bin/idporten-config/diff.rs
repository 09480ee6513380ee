//! `diff`: the changes between snapshots, by their meaning.

mod different;
mod pairs;
mod report;

use clap::{Args, ValueEnum};
use idporten_config::Snapshot;
use idporten_config::document::{Comparison, compare};

use crate::network::NetworkOptions;
use crate::output::{ExitStatus, Output, VerbError};
use crate::snapshots::SnapshotOptions;
use different::Different;

/// Compare snapshots by meaning: breaking changes, key rotations, additions
///
/// Two snapshots are compared, or those of two directories. Two different environments are set side by side: nothing changed
/// between them. The order of members, the order of values in a list and the date are no changes.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The earlier snapshot: an environment, a file, a directory of snapshots, or `-` for standard input
    #[arg(value_name = "A")]
    before: String,
    /// The later snapshot, likewise; none with `--live`
    #[arg(value_name = "B", required_unless_present = "live", conflicts_with = "live")]
    after: Option<String>,
    /// Compare with the live document of the environment of A
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    options: SnapshotOptions,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
    #[command(flatten)]
    network: NetworkOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line for each change
    Text,
    /// A table for each environment, for the body of a pull request
    Markdown,
    /// An object, for programs
    Json,
}

const AFTER_HELP: &str = "\
Examples:
  idporten-config diff old/idporten-prod.json idporten-prod
  idporten-config diff idporten-test idporten-prod
  idporten-config diff idporten-prod --live
  idporten-config diff --format markdown old-snapshots snapshots

With a snapshot in git:
  git show HEAD:snapshots/idporten-prod.json | idporten-config diff - idporten-prod
  mkdir before && git archive HEAD snapshots | tar -x -C before
  idporten-config diff --format markdown before/snapshots snapshots

Exit codes:
  0  no change
  1  changes or differences
  2  a mistake in the command, or a snapshot that cannot be read
  3  the network or the provider failed";

/// The result for one environment.
struct Difference {
    environment: String,
    what: What,
}

enum What {
    /// Both are there. The comparison is empty if only dates, or details such as certificates, differ.
    Compared { comparison: Comparison, renewed: Option<String> },
    /// Both are there, and they are of two environments.
    Different(Different),
    /// Only the later one is there.
    Added(Box<Snapshot>),
    /// Only the earlier one is there.
    Removed,
    /// The earlier one cannot be read, for this reason.
    Replaced(Box<Snapshot>, String),
}

pub(crate) fn run(arguments: &Arguments, quiet: bool) -> Result<Output, VerbError> {
    let mut output = Output::default();
    let differences = match &arguments.after {
        None => vec![pairs::with_live(arguments, quiet, &mut output)?],
        Some(after) => pairs::of(arguments, after, &mut output)?,
    };
    let format = if arguments.json { Format::Json } else { arguments.format };
    output.text = match format {
        Format::Text => report::text(&differences, quiet),
        Format::Markdown => report::markdown(&differences),
        Format::Json => report::json(&differences).to_string(),
    };
    if differences.iter().any(Difference::is_change) {
        output.status = ExitStatus::Findings;
    }
    Ok(output)
}

impl Difference {
    fn between(before: &Snapshot, after: &Snapshot) -> Self {
        let is_renewed = before.as_of() != after.as_of() || before.to_json() != after.to_json();
        let renewed = is_renewed.then(|| after.timestamp());
        let comparison = compare(before, after);
        if before.provider().slug() != after.provider().slug() {
            let environment = comparison.environment.clone();
            return Self { environment, what: What::Different(Different::new(before, after, comparison)) };
        }
        Self { environment: comparison.environment.clone(), what: What::Compared { comparison, renewed } }
    }

    fn is_change(&self) -> bool {
        match &self.what {
            What::Compared { comparison, .. } => !comparison.is_empty(),
            What::Different(different) => !different.is_empty(),
            _ => true,
        }
    }
}
