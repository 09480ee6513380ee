//! The locations in which a key is.

use idporten_config::document::json::{Object, Value, object};
use idporten_config::document::{JwkSet, RejectedKey, SigningKey};
use idporten_config::internal::{Source, escape_control};

use super::store::{self, Store};
use super::{Arguments, keys};
use crate::output::{ExitStatus, Output, VerbError};
use crate::table::table;

/// A place where the key may be.
struct Location {
    name: &'static str,
    /// The document there, or `None` without a snapshot.
    source: Option<Source>,
    /// The reason why a refresher does not use it.
    ignored: Option<String>,
}

pub(super) fn run(arguments: &Arguments, kid: &str, quiet: bool) -> Result<Output, VerbError> {
    let mut output = Output::default();
    let snapshot = match arguments.snapshot() {
        Ok((source, own)) => {
            output.messages.extend(own.messages);
            Some(source)
        }
        // With another place to look in, a missing snapshot is no error.
        Err(error) if arguments.live || arguments.store.is_some() => {
            output.report(&error.findings);
            None
        }
        Err(error) => return Err(error),
    };
    let mut locations = vec![Location { name: "snapshot", source: snapshot, ignored: None }];
    if arguments.live {
        let (source, own) = arguments.live(quiet)?;
        output.messages.extend(own.messages);
        locations.push(Location { name: "live", source: Some(source), ignored: None });
    }
    if let Some(path) = &arguments.store {
        let Store { source, ignored } = store::read(path, &arguments.environment)?;
        locations.push(Location { name: "store", source: Some(source), ignored });
    }
    if !is_found(&locations, kid) {
        output.status = ExitStatus::Findings;
    }
    output.text = if arguments.json {
        in_json(&locations, kid).to_string()
    } else {
        let ignored = locations.iter().filter_map(|own| Some((own.name, own.ignored.as_ref()?)));
        let lines =
            ignored.map(|(name, reason)| format!("{name}: a refresher ignores it: {}\n", escape_control(reason)));
        table(&locations.iter().flat_map(|own| own.rows(kid)).collect::<Vec<_>>()) + &lines.collect::<String>()
    };
    Ok(output)
}

impl Location {
    fn usable(&self, kid: &str) -> Vec<&SigningKey> {
        let keys = self.source.iter().filter_map(|source| source.snapshot().jwks()).flat_map(JwkSet::keys);
        keys.filter(|key| key.kid() == Some(kid) || key.thumbprint() == kid).collect()
    }

    fn rejected(&self, kid: &str) -> Vec<&RejectedKey> {
        let sets = self.source.iter().filter_map(|source| source.snapshot().jwks());
        sets.flat_map(JwkSet::rejected).filter(|rejected| rejected.kid.as_deref() == Some(kid)).collect()
    }

    fn rows(&self, kid: &str) -> Vec<Vec<String>> {
        let Some(source) = &self.source else {
            return vec![vec![self.name.to_owned(), "there is none".to_owned()]];
        };
        let snapshot = source.snapshot();
        let place = || vec![self.name.to_owned(), format!("{}, {}", source.label(), snapshot.timestamp())];
        let usable = self.usable(kid).into_iter().map(|key| [place(), keys::row(key, snapshot)].concat());
        let rejected = self.rejected(kid).into_iter().map(|rejected| {
            let reason = format!("not used: {}", rejected.reason);
            [place(), vec![kid.to_owned(), reason]].concat()
        });
        let rows: Vec<_> = usable.chain(rejected).collect();
        match snapshot.jwks() {
            _ if !rows.is_empty() => rows,
            Some(_) => vec![[place(), vec!["not there".to_owned()]].concat()],
            None => vec![[place(), vec!["without keys".to_owned()]].concat()],
        }
    }

    fn in_json(&self, kid: &str) -> Object {
        let snapshot = self.source.as_ref().map(Source::snapshot);
        let own = |key| snapshot.map(|snapshot| keys::key_in_json(key, snapshot));
        object([
            ("ignored", self.ignored.as_deref().into()),
            ("as_of", snapshot.map(idporten_config::Snapshot::timestamp).into()),
            ("keys", self.usable(kid).into_iter().filter_map(own).collect::<Vec<_>>().into()),
            ("place", self.name.into()),
            ("rejected_keys", self.rejected(kid).into_iter().map(keys::rejected_in_json).collect::<Vec<_>>().into()),
            ("source", self.source.as_ref().map(Source::label).into()),
        ])
    }
}

/// Returns whether a key with this kid is in a place that is used.
fn is_found(locations: &[Location], kid: &str) -> bool {
    locations.iter().any(|place| place.ignored.is_none() && !place.usable(kid).is_empty())
}

fn in_json(locations: &[Location], kid: &str) -> Value {
    object([
        ("found", is_found(locations, kid).into()),
        ("kid", kid.into()),
        ("places", locations.iter().map(|place| place.in_json(kid)).collect::<Vec<_>>().into()),
    ])
    .into()
}
