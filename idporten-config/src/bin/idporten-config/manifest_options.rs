//! Where snapshots are, for verbs that may write them.

use std::path::Path;

use clap::Args;
use idporten_config::KnownEnvironment;
use idporten_config::internal::Finding;
use idporten_config::internal::Project;
use idporten_config::internal::is_slug;
use idporten_config::internal::{DEFAULT_SNAPSHOTS, FILE_NAME, Manifest, unknown_environment};

use crate::output::VerbError;

/// The options that say where snapshots are.
#[derive(Debug, Args)]
pub(crate) struct ManifestOptions {
    /// The manifest [default: `idporten.toml`, if this directory has one]
    ///
    /// It says where the snapshot of each of its environments is, what is required of them, and how old they may be. An
    /// environment that it does not name is an error.
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest: Option<String>,
    /// Take the snapshots in DIR, and no manifest
    ///
    /// The environments must be named; the snapshot of each is `DIR/<slug>.json`. Where there is neither this option nor a
    /// manifest, DIR is `snapshots`.
    #[arg(long, value_name = "DIR", conflicts_with = "manifest")]
    pub(crate) snapshots: Option<String>,
}

impl ManifestOptions {
    /// The manifest's path, where one is used.
    pub(crate) fn manifest_file(&self) -> Option<String> {
        let file = self.manifest.clone().or_else(|| {
            let is_there = || Path::new(FILE_NAME).try_exists().unwrap_or(true);
            (self.snapshots.is_none() && is_there()).then(|| FILE_NAME.to_owned())
        })?;
        Some(if cfg!(windows) { file.replace('\\', "/") } else { file })
    }

    /// The directory of snapshots where no manifest is used.
    pub(crate) fn directory(&self) -> &str {
        self.snapshots.as_deref().unwrap_or(DEFAULT_SNAPSHOTS)
    }

    /// The manifest, or what the command line says in its place; without a mistake, and with every name in it.
    pub(crate) fn manifest(&self, names: &[String]) -> Result<Manifest, VerbError> {
        let Some(file) = self.manifest_file() else {
            return self.without_manifest(names);
        };
        let project = Project::open(Path::new(""), &file);
        let manifest = project.manifest();
        if !project.findings().is_empty() {
            return Err(project.findings().to_vec().into());
        }
        let is_named = |name: &&String| manifest.environments().any(|slug| slug == name.as_str());
        let unknown: Vec<Finding> =
            names.iter().filter(|name| !is_named(name)).map(|name| manifest.not_named(name, &file)).collect();
        if unknown.is_empty() { Ok(manifest.clone()) } else { Err(unknown.into()) }
    }

    fn without_manifest(&self, names: &[String]) -> Result<Manifest, VerbError> {
        if names.is_empty() {
            return Err(self.nothing_named().into());
        }
        // A file says itself what an environment is that the table does not have.
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
        let message = format!("no environment is named, and there is no `{FILE_NAME}` in this directory");
        Finding::error(message, format!("{help}, or the manifest with `--manifest`; `idporten-config init` writes one"))
    }
}

/// Whether a directory has a file, or something in its place that should be reported rather than passed over.
pub(crate) fn has_file(directory: &str, slug: &str) -> bool {
    is_slug(slug) && Path::new(directory).join(format!("{slug}.json")).try_exists().unwrap_or(true)
}

/// Each name once, in its order.
pub(crate) fn distinct(names: &[String]) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for name in names {
        if !distinct.contains(name) {
            distinct.push(name.clone());
        }
    }
    distinct
}
