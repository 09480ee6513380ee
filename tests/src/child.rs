//! Tests that run once more, as a process of their own: with variables of their own, to be counted or to be stopped.

use std::env;
use std::process::Command;

const CHILD: &str = "IDPORTEN_CONFIG_TESTS_CHILD";

/// Returns whether this process was made by [`command`].
#[must_use]
pub fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

/// The command that runs the test of this name, and no other, with these variables.
#[must_use]
pub fn command(test: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test, "--include-ignored", "--nocapture"]).env(CHILD, "1").envs(variables.iter().copied());
    command
}

/// Runs the test of this name as a process with these variables; it must succeed.
#[track_caller]
pub fn run(test: &str, variables: &[(&str, &str)]) {
    let output = command(test, variables).output().unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && report.contains("1 passed"),
        "{report}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
