//! `list`: the environments that the tool knows.

use std::time::SystemTime;

use clap::Args;
use idporten_config::KnownEnvironment;
use idporten_config::document::json::{Object, Value, object};
use idporten_config::environment::Lifecycle;
use idporten_config::internal::days;

use crate::json;
use crate::output::{Output, VerbError};
use crate::snapshots::bundled;
use crate::table::table;

/// List the known environments
///
/// Each has its issuer, whether it is in use, and the origin and age of the bundled snapshot.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// Print a JSON array, for programs
    #[arg(long)]
    json: bool,
}

const AFTER_HELP: &str = "\
Examples:
  idporten-config list
  idporten-config list --json | jq -r '.[].issuer'";

pub(crate) fn run(arguments: &Arguments) -> Result<Output, VerbError> {
    // Not `SOURCE_DATE_EPOCH`, which makes builds reproducible: a reader asks how old the values are today.
    let now = SystemTime::now();
    let all = KnownEnvironment::ALL.iter().copied();
    let text = if arguments.json {
        Value::from(all.map(in_json).collect::<Result<Vec<_>, _>>()?).to_string()
    } else {
        table(&all.map(|known| row(known, now)).collect::<Result<Vec<_>, _>>()?)
    };
    Ok(Output { text, ..Output::default() })
}

fn row(known: KnownEnvironment, now: SystemTime) -> Result<Vec<String>, VerbError> {
    let source = bundled(known)?;
    let status = match known.lifecycle() {
        Lifecycle::Retired { date: Some(date), .. } => format!("retired {date}"),
        Lifecycle::Retired { .. } => "retired".to_owned(),
        _ => "active".to_owned(),
    };
    let age = days(source.snapshot().age(now));
    let snapshot = format!("bundled: {}, {age} old", source.provenance());
    Ok(vec![known.slug().to_owned(), known.name().to_owned(), known.issuer().to_owned(), status, snapshot])
}

fn in_json(known: KnownEnvironment) -> Result<Object, VerbError> {
    let source = bundled(known)?;
    let snapshot = source.snapshot();
    let about_the_bundled = object([
        ("as_of", snapshot.timestamp().into()),
        ("keys", snapshot.jwks().map(|set| json::count(set.keys().len())).into()),
        ("missing_members", snapshot.missing_members().into()),
        ("origin", snapshot.origin().as_str().into()),
    ]);
    Ok(object([
        ("bundled", about_the_bundled.into()),
        ("issuer", known.issuer().into()),
        ("lifecycle", json::lifecycle(known.lifecycle()).into()),
        ("name", known.name().into()),
        ("product", known.product().slug().into()),
        ("schema", json::schema(known.schema())),
        ("slug", known.slug().into()),
        ("stage", known.stage().into()),
        ("well_known_url", known.well_known_url().into()),
    ]))
}
