//! The behaviour of the tool for users and scripts: the real program, each time in a new directory.

mod action;
mod check;
mod diff;
mod fetch;
mod fixture;
mod generate;
mod init;
mod lint;
mod live;
mod migrating;
mod provider;
mod report;
mod selection;
mod show;
mod workflow;

use fixture::{Directory, assert_contains, assert_lacks, assert_starts_with, list_of, tool};
use idporten_config::document::json::Value;

#[test]
fn list_shows_every_environment_with_issuer_and_lifecycle() {
    let answer = Directory::new(&[]).run(&["list"]);
    assert_eq!((answer.code, answer.out.lines().count(), answer.err.as_str()), (0, 10, ""));
    let line = answer.out.lines().find(|line| line.starts_with("maskinporten-legacy-ver2 ")).unwrap();
    assert!(line.contains("https://ver2.maskinporten.no/") && line.contains("retired 2024-06-10"), "{line}");
    // By the clock: the tool's `SOURCE_DATE_EPOCH` here is in 2024, when the snapshot was 899 days old.
    let age = line.split_once("bundled: recorded 2022-02-14, without keys, ").unwrap().1;
    assert!(age.trim_end_matches(" days old").parse::<u32>().unwrap() > 1_600, "{line}");
}

#[test]
fn list_gives_programs_an_array_of_every_environment() {
    let json = Directory::new(&[]).run(&["list", "--json"]).json();
    assert_eq!(json.as_array().unwrap().len(), 10);
    let retired = &json.as_array().unwrap()[7];
    let text = |name: &str| retired.as_object().unwrap().get(name).unwrap().as_str().unwrap().to_owned();
    assert_eq!(text("slug"), "maskinporten-legacy-ver2");
    assert_eq!(text("issuer"), "https://ver2.maskinporten.no/");
    assert_eq!((text("product"), text("stage")), ("maskinporten".into(), "legacy-ver2".into()));
    assert_eq!(text("name"), "Maskinporten VER2");
    assert_eq!(text("schema"), "oauth-authorization-server");
    assert_eq!(text("well_known_url"), "https://ver2.maskinporten.no/.well-known/oauth-authorization-server");
    let of = |member: &str, name: &str| retired.as_object().unwrap().get(member)?.as_object()?.get(name).cloned();
    assert_eq!(of("lifecycle", "status"), Some("retired".into()));
    assert_eq!(of("lifecycle", "date"), Some("2024-06-10".into()));
    assert_eq!(of("bundled", "origin"), Some("recorded".into()));
    assert_eq!(of("bundled", "as_of"), Some("2022-02-14T00:00:00Z".into()));
    assert_eq!(of("bundled", "keys"), Some(Value::Null));
}

const VERBS: [&str; 9] = ["list", "show", "fetch", "diff", "generate", "check", "lint", "init", "completions"];

/// Runs the tool as on a terminal of this width.
fn run_at_width(width: &str, arguments: &[&str]) -> String {
    let output = tool().args(arguments).env("COLUMNS", width).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn nothing_is_wider_than_a_narrow_terminal() {
    let widest = |text: &str| text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
    for width in ["70", "100"] {
        let limit: usize = width.parse().unwrap();
        for arguments in
            [&["list"][..], &["show", "--bundled", "idporten-test"], &["show", "--bundled", "idporten-legacy-ver2"]]
        {
            let out = run_at_width(width, arguments);
            // A URL stays whole.
            let cut: String =
                out.lines().filter(|line| !line.contains("https://")).map(|line| format!("{line}\n")).collect();
            assert!(widest(&cut) <= limit && widest(&out) <= 100, "{arguments:?}: {}\n{out}", widest(&out));
        }
        for verb in VERBS {
            let out = run_at_width(width, &[verb, "--help"]);
            assert!(widest(&out) <= limit, "{verb}: {}\n{out}", widest(&out));
        }
    }
}

#[test]
fn options_of_the_network_alone_are_below_their_heading() {
    let directory = Directory::new(&[]);
    for verb in ["show", "fetch", "diff", "check", "init"] {
        let out = directory.says(0, &[verb, "--help"]);
        let (_, below) = out.split_once("\nNetwork:\n").unwrap_or_else(|| panic!("{out}"));
        let (below, _) = below.split_once("\nExamples:\n").unwrap();
        let options: Vec<_> = below.lines().map(str::trim).filter(|line| line.starts_with("--")).collect();
        assert_eq!(options, ["--ca-file <FILE>", "--ca-only", "--mirror <URL>"], "{verb}");
    }
}

#[test]
fn a_pipe_gets_no_colours_whatever_is_said() {
    let directory = Directory::new(&[]);
    let output = tool().current_dir(directory.path()).args(["show", "idporten-tset"]).output().unwrap();
    assert!(output.stderr.starts_with(b"error: unknown environment"), "{output:?}");
    let forced =
        tool().args(["show", "idporten-tset"]).env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR").output().unwrap();
    assert!(forced.stderr.starts_with(b"\x1b[1m\x1b[31merror"), "{forced:?}");
    let refused = tool().args(["show", "idporten-tset"]).env("NO_COLOR", "1").output().unwrap();
    assert!(refused.stderr.starts_with(b"error: unknown environment"), "{refused:?}");
}

#[test]
fn a_shell_gets_a_script_that_completes_every_verb() {
    let directory = Directory::new(&[]);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let out = directory.says(0, &["completions", shell]);
        assert!(VERBS.iter().all(|verb| out.contains(verb)), "{shell}: {out}");
    }
    assert_contains(&directory.fails(2, &["completions", "tcsh"]), "bash");
}

