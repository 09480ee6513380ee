//! The content of a snapshot, for people.

use std::time::SystemTime;

use idporten_config::document::JwkSet;
use idporten_config::document::json::Value;
use idporten_config::environment::Lifecycle;
use idporten_config::internal::escape_control;
use idporten_config::internal::{Source, days};
use idporten_config::{KnownEnvironment, Snapshot};

use super::{Members, keys};
use crate::output::{ERROR, paint};
use crate::table::indented_table;

/// The characters of a string that are shown: a signed copy of the metadata is longer than all the rest.
const MAX_LENGTH: usize = 200;

pub(super) fn of(source: &Source, now: SystemTime) -> String {
    let snapshot = source.snapshot();
    let members = Members::of(snapshot);
    let mut text =
        format!("{} ({})\n", escape_control(snapshot.provider().name()), escape_control(snapshot.provider().slug()));
    text += &indented_table(&about(source, now));
    section(&mut text, "endpoints", &rows(&members.endpoints));
    section(&mut text, "capabilities", &rows(&members.capabilities));
    section(&mut text, "members that this version does not know by name", &rows(&members.unknown));
    let missing: Vec<_> = snapshot.missing_members().iter().map(|name| vec![(*name).to_owned()]).collect();
    section(&mut text, &format!("missing, and required by {}", snapshot.provider().schema().specification()), &missing);
    match snapshot.jwks() {
        Some(set) => key_sections(&mut text, set, snapshot),
        None => text += "\nkeys: not in this snapshot\n",
    }
    text
}

fn about(source: &Source, now: SystemTime) -> Vec<Vec<String>> {
    let (snapshot, provider) = (source.snapshot(), source.snapshot().provider());
    let age = days(snapshot.age(now));
    let mut rows = vec![
        ("issuer", provider.issuer().to_owned()),
        ("well-known URL", provider.well_known_url().to_owned()),
        ("schema", provider.schema().specification().to_owned()),
        ("snapshot", source.label().to_owned()),
        ("origin", snapshot.origin().to_string()),
        ("as of", format!("{}, {age} old", snapshot.timestamp())),
    ];
    if let Some(Lifecycle::Retired { reason, .. }) = provider.known().map(KnownEnvironment::lifecycle) {
        rows.push(("RETIRED", reason.to_owned()));
    }
    if let Some(base) = source.based_on() {
        rows.push(("based on", format!("{base}: generated code has the values of that environment")));
    }
    if provider.is_development() {
        rows.push(("development", "plain http is accepted; never for production".to_owned()));
    }
    rows.into_iter().map(|(what, value)| vec![what.to_owned(), value]).collect()
}

fn key_sections(text: &mut String, set: &JwkSet, snapshot: &Snapshot) {
    section(text, "keys", &keys::rows(set, snapshot));
    section(text, "keys that are not used", &keys::rejected_rows(set));
    let ambiguous: Vec<_> = set.ambiguous_kids().iter().map(|kid| vec![(*kid).to_owned()]).collect();
    section(text, "kids that several keys have: a token with such a kid is tried with each of them", &ambiguous);
    if set.is_leaked() {
        let leaked = paint("LEAKED", ERROR);
        *text += &format!(
            "\n{leaked}: the key set publishes a PRIVATE KEY. Treat it as public, and report it to the provider.\n"
        );
    }
}

fn section(text: &mut String, title: &str, rows: &[Vec<String>]) {
    if !rows.is_empty() {
        *text += &format!("\n{title}\n{}", indented_table(rows));
    }
}

fn rows(members: &[(&str, &Value)]) -> Vec<Vec<String>> {
    members.iter().map(|(name, value)| vec![cut(name), shown(value)]).collect()
}

fn shown(value: &Value) -> String {
    match (value, value.as_strings()) {
        (Value::String(text), _) => cut(text),
        (_, Some(texts)) if texts.is_empty() => "(an empty list)".to_owned(),
        (_, Some(texts)) => texts.into_iter().map(cut).collect::<Vec<_>>().join(", "),
        // Canonical JSON has no newline but those between its parts.
        _ => cut(&value.to_string().lines().map(str::trim).collect::<Vec<_>>().join(" ")),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_LENGTH) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
    }
}
