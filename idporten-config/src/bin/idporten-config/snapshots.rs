//! The snapshots that a command works on.

use std::path::Path;

use clap::Args;
use idporten_config::KnownEnvironment;
use idporten_config::internal::Finding;
use idporten_config::internal::Project;
use idporten_config::internal::{FILE_NAME, Manifest};
use idporten_config::internal::{Report, Source, Times};

use crate::command::command;
use crate::manifest_options::{ManifestOptions, distinct, has_file, is_mistake};
use crate::output::VerbError;

/// Options that say where snapshots come from.
#[derive(Debug, Args)]
pub(crate) struct SnapshotOptions {
    #[command(flatten)]
    manifest: ManifestOptions,
    /// Use the snapshots that come with this tool, and no manifest
    ///
    /// The environments must be named. Bundled snapshots are old and without keys; `idporten-config list` shows them. With neither
    /// `--snapshots` nor a manifest, they also replace a file that is missing, with a note.
    #[arg(long, conflicts_with_all = ["manifest", "snapshots"])]
    bundled: bool,
}

/// The environments of a command, with their snapshots and findings.
#[derive(Debug)]
pub(crate) struct LoadedSnapshots {
    pub(crate) slugs: Vec<String>,
    pub(crate) sources: Vec<Source>,
    /// Snapshots that may only be looked at, because they hold a private key.
    pub(crate) leaked: Vec<Source>,
    /// Findings of the manifest itself.
    pub(crate) mistakes: Vec<Finding>,
    /// Findings of the environments, and of what those of a product share.
    pub(crate) findings: Vec<Finding>,
    /// Findings of their key sets.
    pub(crate) keys: Vec<Finding>,
    /// Notes on sources that a user may not expect.
    pub(crate) notes: Vec<String>,
}

/// The snapshot of one environment.
#[derive(Debug)]
pub(crate) struct LoadedSnapshot {
    pub(crate) source: Source,
    /// The findings of a snapshot that may only be looked at, because it holds a private key.
    pub(crate) leak: Vec<Finding>,
    pub(crate) notes: Vec<String>,
}

impl SnapshotOptions {
    /// Loads the snapshots of the named environments, or of all in the manifest.
    pub(crate) fn load(&self, names: &[String], times: Times) -> Result<LoadedSnapshots, VerbError> {
        let names = distinct(names);
        match self.manifest_file() {
            Some(file) => from_manifest(&file, names, times),
            None if names.is_empty() => Err(self.nothing_named().into()),
            None => self.without_manifest(names, times),
        }
    }

    /// Finds the snapshot of one environment. One that holds a private key may be looked at, with its finding. Its age
    /// is not judged.
    pub(crate) fn load_one(&self, slug: &str) -> Result<LoadedSnapshot, VerbError> {
        let all = self.load(&[slug.to_owned()], Times::default())?;
        if !all.mistakes.is_empty() {
            return Err(all.mistakes.into());
        }
        match (all.sources.into_iter().next(), all.leaked.into_iter().next()) {
            (Some(source), _) => Ok(LoadedSnapshot { source, leak: Vec::new(), notes: all.notes }),
            (None, Some(source)) => Ok(LoadedSnapshot { source, leak: all.findings, notes: all.notes }),
            (None, None) => Err(all.findings.into()),
        }
    }

    /// The path of the manifest, if one is used.
    pub(crate) fn manifest_file(&self) -> Option<String> {
        if self.bundled { None } else { self.manifest.manifest_file() }
    }

    /// The manifest, or what the command line says instead.
    pub(crate) fn manifest(&self, names: &[String]) -> Result<Manifest, VerbError> {
        self.manifest.manifest(names)
    }

    /// The command that generates the code of these environments, to be run in the directory of the manifest: it stands in committed
    /// files.
    pub(crate) fn command_in_place(&self, names: &[String]) -> String {
        let file = self.manifest_file();
        let name = file.as_deref().map(|file| file.rsplit('/').next().unwrap_or(file));
        self.command(name, names, &[])
    }

    /// The command that writes the code to a file, to be run in this directory.
    pub(crate) fn command_here(&self, names: &[String], out: &str) -> String {
        self.command(self.manifest.manifest.as_deref(), names, &["--out", out])
    }

