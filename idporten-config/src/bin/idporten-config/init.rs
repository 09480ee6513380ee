//! `init`: what a crate needs to keep snapshots.

mod cargo;
mod files;
mod snapshots;

use std::path::Path;

use clap::Args;
use idporten_config::internal::Finding;
use idporten_config::internal::Project;
use idporten_config::internal::{FILE_NAME, Manifest, unknown_environment};
use idporten_config::{KnownEnvironment, Product};

use crate::command::command;
use crate::manifest_options::distinct;
use crate::network::NetworkOptions;
use crate::output::{Output, VerbError};
use crate::table::table;
use snapshots::Taken;

/// Set a crate up: manifest, build script, first snapshots, .gitattributes, and a workflow that keeps the snapshots current.
///
/// Nothing that is there is overwritten, and running it again is harmless. What has to go into a file of yours is printed, for
/// you to add.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The environments, by slug [default: idporten-test and idporten-prod, or those of the manifest there is]
    #[arg(value_name = "ENV")]
    environments: Vec<String>,
    /// Take no snapshots: the bundled ones are used until you fetch some
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    network: NetworkOptions,
}

const AFTER_HELP: &str = "\
Examples:
  idporten-config init
  idporten-config init idporten-test idporten-prod maskinporten-test maskinporten-prod
  idporten-config init --offline

Exit codes:
  0  set up; where no snapshot could be taken, the bundled one is used, and a note says so
  2  a mistake in the command or the manifest, no crate in this directory, or a file that cannot be written";

/// What was done about a file.
struct Step {
    path: String,
    action: &'static str,
    detail: String,
}

impl Step {
    fn new(action: &'static str, path: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { path: path.into(), action, detail: detail.into() }
    }
}

pub(crate) fn run(arguments: &Arguments, _quiet: bool) -> Result<Output, VerbError> {
    let package = cargo::package()?;
    let names = distinct(&arguments.environments);
    let existing = existing_manifest()?;
    let manifest = match &existing {
        Some(manifest) => {
            known(names.iter().filter(|name| !manifest.environments().any(|slug| slug == name.as_str())))?;
            manifest.clone()
        }
        None => new_manifest(&names)?,
    };
    let mut output = Output::default();
    let taken = snapshots::take(&manifest, arguments, &mut output)?;
    let mut steps = vec![match &existing {
        Some(manifest) => kept_manifest(manifest, &names),
        None => files::create(FILE_NAME, &files::manifest(&taken))?,
    }];
    steps.push(files::build_script(&package)?);
    steps.extend(taken.iter().map(Taken::step));
    let directory = manifest.snapshots_directory();
    steps.push(files::attributes(&directory)?);
    steps.push(files::workflow(&directory, &mut output)?);
    let rows: Vec<_> = steps.into_iter().map(|step| vec![step.action.to_owned(), step.path, step.detail]).collect();
    let left_out = taken.iter().filter(|taken| taken.is_left_out(existing.is_none()));
    let left_out: Vec<_> = left_out.map(|taken| taken.slug.as_str()).collect();
    output.text = table(&rows) + &next(&package, &manifest, &left_out);
    Ok(output)
}

/// The manifest there is, without a mistake: what it says is not this verb's to change.
fn existing_manifest() -> Result<Option<Manifest>, VerbError> {
    if !files::is_there(FILE_NAME) {
        return Ok(None);
    }
    let project = Project::open(Path::new(""), FILE_NAME);
    if project.findings().is_empty() {
        Ok(Some(project.manifest().clone()))
    } else {
        Err(project.findings().to_vec().into())
    }
}

/// The environments that are named, each of the table, or those that most begin with.
fn new_manifest(names: &[String]) -> Result<Manifest, VerbError> {
    known(names)?;
    let defaults =
        || [KnownEnvironment::IdportenTest, KnownEnvironment::IdportenProd].map(|known| known.slug().to_owned());
    let slugs = if names.is_empty() { defaults().to_vec() } else { names.to_vec() };
    Ok(Manifest::of_command_line("snapshots", slugs.into_iter().map(|slug| (slug, false))))
}

/// Refuses what is not of the table.
fn known<'a>(names: impl IntoIterator<Item = &'a String>) -> Result<(), VerbError> {
    let unknown = names.into_iter().filter(|name| name.parse::<KnownEnvironment>().is_err());
    let unknown: Vec<Finding> = unknown.map(|name| unknown_environment(name)).collect();
    if unknown.is_empty() { Ok(()) } else { Err(unknown.into()) }
}

fn kept_manifest(manifest: &Manifest, names: &[String]) -> Step {
    let is_named = |name: &&String| !manifest.environments().any(|slug| slug == name.as_str());
    let missing: Vec<String> = names.iter().filter(is_named).map(|name| format!("[environments.{name}]")).collect();
    match missing.as_slice() {
        [] => Step::new("kept", FILE_NAME, ""),
        _ => Step::new("kept", FILE_NAME, format!("add to it yourself: {}", missing.join(" "))),
    }
}

/// What is left for the user.
fn next(package: &cargo::Package, manifest: &Manifest, left_out: &[&str]) -> String {
    let mut next = "\nnext:\n".to_owned();
    if !package.has_dependency {
        next += "  cargo add --build idporten-config --features build\n";
    }
    next += "  in your code: mod providers { include!(concat!(env!(\"OUT_DIR\"), \"/idporten_config.rs\")); }\n";
    let first = manifest.targets().into_iter().find_map(|target| target.provider);
    if let Some(provider) = first.filter(|provider| provider.product() != Product::Maskinporten) {
        let stage = provider.stage().replace('-', "_");
        next += &format!("  and then, for example: providers::{}::{stage}::ISSUER\n", provider.product());
    }
    if !left_out.is_empty() {
        let fetch = command(["fetch"].iter().chain(left_out).copied());
        next += &format!(
            "  take the snapshots with `{fetch}`, then remove `bundled = true` from {FILE_NAME}; until then the workflow leaves \
             them out\n"
        );
    }
    next + "  commit the files; the workflow fetches anew every week, and opens a pull request where something changed\n"
}
