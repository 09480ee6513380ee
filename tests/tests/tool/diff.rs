//! The command that lists changes by their meaning.

use std::io::Write;
use std::process::Stdio;

use idporten_config::KnownEnvironment as Known;

use crate::fixture::{Directory, assert_contains, assert_starts_with, bundled, rsa, tool, with_keys};
use crate::provider::Provider;

fn before() -> String {
    with_keys(Known::MaskinportenTest, &[rsa("slot", '_')])
}

/// The same with another key under the same kid, and a grant type more.
fn after() -> String {
    with_keys(Known::MaskinportenTest, &[rsa("slot", '-')])
        .replace("\"grant_types_supported\": [", "\"grant_types_supported\": [\"new\", ")
        .replace("2026-04-30T", "2026-05-30T")
}

fn files() -> Directory {
    Directory::new(&[("a.json", &before()), ("b.json", &after()), ("snapshots/maskinporten-test.json", &before())])
}

#[test]
fn two_files_are_compared_by_meaning() {
    let directory = files();
    let out = directory.says(1, &["diff", "a.json", "b.json"]);
    assert!(
        out.starts_with("maskinporten-test: 1 key rotation, 1 addition\n  rotation  key slot  RSA 2048, thumbprint "),
        "{out}"
    );
    assert!(out.contains("(same kid, new key)\n  addition  grant_types_supported  + new\n"), "{out}");
    assert_eq!(directory.says(0, &["diff", "a.json", "a.json"]), "maskinporten-test: no change\n");
    assert_eq!(directory.says(0, &["diff", "a.json", "maskinporten-test"]), "maskinporten-test: no change\n");
    assert_eq!(directory.says(0, &["diff", "-q", "a.json", "a.json"]), "");
    directory.write("a.json", &before().replace("2026-04-30T", "2026-05-01T"));
    assert_contains(&directory.says(0, &["diff", "maskinporten-test", "a.json"]), "no change but the date or details");
}

#[test]
fn programs_and_pull_requests_get_their_own_form() {
    let directory = files();
    let markdown = directory.says(1, &["diff", "a.json", "b.json", "--format", "markdown"]);
    assert!(markdown.starts_with("### maskinporten-test: 1 key rotation, 1 addition\n\n| | what |"), "{markdown}");
    for format in [&["--format", "json"][..], &["--json"]] {
        let answer = directory.run(&[&["diff", "a.json", "b.json"][..], format].concat());
        assert_eq!(answer.code, 1);
        let json = answer.json();
        let get = |name: &str| json.as_object().unwrap().get(name).unwrap().clone();
        assert_eq!(get("changed"), true.into());
        let one = get("environments").as_array().unwrap()[0].as_object().unwrap().clone();
        assert_eq!(
            (one.get("status"), one.get("summary")),
            (Some(&"changed".into()), Some(&"1 key rotation, 1 addition".into()))
        );
        assert_eq!(one.get("changes").unwrap().as_array().unwrap().len(), 2);
    }
}

