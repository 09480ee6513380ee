#![deny(warnings)]

use std::process::ExitCode;

mod providers {
    include!(concat!(env!("OUT_DIR"), "/idporten_config.rs"));
}

use providers::{idporten, maskinporten};

fn main() -> ExitCode {
    let name = std::env::var("STAGE").unwrap_or_default();
    match (name.parse::<idporten::Environment>(), name.parse::<maskinporten::Environment>()) {
        (Ok(login), Ok(machine)) => {
            println!("{login}: {} {}", login.issuer(), login.token_endpoint());
            println!("{machine}: {} {}", machine.issuer(), machine.token_endpoint());
            ExitCode::SUCCESS
        }
        (Err(unknown), _) => refuse(&unknown.to_string()),
        (_, Err(unknown)) => refuse(&unknown.to_string()),
    }
}

fn refuse(reason: &str) -> ExitCode {
    eprintln!("STAGE: {reason}");
    ExitCode::FAILURE
}
