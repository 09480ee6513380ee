//! A snapshot, looked at.

use idporten_config::document::Origin;
use idporten_config::document::json::Value;
use idporten_config::{KnownEnvironment as Known, Snapshot};

use crate::fixture::{Directory, LOCAL, assert_contains, bundled, rsa, with_keys};

const MASKINPORTEN: &str = "snapshots/maskinporten-test.json";

/// A key set that publishes a private key beside a good one.
pub(crate) fn leaked() -> String {
    with_keys(
        Known::MaskinportenTest,
        &[rsa("good", '_'), rsa("slot", '-').replace("\"kty\"", "\"d\": \"AAAA\", \"kty\"")],
    )
}

/// A key set with what may go wrong in one, but for a leak.
fn mixed() -> String {
    let symmetric = r#"{"kty": "oct", "kid": "secret", "k": "AAAA"}"#.to_owned();
    with_keys(Known::MaskinportenTest, &[rsa("slot", '_'), rsa("slot", '-'), symmetric])
}

#[test]
fn a_snapshot_is_shown_with_its_origin_and_content() {
    let out = Directory::new(&[]).says(0, &["show", "idporten-test", "--bundled"]);
    for expected in [
        "ID-porten TEST (idporten-test)\n",
        "  issuer          https://test.idporten.no\n",
        "  well-known URL  https://test.idporten.no/.well-known/openid-configuration\n",
        "  origin          recorded\n",
        "  as of           2024-07-30T00:00:00Z, ",
        "\nendpoints\n  authorization_endpoint                 https://login.test.idporten.no/authorize\n",
        "  scopes_supported                                  openid, profile\n",
        "\nkeys: not in this snapshot\n",
    ] {
        assert!(out.contains(expected), "{expected:?} in\n{out}");
    }
    assert!(!out.contains("missing"), "{out}");
    // By the clock: the tool's `SOURCE_DATE_EPOCH` here is two days after the snapshot.
    assert!(!out.contains(", 2 days old\n"), "{out}");
}

#[test]
fn what_the_schema_requires_and_the_snapshot_lacks_is_shown() {
    let out = Directory::new(&[]).says(0, &["show", "ansattporten-prod", "--bundled"]);
    assert!(out.contains("\nmissing, and required by OpenID Connect Discovery 1.0, section 3\n  jwks_uri\n"), "{out}");
    let out = Directory::new(&[]).says(0, &["show", "idporten-legacy-prod", "--bundled"]);
    assert!(out.contains("  RETIRED         the old OIDC solution is retired"), "{out}");
}

#[test]
fn keys_are_shown_with_thumbprint_size_and_algorithms_or_a_reason() {
    let directory = Directory::new(&[(MASKINPORTEN, &mixed())]);
    let out = directory.says(0, &["show", "maskinporten-test"]);
    let lines: Vec<_> =
        out.lines().filter(|line| line.starts_with("  slot  RSA 2048  no alg, serves RS256  thumbprint ")).collect();
    assert_eq!(lines.len(), 2, "{out}");
    assert_ne!(lines[0], lines[1]);
    assert!(out.contains("\nkeys that are not used\n  entry 2  secret  `kty` is `oct`, a shared secret, which never verifies a provider's signatures\n"), "{out}");
    assert!(
        out.contains("\nkids that several keys have: a token with such a kid is tried with each of them\n  slot\n"),
        "{out}"
    );
}