#[test]
fn standard_input_is_one_side() {
    let directory = files();
    let mut run = tool()
        .current_dir(directory.path())
        .args(["diff", "-", "b.json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    run.stdin.take().unwrap().write_all(before().as_bytes()).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(1));
    assert_contains(&directory.fails(2, &["diff", "-", "-"]), "can be read only once");
}

#[test]
fn two_directories_give_one_body() {
    let directory = Directory::new(&[
        ("old/maskinporten-test.json", &before()),
        ("new/maskinporten-test.json", &after()),
        ("old/idporten-test.json", bundled(Known::IdportenTest)),
        ("new/idporten-test.json", bundled(Known::IdportenTest)),
        ("old/idporten-prod.json", bundled(Known::IdportenProd)),
        ("new/maskinporten-prod.json", bundled(Known::MaskinportenProd)),
        ("old/ansattporten-test.json", "{"),
        ("new/ansattporten-test.json", bundled(Known::AnsattportenTest)),
        ("old/README.md", "no snapshot"),
        ("new/Not-a-slug.json", "no snapshot"),
    ]);
    let out = directory.says(1, &["diff", "--format", "markdown", "old", "new"]);
    let headings: Vec<_> = out.lines().filter(|line| line.starts_with("### ")).collect();
    assert_eq!(
        headings,
        [
            "### ansattporten-test: replaced",
            "### maskinporten-prod: added",
            "### maskinporten-test: 1 key rotation, 1 addition",
            "### idporten-prod: removed"
        ],
        "{out}"
    );
    assert!(out.ends_with("\nNo change: idporten-test.\n"), "{out}");
    let text = directory.says(1, &["diff", "old", "new"]);
    assert!(
        text.contains("idporten-prod: removed\n") && text.contains("maskinporten-prod: added, documented"),
        "{text}"
    );
    let err = directory.fails(2, &["diff", "new", "old"]);
    assert!(err.contains("`old/ansattporten-test.json`: "), "{err}");
    assert_contains(&directory.fails(2, &["diff", "new", "old/idporten-test.json"]), "not both directories");
}

#[test]
fn a_body_is_never_longer_than_a_pull_request_takes() {
    let scopes: String = (0..3000).map(|n| format!("\"scope-with-a-long-name-{n}\", ")).collect();
    let after = before().replace("\"grant_types_supported\": [", &format!("\"grant_types_supported\": [{scopes}"));
    let directory = Directory::new(&[("a.json", &before()), ("b.json", &after)]);
    let out = directory.says(1, &["diff", "a.json", "b.json", "--format", "markdown"]);
    assert!(
        out.len() < 65_536
            && out.ends_with("|\n\nMore changes than fit here: run `idporten-config diff` for all of them.\n")
    );
}

#[test]
fn what_cannot_be_read_is_named_with_the_way_out() {
    let directory = files();
    assert_contains(&directory.fails(2, &["diff", "no.json", "a.json"]), "`no.json` cannot be read");
    assert_contains(&directory.fails(2, &["diff", "idporten-tset", "a.json"]), "did you mean `idporten-test`?");
    assert_contains(&directory.fails(2, &["diff", "a.json"]), "<B>");
    directory.write("c.json", "[]");
    assert_contains(&directory.fails(2, &["diff", "a.json", "c.json"]), "`c.json`: ");
    let answer = directory.run(&["diff", "a.json", "--format", "text", "--live", "b.json"]);
    assert_eq!(answer.code, 2);
}

#[test]
fn an_environment_without_a_file_is_the_bundled_snapshot() {
    let answer =
        Directory::new(&[("old.json", bundled(Known::IdportenTest))]).run(&["diff", "old.json", "idporten-test"]);
    assert_eq!((answer.code, answer.out.as_str()), (0, "idporten-test: no change\n"), "{}", answer.err);
    assert!(
        answer.err.starts_with("note: no snapshots/idporten-test.json: the bundled snapshot is used"),
        "{}",
        answer.err
    );
    let directory = Directory::new(&[("idporten.toml", "[environments.idporten-test]\n")]);
    let err = directory.fails(2, &["diff", "idporten-test", "idporten-test"]);
    assert!(err.contains("no snapshot at `snapshots/idporten-test.json`"), "a manifest asks for a file: {err}");
}

#[test]
fn two_environments_have_differences_and_no_breaking_changes() {
    let directory = Directory::new(&[]);
    let compare = ["diff", "--bundled", "maskinporten-test", "maskinporten-prod"];
    let answer = directory.run(&compare);
    assert_eq!(answer.code, 1, "{}", answer.err);
    let lines: Vec<_> = answer.out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(lines[0], format!("maskinporten-test and maskinporten-prod: {} differences", lines.len() - 2));
    assert_eq!(lines[1], "member maskinporten-test maskinporten-prod");
    let issuer = "issuer https://test.maskinporten.no/ https://maskinporten.no/".to_owned();
    let withdrawn = "authorization_details_types_supported urn:altinn:systemuser –".to_owned();
    assert!(lines.contains(&issuer) && lines.contains(&withdrawn), "{}", answer.out);
    assert!(answer.err.contains("note: maskinporten-prod: the snapshot is documented, not fetched"), "{}", answer.err);
    let markdown = directory.run(&[&compare[..], &["--format", "markdown"]].concat()).out;
    assert!(
        markdown.contains("| `issuer` | `https://test.maskinporten.no/` | `https://maskinporten.no/` |"),
        "{markdown}"
    );
    let json = directory.run(&[&compare[..], &["--json"]].concat());
    let one = json.json().as_object().unwrap().get("environments").unwrap().as_array().unwrap()[0].clone();
    assert_eq!(one.as_object().unwrap().get("status"), Some(&"different".into()), "{}", json.out);
    for out in [answer.out, markdown, json.out] {
        assert!(!out.contains("breaking") && !out.contains("not compile"), "{out}");
    }
}

#[test]
fn a_snapshot_is_compared_with_the_live_document() {
    let provider = Provider::of(&["one"]);
    let directory = Directory::new(&[("idporten.toml", &provider.manifest(&["one"]))]);
    directory.says(0, &["fetch"]);
    assert_eq!(directory.run(&["diff", "one", "--live"]).code, 0);
    provider.keys("one", &[rsa("next", '-')]);
    for word in ["one", "snapshots/one.json"] {
        assert_starts_with(&directory.says(1, &["diff", word, "--live"]), "one: 2 key rotations\n");
    }
    provider.fails("one", 503);
    assert_contains(&directory.fails(3, &["diff", "one", "--live"]), "error: one: http://");
}
