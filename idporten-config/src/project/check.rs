//! The checks of a project. Build scripts, macros and the tool all print the report that is made here.
//!
//! This module does no I/O and reads no clock: files are read through a function, and times are arguments.

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

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Report {
    /// The snapshots that code can be generated from, in the manifest's order.
    pub sources: Vec<Source>,
    /// The snapshots that no code is generated from, because they hold a private key.
    pub leaked: Vec<Source>,
    /// The findings about the manifest, the snapshots and the requirements.
    pub findings: Vec<Finding>,
    /// The findings about key sets.
    pub keys: Vec<Finding>,
    /// A warning for a build whose `SOURCE_DATE_EPOCH` is before the snapshots, so that their age cannot be measured.
    pub unmeasurable: Option<Finding>,
    /// The files that were looked for.
    pub files: Vec<File>,
}

impl Manifest {
    /// Checks the manifest's snapshots and requirements.
    ///
    /// `only` limits the report to these environments, unless it is empty; the environments that they are based on are read too.
    /// `read` reads a file by its path, relative to the project's root.
    pub fn check(&self, only: &[String], read: &dyn Fn(&str) -> io::Result<Vec<u8>>, times: Times) -> Report {
        let Located { mut sources, mut leaked, files, mut findings } = locate(self, read);
        // Only for a builder: reading an empty `idporten.toml` already reports this.
        if self.route == Route::Builder && self.environments().is_empty() {
            let help = "add one, such as `.environment(\"idporten-test\")`";
            findings.push(Finding::error("the generator names no environment", help));
        }
        findings.extend(reject_duplicates(&mut sources, self));
        findings.extend(requirements::unmet(self, &sources));
        // Filtered only now, and not before the files are read: duplicates, bases and requirements concern the whole manifest.
        let is_wanted = |slug: &str| only.is_empty() || only.iter().any(|wanted| wanted == slug);
        sources.retain(|source| is_wanted(source.provider().slug()));
        leaked.retain(|source| is_wanted(source.provider().slug()));
        findings.retain(|finding| finding.environment.as_deref().is_none_or(is_wanted));
        let unmeasurable = snapshots::unmeasurable(&sources, times);
        for shared in by_product(&sources) {
            for &source in shared.sources() {
                findings.extend(snapshots::check(source, &shared, self, times));
            }
            findings.extend(shared.without_values());
        }
        let keys = sources.iter().flat_map(|source| keys::check(source.snapshot())).collect();
        Report { sources, leaked, findings, keys, unmeasurable, files }
    }
}

/// Groups the sources by product, in the order of each product's first source.
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
