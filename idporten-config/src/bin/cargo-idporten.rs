//! `cargo idporten VERB`: the tool as a subcommand of cargo.
//!
//! Cargo starts a program by this name. It runs `idporten-config` from its own directory, where `cargo install` puts both: the
//! same code linked twice would double the time of an installation.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

const TOOL: &str = "idporten-config";

fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = env::args_os().skip(1).collect();
    // Cargo repeats the name of the subcommand; a user who starts this program directly does not.
    if arguments.first().is_some_and(|first| first == "idporten") {
        arguments.remove(0);
    }
    match Command::new(tool()).args(arguments).status() {
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            eprintln!("error: `{TOOL}` cannot be started: {error}");
            eprintln!("  help: run `cargo install idporten-config --features cli`, which installs both programs");
            ExitCode::from(2)
        }
    }
}

/// The tool beside this program, or else the one that `PATH` leads to.
fn tool() -> PathBuf {
    let name = format!("{TOOL}{}", env::consts::EXE_SUFFIX);
    let beside = env::current_exe().ok().map(|program| program.with_file_name(&name));
    beside.filter(|path| path.is_file()).unwrap_or_else(|| name.into())
}
