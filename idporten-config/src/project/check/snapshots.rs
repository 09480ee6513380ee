//! The checks of a usable snapshot: its age, its origin, and the lists that it does not state.

use std::time::Duration;

use crate::document::snapshot::Origin;
use crate::project::finding::Finding;
use crate::project::manifest::{Manifest, Route};
use crate::project::shared::Shared;
use crate::project::source::Source;
use crate::project::times::Times;

/// The tolerance for a snapshot dated in the future, since the clocks of two machines may differ: a day.
const CLOCK_SLACK: Duration = Duration::from_secs(24 * 60 * 60);

/// Checks one snapshot. `shared` holds the lists that the environments of its product share.
pub(super) fn check(source: &Source, shared: &Shared<'_>, manifest: &Manifest, times: Times) -> Vec<Finding> {
    if source.based_on.is_some() {
        // There is no snapshot, and the one whose values are used is checked as its own environment's.
        return Vec::new();
    }
    let warning = out_of_date(source, shared, manifest, times);
    let findings = warning.into_iter().chain(not_fetched(source));
    let place = manifest.environment(source.provider().slug()).and_then(|environment| environment.place.as_ref());
    findings.map(|finding| finding.of(source.provider().slug()).at(place)).collect()
}

/// Returns one warning for everything that a newer snapshot would fix, so that a build prints one line for each environment.
fn out_of_date(source: &Source, shared: &Shared<'_>, manifest: &Manifest, times: Times) -> Option<Finding> {
    let (snapshot, slug) = (source.snapshot(), source.provider().slug());
    let age = times.for_age_of(snapshot).map(|now| snapshot.age(now)).filter(|age| *age > manifest.max_age());
    let is_of_the_future = times.clock.is_some_and(|clock| snapshot.as_of() > clock + CLOCK_SLACK);
    let unstated = shared.unstated(source);
    let mut problems = Vec::new();
    let mut help = match manifest.route {
        Route::File if source.bundled => {
            format!("run `idporten-config fetch --adopt {slug}`, which also removes `bundled = true`")
        }
        Route::Builder | Route::Macro if source.bundled => {
            format!("run `idporten-config fetch {slug}` and remove {}", manifest.route.ask_for_bundled(slug))
        }
        _ => format!("run `idporten-config fetch {slug}`"),
    };
    if let Some(age) = age {
        problems.push(format!("is {} old", days(age)));
        help += &format!("; at most {} is allowed", days(manifest.max_age()));
    }
    if is_of_the_future {
        problems.push("is dated in the future".to_owned());
        help = format!("set this machine's clock right, or {help}");
    }
    // Not for a bundled snapshot: choosing it is a decision to use incomplete values.
    if !unstated.is_empty() && !source.bundled {
        problems.push(format!(
            "does not state {}, so the shared enums may hold values that {slug} does not support",
            listed(&unstated)
        ));
    }
    let (first, rest) = problems.split_first()?;
    let rest: String = rest.iter().map(|problem| format!(", and {problem}")).collect();
    let message = format!("{slug}: the snapshot {first} ({}, {}){rest}", source.provenance(), source.label());
    let warning = Finding::warning(message, help);
    let is_by_the_clock = age.is_some() && times.source_date_epoch.is_some_and(|epoch| epoch < snapshot.as_of());
    Some(if is_by_the_clock {
        warning.note("measured by the clock, as `SOURCE_DATE_EPOCH` is before the snapshot")
    } else {
        warning
    })
}

/// Formats the first names and the number of the others.
fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<_> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Returns a finding for a production snapshot that was not fetched, since production should not depend on recordings of
/// others. A build does not report it: it would repeat the finding at every run until the first fetch.
fn not_fetched(source: &Source) -> Option<Finding> {
    let (snapshot, provider) = (source.snapshot(), source.provider());
    if provider.stage() != "prod" || provider.is_development() || snapshot.origin() == Origin::Fetched {
        return None;
    }
    let slug = provider.slug();
    let message = format!("{slug}: the snapshot of production is {}, not fetched", snapshot.origin());
    let help = format!("run `idporten-config fetch {slug}` to take the live document");
    let finding = Finding::for_check(message, help);
    Some(finding.note(format!("{}, {}", source.provenance(), source.label())))
}

/// Returns one warning if `SOURCE_DATE_EPOCH` is before snapshots and no clock is available, so that their age is unknown.
pub(super) fn unmeasurable(sources: &[Source], times: Times) -> Option<Finding> {
    let epoch = times.source_date_epoch.filter(|_| times.clock.is_none())?;
    let own = || sources.iter().filter(|source| source.based_on.is_none());
    // A bundled snapshot can be newer than the project's last change without any mistake, so that it is ignored if the project
    // has snapshot files.
    let has_files = own().any(|source| !source.bundled);
    let mut later = own().filter(|source| source.snapshot().as_of() > epoch && !(has_files && source.bundled));
    let first = later.next()?.provider().slug();
    let more = match later.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("`SOURCE_DATE_EPOCH` is before the snapshot of {first}{more}, whose age cannot be checked");
    let help =
        "run `idporten-config check`, which uses the clock then, or set the variable to the time of the last change";
    Some(Finding::warning(message, help))
}

/// Formats a duration: in days from two days up, exactly below that.
#[must_use]
pub fn days(duration: Duration) -> String {
    match duration.as_secs() / 86_400 {
        0 | 1 => humantime::format_duration(Duration::from_secs(duration.as_secs())).to_string(),
        days => format!("{days} days"),
    }
}
