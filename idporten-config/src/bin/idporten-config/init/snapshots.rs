//! The first snapshots.

use std::path::Path;
use std::time::SystemTime;

use idporten_config::document::Provider;
use idporten_config::internal::Finding;
use idporten_config::internal::leaked_key;
use idporten_config::internal::{Manifest, Target};

use super::{Arguments, Step, files};
use crate::file;
use crate::network::{is_retired, provider};
use crate::output::{Output, VerbError};

/// An environment, and whether it has a snapshot now.
pub(super) struct Taken {
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
    /// The manifest says that there is none.
    Bundled,
}

impl Taken {
    pub(super) fn has_snapshot(&self) -> bool {
        matches!(self.state, State::Wrote | State::Kept)
    }

    /// Whether a fetch would take one, and the manifest that there is, or that is written, leaves it out.
    pub(super) fn is_left_out(&self, is_new_manifest: bool) -> bool {
        let is_bundled = self.state == State::Bundled || (is_new_manifest && !self.has_snapshot());
        is_bundled && !self.is_retired
    }

    pub(super) fn step(&self) -> Step {
        let (action, detail) = match self.state {
            State::Wrote => ("wrote", String::new()),
            State::Kept => ("kept", String::new()),
            State::Missing => ("none", format!("take it yourself: idporten-config fetch {}", self.slug)),
            State::Bundled => ("none", format!("{} uses the bundled one, as the manifest says", self.slug)),
        };
        Step::new(action, self.path.clone(), detail)
    }
}

/// Takes a snapshot of each environment that has none. Where that fails, a note says why.
pub(super) fn take(manifest: &Manifest, arguments: &Arguments, output: &mut Output) -> Result<Vec<Taken>, VerbError> {
    let state = |target: &Target| match files::is_there(&target.path) {
        _ if target.bundled => State::Bundled,
        true => State::Kept,
        false => State::Missing,
    };
    let targets = manifest.targets();
    let mut all: Vec<Taken> = targets
        .iter()
        .map(|target| Taken {
            slug: target.slug.clone(),
            path: target.path.clone(),
            state: state(target),
            is_retired: target.provider.as_ref().is_some_and(is_retired),
        })
        .collect();
    let missing = targets.iter().filter(|target| state(target) == State::Missing && target.based_on.is_none());
    let providers: Vec<Provider> = missing.filter_map(|target| provider(target).ok()).collect();
    if providers.is_empty() || arguments.offline {
        return Ok(all);
    }
    let fetcher = match arguments.network.fetcher() {
        Ok(fetcher) => fetcher,
        Err(error) => {
            output.note("no snapshots are taken, for the network cannot be used:");
            output.report(&error.findings);
            return Ok(all);
        }
    };
    let mut failures: Vec<Finding> = Vec::new();
    fetcher.fetch_all(&providers, SystemTime::now(), |provider, result| {
        let Some(own) = all.iter_mut().find(|taken| taken.slug == provider.slug()) else { return };
        let reason = match result {
            Ok(snapshot) => match leaked_key(&snapshot) {
                Some(leaked) => format!("the live key set holds a private key: {leaked}"),
                None => match file::write_in_new_directory(Path::new(&own.path), &snapshot.to_string()) {
                    Ok(_) => {
                        own.state = State::Wrote;
                        return;
                    }
                    Err(error) => return failures.extend(error.findings),
                },
            },
            Err(error) => error.to_string(),
        };
        output.note(&format!("{}: no live snapshot could be taken: {reason}", own.slug));
    });
    if failures.is_empty() { Ok(all) } else { Err(failures.into()) }
}
