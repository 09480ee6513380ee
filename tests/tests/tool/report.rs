//! Reports for CI systems, and what a check says of key sets.

use idporten_config::KnownEnvironment as Known;
use idporten_config::document::json::Value;

use crate::fixture::{Directory, bundled, rsa, with_keys};

const TEST: &str = "snapshots/maskinporten-test.json";

/// A project whose key set has one good entry, and these.
fn project(more: &[&str]) -> Directory {
    let keys: Vec<String> = [rsa("good", '_')].into_iter().chain(more.iter().map(|&key| key.to_owned())).collect();
    let snapshot = with_keys(Known::MaskinportenTest, &keys).replace("2026-04-30T", "2024-07-30T");
    let manifest = "[environments.maskinporten-test]\n";
    Directory::new(&[(".git/HEAD", ""), ("app/idporten.toml", manifest), (&format!("app/{TEST}"), &snapshot)])
}

const SYMMETRIC: &str = r#"{"kty": "oct", "kid": "secret", "k": "AAAA"}"#;

/// A project in a subfolder of a repository, with a snapshot that is too old.
fn stale() -> Directory {
    let manifest = "max-age = '1d'\n[environments.idporten-test]\n";
    let files = [(".git/HEAD", ""), ("app/idporten.toml", manifest)];
    let directory = Directory::new(&files);
    directory.write("app/snapshots/idporten-test.json", bundled(Known::IdportenTest));
    directory
}

#[test]
fn a_check_reports_keys_that_verify_nothing() {
    let elliptic =
        format!(r#"{{"kty": "EC", "crv": "P-256", "kid": "idle", "x": "{0}A", "y": "{0}A"}}"#, "_".repeat(42));
    let directory = project(&[SYMMETRIC, &rsa("good", '-'), &elliptic]);
    let answer = directory.run_in("app", &["check", "--offline"]);
    assert_eq!((answer.code, answer.err.as_str()), (1, ""), "{}", answer.out);
    for expected in [
        "warning: maskinporten-test: entry 1 of the key set, kid `secret`, is not used: ",
        "warning: maskinporten-test: several keys have the kid `good`\n",
        "warning: maskinporten-test: entry 3 of the key set, kid `idle`, is not used: ",
    ] {
        assert!(answer.out.contains(expected), "{expected:?} is not in\n{}", answer.out);
    }
    assert!(!answer.out.contains("AAAA"), "no key material: {}", answer.out);
}

#[test]
fn a_key_for_encryption_is_noted_and_is_no_finding() {
    let directory = project(&[&rsa("for-encryption", '-').replace("\"kty\"", "\"use\": \"enc\", \"kty\"")]);
    let answer = directory.run_in("app", &["check", "--offline"]);
    assert_eq!(answer.code, 0, "{}", answer.out);
    let note = "note: maskinporten-test: entry 1 of the key set, kid `for-encryption`, is for encryption";
    assert!(answer.err.starts_with(note), "{}", answer.err);
    assert_eq!(directory.run_in("app", &["check", "--offline", "-q"]).err, "");
    let json = directory.run_in("app", &["check", "--offline", "--json"]).json();
    assert_eq!(json.as_object().unwrap().get("notes").unwrap().as_array().unwrap().len(), 1);
}

#[test]
fn github_gets_annotations_by_the_path_from_the_root() {
    let answer = stale().run_in("app", &["check", "--offline", "--format", "github"]);
    let start = "::warning file=app/idporten.toml,line=2,title=idporten-config (snapshot)::idporten-test: the snapshot is 2 days old";
    assert_eq!((answer.code, answer.err.as_str()), (1, ""));
    assert!(answer.out.starts_with(start) && answer.out.lines().count() == 1, "{}", answer.out);
    assert!(answer.out.contains("%0Ahelp: run `idporten-config fetch idporten-test`"), "{}", answer.out);
}

#[test]
fn sarif_has_a_result_with_a_location_for_each_finding() {
    let answer = stale().run_in("app", &["check", "--offline", "--format", "sarif"]);
    assert_eq!(answer.code, 1);
    let log = answer.json();
    let get = |value: &Value, name: &str| value.as_object().unwrap().get(name).unwrap().clone();
    assert_eq!(get(&log, "version"), "2.1.0".into());
    let run = get(&log, "runs").as_array().unwrap()[0].clone();
    let result = get(&run, "results").as_array().unwrap()[0].clone();
    assert_eq!((get(&result, "ruleId"), get(&result, "level")), ("snapshot".into(), "warning".into()));
    let location = get(&get(&result, "locations").as_array().unwrap()[0], "physicalLocation");
    assert_eq!(get(&get(&location, "artifactLocation"), "uri"), "app/idporten.toml".into());
    assert_eq!(get(&get(&location, "region"), "startLine"), 2.into());
    let clean = project(&[]).run_in("app", &["check", "--offline", "--format", "sarif"]);
    assert_eq!(clean.code, 0, "{}", clean.out);
    assert!(clean.out.contains("\"results\": []"), "{}", clean.out);
}

#[test]
fn a_finding_of_a_key_names_the_file_of_the_snapshot() {
    let answer = project(&[SYMMETRIC]).run_in("app", &["check", "--offline", "--format", "github"]);
    let start = "::warning file=app/snapshots/maskinporten-test.json,title=idporten-config (key)::";
    assert!(answer.out.starts_with(start), "{}", answer.out);
}
