//! Two environments side by side. Nothing changed between them, so nothing is breaking.

use idporten_config::Snapshot;
use idporten_config::document::json::{Object, object};
use idporten_config::document::{Change, Comparison, Origin, Subject};
use idporten_config::internal::markdown_cell;

use crate::output::plural;
use crate::table::indented_table_with_head;

/// Two environments, and what each has that the other has not.
pub(super) struct Different {
    first: String,
    second: String,
    comparison: Comparison,
}

impl Different {
    pub(super) fn new(first: &Snapshot, second: &Snapshot, comparison: Comparison) -> Self {
        let slug = |snapshot: &Snapshot| snapshot.provider().slug().to_owned();
        Self { first: slug(first), second: slug(second), comparison }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.comparison.is_empty()
    }

    fn heading(&self) -> String {
        format!("{} and {}: {}", self.first, self.second, self.summary())
    }

    fn summary(&self) -> String {
        plural(self.comparison.changes.len() + self.comparison.left_out(), "difference")
    }

    /// The line that says how many differences are not listed.
    fn rest(&self) -> String {
        match self.comparison.left_out() {
            0 => String::new(),
            count => format!("and {count} more\n"),
        }
    }

    pub(super) fn text(&self) -> String {
        let head = vec!["member".to_owned(), self.first.clone(), self.second.clone()];
        let cell = |value: Option<&String>| value.map_or("–", String::as_str).to_owned();
        let row = |change: &Change| vec![subject(change), cell(change.before.as_ref()), cell(change.after.as_ref())];
        let rows: Vec<_> = self.comparison.changes.iter().map(row).collect();
        let table = if self.is_empty() { String::new() } else { indented_table_with_head(&head, &rows) };
        format!("{}\n{table}{}", self.heading(), self.rest())
    }

    pub(super) fn markdown(&self) -> String {
        let cell = |value: Option<&String>| value.map_or_else(|| "–".to_owned(), |value| markdown_cell(value));
        let row = |change: &Change| {
            format!(
                "| {} | {} | {} |\n",
                markdown_cell(&subject(change)),
                cell(change.before.as_ref()),
                cell(change.after.as_ref())
            )
        };
        let rows: String = self.comparison.changes.iter().map(row).collect();
        let head = format!("| | {} | {} |\n|---|---|---|\n", self.first, self.second);
        let table = if self.is_empty() { String::new() } else { head + &rows };
        format!("### {}\n\n{table}\n{}", self.heading(), self.rest())
    }

    pub(super) fn in_json(&self) -> Object {
        let difference = |change: &Change| {
            let (name, value) = match &change.subject {
                Subject::Key(kid) => ("kid", kid.clone().into()),
                _ => ("member", subject(change).into()),
            };
            object([("before", change.before.clone().into()), ("after", change.after.clone().into()), (name, value)])
        };
        object([
            ("changes", self.comparison.changes.iter().map(difference).collect::<Vec<_>>().into()),
            ("compared_with", self.first.as_str().into()),
            ("environment", self.second.as_str().into()),
            ("left_out", (self.comparison.left_out() as u64).into()),
            ("status", if self.is_empty() { "unchanged" } else { "different" }.into()),
            ("summary", self.summary().into()),
        ])
    }
}

/// The note where a snapshot does not say all that its environment publishes.
pub(super) fn note(snapshot: &Snapshot) -> Option<String> {
    let (slug, origin) = (snapshot.provider().slug(), snapshot.origin());
    let note = format!("{slug}: the snapshot is {origin}, not fetched: what it lacks may be published all the same");
    (origin != Origin::Fetched).then_some(note)
}

fn subject(change: &Change) -> String {
    match &change.subject {
        Subject::Member(name) => name.clone(),
        Subject::Key(Some(kid)) => format!("key {kid}"),
        _ => "key without kid".to_owned(),
    }
}
