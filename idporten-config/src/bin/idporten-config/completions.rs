//! `completions`: scripts that complete the tool's arguments in a shell.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::output::Output;

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

const AFTER_HELP: &str = "\
Examples:
  idporten-config completions bash > ~/.local/share/bash-completion/completions/idporten-config
  idporten-config completions zsh > ~/.zfunc/_idporten-config
  idporten-config completions fish > ~/.config/fish/completions/idporten-config.fish";

pub(crate) fn run(arguments: &Arguments) -> Output {
    let mut script = Vec::new();
    generate(arguments.shell, &mut crate::Arguments::command(), "idporten-config", &mut script);
    Output { text: String::from_utf8_lossy(&script).into_owned(), ..Output::default() }
}
