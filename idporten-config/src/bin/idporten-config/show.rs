//! `show`: the content of a snapshot.

mod keys;
mod kid;
mod text;

use std::fs;
use std::path::{Path, PathBuf};
use std::slice;
use std::time::SystemTime;

use clap::Args;
use idporten_config::Snapshot;
use idporten_config::document::json::{Object, Value, object};
use idporten_config::internal::Finding;
use idporten_config::internal::unknown_environment;
use idporten_config::internal::{Source, leaked_key};

use crate::network::{self, NetworkOptions};
use crate::output::{ExitStatus, Output, VerbError};
use crate::snapshots::SnapshotOptions;
use crate::{json, now};

/// Show what the snapshot or the live document of an environment holds: endpoints, capabilities, keys, and what is missing.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The environment, by slug
    #[arg(value_name = "ENV")]
    environment: String,
    #[command(flatten)]
    options: SnapshotOptions,
    /// Show the live document in place of the snapshot
    #[arg(long, conflicts_with = "bundled")]
    live: bool,
    /// Say where the key is that has this kid, or this thumbprint: in the snapshot, with `--live` in the live document, and with
    /// `--store` in a service's store
    #[arg(long, value_name = "KID")]
    kid: Option<String>,
    /// The store of a running service's refresher, for `--kid`
    #[arg(long, value_name = "FILE", requires = "kid")]
    store: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkOptions,
    /// Print a JSON object, for programs
    #[arg(long)]
    json: bool,
}

const AFTER_HELP: &str = "\
Examples:
  idporten-config show idporten-test
  idporten-config show maskinporten-prod --bundled
  idporten-config show idporten-prod --live
  idporten-config show idporten-prod --live --kid digitaliseringsdirektoratet--cert0
  idporten-config show idporten-prod --kid digitaliseringsdirektoratet--cert0 --store /var/cache/app/idporten.json
  idporten-config show idporten-prod --json | jq '.keys[].kid'

Exit codes:
  0  shown
  1  shown, and the key set holds a private key; or no usable key has that kid
  2  a mistake in the command, the manifest or the snapshot
  3  the network or the provider failed";

pub(crate) fn run(arguments: &Arguments, quiet: bool) -> Result<Output, VerbError> {
    let now = now()?;
    if let Some(kid) = &arguments.kid {
        return kid::run(arguments, kid, now, quiet);
    }
    let (source, mut output) = if arguments.live { arguments.live(quiet)? } else { arguments.snapshot(now)? };
    output.text = if arguments.json { in_json(&source, now).to_string() } else { text::of(&source, now) };
    Ok(output)
}

impl Arguments {
    /// The snapshot. One that holds a private key may be looked at, and is a finding.
    fn snapshot(&self, now: SystemTime) -> Result<(Source, Output), VerbError> {
        let selection = self.options.load(slice::from_ref(&self.environment), now)?;
        let mut output = Output::with_notes(&selection.notes);
        if !selection.mistakes.is_empty() {
            return Err(selection.mistakes.into());
        }
        let (mut sources, mut leaked) = (selection.sources.into_iter(), selection.leaked.into_iter());
        match (sources.next(), leaked.next()) {
            (Some(source), _) => Ok((source, output)),
            (None, Some(leaked)) => {
                output.report(&selection.findings);
                output.status = ExitStatus::Findings;
                Ok((leaked, output))
            }
            (None, None) => Err(selection.findings.into()),
        }
    }

    /// The live document.
    fn live(&self, quiet: bool) -> Result<(Source, Output), VerbError> {
        let manifest = self.options.manifest(slice::from_ref(&self.environment))?;
        let target = manifest.targets().into_iter().find(|target| target.slug == self.environment);
        let provider = network::provider(&target.ok_or_else(|| unknown_environment(&self.environment))?)?;
        let fetched = self.network.fetch(&provider, quiet)?;
        let snapshot = fetched.map_err(|error| network::unreachable(provider.slug(), &error))?;
        let mut output = Output::default();
        if let Some(leaked) = leaked_key(&snapshot) {
            let message = format!("{}: the live key set holds a private key: {leaked}", provider.slug());
            output.report(&[Finding::error(message, "treat the key as public, and report it to the provider")]);
            output.status = ExitStatus::Findings;
        }
        let label = format!("live, from {}", provider.well_known_url());
        Ok((Source::live(snapshot, &label), output))
    }
}

/// What a service's refresher has stored.
fn stored(path: &Path, environment: &str) -> Result<Source, VerbError> {
    let refuse = |reason: String| {
        let help = "name the file that the service gives its refresher as `store`, and see who may read it";
        VerbError::from(vec![Finding::error(format!("`{}` {reason}", path.display()), help)])
    };
    let text = fs::read(path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    let snapshot = Snapshot::parse(text).map_err(|error| refuse(format!("is no store: {error}")))?;
    match snapshot.provider().slug() {
        slug if slug == environment => Ok(Source::live(snapshot, &path.display().to_string())),
        slug => Err(refuse(format!("is of {slug}"))),
    }
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
        ("product", provider.product().as_str().into()),
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
