//! `init`: sets a package up to keep snapshots.

mod files;
mod layout;
mod manifest;
mod package;
mod snapshots;
mod steps;
mod workflow;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use clap::Args;
use idporten_config::document::json::{Value, object};
use idporten_config::internal::{FILE_NAME, Finding, Manifest, Project, names, unknown_environment};
use idporten_config::{KnownEnvironment, Product};

use crate::manifest_edit;
use crate::manifest_options::{distinct, nearest_manifest, refuse};
use crate::network::NetworkOptions;
use crate::output::{Output, VerbError};
use crate::table::table;
use layout::Layout;
use package::Package;
use snapshots::FirstSnapshot;
use steps::Step;

/// Set a package up: manifest, build script, first snapshots, workflow
///
/// The workflow keeps the snapshots current. Run this verb in the directory of the package. A manifest above it, such as that of a workspace, is used. Nothing is overwritten; what is
/// missing in an existing file is printed, for you to add. A second run takes the snapshots that the first one could not take, and
/// removes the `bundled = true` that it wrote for them.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The environments, by slug [default: idporten-test and idporten-prod, or those of the manifest]
    #[arg(value_name = "ENV")]
    environments: Vec<String>,
    /// Do not use the network: the bundled snapshots are used until you fetch some
    #[arg(long)]
    offline: bool,
    /// Print a JSON object, for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    network: NetworkOptions,
}

const AFTER_HELP: &str = "\
Examples:
  idporten-config init
  idporten-config init idporten-test idporten-prod maskinporten-test
  idporten-config init --offline

Exit codes:
  0  set up; a note names each snapshot that could not be taken, and the bundled one is used
  2  a mistake in the command or the manifest, no package in this directory, or a file that cannot be written";

/// The manifest there is: what it says is not this verb's to change.
struct Existing {
    file: String,
    manifest: Manifest,
    /// The environments whose `bundled = true` an earlier run wrote.
    marked: BTreeSet<String>,
}

pub(crate) fn run(arguments: &Arguments, quiet: bool) -> Result<Output, VerbError> {
    let package = package::package()?;
    let names = distinct(&arguments.environments);
    let existing = Existing::find()?;
    let (manifest, marked) = match &existing {
        Some(Existing { manifest, marked, .. }) => {
            refuse_unknown(names.iter().filter(|name| manifest.environment(name).is_none()))?;
            (manifest.clone(), marked.clone())
        }
        None => (new_manifest(&names)?, BTreeSet::new()),
    };
    let mut output = Output::default();
    let network = (!arguments.offline).then_some(&arguments.network);
    let first = snapshots::take(&manifest, &marked, network, quiet, &mut output)?;
    let file = existing.as_ref().map_or(FILE_NAME, |existing| &existing.file);
    let layout = Layout::new(file, &manifest.snapshots_directory()).map_err(|error| {
        Finding::error(format!("this directory cannot be read: {error}"), "change into the package")
    })?;
    let mut steps = match &existing {
        Some(existing) => existing.steps(&names, &first)?,
        None => vec![files::create(FILE_NAME, &manifest::text(&first))?],
    };
    steps.push(files::build_script(&package, file)?);
    steps.extend(first.iter().map(FirstSnapshot::step));
    steps.push(files::attributes(&layout)?);
    let to_adopt: Vec<&str> = first.iter().filter(|own| own.is_to_adopt()).map(|own| own.slug.as_str()).collect();
    let is_to_adopt = existing.is_none() && !to_adopt.is_empty();
    steps.push(workflow::write(&layout, is_to_adopt, &mut output)?);
    let next = next(&package, &manifest, &to_adopt);
    output.text = match (arguments.json, quiet) {
        (true, _) => in_json(&steps, next).to_string(),
        (false, true) => String::new(),
        (false, false) => table(&steps.iter().map(Step::row).collect::<Vec<_>>()) + &in_text(&next),
    };
    Ok(output)
}

