//! What a person and a script see of the tool: the real program, run in directories of their own.

mod check;
mod diff;
mod fetch;
mod fixture;
mod generate;
mod init;
mod lint;
mod live;
mod provider;
mod selection;
mod show;
mod workflow;

use fixture::{Directory, list_of, tool};
use idporten_config::document::json::Value;

#[test]
fn list_shows_every_environment_with_issuer_and_lifecycle() {
    let answer = Directory::new(&[]).run(&["list"]);
    assert_eq!((answer.code, answer.out.lines().count(), answer.err.as_str()), (0, 10, ""));
    let line = answer.out.lines().find(|line| line.starts_with("maskinporten-legacy-ver2 ")).unwrap();
    assert!(line.contains("https://ver2.maskinporten.no/") && line.contains("retired 2024-06-10"), "{line}");
    assert!(line.ends_with("bundled: recorded 2022-02-14, without keys, 899 days old"), "{line}");
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

#[test]
fn every_verb_explains_itself_with_examples() {
    let directory = Directory::new(&[]);
    for verb in ["list", "show", "fetch", "diff", "generate", "check", "lint", "init"] {
        let answer = directory.run(&[verb, "--help"]);
        let (_, examples) = answer.out.split_once("\nExamples:\n").expect("examples come last");
        assert!(examples.contains(&format!("  idporten-config {verb}")), "{examples}");
        assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    }
    assert!(directory.run(&["--help"]).out.contains("Exit codes:"));
    assert!(directory.run(&["--version"]).out.starts_with("idporten-config "));
}

#[test]
fn a_mistake_in_the_command_is_exit_code_2_with_a_suggestion() {
    let directory = Directory::new(&[]);
    assert!(directory.fails(2, &["chek"]).contains("check"));
    assert!(directory.fails(2, &["list", "--jsn"]).contains("--json"));
    assert!(directory.fails(2, &["generate", "idporten-test", "--format", "yaml"]).contains("rust, json, env"));
    assert!(directory.fails(2, &[]).contains("Usage:"));
    assert!(directory.fails(2, &["show"]).contains("<ENV>"));
}

#[test]
fn a_time_that_is_not_a_number_is_refused_by_name() {
    let output = tool().args(["list"]).env("SOURCE_DATE_EPOCH", "yesterday").output().unwrap();
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
fn arguments_that_are_not_utf_8_are_refused_or_meant_as_file_names() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let bytes = OsStr::from_bytes(b"\xff\x1b[2J");
    for arguments in [[OsStr::new("show"), bytes], [bytes, bytes], [OsStr::new("check"), bytes]] {
        let output = tool().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
    }
    let directory = Directory::new(&[]);
    let generate = ["generate", "idporten-test", "--bundled", "--out"].map(OsStr::new);
    let output = tool().current_dir(directory.path()).args(generate).arg(bytes).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("\\u{1b}[2J  written"));
    assert_eq!(list_of(directory.path()).len(), 1);
}