    fn command(&self, manifest: Option<&str>, names: &[String], more: &[&str]) -> String {
        let mut words = vec!["generate"];
        words.extend(names.iter().map(String::as_str));
        if let Some(manifest) = manifest.filter(|manifest| *manifest != FILE_NAME) {
            words.extend(["--manifest", manifest]);
        }
        if let Some(directory) = &self.manifest.snapshots {
            words.extend(["--snapshots", directory]);
        }
        words.extend(self.bundled.then_some("--bundled"));
        words.extend(more);
        command(words)
    }

    fn nothing_named(&self) -> Finding {
        if self.bundled {
            let help = "name one, such as `idporten-test` (`idporten-config list` shows them)";
            return Finding::error("no environment is named, and with this option no manifest is read", help);
        }
        self.manifest.nothing_named()
    }

    /// Loads the snapshots of a directory. A file that is missing in the default directory is replaced by the bundled snapshot, with a
    /// note; one that is missing in the directory of `--snapshots` is an error.
    fn without_manifest(&self, slugs: Vec<String>, times: Times) -> Result<LoadedSnapshots, VerbError> {
        let directory = self.manifest.directory();
        let is_there = |slug: &str| !self.bundled && has_file(directory, slug);
        let falls_back = |slug: &&String| self.manifest.snapshots.is_none() && !self.bundled && !is_there(slug);
        let notes = slugs.iter().filter(falls_back).filter_map(|slug| fallback(directory, slug)).collect();
        let entries = slugs.iter().map(|slug| (slug.clone(), self.bundled || falls_back(&slug)));
        let project = Project::of(Path::new(""), Manifest::of_command_line(directory, entries));
        let mut selection = LoadedSnapshots::new(project.check(times), slugs);
        let is_unknown = |slug: &str| slug.parse::<KnownEnvironment>().is_err() && !is_there(slug);
        let unknown = |finding: &&Finding| finding.environment.as_deref().is_some_and(is_unknown);
        let unknown: Vec<Finding> = selection.findings.iter().filter(unknown).cloned().collect();
        if !unknown.is_empty() {
            return Err(unknown.into());
        }
        selection.notes = notes;
        Ok(selection)
    }
}

fn from_manifest(file: &str, names: Vec<String>, times: Times) -> Result<LoadedSnapshots, VerbError> {
    let project = Project::open(Path::new(""), file).only(&names);
    let report = project.check(times);
    let manifest = project.manifest();
    let is_named = |name: &&String| manifest.environment(name).is_some();
    let unknown: Vec<&String> = names.iter().filter(|name| !is_named(name)).collect();
    // A mistake in the manifest may be the reason why an environment is missing.
    if !unknown.is_empty() && !report.findings.iter().any(is_mistake) {
        return Err(unknown.into_iter().map(|name| manifest.not_named(name, file)).collect::<Vec<_>>().into());
    }
    let slugs = if names.is_empty() { manifest.slugs().map(str::to_owned).collect() } else { names };
    Ok(LoadedSnapshots::new(report, slugs))
}

impl LoadedSnapshots {
    fn new(report: Report, slugs: Vec<String>) -> Self {
        let (mistakes, findings) = report.findings.into_iter().partition(is_mistake);
        Self {
            slugs,
            sources: report.sources,
            leaked: report.leaked,
            mistakes,
            findings,
            keys: report.keys,
            notes: Vec::new(),
        }
    }

    /// The snapshot of an environment.
    pub(crate) fn source(&self, slug: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.snapshot().provider().slug() == slug)
    }

    /// Returns whether every environment has a snapshot and the manifest has no mistakes.
    pub(crate) fn is_complete(&self) -> bool {
        self.mistakes.is_empty() && self.slugs.iter().all(|slug| self.source(slug).is_some())
    }
}

/// The bundled snapshot of an environment.
pub(crate) fn bundled(known: KnownEnvironment) -> Result<Source, VerbError> {
    Source::bundled(known)
        .map_err(|error| Finding::error(error.to_string(), "report this as a bug of idporten-config").into())
}

fn fallback(directory: &str, slug: &str) -> Option<String> {
    let source = bundled(slug.parse().ok()?).ok()?;
    Some(format!("no {directory}/{slug}.json: the bundled snapshot is used ({})", source.provenance()))
}