#[test]
fn programs_get_the_same_as_an_object() {
    let directory =
        Directory::new(&[(MASKINPORTEN, &mixed().replace("\"issuer\"", "\"new_member\": {\"a\": 1}, \"issuer\""))]);
    let json = directory.run(&["show", "maskinporten-test", "--json"]).json();
    let get = |name: &str| json.as_object().unwrap().get(name).unwrap_or_else(|| panic!("no {name}"));
    let endpoints = get("endpoints").as_object().unwrap();
    assert_eq!(endpoints.get("token_endpoint"), Some(&"https://test.maskinporten.no/token".into()));
    assert!(get("capabilities").as_object().unwrap().contains("grant_types_supported"), "{json}");
    assert!(get("unknown_members").as_object().unwrap().contains("new_member"), "{json}");
    assert_eq!(get("origin"), &"recorded".into());
    assert_eq!(get("as_of"), &"2026-04-30T00:00:00Z".into());
    assert!(get("age_seconds").as_u64().is_some_and(|age| age > 0), "by the clock, of a snapshot of 2026: {json}");
    assert_eq!(get("leaked"), &false.into());
    assert_eq!(get("ambiguous_kids").as_strings().unwrap(), ["slot"]);
    let key = get("keys").as_array().unwrap()[0].as_object().unwrap();
    assert_eq!(
        (key.get("kid"), key.get("bits"), key.get("kty")),
        (Some(&"slot".into()), Some(&2048.into()), Some(&"RSA".into()))
    );
    assert_eq!((key.get("alg"), key.get("crv")), (Some(&Value::Null), Some(&Value::Null)));
    let rejected = get("rejected_keys").as_array().unwrap()[0].as_object().unwrap();
    assert_eq!((rejected.get("index"), rejected.get("kid")), (Some(&2.into()), Some(&"secret".into())));
}

#[test]
fn a_private_key_is_shown_loudly_and_is_a_finding() {
    let directory = Directory::new(&[(MASKINPORTEN, &leaked())]);
    let answer = directory.run(&["show", "maskinporten-test"]);
    assert_eq!(answer.code, 1);
    assert!(answer.out.contains("entry 1  slot  LEAKED: has the private member `d`"), "{}", answer.out);
    assert!(
        answer.out.ends_with("report it to the provider.\n") && answer.out.contains("\nLEAKED: "),
        "{}",
        answer.out
    );
    assert!(answer.err.contains("holds a private key"), "{}", answer.err);
    assert!(!answer.out.contains("AAAA") && !answer.err.contains("AAAA"), "no key material");
    let json = directory.run(&["show", "maskinporten-test", "--json"]);
    assert_eq!((json.code, json.json().as_object().unwrap().get("leaked")), (1, Some(&true.into())));
}

#[test]
fn control_characters_of_a_snapshot_are_escaped() {
    let hostile = r#""scopes_supported": ["\u001b]0;owned\u0007\u001b[2J", "a\u202eb\u2066c", "x\ny  keys", "\u009b31m"],
        "evil\u001b[1m\r\nkey": "\u200bhidden\u2028line", "issuer""#;
    let text =
        with_keys(Known::MaskinportenTest, &[rsa(r"\u001b[31m\u202ekid\n", '_'), rsa(r"\u001b[31m\u202ekid\n", '-')])
            .replace("\"issuer\"", hostile);
    let directory = Directory::new(&[(MASKINPORTEN, &text)]);
    for arguments in [
        &["show", "maskinporten-test"][..],
        &["show", "maskinporten-test", "--json"],
        &["generate", "maskinporten-test"],
    ] {
        let out = directory.says(0, arguments);
        let escaped = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{2066}\u{200b}\u{2028}".contains(c);
        assert!(!out.contains(escaped), "{out:?}");
    }
    let out = directory.says(0, &["show", "maskinporten-test"]);
    assert!(out.contains(r"\u{1b}]0;owned\u{7}\u{1b}[2J, a\u{202e}b\u{2066}c, x\ny  keys, \u{9b}31m"), "{out}");
    assert!(out.contains(r"  evil\u{1b}[1m\r\nkey  \u{200b}hidden\u{2028}line"), "{out}");
}

#[test]
fn a_long_text_is_cut_for_people_and_whole_for_programs() {
    let long = "æ".repeat(10_000);
    let text =
        bundled(Known::MaskinportenTest).replace("\"issuer\"", &format!("\"signed_metadata\": \"{long}\", \"issuer\""));
    let directory = Directory::new(&[(MASKINPORTEN, &text)]);
    let out = directory.says(0, &["show", "maskinporten-test"]);
    assert!(out.contains("æ… (20000 bytes)\n") && out.len() < 4000, "{out}");
    assert!(directory.says(0, &["show", "maskinporten-test", "--json"]).contains(&long));
}

