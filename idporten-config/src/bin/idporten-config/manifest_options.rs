//! Options that say where the manifest and the snapshots are.

use std::env;
use std::path::Path;

use clap::Args;
use idporten_config::KnownEnvironment;
use idporten_config::internal::{
    DEFAULT_SNAPSHOTS, FILE_NAME, Finding, Manifest, Project, is_slug, unknown_environment,
};

use crate::output::{VerbError, write_finding};
use crate::repository;

/// Options that say where the manifest and the snapshots are.
#[derive(Debug, Args)]
pub(crate) struct ManifestOptions {
    /// The manifest [default: the nearest `idporten.toml`, here or above]
    ///
    /// It names the environments, the files of their snapshots, what is required of them, and how old they may be. Without this
    /// option `idporten.toml` is looked for in this directory and those above it, up to the root of the repository.
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest: Option<String>,
    /// Read snapshots from DIR and no manifest
    ///
    /// The environments must be named. The snapshot of each is `DIR/<slug>.json`. With neither this option nor a manifest, DIR is
    /// `snapshots`.
    #[arg(long, value_name = "DIR", conflicts_with = "manifest")]
    pub(crate) snapshots: Option<String>,
}

impl ManifestOptions {
    /// The path of the manifest, if one is used.
    pub(crate) fn manifest_file(&self) -> Option<String> {
        let file = match (&self.manifest, &self.snapshots) {
            (Some(file), _) => Some(file.clone()),
            (None, Some(_)) => None,
            (None, None) => nearest_manifest(),
        }?;
        Some(if cfg!(windows) { file.replace('\\', "/") } else { file })
    }

    /// The directory of snapshots without a manifest.
    pub(crate) fn directory(&self) -> &str {
        self.snapshots.as_deref().unwrap_or(DEFAULT_SNAPSHOTS)
    }

    /// The manifest, or what the command line says instead. It has no mistakes, and every name is in it. Its warnings are reported.
    pub(crate) fn manifest(&self, names: &[String]) -> Result<Manifest, VerbError> {
        let Some(file) = self.manifest_file() else {
            return self.without_manifest(names);
        };
        let project = Project::open(Path::new(""), &file);
        let manifest = project.manifest();
        refuse(&project, is_mistake)?;
        let is_named = |name: &&String| manifest.environment(name).is_some();
        let unknown: Vec<Finding> =
            names.iter().filter(|name| !is_named(name)).map(|name| manifest.not_named(name, &file)).collect();
        if unknown.is_empty() { Ok(manifest.clone()) } else { Err(unknown.into()) }
    }

    fn without_manifest(&self, names: &[String]) -> Result<Manifest, VerbError> {
        if names.is_empty() {
            return Err(self.nothing_named().into());
        }
        // The file of an environment that is not in the table describes it.
        let is_known = |slug: &str| slug.parse::<KnownEnvironment>().is_ok() || has_file(self.directory(), slug);
        let unknown: Vec<Finding> =
            names.iter().filter(|slug| !is_known(slug)).map(|slug| unknown_environment(slug)).collect();
        if !unknown.is_empty() {
            return Err(unknown.into());
        }
        let entries = names.iter().map(|slug| (slug.clone(), false));
        Ok(Manifest::of_command_line(self.directory(), entries))
    }

    pub(crate) fn nothing_named(&self) -> Finding {
        let help = "name one, such as `idporten-test` (`idporten-config list` shows them)";
        if self.snapshots.is_some() {
            return Finding::error("no environment is named, and with this option no manifest is read", help);
        }
        let message = format!("no environment is named, and there is no `{FILE_NAME}` in this directory or above");
        Finding::error(message, format!("{help}, or the manifest with `--manifest`; `idporten-config init` writes one"))
    }
}

/// Refuses a manifest that has mistakes, and reports the warnings of another one.
pub(crate) fn refuse(project: &Project, is_mistake: fn(&Finding) -> bool) -> Result<(), VerbError> {
    let findings = project.findings();
    if findings.iter().any(is_mistake) {
        return Err(findings.to_vec().into());
    }
    findings.iter().filter(|finding| !finding.is_error()).for_each(write_finding);
    Ok(())
}

/// Returns whether a finding is an error of the manifest rather than of one of its environments, which leaves the others to be fetched.
pub(crate) fn is_mistake(finding: &Finding) -> bool {
    finding.is_error() && finding.environment.is_none()
}

/// The nearest manifest in this directory or above, as a relative path. The search ends at the root of the repository: what is
/// above it belongs to something else.
pub(crate) fn nearest_manifest() -> Option<String> {
    let is_there = |path: &String| Path::new(path).try_exists().unwrap_or(true);
    let here = env::current_dir().unwrap_or_default();
    let levels = match repository::root_of(&here) {
        Some(root) => here.strip_prefix(root).map_or(0, |below| below.components().count()),
        None => here.components().count(),
    };
    (0..=levels).map(|level| "../".repeat(level) + FILE_NAME).find(is_there)
}

/// Returns whether a directory has a snapshot of the environment, or something in its place that must be reported.
pub(crate) fn has_file(directory: &str, slug: &str) -> bool {
    is_slug(slug) && Path::new(directory).join(format!("{slug}.json")).try_exists().unwrap_or(true)
}

/// The names without repetitions, in their order.
pub(crate) fn distinct(names: &[String]) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for name in names {
        if !distinct.contains(name) {
            distinct.push(name.clone());
        }
    }
    distinct
}
