//! What is wrong with snapshots that could be read: their age, their names in code, and what is required of them.

use std::time::{Duration, SystemTime};

use super::{Source, describe};
use crate::document::names;
use crate::document::provider::Provider;
use crate::document::violation::printable;
use crate::environment::ProductName;
use crate::project::finding::Finding;
use crate::project::manifest::{Entry, Manifest, Route};

/// How far two clocks may be apart before a snapshot counts as one of the future: a day.
const CLOCK_SLACK: Duration = Duration::from_secs(24 * 60 * 60);

/// The stage names a module and a variant: both are unique within a product. The first source of a name stays.
pub(super) fn drop_doubles(sources: &mut Vec<Source>, manifest: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut kept: Vec<Provider> = Vec::new();
    sources.retain(|source| {
        let provider = source.provider();
        let variant = names::variant(provider.stage());
        let is_double =
            |kept: &&Provider| kept.product() == provider.product() && names::variant(kept.stage()) == variant;
        let Some(first) = kept.iter().find(is_double) else {
            kept.push(provider.clone());
            return true;
        };
        let slug = provider.slug();
        let finding = if first.slug() == slug {
            Finding::error(format!("`{slug}` is named twice"), "remove one of them")
        } else {
            let (first, stage) = (first.slug(), first.stage());
            let what = if stage == provider.stage() {
                format!("are both the stage `{stage}` of one product")
            } else {
                format!("would both be `Environment::{variant}` of one product")
            };
            Finding::error(format!("`{first}` and `{slug}` {what}"), "rename one of them")
        };
        let entry = manifest.entries.iter().rfind(|entry| entry.slug == slug);
        findings.push(finding.of(slug).at(entry.and_then(|entry| entry.place.as_ref())));
        false
    });
    findings
}

pub(super) fn too_old(source: &Source, manifest: &Manifest, now: SystemTime) -> Option<Finding> {
    let snapshot = &source.snapshot;
    let slug = source.provider().slug();
    let entry = manifest.entries.iter().find(|entry| entry.slug == slug);
    let place = entry.and_then(|entry| entry.place.as_ref());
    if source.based_on.is_some() || snapshot.age(now) <= manifest.max_age {
        return None;
    }
    let message =
        format!("{slug}: the snapshot is {} old ({}, {})", days(snapshot.age(now)), describe(snapshot), source.label);
    let remove = if source.bundled && manifest.route != Route::CommandLine {
        format!(" and remove {}", manifest.route.ask_for_bundled(slug))
    } else {
        String::new()
    };
    let help = format!("run `idporten-config fetch {slug}`{remove}; at most {} is allowed", days(manifest.max_age));
    Some(Finding::warning(message, help).of(slug).at(place))
}

/// A finding for each snapshot that is dated in the future by `clock`: it would never grow old. The clock is the machine's own;
/// a time that stands in for it, so that a build can be repeated, may well be older than a snapshot.
#[must_use]
pub fn from_the_future(sources: &[Source], clock: SystemTime) -> Vec<Finding> {
    let of_future = sources.iter().filter(|source| source.snapshot.as_of() > clock + CLOCK_SLACK);
    let finding = |source: &Source| {
        let slug = source.provider().slug();
        let message =
            format!("{slug}: the snapshot is dated in the future ({}, {})", describe(&source.snapshot), source.label);
        let help = format!("see whether this machine's clock is right, or run `idporten-config fetch {slug}`");
        Finding::warning(message, help).of(slug)
    };
    of_future.map(finding).collect()
}

/// A duration in days from two days on, and exactly below that.
#[must_use]
pub fn days(duration: Duration) -> String {
    match duration.as_secs() / 86_400 {
        0 | 1 => humantime::format_duration(Duration::from_secs(duration.as_secs())).to_string(),
        days => format!("{days} days"),
    }
}

/// What is required and not met, or asked of nobody.
pub(super) fn unmet(manifest: &Manifest, sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (product, requirement) in &manifest.requirements {
        let concerns = |own: &ProductName| product.as_ref().is_none_or(|product| product == own);
        let shared = |source: &&Source| concerns(source.provider().product()) && !source.provider().is_development();
        let is_development = |entry: &Entry| entry.described.as_ref().is_some_and(Provider::is_development);
        let mut serious = manifest.entries.iter().filter(|entry| !is_development(entry));
        if !serious.any(|entry| product_of(entry, sources).is_none_or(|own| concerns(&own))) {
            let slug = product.as_ref().map_or("", ProductName::as_str);
            let message = format!(
                "`{}` is required of {slug}, and no environment of {slug} is named that is not for development",
                printable(requirement.member())
            );
            let help = format!("add an environment of {slug}, or remove the requirement");
            findings.push(Finding::error(message, help).at(requirement.place()));
        }
        findings.extend(sources.iter().filter(shared).flat_map(|source| requirement.check(&source.snapshot)));
    }
    findings
}

fn product_of(entry: &Entry, sources: &[Source]) -> Option<ProductName> {
    let own = sources.iter().map(Source::provider).find(|provider| provider.slug() == entry.slug);
    let described = own.or(entry.described.as_ref()).map(|provider| provider.product().clone());
    entry.known().map(|known| known.product().into()).or(described)
}
