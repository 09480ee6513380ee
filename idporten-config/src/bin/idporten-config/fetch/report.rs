//! What became of each environment, for people and for programs.

use idporten_config::document::json::{Object, Value, object};
use idporten_config::internal::harmless;

use super::{Failure, Fetched, Written};
use crate::command::{command, quoted};
use crate::json::count;
use crate::output::ExitStatus;

/// A line for an environment, its slug padded to `width`.
pub(super) fn line(one: &Fetched, width: usize) -> String {
    let path = &one.path;
    let (status, rest) = match &one.result {
        Ok(Written::New) => ("written", path.clone()),
        Ok(Written::Unchanged { as_of }) => ("unchanged", format!("(as of {as_of})")),
        Ok(Written::Renewed) => ("renewed", format!("same content, newer date  {path}")),
        Ok(Written::Changed(comparison)) if comparison.is_empty() => {
            ("changed", format!("details that no code depends on  {path}"))
        }
        Ok(Written::Changed(comparison)) => ("changed", format!("{}  {path}", comparison.summary())),
        Ok(Written::Replaced(reason)) => ("replaced", format!("the old file could not be used: {reason}  {path}")),
        Ok(Written::LeftOut) => ("left out", String::new()),
        Ok(Written::Absent { base }) => ("absent", format!("not running; the values are those of {base}")),
        Err(failure) => ("FAILED", failure.message.clone()),
    };
    harmless(format!("{:width$}  {status:9}  {rest}", one.slug).trim_end())
}

pub(super) fn summary(all: &[Fetched], directory: &str) -> String {
    let number = |is: fn(&Fetched) -> bool| all.iter().filter(|one| is(one)).count();
    let (written, unchanged) = (number(is_written), number(|one| matches!(one.result, Ok(Written::Unchanged { .. }))));
    let failed: Vec<&str> = all.iter().filter(|one| one.result.is_err()).map(|one| one.slug.as_str()).collect();
    let mut summary = format!("{written} written, {unchanged} unchanged, {} failed", failed.len());
    let mut next = Vec::new();
    if written > 0 {
        next.push(format!("`git diff {}` to review", quoted(directory)));
    }
    if !failed.is_empty() {
        next.push(format!("`{}` to try again", command(std::iter::once("fetch").chain(failed))));
    }
    if !next.is_empty() {
        summary += &format!("; {}", next.join(", "));
    }
    harmless(&summary) + "\n"
}

fn is_written(one: &Fetched) -> bool {
    matches!(one.result, Ok(Written::New | Written::Renewed | Written::Changed(_) | Written::Replaced(_)))
}

/// The worst of them: a file that cannot be written is nothing that time mends, and comes before a provider that failed.
pub(super) fn status(all: &[Fetched]) -> ExitStatus {
    let failures = || all.iter().filter_map(|one| one.result.as_ref().err());
    match failures().find(|failure| failure.status == ExitStatus::BadInput).or_else(|| failures().next()) {
        Some(Failure { status, .. }) => *status,
        None => ExitStatus::Success,
    }
}

pub(super) fn in_json(all: &[Fetched]) -> Value {
    let failed = all.iter().filter(|one| one.result.is_err()).count();
    object([
        ("environments", all.iter().map(one_in_json).collect::<Vec<_>>().into()),
        ("failed", count(failed)),
        ("ok", (failed == 0).into()),
        ("written", count(all.iter().filter(|one| is_written(one)).count())),
    ])
    .into()
}

fn one_in_json(one: &Fetched) -> Object {
    let (status, comparison, reason) = match &one.result {
        Ok(Written::New) => ("written", None, None),
        Ok(Written::Unchanged { .. }) => ("unchanged", None, None),
        Ok(Written::Renewed) => ("renewed", None, None),
        Ok(Written::Changed(comparison)) => ("changed", Some(comparison.to_json()), None),
        Ok(Written::Replaced(reason)) => ("replaced", None, Some(reason.as_str())),
        Ok(Written::LeftOut) => ("left-out", None, None),
        Ok(Written::Absent { .. }) => ("absent", None, None),
        Err(failure) => ("failed", None, Some(failure.message.as_str())),
    };
    object([
        ("comparison", comparison.into()),
        ("environment", one.slug.as_str().into()),
        ("error", reason.filter(|_| one.result.is_err()).into()),
        ("path", one.path.as_str().into()),
        ("replaced", reason.filter(|_| one.result.is_ok()).into()),
        ("status", status.into()),
    ])
}
