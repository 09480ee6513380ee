//! The selection of snapshots.

use idporten_config::KnownEnvironment as Known;

use crate::fixture::{Directory, LOCAL, assert_contains, bundled, fetched, tool, workspace};

const TEST: &str = "snapshots/idporten-test.json";

#[test]
fn in_a_clone_of_the_repository_the_committed_snapshot_is_read() {
    let directory = Directory::new(&[]);
    let output = tool().current_dir(workspace()).args(["generate", "idporten-test"]).output().unwrap();
    let (code, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!((output.status.code(), err.as_str()), (Some(0), ""));
    assert!(code.contains(r#"pub const TOKEN_ENDPOINT: &str = "https://test.idporten.no/token";"#));
    assert!(code.contains("pub enum AcrValue {") && code.contains("IdportenLoaHigh,"));
    assert_contains(&code, "snapshots/idporten-test.json\n");
    assert!(!code.contains(directory.path().parent().unwrap().to_str().unwrap()), "no path of this machine");
}

#[test]
fn without_manifest_and_file_the_bundled_snapshot_is_used_with_a_note() {
    let answer = Directory::new(&[]).run(&["generate", "idporten-test"]);
    assert_eq!(answer.code, 0);
    assert_eq!(
        answer.err,
        "note: no snapshots/idporten-test.json: the bundled snapshot is used (recorded 2024-07-30, without keys)\n"
    );
    assert_contains(&answer.out, "bundled with idporten-config");
}

#[test]
fn without_a_manifest_a_file_in_snapshots_is_used() {
    let newer = bundled(Known::IdportenTest).replace("2024-07-30T", "2024-07-31T");
    let directory = Directory::new(&[(TEST, &newer)]);
    assert_contains(&directory.says(0, &["generate", "idporten-test"]), "2024-07-31  snapshots/idporten-test.json");
}

#[test]
fn a_snapshot_that_is_there_and_broken_is_never_passed_over() {
    let directory = Directory::new(&[(TEST, "{")]);
    for arguments in [&["generate", "idporten-test"][..], &["show", "idporten-test"]] {
        let err = directory.fails(2, arguments);
        assert!(err.starts_with("error: idporten-test: not JSON: EOF"), "{err}");
        assert!(err.contains("in snapshots/idporten-test.json"), "{err}");
    }
}

#[test]
fn a_named_directory_gives_only_its_own_snapshots() {
    let directory = Directory::new(&[("data/idporten-test.json", bundled(Known::IdportenTest))]);
    assert!(
        directory.says(0, &["generate", "idporten-test", "--snapshots", "data"]).contains("data/idporten-test.json")
    );
    let err = directory.fails(2, &["generate", "idporten-prod", "--snapshots", "data"]);
    assert!(err.contains("error: idporten-prod: no snapshot at `data/idporten-prod.json`"), "{err}");
    assert!(err.contains("or use the bundled one (documented 2025-01-01, without keys) with `--bundled`"), "{err}");
}

#[test]
fn a_custom_environment_is_read_from_its_file_without_a_manifest() {
    let own = r#"{"as_of": "2024-08-01T00:00:00Z", "environment": "local", "format": 1, "jwks": null, "origin": "documented",
        "metadata": {"issuer": "http://localhost:8080"}, "well_known_url": "http://localhost:8080/x",
        "provider": {"development": true, "endpoint_hosts": [], "issuer": "http://localhost:8080", "product": "idporten",
        "signing_algs": [], "stage": "local"}}"#;
    let twin = own.replace("\"environment\": \"local\"", "\"environment\": \"idporten-local\"");
    let directory = Directory::new(&[("snapshots/local.json", own), ("snapshots/idporten-local.json", &twin)]);
    assert!(directory.says(0, &["generate", "local"]).contains(r#"pub const ISSUER: &str = "http://localhost:8080";"#));
    let err = directory.fails(2, &["generate", "local", "idporten-local"]);
    assert!(err.contains("`local` and `idporten-local` are both the stage `local` of one product"), "{err}");
}

#[test]
fn a_mistyped_environment_is_answered_with_the_nearest_one() {
    let directory = Directory::new(&[]);
    for arguments in [
        &["generate", "idporten-tset"][..],
        &["show", "idporten-tset"],
        &["generate", "idporten-tset", "--bundled"],
        &["generate", "idporten-tset", "--snapshots", "."],
        &["check", "--offline", "idporten-tset"],
    ] {
        let err = directory.fails(2, arguments);
        assert!(
            err.starts_with("error: unknown environment `idporten-tset`\n  help: did you mean `idporten-test`?"),
            "{err}"
        );
    }
    let long = "x".repeat(100_000);
    for slug in ["", "../../etc/passwd", "idporten-test\u{1b}[2J", "idporten-test.json", long.as_str()] {
        let err = directory.fails(2, &["show", "--", slug]);
        assert!(err.starts_with("error: unknown environment `") && !err.contains('\u{1b}'), "{err}");
    }
}

#[test]
fn with_nothing_named_and_no_manifest_both_ways_out_are_shown() {
    let directory = Directory::new(&[]);
    let err = directory.fails(2, &["generate"]);
    assert!(err.contains("there is no `idporten.toml`") && err.contains("such as `idporten-test`"), "{err}");
    assert_contains(&directory.fails(2, &["check", "--offline"]), "no environment is named");
    assert_contains(&directory.fails(2, &["generate", "--bundled"]), "with this option no manifest is read");
}

#[test]
fn a_manifest_in_the_directory_names_the_environments_and_their_sources() {
    let directory = Directory::new(&[
        ("idporten.toml", "[environments.idporten-test]\n[environments.maskinporten-prod]\nbundled = true\n"),
        (TEST, bundled(Known::IdportenTest)),
    ]);
    let all = directory.says(0, &["generate"]);
    assert!(all.contains("pub mod idporten {") && all.contains("pub mod maskinporten {"), "{all}");
    assert!(
        all.starts_with("// Generated by idporten-config ")
            && all.contains("Do not edit: run `idporten-config generate`.")
    );
    let one = directory.says(0, &["generate", "idporten-test", "idporten-test"]);
    assert!(one.contains("pub mod idporten {") && !one.contains("pub mod maskinporten {"));
    assert_eq!(one.matches("pub mod test {").count(), 1);
}

#[test]
fn an_environment_missing_in_the_manifest_is_an_error_with_the_others() {
    let directory = Directory::new(&[("idporten.toml", "[environments.idporten-test]\nbundled = true\n")]);
    let err = directory.fails(2, &["generate", "idporten-prod", "idporten-tset"]);
    assert!(
        err.contains("error: `idporten-prod` is not an environment of `idporten.toml`\n  it names: idporten-test\n"),
        "{err}"
    );
    assert!(err.contains("help: add `[environments.idporten-prod]`"), "{err}");
    assert!(err.contains("`idporten-tset` is not") && err.contains("did you mean `idporten-test`?"), "{err}");
    assert_contains(&directory.says(0, &["generate", "idporten-prod", "--bundled"]), "https://idporten.no/token");
    assert_contains(&directory.fails(2, &["generate", "idporten-prod", "--snapshots", "x"]), "no snapshot at `x/");
    assert_contains(&directory.fails(2, &["show", "idporten-prod"]), "it names: idporten-test");
}

#[test]
fn sources_that_contradict_each_other_are_refused() {
    let directory = Directory::new(&[]);
    for arguments in [["--manifest", "a", "--bundled"].as_slice(), &["--manifest", "a", "--snapshots", "b"]] {
        let err = directory.fails(2, &[&["show", "idporten-test"], arguments].concat());
        assert!(err.contains("cannot be used with"), "{err}");
    }
}

#[test]
fn a_named_manifest_that_cannot_be_read_is_exit_code_2() {
    let directory = Directory::new(&[("dir/x", "")]);
    let err = directory.fails(2, &["generate", "--manifest", "no.toml"]);
    assert!(err.contains("error: no manifest at `no.toml`\n  help: create it"), "{err}");
    assert_contains(&directory.fails(2, &["generate", "--manifest", "dir"]), "the manifest cannot be read");
    assert_eq!(directory.run(&["check", "--offline", "--manifest", "no.toml"]).code, 2);
    assert_contains(&directory.fails(2, &["show", "idporten-test", "--manifest", "no.toml"]), "no manifest at");
}

#[test]
fn every_mistake_in_a_manifest_is_said_at_once() {
    let directory = Directory::new(&[("idporten.toml", "max-aeg = '1d'\n[environments.idporten-tset]\n")]);
    for arguments in [&["generate"][..], &["generate", "idporten-test"], &["show", "idporten-test"]] {
        let err = directory.fails(2, arguments);
        assert!(err.contains("idporten.toml:1: max-aeg = '1d'\n  help: did you mean `max-age`?"), "{err}");
        assert!(err.contains("idporten.toml:2: [environments.idporten-tset]"), "{err}");
    }
    let answer = directory.run(&["check", "--offline"]);
    assert_eq!(answer.code, 2);
    assert!(
        answer.out.contains("did you mean `max-age`?") && answer.out.ends_with("2 findings (2 errors, 0 warnings)\n"),
        "{}",
        answer.out
    );
}

#[test]
fn what_is_generated_does_not_depend_on_where_the_tool_is_started() {
    let directory = Directory::new(&[
        ("config/idporten.toml", "[environments.maskinporten-prod]\n"),
        ("config/snapshots/maskinporten-prod.json", &fetched()),
    ]);
    let here = directory.run_in("config", &["generate"]);
    assert_eq!((here.code, here.err.as_str()), (0, ""));
    assert!(
        here.out.contains("run `idporten-config generate`.")
            && here.out.contains("  snapshots/maskinporten-prod.json\n")
    );
    assert_eq!(directory.says(0, &["generate", "--manifest", "config/idporten.toml"]), here.out);
    assert_eq!(directory.run_in("config/snapshots", &["generate", "--manifest", "../idporten.toml"]).out, here.out);
    let absolute = directory.path().join("config/idporten.toml");
    assert_eq!(directory.says(0, &["generate", "--manifest", absolute.to_str().unwrap()]), here.out);
}

#[test]
fn an_environment_that_stands_on_a_broken_one_says_so() {
    let manifest = format!("[environments.idporten-test]\n{LOCAL}");
    let directory = Directory::new(&[("idporten.toml", &manifest)]);
    let err = directory.fails(2, &["generate", "local"]);
    assert!(
        err.contains("local: no snapshot at `snapshots/local.json`, and none of idporten-test, which it is based on"),
        "{err}"
    );
    directory.write(TEST, bundled(Known::IdportenTest));
    assert_contains(&directory.says(0, &["generate", "local"]), "http://localhost:8080/default");
}
