//! `generate`: snapshots to Rust code, JSON, or environment variables.

mod variables;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use idporten_config::Snapshot;
use idporten_config::codegen::{self, format};
use idporten_config::document::json::{Object, Value, object};
use idporten_config::internal::{FILE_NAME, Finding, Source, escape_control, read};

use crate::output::{ExitStatus, Output, VerbError};
use crate::snapshots::{LoadedSnapshots, SnapshotOptions};
use crate::{file, times_of_build};

/// Generate Rust constants, JSON or environment variables from snapshots
///
/// The result is printed, or written to the file of `--out`. Constants are grouped by product, as in
/// `idporten::test::TOKEN_ENDPOINT`. Nothing is generated if a build would fail.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The environments, by slug [default: all of the manifest]
    #[arg(value_name = "ENV")]
    environments: Vec<String>,
    #[command(flatten)]
    options: SnapshotOptions,
    /// The form of the result
    #[arg(long, value_enum, default_value_t = Format::Rust)]
    format: Format,
    /// Write to FILE instead of printing
    ///
    /// The file is written whole or not at all, and left untouched if it is up to date.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Rust code without dependencies
    Rust,
    /// An object with a member for each environment, for programs in other languages
    Json,
    /// Lines `NAME=value` with the names of the nais platform, for ID-porten and Maskinporten
    Env,
}

const AFTER_HELP: &str = "\
Examples:
  idporten-config generate idporten-test
  idporten-config generate --out src/providers.rs
  idporten-config generate --format json maskinporten-test maskinporten-prod --bundled
  idporten-config generate --format env idporten-test maskinporten-test --out .env

To use the code as a module that rustfmt leaves as it is:
  #[rustfmt::skip]
  mod providers;

Exit codes:
  0  generated, perhaps with warnings
  1  a requirement of the manifest is not met: nothing was generated
  2  a mistake in the command, the manifest or a snapshot: nothing was generated";

pub(crate) fn run(arguments: &Arguments, quiet: bool) -> Result<Output, VerbError> {
    let selection = arguments.options.load(&arguments.environments, times_of_build()?)?;
    let mut output = Output::with_notes(&selection.notes);
    output.report(&selection.mistakes);
    let findings: Vec<_> = selection.findings.iter().filter(|finding| finding.is_for_builds()).cloned().collect();
    output.report(&findings);
    if !selection.is_complete() {
        output.status = ExitStatus::BadInput;
    } else if selection.findings.iter().any(Finding::is_error) {
        output.status = ExitStatus::Findings;
    }
    if output.status != ExitStatus::Success {
        output.note("nothing was generated");
        return Ok(output);
    }
    let text = arguments.text(&selection, &mut output)?;
    output.text = match &arguments.out {
        None => text,
        Some(path) => {
            refuse_sources(path)?;
            let verb = if file::write(path, &text)? { "written" } else { "unchanged" };
            let line = format!("{}  {verb}\n", escape_control(&path.display().to_string()));
            if quiet { String::new() } else { line }
        }
    };
    Ok(output)
}

/// Refuses to write over a manifest or a snapshot.
fn refuse_sources(path: &Path) -> Result<(), VerbError> {
    let is_manifest = path.file_name().is_some_and(|name| name == FILE_NAME);
    let is_snapshot = || read(path).is_ok_and(|text| Snapshot::parse(text).is_ok());
    if is_manifest || is_snapshot() {
        let message = format!("`{}` is what code is generated from", path.display());
        return Err(Finding::error(message, "name another file").into());
    }
    Ok(())
}

impl Arguments {
    fn text(&self, selection: &LoadedSnapshots, output: &mut Output) -> Result<String, VerbError> {
        match self.format {
            Format::Rust => {
                let (code, warnings) = rust(&self.options, &self.environments, selection)?;
                output.report(&warnings);
                Ok(code)
            }
            Format::Json => Ok(json(&selection.sources)),
            Format::Env => variables::lines(&selection.sources, output),
        }
    }
}

/// The code for these snapshots, and the warnings of a build. It does not depend on the directory that the command runs in.
pub(crate) fn rust(
    options: &SnapshotOptions,
    names: &[String],
    selection: &LoadedSnapshots,
) -> Result<(String, Vec<Finding>), VerbError> {
    let manifest = options.manifest_file().unwrap_or_default();
    let directory = manifest.rfind('/').map_or("", |slash| &manifest[..=slash]);
    let sources: Vec<_> = selection.sources.iter().map(|source| source.clone().relative_to(directory)).collect();
    let products = codegen::products(&sources);
    let command = escape_control(&options.command_in_place(names));
    let header = codegen::header(&sources, &format!("`{command}`"));
    let code = format::format(&header, &products.tokens).map_err(|error| {
        Finding::error(error.to_string(), "report this as a bug of idporten-config, with the snapshots")
    })?;
    Ok((code, products.findings))
}

fn json(sources: &[Source]) -> String {
    let environments = sources.iter().map(|source| {
        let (snapshot, provider) = (source.snapshot(), source.snapshot().provider());
        let environment = object([
            ("as_of", snapshot.timestamp().into()),
            ("based_on", source.based_on().into()),
            ("constants", codegen::values(source).into()),
            ("issuer", provider.issuer().into()),
            ("origin", snapshot.origin().as_str().into()),
            ("product", provider.product().as_str().into()),
            ("slug", provider.slug().into()),
            ("stage", provider.stage().into()),
            ("well_known_url", provider.well_known_url().into()),
        ]);
        (provider.slug().to_owned(), environment.into())
    });
    Value::from(environments.collect::<Object>()).to_string()
}
