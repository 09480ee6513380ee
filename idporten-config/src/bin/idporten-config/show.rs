//! `show`: the content of a snapshot.

mod keys;
mod kid;
mod store;
mod text;

use std::path::PathBuf;
use std::slice;
use std::time::SystemTime;

use clap::Args;
use idporten_config::Snapshot;
use idporten_config::document::json::{Object, Value, object};
use idporten_config::internal::unknown_environment;
use idporten_config::internal::{Source, live_leak};

use crate::json;
use crate::network::{self, NetworkOptions};
use crate::output::{ExitStatus, Output, VerbError};
use crate::snapshots::SnapshotOptions;

/// Show a snapshot or live document: endpoints, capabilities, keys
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The environment, by slug
    #[arg(value_name = "ENV")]
    environment: String,
    #[command(flatten)]
    options: SnapshotOptions,
    /// Show the live document instead of the snapshot
    #[arg(long, conflicts_with = "bundled")]
    live: bool,
    /// Show where the key with this kid or thumbprint is
    ///
    /// It is looked for in the snapshot, with `--live` in the live document, and with `--store` in the store of a service.
    #[arg(long, value_name = "KID")]
    kid: Option<String>,
    /// The store of a service's refresher, for `--kid`
    ///
    /// It is judged as the refresher judges it at its start: environment, age, owner and permissions of the file.
    #[arg(long, value_name = "FILE", requires = "kid")]
    store: Option<PathBuf>,
    /// Print a JSON object, for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    network: NetworkOptions,
}

const AFTER_HELP: &str = "\
Examples:
  idporten-config show idporten-test
  idporten-config show maskinporten-prod --bundled
  idporten-config show idporten-prod --live
  idporten-config show idporten-prod --live --kid KID
  idporten-config show idporten-prod --kid KID --store /var/cache/app/idporten.json
  idporten-config show idporten-prod --json | jq '.keys[].kid'

Exit codes:
  0  shown
  1  the key set holds a private key; with `--kid`, no key that is used has that kid
  2  a mistake in the command, the manifest or the snapshot
  3  the network or the provider failed";

pub(crate) fn run(arguments: &Arguments, quiet: bool) -> Result<Output, VerbError> {
    if let Some(kid) = &arguments.kid {
        return kid::run(arguments, kid, quiet);
    }
    let (source, mut output) = if arguments.live { arguments.live(quiet)? } else { arguments.snapshot()? };
    // Not `SOURCE_DATE_EPOCH`, which makes builds reproducible: a reader asks how old the values are today.
    let now = SystemTime::now();
    output.text = if arguments.json { in_json(&source, now).to_string() } else { text::of(&source, now) };
    Ok(output)
}

impl Arguments {
    /// The snapshot. A private key in it is a finding.
    fn snapshot(&self) -> Result<(Source, Output), VerbError> {
        let loaded = self.options.load_one(&self.environment)?;
        let mut output = Output::with_notes(&loaded.notes);
        output.report(&loaded.leak);
        if !loaded.leak.is_empty() {
            output.status = ExitStatus::Findings;
        }
        Ok((loaded.source, output))
    }

    /// The live document.
    fn live(&self, quiet: bool) -> Result<(Source, Output), VerbError> {
        let manifest = self.options.manifest(slice::from_ref(&self.environment))?;
        let target = manifest.environment(&self.environment).cloned();
        let provider = network::provider(&target.ok_or_else(|| unknown_environment(&self.environment))?)?;
        let fetched = self.network.fetch(&provider, quiet)?;
        let snapshot = fetched.map_err(|error| network::unreachable(provider.slug(), &error))?;
        let mut output = Output::default();
        if let Some(leak) = live_leak(&snapshot) {
            output.report(&[leak]);
            output.status = ExitStatus::Findings;
        }
        let label = format!("live, from {}", provider.well_known_url());
        Ok((Source::new(snapshot, &label), output))
    }
}

/// The members of a document, grouped for display.
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
