//! `show`: what a snapshot holds.

mod keys;
mod text;

use std::time::SystemTime;

use clap::Args;
use idporten_config::Snapshot;
use idporten_config::json::{Object, Value, object};
use idporten_config::sources::Source;

use crate::outcome::{Outcome, Refusal, Verdict};
use crate::selection::SourceOptions;
use crate::{json, now};

/// Show what the snapshot of an environment holds: endpoints, capabilities, keys, and what is missing.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The environment, by slug
    #[arg(value_name = "ENV")]
    environment: String,
    #[command(flatten)]
    options: SourceOptions,
    /// Print a JSON object, for programs
    #[arg(long)]
    json: bool,
}

const AFTER_HELP: &str = "\
Examples:
  idporten-config show idporten-test
  idporten-config show maskinporten-prod --bundled
  idporten-config show idporten-prod --json | jq '.keys[].kid'

Exit codes:
  0  shown
  1  shown, and the key set holds a private key
  2  a mistake in the command, the manifest or the snapshot";

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Refusal> {
    let now = now()?;
    let names = std::slice::from_ref(&arguments.environment);
    let selection = arguments.options.select(names, now)?;
    let mut outcome = Outcome::noting(&selection.notes);
    let (source, verdict) = match (selection.sources.first(), selection.leaked.first()) {
        _ if !selection.mistakes.is_empty() => return Err(selection.mistakes.into()),
        (Some(source), _) => (source, Verdict::Fine),
        (None, Some(leaked)) => {
            outcome.remark_on(&selection.findings);
            (leaked, Verdict::Findings)
        }
        (None, None) => return Err(selection.findings.into()),
    };
    outcome.output = if arguments.json { in_json(source, now).to_string() } else { text::of(source, now) };
    outcome.verdict = verdict;
    Ok(outcome)
}

/// The members of a document, as they are shown.
struct Members<'a> {
    endpoints: Vec<(&'a str, &'a Value)>,
    capabilities: Vec<(&'a str, &'a Value)>,
    /// Those that this version does not know by name.
    unknown: Vec<(&'a str, &'a Value)>,
}

impl<'a> Members<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let unknown = &snapshot.metadata().additional;
        let (unknown, known): (Vec<_>, Vec<_>) =
            snapshot.metadata_json().iter().partition(|(name, _)| unknown.contains(name));
        let (endpoints, capabilities) = known
            .into_iter()
            .filter(|(name, _)| *name != "issuer")
            .partition(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri");
        Self { endpoints, capabilities, unknown }
    }
}

fn in_json(source: &Source, now: SystemTime) -> Value {
    let (snapshot, provider) = (source.snapshot(), source.snapshot().provider());
    let members = Members::of(snapshot);
    let mut shown = object([
        ("age_seconds", snapshot.age(now).as_secs().into()),
        ("as_of", snapshot.timestamp().into()),
        ("based_on", source.based_on().into()),
        ("bundled", source.is_bundled().into()),
        ("capabilities", collected(&members.capabilities).into()),
        ("development", provider.is_development().into()),
        ("endpoints", collected(&members.endpoints).into()),
        ("issuer", provider.issuer().into()),
        ("lifecycle", provider.known().map(|known| json::lifecycle(known.lifecycle())).into()),
        ("missing_members", snapshot.missing_members().into()),
        ("name", provider.name().into()),
        ("origin", snapshot.origin().as_str().into()),
        ("product", provider.product().slug().into()),
        ("schema", json::schema(provider.schema())),
        ("slug", provider.slug().into()),
        ("source", source.label().into()),
        ("stage", provider.stage().into()),
        ("unknown_members", collected(&members.unknown).into()),
        ("well_known_url", provider.well_known_url().into()),
    ]);
    for (name, value) in keys::in_json(snapshot) {
        shown.set(name, value);
    }
    shown.into()
}

fn collected(members: &[(&str, &Value)]) -> Object {
    members.iter().map(|(name, value)| ((*name).to_owned(), (*value).clone())).collect()
}
