//! The command-line tool `idporten-config`.

mod certificates;
mod check;
mod command;
mod completions;
mod diff;
mod fetch;
mod file;
mod generate;
mod init;
mod json;
mod lint;
mod list;
mod manifest_edit;
mod manifest_options;
mod network;
mod output;
mod progress;
mod report;
mod repository;
mod show;
mod snapshots;
mod table;
mod terminal;

use std::env;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::{Parser, Subcommand};
use idporten_config::internal::Times;

use output::{Output, VerbError};

/// Keep the metadata of ID-porten, Maskinporten and Ansattporten in a project: take snapshots, check them, generate code from them
#[derive(Debug, Parser)]
#[command(name = "idporten-config", version, propagate_version = true, after_help = AFTER_HELP)]
struct Arguments {
    /// Print findings and errors only, no notes and no progress
    #[arg(short, long, global = true, display_order = 900)]
    quiet: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::Arguments),
    Show(show::Arguments),
    Fetch(fetch::Arguments),
    Diff(diff::Arguments),
    Generate(generate::Arguments),
    Check(check::Arguments),
    Lint(lint::Arguments),
    Init(init::Arguments),
    Completions(completions::Arguments),
}

const AFTER_HELP: &str = "\
Examples:
  idporten-config list
  idporten-config show idporten-test
  idporten-config init
  idporten-config fetch
  idporten-config check
  idporten-config lint

`cargo idporten VERB` runs the same verbs.

Exit codes:
  0  success
  1  findings, such as a stale snapshot or a requirement that is not met
  2  bad input, such as a mistake in the manifest, or a file that cannot be written
  3  the network or a provider failed

Environment variables:
  IDPORTEN_CONFIG_CA_FILE  the default of `--ca-file`
  IDPORTEN_CONFIG_CA_ONLY  the default of `--ca-only`
  IDPORTEN_CONFIG_MIRROR   the default of `--mirror`
  HTTPS_PROXY, NO_PROXY    the proxy, and the hosts to reach without it
  SOURCE_DATE_EPOCH        the time that `check` and `generate` judge ages by, in place of the clock
  NO_COLOR                 no colours
  COLUMNS                  the width of tables and help";

fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(arguments) => arguments.run().finish(arguments.quiet),
        Err(error) => {
            // Help for a pipe that is closed early is no failure.
            let _ = error.print();
            u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
        }
    }
}

impl Arguments {
    fn run(&self) -> Output {
        let output = match &self.verb {
            Verb::List(arguments) => list::run(arguments),
            Verb::Show(arguments) => show::run(arguments, self.quiet),
            Verb::Fetch(arguments) => fetch::run(arguments, self.quiet),
            Verb::Diff(arguments) => diff::run(arguments, self.quiet),
            Verb::Generate(arguments) => generate::run(arguments, self.quiet),
            Verb::Check(arguments) => check::run(arguments, self.quiet),
            Verb::Lint(arguments) => Ok(lint::run(arguments, self.quiet)),
            Verb::Init(arguments) => init::run(arguments, self.quiet),
            Verb::Completions(arguments) => Ok(completions::run(arguments)),
        };
        output.unwrap_or_else(|error| Output::failed(&error))
    }
}

/// The times that `check` measures ages by.
fn times() -> Result<Times, VerbError> {
    Ok(Times::of_tool(source_date_epoch().as_deref(), SystemTime::now())?)
}

/// The times that what is generated depends on: never the clock, if `SOURCE_DATE_EPOCH` is set.
fn times_of_build() -> Result<Times, VerbError> {
    Ok(Times::of_build(source_date_epoch().as_deref(), SystemTime::now())?)
}

fn source_date_epoch() -> Option<String> {
    env::var_os("SOURCE_DATE_EPOCH").map(|value| value.to_string_lossy().into_owned())
}
