//! The GitHub action and the hooks for pre-commit, as far as they run without GitHub.

use std::process::{Command, Output};

use crate::fixture::{Directory, assert_contains, tool};

const ACTION: &str = include_str!("../../../action.yml");
const HOOKS: &str = include_str!("../../../.pre-commit-hooks.yaml");

/// A repository with a requirement that is not met, and a wrong value.
fn repository() -> Directory {
    Directory::new(&[
        (".git/HEAD", ""),
        (
            "idporten.toml",
            "[environments.idporten-test]\nbundled = true\n[require.idporten]\nscopes_supported = ['x']\n",
        ),
        ("src/auth.rs", "const A: &str = \"https://test.idporten.no/authorize\";\n"),
    ])
}

/// The script of the step that has this name.
fn script(step: &str) -> String {
    let (_, step) = ACTION.split_once(&format!("- name: {step}\n")).unwrap_or_else(|| panic!("no step {step}"));
    let (_, script) = step.split_once("run: |\n").unwrap();
    script.lines().take_while(|line| line.starts_with("        ")).map(|line| format!("{line}\n")).collect()
}

/// Runs a step as a runner does, with the tool where the first step installs it.
#[cfg(target_os = "linux")]
fn run(step: &str, options: &str, directory: &Directory) -> Output {
    let program = tool().get_program().to_owned();
    let installed = directory.path().join("runner/idporten-config/bin");
    std::fs::create_dir_all(&installed).unwrap();
    let link = installed.join("idporten-config");
    // A link rather than a copy: a program whose file another thread's child still holds open for writing is not run.
    if !link.exists() {
        std::os::unix::fs::symlink(program, link).unwrap();
    }
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script(step)]).current_dir(directory.path());
    command.env("RUNNER_TEMP", directory.path().join("runner")).env("OPTIONS", options);
    command.env("SOURCE_DATE_EPOCH", "1722470400").output().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn the_steps_of_the_action_annotate_what_they_find() {
    let directory = repository();
    let checked = run("Check the snapshots", "--offline idporten-test", &directory);
    let out = String::from_utf8(checked.stdout).unwrap();
    assert_eq!(checked.status.code(), Some(1), "{out}");
    assert_contains(&out, "::error file=");
    let linted = run("Search for wrong values", "src", &directory);
    let out = String::from_utf8(linted.stdout).unwrap();
    assert_eq!(linted.status.code(), Some(1), "{out}");
    assert_contains(&out, "::error file=src/auth.rs,line=1");
}

#[cfg(target_os = "linux")]
#[test]
fn the_steps_of_the_action_pass_without_a_finding() {
    let directory = repository();
    directory.write("idporten.toml", "[environments.idporten-test]\nbundled = true\n");
    directory.write("src/auth.rs", "");
    for (step, options) in [("Check the snapshots", "--offline"), ("Search for wrong values", "")] {
        let output = run(step, options, &directory);
        assert!(output.status.success(), "{step}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_input_that_is_neither_true_nor_false_fails_the_action() {
    for (check, lint, wrong) in
        [("true", "false", ""), ("yes", "true", "check"), ("1", "true", "check"), ("true", "", "lint")]
    {
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script("Check the inputs")]);
        let output = command.env("CHECK", check).env("LINT", lint).output().unwrap();
        let error = format!("::error::the input \"{wrong}\" must be \"true\" or \"false\"\n");
        let expected = if wrong.is_empty() { (Some(0), "") } else { (Some(1), error.as_str()) };
        assert_eq!((output.status.code(), String::from_utf8(output.stdout).unwrap().as_str()), expected);
    }
}

#[test]
fn an_input_of_the_action_never_becomes_part_of_a_script() {
    for step in ["Check the inputs", "Install the tool", "Check the snapshots", "Search for wrong values"] {
        assert!(!script(step).contains("${{"), "{}", script(step));
    }
    assert!(!ACTION.contains("uses:"), "no other action");
}

#[test]
fn the_hooks_run_the_tool_on_what_is_committed() {
    let directory = repository();
    let entries: Vec<_> =
        HOOKS.lines().filter_map(|line| line.trim().strip_prefix("entry: idporten-config ")).collect();
    let [check, lint] = entries.as_slice() else { panic!("{entries:?}") };
    let arguments: Vec<_> = check.split(' ').collect();
    assert_eq!(directory.run(&arguments).code, 1);
    // pre-commit adds the files that are committed.
    let arguments: Vec<_> = lint.split(' ').chain(["idporten.toml", "src/auth.rs"]).collect();
    let answer = directory.run(&arguments);
    assert_eq!(answer.code, 1);
    assert_contains(&answer.out, "src/auth.rs:1");
}

#[test]
fn the_lint_hook_excludes_what_lint_leaves_out_of_a_directory() {
    let exclude = HOOKS.lines().find_map(|line| line.trim().strip_prefix("exclude: ")).expect("a pattern");
    let (directories, kinds) = exclude.split_once("/|\\.(").expect("directories, then kinds of files");
    let help = repository().run(&["lint", "--help"]).out.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, left_out) = help.split_once("these are left out: ").unwrap();
    let (left_out, _) = left_out.split_once("lines with").unwrap();
    let (named, prose) = left_out.split_once("prose (").unwrap();
    let named = named.split('`').skip(1).step_by(2).filter(|name| ![".env", ".git"].contains(name));
    for name in named {
        assert_contains(directories, &name.replace('.', "\\."));
    }
    for kind in prose.split(')').next().unwrap().split(", ") {
        assert_contains(kinds, kind.trim_start_matches('.'));
    }
}
