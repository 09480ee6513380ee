//! `diff`: what changed between snapshots, by meaning.

mod pairs;
mod report;

use clap::{Args, ValueEnum};
use idporten_config::Snapshot;
use idporten_config::document::{Comparison, compare};

use crate::manifest_options::ManifestOptions;
use crate::network::NetworkOptions;
use crate::output::{ExitStatus, Output, VerbError};

/// Compare two snapshots, or those of two directories, by meaning: breaking changes, key rotations, additions.
///
/// The order of members, and of values in a list, is no change, and neither is the date.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// What was: a snapshot's file, an environment (its snapshot), a directory of snapshots, or `-` for standard input
    #[arg(value_name = "A")]
    before: String,
    /// What is, named likewise; with `--live` it is left out
    #[arg(value_name = "B", required_unless_present = "live", conflicts_with = "live")]
    after: Option<String>,
    /// Compare with the live document of the environment
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    place: ManifestOptions,
    #[command(flatten)]
    network: NetworkOptions,
    /// How to say it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
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
  idporten-config diff old/idporten-prod.json snapshots/idporten-prod.json
  idporten-config diff idporten-prod --live
  idporten-config diff --format markdown old-snapshots snapshots

With what git has:
  git show HEAD:snapshots/idporten-prod.json | idporten-config diff - snapshots/idporten-prod.json
  mkdir before && git archive HEAD snapshots | tar -x -C before
  idporten-config diff --format markdown before/snapshots snapshots

Exit codes:
  0  no change
  1  changes
  2  a mistake in the command, or a snapshot that cannot be read
  3  the network or the provider failed";

/// What was found of one environment.
struct Difference {
    environment: String,
    what: What,
}

enum What {
    /// Both are there; nothing in the comparison where only their dates, or details such as certificates, differ.
    Compared { comparison: Comparison, renewed: Option<String> },
    /// Only the later one is there.
    Added(Box<Snapshot>),
    /// Only the earlier one is there.
    Removed,
    /// The earlier one cannot be read, and why; a fetch has replaced it.
    Replaced(Box<Snapshot>, String),
}

pub(crate) fn run(arguments: &Arguments, quiet: bool) -> Result<Output, VerbError> {
    let mut output = Output::default();
    let differences = match &arguments.after {
        None => vec![pairs::with_live(arguments, quiet)?],
        Some(after) => pairs::of(arguments, after, &mut output)?,
    };
    let format = if arguments.json { Format::Json } else { arguments.format };
    output.text = match format {
        Format::Text => report::text(&differences),
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
        Self { environment: comparison.environment.clone(), what: What::Compared { comparison, renewed } }
    }

    fn is_change(&self) -> bool {
        !matches!(&self.what, What::Compared { comparison, .. } if comparison.is_empty())
    }
}
