//! Snapshots held against the live documents: `check` and `show`.

use crate::fixture::{Directory, LOCAL, assert_contains, assert_lacks, rsa};
use crate::provider::Provider;

/// A provider, and a project that has just fetched these environments of it.
fn project(slugs: &[&str]) -> (Provider, Directory) {
    let provider = Provider::of(slugs);
    let directory = Directory::new(&[("idporten.toml", &provider.manifest(slugs))]);
    directory.says(0, &["fetch"]);
    (provider, directory)
}

#[test]
fn a_snapshot_that_is_the_live_document_is_fine() {
    let (_provider, directory) = project(&["one", "two"]);
    assert_eq!(directory.says(0, &["check"]), "one  ok\ntwo  ok\n2 environments, no findings\n");
}

#[test]
fn drift_is_a_finding_with_the_changes_and_the_command() {
    let (provider, directory) = project(&["one", "two"]);
    provider.metadata("one", r#""scopes_supported": ["openid"]"#);
    provider.keys("two", &[rsa("slot", '_'), rsa("next", '-')]);
    let out = directory.says(1, &["check"]);
    assert!(
        out.contains(
            "error: one: the live document differs: 1 breaking change\n  breaking  scopes_supported  - profile\n"
        ),
        "{out}"
    );
    assert!(out.contains("  help: run `idporten-config fetch one`, and review the difference\n"), "{out}");
    assert!(out.contains("warning: two: the live document differs: 1 key rotation\n"), "{out}");
    assert!(out.ends_with("2 environments, 2 findings (1 error, 1 warning)\n"), "{out}");
    assert_eq!(directory.run(&["check", "--offline"]).code, 0);
    directory.says(0, &["fetch"]);
    directory.says(0, &["check"]);
}

#[test]
fn what_cannot_be_asked_is_exit_code_3_beside_the_other_findings() {
    let (provider, directory) = project(&["one", "two"]);
    provider.fails("one", 503);
    provider.keys("two", &[rsa("next", '-')]);
    let answer = directory.run(&["check", "--json"]);
    assert_eq!((answer.code, answer.err.as_str()), (3, ""));
    let json = answer.json();
    let get = |name: &str| json.as_object().unwrap().get(name).unwrap().clone();
    assert_eq!((get("ok"), get("unreachable")), (false.into(), vec!["one"].into()));
    assert_eq!(get("findings").as_array().unwrap().len(), 2);
    let text = directory.run(&["check"]).out;
    assert!(text.contains("error: one: not compared with the live document: http://"), "{text}");
    assert!(text.contains("check without the network: `--offline`"), "{text}");
}

#[test]
fn a_mistake_in_an_option_of_the_network_hides_no_other_finding() {
    let (_provider, directory) = project(&["one", "two"]);
    directory.write("snapshots/two.json", "{}");
    let answer = directory.run(&["check", "--ca-file", "absent.pem"]);
    assert_eq!((answer.code, answer.err.as_str()), (2, ""));
    assert!(answer.out.starts_with("error: ") && answer.out.contains("absent.pem"), "{}", answer.out);
    assert!(answer.out.contains("check without the network: `--offline`"), "{}", answer.out);
    assert!(answer.out.contains("\none  not compared\ntwo  1 finding\nerror: "), "{}", answer.out);
    let json = directory.run(&["check", "--json", "--ca-file", "absent.pem"]).json();
    let get = |name: &str| json.as_object().unwrap().get(name).unwrap().clone();
    assert_eq!((get("ok"), get("unreachable")), (false.into(), vec!["one"].into()));
}

#[test]
fn a_live_private_key_is_a_finding() {
    let (provider, directory) = project(&["one"]);
    provider.keys("one", &[rsa("slot", '_'), rsa("bad", '-').replace("\"kty\"", "\"d\": \"AAAA\", \"kty\"")]);
    let out = directory.says(1, &["check"]);
    assert!(out.contains("error: one: the live key set holds a private key: entry 1, kid `bad`"), "{out}");
    let answer = directory.run(&["show", "one", "--live"]);
    assert_eq!(answer.code, 1);
    assert!(answer.out.contains("LEAKED") && answer.err.contains("report it to the provider"), "{}", answer.out);
    assert_lacks(&answer.out, "AAAA");
}

#[test]
fn an_environment_without_its_own_snapshot_is_not_compared() {
    let manifest = format!(
        "max-age = '9000d'\n[environments.idporten-legacy-ver2]\nbundled = true\n[environments.idporten-test]\n{LOCAL}"
    );
    let directory = Directory::new(&[
        ("idporten.toml", &manifest),
        ("snapshots/idporten-test.json", crate::fixture::bundled(idporten_config::KnownEnvironment::IdportenTest)),
    ]);
    let answer = directory.run(&["check", "local"]);
    assert_eq!((answer.code, answer.out.as_str()), (0, "local  ok\n1 environment, no findings\n"), "{}", answer.err);
    assert!(answer.err.contains("local: no snapshot of its own to compare"), "{}", answer.err);
}

#[test]
fn a_mistake_in_the_manifest_comes_before_the_network() {
    let (_provider, directory) = project(&["one"]);
    directory.write("idporten.toml", &format!("max-aeg = '1d'\n{}", directory.read("idporten.toml")));
    assert_eq!(directory.run(&["check"]).code, 2);
}

#[test]
fn the_live_document_is_shown_without_a_snapshot() {
    let provider = Provider::of(&["one"]);
    let directory = Directory::new(&[("idporten.toml", &provider.manifest(&["one"]))]);
    let out = directory.says(0, &["show", "one", "--live"]);
    assert!(
        out.contains(&format!("live, from {}/.well-known/openid-configuration\n", provider.issuer("one"))),
        "{out}"
    );
    assert!(out.contains("\nkeys\n  slot  RSA 2048  no alg, serves RS256  thumbprint "), "{out}");
    assert_eq!(crate::fixture::list_of(directory.path()), ["idporten.toml"]);
    provider.fails("one", 404);
    assert_contains(&directory.fails(3, &["show", "one", "--live"]), "status 404");
    assert_contains(&directory.fails(2, &["show", "two", "--live"]), "`two` is not an environment of");
}

#[test]
fn a_kid_is_looked_for_in_snapshot_and_live_document() {
    let (provider, directory) = project(&["one"]);
    provider.keys("one", &[rsa("next", '-'), r#"{"kty": "oct", "kid": "slot", "k": "AAAA"}"#.to_owned()]);
    let row = |out: &str, place: &str| out.lines().find(|line| line.starts_with(place)).unwrap().to_owned();
    let out = directory.says(0, &["show", "one", "--live", "--kid", "slot"]);
    assert!(
        row(&out, "snapshot").contains("snapshots/one.json, ") && row(&out, "snapshot").contains("RSA 2048"),
        "{out}"
    );
    assert!(
        row(&out, "live")
            .ends_with("not used: `kty` is `oct`, a shared secret, which never verifies a provider's signatures"),
        "{out}"
    );
    let out = directory.says(0, &["show", "one", "--live", "--kid", "next"]);
    assert!(row(&out, "snapshot").ends_with("not there") && row(&out, "live").contains("thumbprint "), "{out}");
    let thumbprint = out.split_whitespace().last().unwrap();
    // Each call has a time of its own.
    let live_key = |out: &str| row(out, "live").split_once("Z  ").unwrap().1.to_owned();
    let named = directory.says(0, &["show", "one", "--live", "--kid", thumbprint]);
    assert_eq!(live_key(&named), live_key(&out), "a thumbprint names it too");
    assert_eq!(directory.run(&["show", "one", "--kid", "next"]).code, 1, "it is not in the snapshot");
    let json = directory.run(&["show", "one", "--live", "--kid", "none", "--json"]);
    assert_eq!((json.code, json.json().as_object().unwrap().get("found")), (1, Some(&false.into())));
    std::fs::remove_file(directory.path().join("snapshots/one.json")).unwrap();
    let answer = directory.run(&["show", "one", "--live", "--kid", "next"]);
    assert_eq!(answer.code, 0);
    assert!(
        answer.out.starts_with("snapshot  there is none\n") && answer.err.contains("no snapshot at"),
        "{}",
        answer.out
    );
}
