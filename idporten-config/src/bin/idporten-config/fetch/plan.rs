//! The environments that a run fetches, and those that it leaves out.

use idporten_config::document::Provider;
use idporten_config::internal::{Environment, Finding, Manifest, is_retired};

use super::write::{FetchResult, FileChange};
use crate::command::command;
use crate::network::provider;
use crate::output::{Output, VerbError};

/// The environments of a run.
pub(super) struct Plan {
    pub(super) tasks: Vec<Task>,
    pub(super) left_out: Vec<FetchResult>,
}

/// An environment to fetch.
pub(super) struct Task {
    pub(super) provider: Provider,
    pub(super) target: Environment,
}

impl Plan {
    /// Plans the named environments, or all of the manifest that are in use. A note says which are left out and why.
    pub(super) fn new(
        manifest: &Manifest,
        names: &[String],
        adopt: bool,
        output: &mut Output,
    ) -> Result<Self, VerbError> {
        let mut plan = Self { tasks: Vec::new(), left_out: Vec::new() };
        let mut mistakes: Vec<Finding> = Vec::new();
        let is_wanted = |target: &&Environment| names.is_empty() || names.contains(&target.slug);
        for target in manifest.environments().iter().filter(is_wanted).cloned() {
            match provider(&target) {
                Err(mistake) => mistakes.push(*mistake),
                Ok(provider) => plan.add(provider, target, !names.is_empty(), adopt, output),
            }
        }
        if !mistakes.is_empty() {
            return Err(mistakes.into());
        }
        if plan.tasks.is_empty() {
            output.note(&plan.way_out(manifest));
        }
        Ok(plan)
    }

    fn add(&mut self, provider: Provider, target: Environment, is_named: bool, adopt: bool, output: &mut Output) {
        let slug = target.slug.as_str();
        if is_retired(&provider) && !is_named {
            output.note(&format!("{slug}: retired, so it is not fetched; name it to try it"));
            self.left_out.push(left_out(&target));
        } else if target.bundled && !adopt && !is_named {
            let reason =
                "`bundled = true` in the manifest, so it is not fetched; `--adopt` fetches it and removes that line";
            output.note(&format!("{slug}: {reason}"));
            self.left_out.push(left_out(&target));
        } else {
            if target.bundled && !adopt {
                let way_out = "remove `bundled = true` from the manifest, as `--adopt` does";
                output.note(&format!("{slug}: a build does not use its snapshot yet: {way_out}"));
            }
            self.tasks.push(Task { provider, target });
        }
    }

    /// The note where nothing is fetched at all.
    fn way_out(&self, manifest: &Manifest) -> String {
        let is_bundled = |slug: &str| manifest.environment(slug).is_some_and(|environment| environment.bundled);
        let bundled: Vec<&str> =
            self.left_out.iter().map(|result| result.slug.as_str()).filter(|slug| is_bundled(slug)).collect();
        if bundled.is_empty() {
            return "nothing to fetch: add to the manifest an environment that is in use, or name a retired one"
                .to_owned();
        }
        let fetch = command(["fetch", "--adopt"].into_iter().chain(bundled));
        format!("nothing to fetch: run `{fetch}` to take snapshots and to remove `bundled = true` from the manifest")
    }
}

fn left_out(target: &Environment) -> FetchResult {
    FetchResult { slug: target.slug.clone(), path: target.path.clone(), change: Ok(FileChange::LeftOut) }
}