#[test]
fn an_environment_that_stands_on_another_says_so() {
    let manifest = format!("[environments.idporten-test]\nbundled = true\n{LOCAL}");
    let out = Directory::new(&[("idporten.toml", &manifest)]).says(0, &["show", "local"]);
    assert!(
        out.contains("  based on        idporten-test: generated code has the values of that environment\n"),
        "{out}"
    );
    assert!(out.contains("  development     plain http is accepted; never for production\n"), "{out}");
}

/// A store of Maskinporten TEST that a refresher wrote so many days ago.
fn stored(days: u64) -> String {
    let time = std::time::SystemTime::now() - std::time::Duration::from_secs(days * 86_400 + 60);
    let text = with_keys(Known::MaskinportenTest, &[rsa("new", '_')]).replace("\"recorded\"", "\"fetched\"");
    let taken = Snapshot::parse(&text).unwrap();
    let (provider, metadata) = (taken.provider().clone(), taken.metadata_json().clone());
    Snapshot::new(provider, time, Origin::Fetched, metadata, taken.jwks_json().cloned()).unwrap().to_string()
}

#[test]
fn a_key_is_looked_for_in_the_store_of_a_service() {
    let directory = Directory::new(&[("store.json", &stored(1)), ("broken.json", "{"), (MASKINPORTEN, &mixed())]);
    let show = |code, kid, store| directory.says(code, &["show", "maskinporten-test", "--kid", kid, "--store", store]);
    let out = show(0, "new", "store.json");
    assert!(out.lines().any(|line| line.starts_with("store ") && line.contains("RSA")), "{out}");
    assert!(out.lines().any(|line| line.starts_with("snapshot") && line.contains("not there")), "{out}");
    assert!(!out.contains("ignores"), "{out}");
    assert_contains(&show(1, "nobody's", "store.json"), "not there");
    for (store, reason) in [("broken.json", "is no store"), ("absent.json", "cannot be read")] {
        let arguments = ["show", "maskinporten-test", "--kid", "new", "--store", store];
        let err = directory.fails(2, &arguments);
        assert!(err.contains(reason), "{err}");
    }
    let other = ["show", "idporten-test", "--bundled", "--kid", "new", "--store", "store.json"];
    let err = directory.fails(2, &other);
    assert!(err.contains("is of maskinporten-test"), "{err}");
}

#[cfg(unix)]
#[test]
fn a_store_that_is_a_pipe_is_refused_and_never_opened() {
    let directory = Directory::new(&[(MASKINPORTEN, &mixed())]);
    crate::fixture::pipe(&directory.path().join("pipe"));
    let err = directory.fails(2, &["show", "maskinporten-test", "--kid", "new", "--store", "pipe"]);
    assert_contains(&err, "`pipe` cannot be read: it is not a regular file");
}

#[test]
fn a_store_that_a_refresher_would_ignore_is_said_to_be_ignored() {
    let recorded = with_keys(Known::MaskinportenTest, &[rsa("new", '_')]);
    let directory = Directory::new(&[("old.json", &stored(8)), ("recorded.json", &recorded), (MASKINPORTEN, &mixed())]);
    for (store, reason) in [("old.json", "it is 8 days old"), ("recorded.json", "was not written by a refresher")] {
        let arguments = ["show", "maskinporten-test", "--kid", "new", "--store", store];
        let out = directory.says(1, &arguments);
        let last = out.lines().last().unwrap();
        assert!(last.starts_with("store: a refresher ignores it: ") && last.contains(reason), "{out}");
        let json = directory.run(&[&arguments[..], &["--json"]].concat());
        assert_eq!(json.json().as_object().unwrap().get("found"), Some(&false.into()), "{}", json.out);
    }
}
