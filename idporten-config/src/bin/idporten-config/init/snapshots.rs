//! The first snapshots.

use std::collections::BTreeSet;
use std::path::Path;

use idporten_config::document::Provider;
use idporten_config::internal::{Environment, Finding, Manifest, is_retired, leaked_key};
use idporten_config::{Snapshot, fetch::FetchError};

use super::files::is_there;
use super::steps::Step;
use crate::file;
use crate::network::{NetworkOptions, provider};
use crate::output::{Output, VerbError};

/// An environment, and whether it has a snapshot now.
pub(super) struct FirstSnapshot {
    pub(super) slug: String,
    path: String,
    state: State,
    is_retired: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Wrote,
    Kept,
    Missing,
    /// The manifest asks for the bundled one.
    Bundled,
}

impl FirstSnapshot {
    /// The state before anything is fetched. Where `init` itself wrote `bundled = true`, a snapshot is wanted after all.
    fn before(target: &Environment, marked: &BTreeSet<String>) -> Self {
        let state = match is_there(&target.path) {
            _ if target.bundled && !marked.contains(&target.slug) => State::Bundled,
            true => State::Kept,
            false => State::Missing,
        };
        Self {
            slug: target.slug.clone(),
            path: target.path.clone(),
            state,
            is_retired: target.provider.as_ref().is_some_and(is_retired),
        }
    }

    pub(super) fn has_snapshot(&self) -> bool {
        matches!(self.state, State::Wrote | State::Kept)
    }

    /// Returns whether a later `fetch --adopt` would take a snapshot.
    pub(super) fn is_to_adopt(&self) -> bool {
        !self.has_snapshot() && !self.is_retired
    }

    pub(super) fn step(&self) -> Step {
        let (action, detail) = match self.state {
            State::Wrote => ("wrote", String::new()),
            State::Kept => ("kept", String::new()),
            State::Missing => ("none", format!("take it yourself: idporten-config fetch --adopt {}", self.slug)),
            State::Bundled => ("none", format!("{} uses the bundled one, as the manifest says", self.slug)),
        };
        Step::new(action, self.path.clone(), detail)
    }
}

/// Takes a snapshot of each environment that has none, unless there is no network to use. A note says why one is missing.
pub(super) fn take(
    manifest: &Manifest,
    marked: &BTreeSet<String>,
    network: Option<&NetworkOptions>,
    quiet: bool,
    output: &mut Output,
) -> Result<Vec<FirstSnapshot>, VerbError> {
    let targets = manifest.environments();
    let mut all: Vec<_> = targets.iter().map(|target| FirstSnapshot::before(target, marked)).collect();
    let missing =
        targets.iter().zip(&all).filter(|(target, own)| own.state == State::Missing && target.based_on.is_none());
    let providers: Vec<Provider> = missing.filter_map(|(target, _)| provider(target).ok()).collect();
    let Some(network) = network.filter(|_| !providers.is_empty()) else { return Ok(all) };
    let fetched = match network.fetch_all(&providers, quiet) {
        Ok(fetched) => fetched,
        Err(error) => {
            output.note("no snapshots are taken, because the network cannot be used:");
            output.report(&error.findings);
            return Ok(all);
        }
    };
    let mut failures: Vec<Finding> = Vec::new();
    for (slug, result) in fetched {
        let Some(own) = all.iter_mut().find(|own| own.slug == slug) else { continue };
        match own.keep(result) {
            Ok(None) => {}
            Ok(Some(reason)) => output.note(&format!("{slug}: no live snapshot could be taken: {reason}")),
            Err(error) => failures.extend(error.findings),
        }
    }
    if failures.is_empty() { Ok(all) } else { Err(failures.into()) }
}

impl FirstSnapshot {
    /// Writes what was fetched, or returns the reason why there is nothing to write.
    fn keep(&mut self, result: Result<Snapshot, FetchError>) -> Result<Option<String>, VerbError> {
        let snapshot = match result {
            Ok(snapshot) => snapshot,
            Err(error) => return Ok(Some(error.to_string())),
        };
        if let Some(leaked) = leaked_key(&snapshot) {
            return Ok(Some(format!("the live key set holds a private key: {leaked}")));
        }
        file::write_in_new_directory(Path::new(&self.path), &snapshot.to_string())?;
        self.state = State::Wrote;
        Ok(None)
    }
}
