//! The one place that decides what is examined in a project. Build scripts, macros and the tool print what it reports.
//!
//! Nothing here touches a disk or a clock: files are read through a function, and times are arguments.

mod keys;
mod requirements;
mod snapshots;
#[cfg(test)]
mod tests;

use std::io;

use crate::document::provider::Provider;
use crate::project::duplicates::reject_duplicates;
use crate::project::finding::Finding;
use crate::project::locate::{File, Located, locate};
use crate::project::manifest::{Manifest, Route};
use crate::project::shared::Shared;
use crate::project::source::Source;
use crate::project::times::Times;

pub use snapshots::days;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Report {
    /// The snapshots that code can be generated from, in the manifest's order.
    pub sources: Vec<Source>,
    /// The snapshots that may only be looked at, because they hold a private key.
    pub leaked: Vec<Source>,
    /// What is wrong, or worth knowing.
    pub findings: Vec<Finding>,
    /// What is wrong, or worth knowing, of key sets.
    pub keys: Vec<Finding>,
    /// A warning for a build whose `SOURCE_DATE_EPOCH` is before the snapshots, which leaves no time to measure their age by.
    pub unmeasurable: Option<Finding>,
    /// The files that were asked for.
    pub files: Vec<File>,
}

impl Manifest {
    /// Checks the manifest's snapshots and requirements. `read` reads a file by its path, relative to the project's root.
    pub fn check(&self, read: &dyn Fn(&str) -> io::Result<Vec<u8>>, times: Times) -> Report {
        check(self, &[], read, times)
    }
}

/// Checks a manifest's snapshots and requirements.
///
/// `only` limits the report to these environments, unless it is empty; what they depend on is read all the same. `read` reads a
/// file by its path, relative to the project's root.
pub(super) fn check(
    manifest: &Manifest,
    only: &[String],
    read: &dyn Fn(&str) -> io::Result<Vec<u8>>,
    times: Times,
) -> Report {
    let Located { mut sources, mut leaked, files, mut findings } = locate(manifest, read);
    // A manifest's text says itself that it names none.
    if manifest.route == Route::Builder && manifest.environments().is_empty() {
        let help = "add one, such as `.environment(\"idporten-test\")`";
        findings.push(Finding::error("the generator names no environment", help));
    }
    findings.extend(reject_duplicates(&mut sources, manifest));
    findings.extend(requirements::unmet(manifest, &sources));
    let is_wanted = |slug: &str| only.is_empty() || only.iter().any(|wanted| wanted == slug);
    sources.retain(|source| is_wanted(source.provider().slug()));
    leaked.retain(|source| is_wanted(source.provider().slug()));
    findings.retain(|finding| finding.environment.as_deref().is_none_or(is_wanted));
    let unmeasurable = snapshots::unmeasurable(&sources, times);
    for shared in by_product(&sources) {
        for &source in shared.sources() {
            findings.extend(snapshots::check(source, &shared, manifest, times));
        }
        findings.extend(shared.without_values());
    }
    let keys = sources.iter().flat_map(|source| keys::check(source.snapshot())).collect();
    Report { sources, leaked, findings, keys, unmeasurable, files }
}

/// The sources of each product, in the order of its first one.
fn by_product(sources: &[Source]) -> Vec<Shared<'_>> {
    let mut products: Vec<Vec<&Source>> = Vec::new();
    for source in sources {
        let product = Provider::product;
        match products.iter_mut().find(|own| product(own[0].provider()) == product(source.provider())) {
            Some(own) => own.push(source),
            None => products.push(vec![source]),
        }
    }
    products.iter().map(|own| Shared::of(own)).collect()
}
