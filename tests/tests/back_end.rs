//! The cryptographic back-end of `jsonwebtoken`, which programs choose by its features: a program of each choice, built and run.

use std::sync::{Mutex, PoisonError};

use idporten_config_tests::cargo::{Cargo, Finished};
use idporten_config_tests::places;

/// Builds `consumers/back-end` with these features and this reaction to a panic, and runs it.
fn run(features: &str, panic: &str) -> Finished {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    // They share a target directory, where one build would replace the program that another is about to run.
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let cargo = Cargo::new(&places::workspace().join("tests/consumers/back-end"));
    let cargo = cargo.building_in(places::nested_target()).env("CARGO_PROFILE_DEV_PANIC", panic);
    // Its lock file names crates that no other test needs, and that may have to be downloaded.
    cargo.env("CARGO_NET_OFFLINE", "false").run(&["run", "--quiet", "--locked", "--features", features])
}

fn printed(features: &str) -> String {
    run(features, "unwind").success().stdout
}

#[test]
#[ignore = "downloads the crates of both back-ends"]
fn without_a_back_end_the_verifier_names_the_line_to_add() {
    let printed = printed("");
    let line = "`jsonwebtoken = { version = \"11\", default-features = false, features = [\"aws_lc_rs\"] }`";
    assert!(printed.starts_with("refused: ") && printed.contains(line), "{printed}");
}

#[test]
#[ignore = "downloads the crates of both back-ends"]
fn with_both_back_ends_and_no_choice_the_verifier_says_so() {
    let printed = printed("both");
    assert!(printed.starts_with("refused: ") && printed.contains("`Verifier::with_provider`"), "{printed}");
}

#[test]
#[ignore = "downloads the crates of both back-ends"]
fn one_back_end_or_a_choice_of_two_verifies() {
    for features in ["aws-lc-rs", "rust-crypto", "ring", "passed", "installed", "rust-crypto,precise"] {
        assert_eq!(printed(features), "set up\nverifies\n", "{features}");
    }
}

#[test]
#[ignore = "downloads the crates of both back-ends"]
fn where_panics_abort_the_program_ends_at_start() {
    let Finished { stdout, stderr, .. } = run("", "abort").failure();
    assert_eq!(stdout, "", "it ends before it has a verifier");
    assert!(stderr.contains("CryptoProvider"), "{stderr}");
}