#[test]
fn cargo_idporten_runs_the_same_verbs_with_the_same_exit_codes() {
    let directory = Directory::new(&[]);
    let cargo_idporten = |arguments: &[&str]| {
        let program = tool().get_program().to_owned();
        let beside =
            std::path::Path::new(&program).with_file_name(format!("cargo-idporten{}", std::env::consts::EXE_SUFFIX));
        std::process::Command::new(beside).current_dir(directory.path()).args(arguments).output().unwrap()
    };
    let listed = cargo_idporten(&["idporten", "list"]);
    assert_eq!(String::from_utf8(listed.stdout).unwrap().lines().count(), 10);
    assert_eq!(cargo_idporten(&["list"]).status.code(), Some(0), "started directly");
    assert_eq!(cargo_idporten(&["idporten", "show", "idporten-tset"]).status.code(), Some(2));
}

#[test]
fn a_manifest_above_is_found_and_named_by_its_path() {
    let manifest = "[environments.idporten-test]\nbundled = true\n[require.idporten]\nscopes_supported = ['x']\n";
    let directory = Directory::new(&[(".git/HEAD", ""), ("idporten.toml", manifest), ("a/b/c", "")]);
    let answer = directory.run_in("a/b", &["check", "--offline"]);
    assert!(answer.out.contains("\n  ../../idporten.toml:4: scopes_supported = ['x']\n"), "{}", answer.out);
    directory.write("a/.git/HEAD", "");
    let answer = directory.run_in("a/b", &["check", "--offline"]);
    assert!(answer.err.contains("no `idporten.toml` in this directory or above"), "another repository: {}", answer.err);
}

#[test]
fn every_verb_explains_itself_with_examples() {
    let directory = Directory::new(&[]);
    for verb in VERBS {
        let answer = directory.run(&[verb, "--help"]);
        let (_, examples) = answer.out.split_once("\nExamples:\n").expect("examples come last");
        assert!(examples.contains(&format!("  idporten-config {verb}")), "{examples}");
        assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    }
    assert_contains(&directory.run(&["--help"]).out, "Exit codes:");
    assert_starts_with(&directory.run(&["--version"]).out, "idporten-config ");
}

#[test]
fn a_mistake_in_the_command_is_exit_code_2_with_a_suggestion() {
    let directory = Directory::new(&[]);
    assert_contains(&directory.fails(2, &["chek"]), "check");
    assert_contains(&directory.fails(2, &["list", "--jsn"]), "--json");
    assert_contains(&directory.fails(2, &["generate", "idporten-test", "--format", "yaml"]), "rust, json, env");
    assert_contains(&directory.fails(2, &[]), "Usage:");
    assert_contains(&directory.fails(2, &["show"]), "<ENV>");
}

#[test]
fn a_time_that_is_not_a_number_is_refused_by_name() {
    let output = tool().args(["check", "idporten-test"]).env("SOURCE_DATE_EPOCH", "yesterday").output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(err.starts_with("error: `SOURCE_DATE_EPOCH` is \"yesterday\"\n  help: set it to"), "{err}");
}

#[test]
fn a_pipe_that_is_closed_early_is_no_error_and_no_panic() {
    for (arguments, code) in [
        (&["generate", "idporten-test", "--bundled"][..], 0),
        (&["list"], 0),
        (&["list", "--help"], 0),
        (&["check", "--offline", "--bundled", "maskinporten-prod"], 1),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = tool().args(arguments).stdout(writer).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {err}");
        assert!(!err.contains("panicked") && !err.contains("standard output"), "{err}");
    }
}

#[cfg(unix)]
#[test]
fn arguments_that_are_not_utf_8_are_refused_except_file_names() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let bytes = OsStr::from_bytes(b"\xff\x1b[2J");
    for arguments in [[OsStr::new("show"), bytes], [bytes, bytes], [OsStr::new("check"), bytes]] {
        let output = tool().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_lacks(&String::from_utf8_lossy(&output.stderr), "panicked");
    }
    let directory = Directory::new(&[]);
    let generate = ["generate", "idporten-test", "--bundled", "--out"].map(OsStr::new);
    let output = tool().current_dir(directory.path()).args(generate).arg(bytes).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_contains(&String::from_utf8_lossy(&output.stdout), "\\u{1b}[2J  written");
    assert_eq!(list_of(directory.path()).len(), 1);
}