impl Existing {
    /// The nearest manifest, here or above. One with mistakes is refused.
    fn find() -> Result<Option<Self>, VerbError> {
        let Some(file) = nearest_manifest() else { return Ok(None) };
        let project = Project::open(Path::new(""), &file);
        refuse(&project, Finding::is_error)?;
        let marked = manifest_edit::marked(&fs::read_to_string(&file).unwrap_or_default());
        Ok(Some(Self { file, manifest: project.manifest().clone(), marked: marked.into_iter().collect() }))
    }

    /// The step for the manifest. Lines that an earlier run wrote are removed once there is a snapshot.
    fn steps(&self, names: &[String], first: &[FirstSnapshot]) -> Result<Vec<Step>, VerbError> {
        let ready = first.iter().filter(|own| own.has_snapshot() && self.marked.contains(&own.slug));
        let ready: Vec<&str> = ready.map(|own| own.slug.as_str()).collect();
        let adopted = manifest_edit::adopt(&self.file, &ready)?;
        let is_missing = |name: &&String| self.manifest.environment(name).is_none();
        let missing: Vec<_> = names.iter().filter(is_missing).map(|name| format!("[environments.{name}]")).collect();
        let mut details = Vec::new();
        if !adopted.is_empty() {
            details.push(format!("removed `bundled = true` of {}", adopted.join(", ")));
        }
        if !missing.is_empty() {
            details.push(format!("add to it yourself: {}", missing.join(" ")));
        }
        let action = if adopted.is_empty() { "kept" } else { "changed" };
        Ok(vec![Step::new(action, self.file.clone(), details.join("; "))])
    }
}

/// The manifest of the named environments, or else of those that most programs start with.
fn new_manifest(names: &[String]) -> Result<Manifest, VerbError> {
    refuse_unknown(names)?;
    let defaults =
        || [KnownEnvironment::IdportenTest, KnownEnvironment::IdportenProd].map(|known| known.slug().to_owned());
    let slugs = if names.is_empty() { defaults().to_vec() } else { names.to_vec() };
    Ok(Manifest::of_command_line("snapshots", slugs.into_iter().map(|slug| (slug, false))))
}

/// Refuses names that are not in the table: a new manifest cannot describe them.
fn refuse_unknown<'a>(names: impl IntoIterator<Item = &'a String>) -> Result<(), VerbError> {
    let unknown = names.into_iter().filter(|name| name.parse::<KnownEnvironment>().is_err());
    let unknown: Vec<Finding> = unknown.map(|name| unknown_environment(name)).collect();
    if unknown.is_empty() { Ok(()) } else { Err(unknown.into()) }
}

/// The steps that are left to the user.
fn next(package: &Package, manifest: &Manifest, to_adopt: &[&str]) -> Vec<String> {
    let mut next = Vec::new();
    if !package.has_dependency {
        next.push("cargo add --build idporten-config --features build".to_owned());
    }
    next.push(
        "in your code: mod providers { include!(concat!(env!(\"OUT_DIR\"), \"/idporten_config.rs\")); }".to_owned(),
    );
    let first = manifest.environments().iter().find_map(|environment| environment.provider.clone());
    if let Some(provider) = first.filter(|provider| provider.product() != Product::Maskinporten) {
        let [product, stage] = [provider.product().as_str(), provider.stage()].map(names::module);
        next.push(format!("and then, for example: providers::{product}::{stage}::ISSUER"));
    }
    if !to_adopt.is_empty() {
        next.push("take the missing snapshots, and remove `bundled = true`: idporten-config fetch --adopt".to_owned());
    }
    next.push("commit the files; the workflow fetches every week and opens a pull request for changes".to_owned());
    next
}

fn in_text(next: &[String]) -> String {
    let lines: String = next.iter().map(|line| format!("  {line}\n")).collect();
    format!("\nnext:\n{lines}")
}

fn in_json(steps: &[Step], next: Vec<String>) -> Value {
    object([("next", next.into()), ("steps", steps.iter().map(Step::in_json).collect::<Vec<_>>().into())]).into()
}
