//! Changes as text and as markdown.

use super::{Change, ChangeKind, Comparison, Subject};
use crate::document::markup::cell;
use crate::document::violation::printable;

pub(super) fn summary(comparison: &Comparison) -> String {
    let names = [
        (ChangeKind::Breaking, "breaking change", "breaking changes"),
        (ChangeKind::Rotation, "key rotation", "key rotations"),
        (ChangeKind::Addition, "addition", "additions"),
        (ChangeKind::Other, "other change", "other changes"),
    ];
    let parts: Vec<String> = names
        .iter()
        .map(|(kind, one, many)| (comparison.count(*kind), one, many))
        .filter(|(count, _, _)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
        .collect();
    if parts.is_empty() { "no change".to_owned() } else { parts.join(", ") }
}

pub(super) fn text(comparison: &Comparison) -> String {
    let mut text = format!("{}: {}\n", comparison.environment, summary(comparison));
    for change in &comparison.changes {
        let subject = match &change.subject {
            Subject::Member(name) => printable(name),
            Subject::Key(Some(kid)) => format!("key {}", printable(kid)),
            Subject::Key(None) => "key without kid".to_owned(),
        };
        let what = match (&change.before, &change.after) {
            (Some(before), Some(after)) => format!("{} -> {}", printable(before), printable(after)),
            (Some(before), None) => format!("- {}", printable(before)),
            (None, Some(after)) => format!("+ {}", printable(after)),
            (None, None) => String::new(),
        };
        let note = change.note.map(|note| format!(" ({note})")).unwrap_or_default();
        text += format!("  {:8}  {subject}  {what}{note}", change.kind).trim_end();
        text.push('\n');
    }
    if comparison.left_out() > 0 {
        text += &format!("  and {} more\n", comparison.left_out());
    }
    for gone in gone(comparison) {
        text += &format!("  code that names {gone} will not compile after this change\n");
    }
    text
}

pub(super) fn markdown(comparison: &Comparison) -> String {
    let mut text = format!("### {}: {}\n\n", comparison.environment, summary(comparison));
    if comparison.is_empty() {
        return text;
    }
    text += "| | what | before | after |\n|---|---|---|---|\n";
    text.extend(comparison.changes.iter().map(row));
    if comparison.left_out() > 0 {
        text += &format!("\n{} more changes are not listed.\n", comparison.left_out());
    }
    let gone: Vec<_> = gone(comparison).map(cell).collect();
    if !gone.is_empty() {
        text += &format!("\nCode that names {} will not compile after this change.\n", gone.join(", "));
    }
    if comparison.count(ChangeKind::Rotation) > 0 {
        text += "\nCompare the thumbprints with what the provider has announced, if it has, before merging.\n";
    }
    text
}

fn gone(comparison: &Comparison) -> impl Iterator<Item = &str> {
    comparison.changes.iter().filter_map(|change| change.gone.as_deref())
}

fn row(change: &Change) -> String {
    let meaning = if change.kind == ChangeKind::Breaking { "**breaking**" } else { change.kind.as_str() };
    let subject = match &change.subject {
        Subject::Member(name) => cell(name),
        Subject::Key(Some(kid)) => format!("key {}", cell(kid)),
        Subject::Key(None) => "key without kid".to_owned(),
    };
    let before = change.before.as_deref().map_or_else(|| "–".to_owned(), cell);
    let after = match (change.after.as_deref(), &change.before) {
        (Some(after), _) => cell(after),
        (None, Some(_)) => "withdrawn".to_owned(),
        (None, None) => "–".to_owned(),
    };
    let note = change.note.map(|note| format!(" (**{note}**)")).unwrap_or_default();
    format!("| {meaning} | {subject} | {before} | {after}{note} |\n")
}
