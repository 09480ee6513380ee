//! The results of a run, for people and for programs.

use idporten_config::document::json::{Object, Value, object};
use idporten_config::internal::escape_control;

use super::write::{Failure, FetchResult, FileChange};
use crate::command::{command, quoted};
use crate::json::count;
use crate::output::{ERROR, ExitStatus, paint};

/// A line for an environment, its slug padded to `width`.
pub(super) fn line(one: &FetchResult, width: usize) -> String {
    let path = &one.path;
    let (status, rest) = match &one.change {
        Ok(FileChange::New) => ("written", path.clone()),
        Ok(FileChange::Unchanged { as_of }) => ("unchanged", format!("(as of {as_of})")),
        Ok(FileChange::Renewed) => ("renewed", format!("same content, newer date  {path}")),
        Ok(FileChange::Changed(comparison)) if comparison.is_empty() => {
            ("changed", format!("details that no code depends on  {path}"))
        }
        Ok(FileChange::Changed(comparison)) => ("changed", format!("{}  {path}", comparison.summary())),
        Ok(FileChange::Replaced(reason)) => ("replaced", format!("the old file could not be used: {reason}  {path}")),
        Ok(FileChange::LeftOut) => ("left out", String::new()),
        Ok(FileChange::Absent { base }) => ("absent", format!("not running; the values are those of {base}")),
        Err(failure) => ("FAILED", failure.message.clone()),
    };
    let line = escape_control(format!("{:width$}  {status:9}  {rest}", one.slug).trim_end());
    if one.change.is_err() { line.replacen(status, &paint(status, ERROR), 1) } else { line }
}

pub(super) fn summary(all: &[FetchResult], directory: &str, adopt: bool) -> String {
    let number = |is: fn(&FetchResult) -> bool| all.iter().filter(|one| is(one)).count();
    let written = number(FetchResult::is_written);
    let unchanged = number(|one| matches!(one.change, Ok(FileChange::Unchanged { .. })));
    let failed: Vec<&str> = all.iter().filter(|one| one.change.is_err()).map(|one| one.slug.as_str()).collect();
    let mut summary = format!("{written} written, {unchanged} unchanged, {} failed", failed.len());
    let mut next = Vec::new();
    if written > 0 {
        next.push(format!("`git diff {}` to review", quoted(directory)));
    }
    if !failed.is_empty() {
        let words: &[&str] = if adopt { &["fetch", "--adopt"] } else { &["fetch"] };
        next.push(format!("`{}` to try again", command(words.iter().copied().chain(failed))));
    }
    if !next.is_empty() {
        summary += &format!("; {}", next.join(", "));
    }
    escape_control(&summary) + "\n"
}

/// The worst status. A file that cannot be written comes before a provider that failed: trying again later does not help.
pub(super) fn status(all: &[FetchResult]) -> ExitStatus {
    let failures = || all.iter().filter_map(|one| one.change.as_ref().err());
    match failures().find(|failure| failure.status == ExitStatus::BadInput).or_else(|| failures().next()) {
        Some(Failure { status, .. }) => *status,
        None => ExitStatus::Success,
    }
}

pub(super) fn in_json(all: &[FetchResult], adopted: &[String]) -> Value {
    let failed = all.iter().filter(|one| one.change.is_err()).count();
    object([
        ("adopted", adopted.to_vec().into()),
        ("environments", all.iter().map(one_in_json).collect::<Vec<_>>().into()),
        ("failed", count(failed)),
        ("ok", (failed == 0).into()),
        ("written", count(all.iter().filter(|one| one.is_written()).count())),
    ])
    .into()
}

fn one_in_json(one: &FetchResult) -> Object {
    let (status, comparison, reason) = match &one.change {
        Ok(FileChange::New) => ("written", None, None),
        Ok(FileChange::Unchanged { .. }) => ("unchanged", None, None),
        Ok(FileChange::Renewed) => ("renewed", None, None),
        Ok(FileChange::Changed(comparison)) => ("changed", Some(comparison.to_json()), None),
        Ok(FileChange::Replaced(reason)) => ("replaced", None, Some(reason.as_str())),
        Ok(FileChange::LeftOut) => ("left-out", None, None),
        Ok(FileChange::Absent { .. }) => ("absent", None, None),
        Err(failure) => ("failed", None, Some(failure.message.as_str())),
    };
    object([
        ("comparison", comparison.into()),
        ("environment", one.slug.as_str().into()),
        ("error", reason.filter(|_| one.change.is_err()).into()),
        ("path", one.path.as_str().into()),
        ("replaced", reason.filter(|_| one.change.is_ok()).into()),
        ("status", status.into()),
    ])
}
