//! The result of a comparison, for people, pull requests and programs.

use idporten_config::Snapshot;
use idporten_config::document::json::{Object, Value, object};
use idporten_config::internal::escape_control;

use super::{Difference, What};

/// The length of the body of a pull request, with a reserve: GitHub refuses more than 65,536 characters.
const MAX_BODY: usize = 60_000;

pub(super) fn text(differences: &[Difference], quiet: bool) -> String {
    let mut text = String::new();
    for Difference { environment, what } in differences.iter().filter(|difference| !quiet || difference.is_change()) {
        let line = match what {
            What::Compared { comparison, renewed: Some(as_of) } if comparison.is_empty() => {
                format!("{environment}: no change but the date or details; as of {as_of}\n")
            }
            What::Compared { comparison, .. } => comparison.to_string(),
            What::Different(different) => different.text(),
            What::Added(snapshot) => format!("{environment}: added, {}\n", about(snapshot)),
            What::Removed => format!("{environment}: removed\n"),
            What::Replaced(snapshot, reason) => {
                format!(
                    "{environment}: replaces one that cannot be read, {}: {}\n",
                    about(snapshot),
                    escape_control(reason)
                )
            }
        };
        text += &line;
    }
    if differences.is_empty() && !quiet { "no snapshots\n".to_owned() } else { text }
}

/// A section for each environment that changed, and a line for those that did not.
pub(super) fn markdown(differences: &[Difference]) -> String {
    let (changed, same): (Vec<_>, Vec<_>) = differences.iter().partition(|difference| difference.is_change());
    let mut sections: Vec<String> = changed.into_iter().map(section).collect();
    let taken = |difference: &&Difference| matches!(&difference.what, What::Compared { renewed: Some(_), .. });
    let (renewed, same): (Vec<_>, Vec<_>) = same.into_iter().partition(taken);
    let names = |all: &[&Difference]| all.iter().map(|one| one.environment.as_str()).collect::<Vec<_>>().join(", ");
    if !renewed.is_empty() {
        sections.push(format!("Same content but for the date or details: {}.\n", names(&renewed)));
    }
    if !same.is_empty() {
        sections.push(format!("No change: {}.\n", names(&same)));
    }
    if sections.is_empty() {
        sections.push("No snapshots.\n".to_owned());
    }
    cut(sections.join("\n"))
}

fn section(difference: &Difference) -> String {
    let environment = escape_control(&difference.environment);
    match &difference.what {
        What::Compared { comparison, .. } => comparison.to_markdown(),
        What::Different(different) => different.markdown(),
        What::Added(snapshot) => format!("### {environment}: added\n\nA new snapshot, {}.\n", about(snapshot)),
        What::Removed => format!("### {environment}: removed\n\nIts snapshot is gone.\n"),
        What::Replaced(snapshot, _) => format!(
            "### {environment}: replaced\n\nThe snapshot before this one cannot be read; this one is {}. Look at all of it.\n",
            about(snapshot)
        ),
    }
}

/// `fetched 2026-11-20, 2 keys`: nothing of what the provider wrote.
fn about(snapshot: &Snapshot) -> String {
    let keys = snapshot.jwks().map_or(0, |set| set.keys().len());
    format!("{} {}, {keys} key{}", snapshot.origin(), snapshot.date(), if keys == 1 { "" } else { "s" })
}

fn cut(text: String) -> String {
    if text.len() <= MAX_BODY {
        return text;
    }
    let line_ends = text.match_indices('\n').map(|(at, _)| at + 1);
    let end = line_ends.take_while(|end| *end <= MAX_BODY).last().unwrap_or_default();
    format!("{}\nMore changes than fit here: run `idporten-config diff` for all of them.\n", &text[..end])
}

pub(super) fn json(differences: &[Difference]) -> Value {
    object([
        ("changed", differences.iter().any(Difference::is_change).into()),
        ("environments", differences.iter().map(one_in_json).collect::<Vec<_>>().into()),
    ])
    .into()
}

fn one_in_json(Difference { environment, what }: &Difference) -> Object {
    let (status, comparison) = match what {
        What::Compared { comparison, renewed } => match (comparison.is_empty(), renewed) {
            (false, _) => ("changed", Some(comparison)),
            (true, Some(_)) => ("renewed", Some(comparison)),
            (true, None) => ("unchanged", Some(comparison)),
        },
        What::Different(different) => return different.in_json(),
        What::Added(_) => ("added", None),
        What::Removed => ("removed", None),
        What::Replaced(..) => ("replaced", None),
    };
    let comparison = comparison.map(idporten_config::document::Comparison::to_json);
    let get = |name: &str| comparison.as_ref().and_then(Value::as_object).and_then(|own| own.get(name)).cloned();
    object([
        ("changes", get("changes").into()),
        ("environment", environment.as_str().into()),
        ("left_out", get("left_out").into()),
        ("status", status.into()),
        ("summary", get("summary").into()),
    ])
}
