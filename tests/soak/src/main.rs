//! A service under load, beside a real OpenID provider that rotates its keys and fails on command. See `docs/soak.md`.
//!
//! * `cargo run --release -p idporten-config-soak -- story` runs a fixed script of events;
//! * `cargo run --release -p idporten-config-soak -- random --minutes 60 --seed 1` draws events every few seconds.
//!
//! * `cargo run --release -p idporten-config-soak -- kills` ends writers of files by `kill -9`.
//!
//! Each prints a table, and fails if something did not hold.

#[expect(unreachable_pub, reason = "it is the file of a program to copy, as it stands")]
#[path = "../../programs/resource-server/src/bearer.rs"]
mod bearer;
mod bed;
mod client;
mod clock;
mod events;
mod judge;
mod kills;
mod load;
mod process;
mod provider;
mod service;
mod soak;
mod story;
mod tally;
mod usage;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use service::Settings;
use story::Outcome;
use tally::HEADER;

/// Requests a second where nothing else is said.
const RATE: u64 = 1_000;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a fixed script of events.
    Story {
        /// Requests a second, of each scenario.
        #[arg(long, default_value_t = RATE)]
        rate: u64,
        /// Runs the scenarios side by side.
        #[arg(long)]
        side_by_side: bool,
    },
    /// Draws events every few seconds.
    Random {
        #[arg(long, default_value_t = 60)]
        minutes: u64,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Requests a second.
        #[arg(long, default_value_t = RATE)]
        rate: u64,
    },
    /// Ends a service that writes its store, and the tool's `fetch`, by `kill -9`.
    Kills {
        #[arg(long, default_value_t = 1_000)]
        rounds: u64,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Writes a store until the process ends, as `kills` starts it.
    Write {
        store: PathBuf,
        #[arg(long)]
        once: bool,
    },
    /// Runs the service, as the other commands start it.
    Serve(Settings),
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Story { rate, side_by_side } => report(&story::run(rate, side_by_side)),
        Command::Random { minutes, seed, rate } => report(&soak::run(Duration::from_secs(minutes * 60), rate, seed)),
        Command::Kills { rounds, seed } => {
            let (service, fetch) = (kills::of_a_service(rounds, seed), kills::of_the_tool(rounds, seed));
            println!("{}\n{}\n{}", kills::HEADER, service.row("a service with a store"), fetch.row("`fetch`"));
            if service.holds() && fetch.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Command::Write { store, once } => {
            kills::write(&store, once);
            ExitCode::SUCCESS
        }
        Command::Serve(settings) => {
            service::run(settings);
            ExitCode::SUCCESS
        }
    }
}

/// Prints the table and what did not hold.
fn report(outcome: &Outcome) -> ExitCode {
    println!("{HEADER}");
    outcome.phases.iter().for_each(|phase| println!("{}", phase.row()));
    println!("\n{} violations", outcome.violations);
    outcome.words.iter().for_each(|words| println!("* {words}"));
    if outcome.violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
