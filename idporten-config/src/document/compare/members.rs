//! Changes of metadata.

use std::collections::BTreeMap;

use super::{Change, ChangeKind, Comparison, Subject};
use crate::document::json::{Object, Value, distinct, is_first};
use crate::document::metadata::{self, Member, member};
use crate::document::names::{self, MAX_VARIANTS};

/// Adds each change of the metadata, one at a time: all of them at once would not fit the bound on memory.
pub(super) fn changes(before: &Object, after: &Object, to: &mut Comparison) {
    let names: Vec<&str> = before.iter().chain(after.iter()).map(|(name, _)| name).collect();
    for name in distinct(names) {
        change(name, before.get(name), after.get(name), to);
    }
}

fn change(name: &str, before: Option<&Value>, after: Option<&Value>, to: &mut Comparison) {
    if before == after {
        return;
    }
    match (before, after) {
        (Some(Value::Array(_)), Some(Value::Array(_))) => match (strings(before), strings(after)) {
            (Some(before), Some(after)) => list(name, &before, &after, to),
            // Code has a constant for a list of nothing but strings, which ends with the first other value.
            (Some(_), None) => whole(name, ChangeKind::Breaking, before, after, to),
            (None, _) => whole(name, ChangeKind::Other, before, after, to),
        },
        // A list that appears or disappears is compared with an empty one, so that each of its values is a change. An empty list has
        // no values to report, and is a change as a whole.
        (None, Some(Value::Array(_))) if strings(after).is_some_and(|values| !values.is_empty()) => {
            list(name, &[], &strings(after).unwrap_or_default(), to);
        }
        (Some(Value::Array(_)), None) if strings(before).is_some_and(|values| !values.is_empty()) => {
            list(name, &strings(before).unwrap_or_default(), &[], to);
        }
        _ => whole(name, kind_of(name, before, after), before, after, to),
    }
}

fn strings(value: Option<&Value>) -> Option<Vec<&str>> {
    value.and_then(Value::as_strings)
}

fn list(name: &str, before: &[&str], after: &[&str], to: &mut Comparison) {
    let mut add = |kind, before: Option<&str>, after: Option<&str>, gone: Option<&String>| {
        to.add(kind, || Change {
            kind,
            subject: subject(name),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
            note: None,
            gone: gone.cloned(),
        });
    };
    let known = member(name);
    let (old, new) = (distinct(before.to_vec()), distinct(after.to_vec()));
    let variants = variants(known, before);
    for value in missing(before, &old, &new) {
        add(ChangeKind::Breaking, Some(value), None, variants.get(value));
    }
    for value in missing(after, &new, &old) {
        add(ChangeKind::Addition, None, Some(value), None);
    }
}

/// Returns the values that are not in `others`, each once and in the order served. `distinct` are the values without duplicates;
/// both are sorted.
fn missing<'a>(values: &[&'a str], distinct: &[&str], others: &[&str]) -> impl Iterator<Item = &'a str> {
    let mut is_first = is_first(distinct);
    values.iter().copied().filter(move |value| others.binary_search(value).is_err() && is_first(value))
}

/// Returns the variants of the values in generated code.
fn variants<'a>(known: Option<&Member>, values: &[&'a str]) -> BTreeMap<&'a str, String> {
    let Some((type_name, _)) = known.and_then(|known| known.value) else { return BTreeMap::new() };
    let usable = metadata::usable(known, values.to_vec());
    if usable.len() > MAX_VARIANTS {
        return BTreeMap::new();
    }
    let mut variants = BTreeMap::new();
    variants.extend(names::variants(&usable).into_iter().map(|(name, value)| (value, format!("{type_name}::{name}"))));
    variants
}

fn whole(name: &str, kind: ChangeKind, before: Option<&Value>, after: Option<&Value>, to: &mut Comparison) {
    let constant = |value: &Value| {
        let has_one = matches!(value, Value::Bool(_) | Value::String(_)) || value.as_strings().is_some();
        has_one.then(|| names::constant(name))
    };
    to.add(kind, || Change {
        kind,
        subject: subject(name),
        before: before.map(shown),
        after: after.map(shown),
        note: None,
        gone: before.filter(|_| after.is_none()).and_then(constant),
    });
}

/// Returns the member as the subject of a change. A long name is cut, since each value of a list is a change that holds it, and so
/// far that [`printable`](crate::document::violation::printable) leaves it as it is.
fn subject(name: &str) -> Subject {
    Subject::Member(match name.char_indices().nth(160) {
        None => name.to_owned(),
        Some((end, _)) => format!("{}… ({} bytes)", &name[..end], name.len()),
    })
}

/// Returns the kind of a change of a member that is not a list. For a requirement (`require_..`), turning it on is breaking;
/// for a capability, turning it off is.
fn kind_of(name: &str, before: Option<&Value>, after: Option<&Value>) -> ChangeKind {
    let is_page = member(name).is_some_and(|member| member.kind == metadata::MemberType::Text);
    let is_demand = name.starts_with("require_");
    match (before, after) {
        (Some(_), Some(_)) if is_page => ChangeKind::Other,
        // A capability that is off when its member first appears takes nothing away.
        (None, Some(Value::Bool(false))) => ChangeKind::Addition,
        (Some(Value::Bool(_)) | None, Some(Value::Bool(now))) if is_demand == *now => ChangeKind::Breaking,
        // A member that appears breaks nothing, since code could not name it before.
        (None, _) | (Some(Value::Bool(_)), Some(Value::Bool(_))) => ChangeKind::Addition,
        (
            Some(Value::Object(_) | Value::Number(_) | Value::Null),
            Some(Value::Object(_) | Value::Number(_) | Value::Null),
        ) => ChangeKind::Other,
        _ => ChangeKind::Breaking,
    }
}

/// Formats a value in one line.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        Value::Array(_) | Value::Object(_) => value.kind().to_owned(),
        other => other.to_string().trim_end().to_owned(),
    }
}
