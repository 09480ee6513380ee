//! Programs that use rustls themselves, beside a refresher: which cryptography provider each side gets.

use std::fs;
use std::sync::{Mutex, PoisonError};

use idporten_config_tests::cargo::Cargo;
use idporten_config_tests::live::Mirror;
use idporten_config_tests::scratch::Scratch;
use idporten_config_tests::{files, places};

/// Builds `consumers/cryptography` with these features, and runs it against a provider on loopback: what it prints.
fn printed(features: &str) -> String {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    // They share a target directory, where one build would replace the program that another is about to run.
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let (directory, mirror) = (Scratch::new(), Mirror::start(&["a"]));
    let workspace = places::workspace();
    files::copy(&workspace.join("tests/consumers/cryptography"), directory.path());
    fs::copy(workspace.join("Cargo.lock"), directory.path().join("Cargo.lock")).unwrap();
    let package = workspace.join("idporten-config");
    let patch = format!("patch.crates-io.idporten-config.path='{}'", package.display());
    let mut cargo = Cargo::new(directory.path()).building_in(places::nested_target());
    for (name, value) in mirror.variables() {
        cargo = cargo.env(name, value);
    }
    let cargo = cargo.env("AUTHORITIES", mirror.server.authority().file());
    cargo.run(&["run", "--quiet", "--offline", "--config", &patch, "--features", features]).success().stdout
}

#[test]
fn without_a_provider_the_start_fails_with_the_line_to_add() {
    let text = printed("");
    let line = "`idporten-config = { version = \"0.1\", features = [\"refresh\", \"ring\"] }` in Cargo.toml";
    assert!(text.starts_with("not started: ") && text.contains(line), "{text}");
}

#[test]
fn the_provider_that_the_program_installed_is_used() {
    assert_eq!(printed("installed"), "ready\nits own TLS works\n");
}

#[test]
fn the_features_leave_the_programs_own_provider_alone() {
    assert_eq!(printed("own-aws-lc-rs ours-aws-lc-rs"), "ready\nits own TLS works\n");
    assert_eq!(printed("own-ring ours-ring"), "ready\nits own TLS works\n");
}

#[test]
fn a_tls_configuration_that_is_handed_in_is_used() {
    assert_eq!(printed("handed-in"), "ready\nits own TLS works\n");
}
