//! `fetch`: live documents to snapshots.

mod plan;
mod report;
mod write;

use std::time::SystemTime;

use clap::Args;
use idporten_config::document::Provider;
use idporten_config::fetch::Fetcher;
use idporten_config::internal::Manifest;

use crate::manifest_edit;
use crate::manifest_options::{ManifestOptions, distinct};
use crate::network::NetworkOptions;
use crate::output::{Output, VerbError, write_line};
use crate::progress::Progress;
use plan::{Plan, Task};
use write::{FetchResult, FileChange};

/// Write snapshots of the live documents
///
/// The environments are fetched in parallel. A snapshot is written whole or not at all. It is left untouched if its content is
/// that of the live document and it is younger than half of the manifest's `max-age` (30 days by default). If one environment fails,
/// the others are written all the same.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The environments, by slug [default: all of the manifest]
    ///
    /// Retired environments, and those with `bundled = true` in the manifest, are fetched only if they are named.
    #[arg(value_name = "ENV")]
    environments: Vec<String>,
    /// Also fetch environments with `bundled = true`, and remove that line from the manifest
    #[arg(long)]
    adopt: bool,
    #[command(flatten)]
    manifest: ManifestOptions,
    /// Print a JSON object, for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    network: NetworkOptions,
}

const AFTER_HELP: &str = "\
Examples:
  idporten-config fetch
  idporten-config fetch idporten-test maskinporten-test
  idporten-config fetch --adopt
  idporten-config fetch idporten-prod --mirror https://mirror.example --ca-file ca.pem
  idporten-config fetch --json | jq '.environments[] | select(.error)'

Exit codes:
  0  every snapshot is up to date
  2  a mistake in the command or the manifest, so nothing was fetched; or a file cannot be written
  3  the network or a provider failed; the snapshot is as it was";

pub(crate) fn run(arguments: &Arguments, quiet: bool) -> Result<Output, VerbError> {
    let names = distinct(&arguments.environments);
    let manifest = arguments.manifest.manifest(&names)?;
    let mut output = Output::default();
    let Plan { tasks, left_out } = Plan::new(&manifest, &names, arguments.adopt, &mut output)?;
    let mut all = fetch(&arguments.network.fetcher()?, &tasks, &manifest, quiet, |result, width| {
        let is_news = !quiet || result.change.is_err();
        if is_news && !arguments.json {
            write_line(&report::line(result, width));
        }
    });
    let adopted = if arguments.adopt { arguments.remove_bundled(&tasks, &all, &mut output)? } else { Vec::new() };
    all.extend(left_out);
    all.sort_by_key(|result| manifest.slugs().position(|slug| slug == result.slug));
    output.status = report::status(&all);
    output.text = if arguments.json {
        report::in_json(&all, &adopted).to_string()
    } else if quiet {
        String::new()
    } else {
        report::summary(&all, &manifest.snapshots_directory(), arguments.adopt)
    };
    Ok(output)
}

/// Fetches the documents in parallel and writes each snapshot as it arrives. `each` is called in the order of the tasks, as
/// soon as all tasks before it have ended. The clock is the real one: the date of a snapshot is a fact, not an input of a build.
fn fetch(
    fetcher: &Fetcher,
    tasks: &[Task],
    manifest: &Manifest,
    quiet: bool,
    mut each: impl FnMut(&FetchResult, usize),
) -> Vec<FetchResult> {
    let providers: Vec<Provider> = tasks.iter().map(|task| task.provider.clone()).collect();
    let width = tasks.iter().map(|task| task.target.slug.chars().count()).max().unwrap_or_default();
    let progress = Progress::start(providers.iter().map(Provider::slug), quiet);
    let now = SystemTime::now();
    let mut results: Vec<Option<FetchResult>> = tasks.iter().map(|_| None).collect();
    let mut reported = 0;
    fetcher.fetch_all(&providers, now, |provider, fetched| {
        let Some(position) = tasks.iter().position(|task| task.target.slug == provider.slug()) else { return };
        let target = &tasks[position].target;
        progress.ended(&target.slug);
        results[position] = Some(FetchResult::of(target, fetched, manifest, now));
        while let Some(Some(result)) = results.get(reported) {
            progress.aside(|| each(result, width));
            reported += 1;
        }
    });
    results.into_iter().flatten().collect()
}

impl Arguments {
    /// Removes `bundled = true` of the environments that have a fetched snapshot now. Returns their slugs.
    fn remove_bundled(
        &self,
        tasks: &[Task],
        results: &[FetchResult],
        output: &mut Output,
    ) -> Result<Vec<String>, VerbError> {
        let Some(file) = self.manifest.manifest_file() else { return Ok(Vec::new()) };
        let has_snapshot = |slug: &str| {
            let mut own = results.iter().filter(|result| result.slug == slug);
            own.any(|result| matches!(&result.change, Ok(change) if !matches!(change, FileChange::Absent { .. })))
        };
        let bundled = tasks.iter().filter(|task| task.target.bundled).map(|task| task.target.slug.as_str());
        let ready: Vec<&str> = bundled.filter(|slug| has_snapshot(slug)).collect();
        let adopted = manifest_edit::adopt(&file, &ready)?;
        for slug in ready {
            output.note(&if adopted.contains(&slug) {
                format!("{slug}: `bundled = true` is removed from {file}")
            } else {
                format!("{slug}: remove `bundled = true` from {file} yourself: it is not on a line of its own")
            });
        }
        Ok(adopted.into_iter().map(str::to_owned).collect())
    }
}
