//! The command-line tool `idporten-config`: what the library knows, at a terminal and in scripts.

mod certificates;
mod check;
mod command;
mod diff;
mod fetch;
mod file;
mod generate;
mod init;
mod json;
mod lint;
mod list;
mod manifest_options;
mod network;
mod output;
mod show;
mod snapshots;
mod table;

use std::env;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::{Parser, Subcommand};
use idporten_config::build;

use output::{Output, VerbError};

/// ID-porten, Maskinporten and Ansattporten metadata: take snapshots, look at them, check them, generate code of them.
#[derive(Debug, Parser)]
#[command(name = "idporten-config", version, propagate_version = true, after_help = AFTER_HELP)]
struct Arguments {
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
}

const AFTER_HELP: &str = "\
Examples:
  idporten-config list
  idporten-config show idporten-test
  idporten-config fetch
  idporten-config generate --out src/providers.rs
  idporten-config check
  idporten-config lint

Exit codes:
  0  fine
  1  findings: a stale snapshot, a requirement that is not met, generated code that is out of date
  2  usage or bad input: a mistake in the command, the manifest or a snapshot, or a file that cannot be written
  3  the network or the provider failed: try again later, or look at the provider

Environment variables:
  SOURCE_DATE_EPOCH  the time, in seconds since 1970, that ages are judged against, in place of the clock;
                     what is fetched has the time of the clock all the same
  IDPORTEN_CONFIG_CA_FILE, IDPORTEN_CONFIG_CA_ONLY, IDPORTEN_CONFIG_MIRROR
                     as `--ca-file`, `--ca-only` and `--mirror`, where those are not given
  HTTPS_PROXY, NO_PROXY
                     the proxy to go through";

fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(arguments) => arguments.verb.run().finish(),
        Err(error) => {
            // Help for a pipe that is closed early is no failure.
            let _ = error.print();
            u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
        }
    }
}

impl Verb {
    fn run(&self) -> Output {
        let output = match self {
            Self::List(arguments) => list::run(arguments),
            Self::Show(arguments) => show::run(arguments),
            Self::Fetch(arguments) => fetch::run(arguments),
            Self::Diff(arguments) => diff::run(arguments),
            Self::Generate(arguments) => generate::run(arguments),
            Self::Check(arguments) => check::run(arguments),
            Self::Lint(arguments) => Ok(lint::run(arguments)),
            Self::Init(arguments) => init::run(arguments),
        };
        output.unwrap_or_else(|error| Output::failed(&error))
    }
}

/// The time that ages are judged against.
fn now() -> Result<SystemTime, VerbError> {
    let value = env::var_os("SOURCE_DATE_EPOCH").map(|value| value.to_string_lossy().into_owned());
    Ok(build::now(value.as_deref())?)
}
