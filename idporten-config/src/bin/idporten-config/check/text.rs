//! The report of a check, for people.

use idporten_config::internal::Finding;

use super::CheckResult;
use crate::output::{labelled, plural};
use crate::table::table_rows;

/// A line for each thing that was checked, with its findings below. `quiet` leaves out lines without findings.
pub(super) fn of(report: &CheckResult<'_>, quiet: bool) -> String {
    let mut checked: Vec<(&str, String, Vec<&Finding>)> = Vec::new();
    for slug in &report.snapshots.slugs {
        checked.push((slug, state_of(slug, report), report.findings.of(slug).collect()));
    }
    if let Some(compared) = &report.generated {
        checked.push((&compared.file, compared.state.to_owned(), compared.finding.iter().collect()));
    }
    let rows: Vec<_> = checked.iter().map(|(what, state, _)| vec![(*what).to_owned(), state.clone()]).collect();
    let mut text: String = report.findings.of_project().map(|finding| labelled(finding) + "\n").collect();
    for (lines, (_, _, findings)) in table_rows(&rows).iter().zip(&checked) {
        if !quiet {
            text += lines;
        }
        text.extend(findings.iter().map(|finding| labelled(finding) + "\n"));
    }
    if quiet { text } else { text + &summary(report) }
}

fn state_of(slug: &str, report: &CheckResult<'_>) -> String {
    match report.findings.of(slug).count() {
        // A mistake in the manifest hides the environment.
        0 if report.snapshots.source(slug).is_none() => "not checked".to_owned(),
        // A mistake in an option of the network has one finding for all environments.
        0 if report.unreachable.iter().any(|unreachable| unreachable == slug) => "not compared".to_owned(),
        0 => "ok".to_owned(),
        count => plural(count, "finding"),
    }
}

fn summary(report: &CheckResult<'_>) -> String {
    let environments = plural(report.snapshots.slugs.len(), "environment");
    let (all, errors) = (report.ordered().count(), report.ordered().filter(|finding| finding.is_error()).count());
    match all {
        0 => format!("{environments}, no findings\n"),
        _ => {
            let (errors, warnings) = (plural(errors, "error"), plural(all - errors, "warning"));
            format!("{environments}, {} ({errors}, {warnings})\n", plural(all, "finding"))
        }
    }
}
