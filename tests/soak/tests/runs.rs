//! Short runs of the program.

use std::process::Command;

/// Runs the program, which must find nothing wrong.
#[track_caller]
fn run(arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_idporten-config-soak")).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{arguments:?}:\n{}{}", text(&output.stdout), text(&output.stderr));
}

#[test]
fn no_kill_tears_a_file_or_leaves_a_temporary_one() {
    run(&["kills", "--rounds", "40"]);
}

#[test]
#[ignore = "needs npm ci --prefix tests/provider"]
fn the_story_holds_with_its_scenarios_side_by_side() {
    run(&["story", "--rate", "200", "--side-by-side"]);
}
