//! Stories of snapshot files.

use super::*;
use crate::environment::KnownEnvironment;

fn bundled() -> String {
    KnownEnvironment::IdportenTest.bundled_snapshot().replace("\r\n", "\n")
}

/// Returns the error for the bundled snapshot of idporten-test with `from` replaced by `to`.
#[track_caller]
fn refused(from: &str, to: &str) -> String {
    assert!(bundled().contains(from));
    Snapshot::parse(bundled().replacen(from, to, 1)).unwrap_err().to_string()
}

#[test]
fn every_bundled_snapshot_is_honest_canonical_and_without_keys() {
    for &environment in KnownEnvironment::ALL {
        let text = environment.bundled_snapshot().replace("\r\n", "\n");
        let snapshot = Snapshot::parse(&text).unwrap();
        assert_eq!(snapshot.to_string(), text, "{environment}");
        assert_eq!(snapshot.provider(), &Provider::from(environment));
        assert_ne!(snapshot.origin(), Origin::Fetched);
        assert!(snapshot.jwks().is_none());
    }
}

#[test]
fn only_what_the_schema_requires_makes_metadata_complete() {
    let complete =
        |environment: KnownEnvironment| Snapshot::parse(environment.bundled_snapshot()).unwrap().complete_metadata();
    assert_eq!(complete(KnownEnvironment::IdportenTest).unwrap().jwks_uri, "https://test.idporten.no/jwks.json");
    assert_eq!(complete(KnownEnvironment::MaskinportenProd).unwrap().authorization_endpoint, None);
    assert_eq!(complete(KnownEnvironment::IdportenProd), None);
    let prod = Snapshot::parse(KnownEnvironment::IdportenProd.bundled_snapshot()).unwrap();
    assert_eq!(prod.missing_members(), ["subject_types_supported"]);
}

#[test]
fn a_malformed_file_is_an_error_that_names_the_part() {
    assert!(refused(r#""format": 1"#, r#""format": 2"#).contains("written by a newer idporten-config"));
    assert!(refused(r#""format": 1"#, r#""format": "1""#).contains("must be the number 1"));
    assert!(refused(r#""format": 1,"#, "").contains("`format`: is required"));
    assert!(
        refused(r#""origin": "recorded""#, r#""origin": "guessed""#)
            .contains("must be `fetched`, `recorded` or `documented`")
    );
    assert!(refused(r#""origin""#, r#""orgin""#).contains("did you mean `origin`?"));
    assert!(refused(r#""jwks": null,"#, "").contains("`jwks`: is required; null where no keys are known"));
    assert!(refused(r#""as_of""#, r#""jwks": null, "as_of""#).contains("`jwks`: is there twice"));
    assert!(
        refused(r#""environment": "idporten-test""#, r#""environment": "idporten-tset""#)
            .contains("did you mean `idporten-test`?")
    );
    assert!(refused("no/.well-known", "no//.well-known").contains("`well_known_url`: must be"));
    assert!(refused(r#""origin""#, r#""provider": {}, "origin""#).contains("remove this member"));
    for text in ["", "[]", "null", "{}", "\u{feff}{}"] {
        assert!(Snapshot::parse(text).is_err(), "{text}");
    }
    assert!(Snapshot::parse("[".repeat(10 << 20)).is_err());
}

#[test]
fn the_time_has_one_form() {
    for time in [
        "2024-07-30",
        "2024-07-30T00:00:00+00:00",
        "2024-07-30T00:00:00.000Z",
        "2024-07-30t00:00:00z",
        "2024-13-30T00:00:00Z",
        "2023-02-29T00:00:00Z",
    ] {
        assert!(
            refused("2024-07-30T00:00:00Z", time).contains("`as_of`: must be a time, `YYYY-MM-DDTHH:MM:SSZ`"),
            "{time}"
        );
    }
}

#[test]
fn the_issuer_of_the_metadata_must_be_that_of_the_environment() {
    let error = refused(r#""issuer": "https://test.idporten.no""#, r#""issuer": "https://test.idporten.no/""#);
    assert!(error.contains("(differs only by a trailing slash)"), "{error}");
}

#[test]
fn a_fetched_snapshot_must_be_complete_and_have_its_keys() {
    let error = refused(r#""origin": "recorded""#, r#""origin": "fetched""#);
    assert!(error.contains("`jwks`: is null; a fetched snapshot has its keys"), "{error}");
    let text = KnownEnvironment::IdportenProd.bundled_snapshot().replace("documented", "fetched");
    assert!(
        Snapshot::parse(text)
            .unwrap_err()
            .to_string()
            .contains("`metadata.subject_types_supported`: is required by OpenID Connect")
    );
}

#[test]
fn a_provider_of_ones_own_is_described_in_the_file() {
    let text = r#"{
        "as_of": "2026-01-01T00:00:00Z", "environment": "idporten-local", "format": 1, "jwks": null, "origin": "documented",
        "metadata": {"issuer": "http://localhost:8080/default"},
        "provider": {
            "development": true, "endpoint_hosts": ["mock"], "issuer": "http://localhost:8080/default", "product": "idporten",
            "signing_algs": [], "stage": "local"
        },
        "well_known_url": "http://localhost:8080/default/.well-known/openid-configuration"
    }"#;
    let snapshot = Snapshot::parse(text).unwrap();
    assert_eq!(snapshot.provider().stage(), "local");
    assert_eq!(snapshot.provider().endpoint_hosts(), ["localhost", "mock"]);
    assert_eq!(Snapshot::parse(snapshot.to_string()).unwrap(), snapshot);
    let production = Snapshot::parse(text.replace("true", "false")).unwrap_err().to_string();
    assert!(production.contains("is plain http; only https is accepted; set `development = true` if"), "{production}");
    let way_out = "correct the description of the provider, `[environments.idporten-local]` in a manifest, or take it again with \
        `idporten-config fetch idporten-local`";
    assert!(production.ends_with(way_out), "{production}");
    let none = Snapshot::parse(text.replace(r#""product": "idporten","#, "")).unwrap_err().to_string();
    assert!(none.contains("`provider.product`: is required"), "{none}");
}

#[test]
fn published_algorithms_win_over_the_tables_and_none_and_hs_never_count() {
    let text = bundled().replacen(
        "\"id_token_signing_alg_values_supported\": [\n      \"RS256\"",
        "\"id_token_signing_alg_values_supported\": [\n      \"none\", \"HS256\", \"ES256\", \"ES256\"",
        1,
    );
    assert_eq!(Snapshot::parse(text).unwrap().signing_algs(), [SigningAlg::ES256], "each once");
    let maskinporten = Snapshot::parse(KnownEnvironment::MaskinportenTest.bundled_snapshot()).unwrap();
    assert_eq!(maskinporten.signing_algs(), [SigningAlg::RS256]);
}

#[test]
fn a_time_that_the_file_cannot_write_is_refused() {
    let of =
        |as_of| Snapshot::new(KnownEnvironment::IdportenTest.into(), as_of, Origin::Recorded, Object::default(), None);
    assert!(of(SystemTime::UNIX_EPOCH - Duration::from_secs(1)).is_err());
    assert!(of(SystemTime::UNIX_EPOCH + LAST_TIME).is_err());
    assert!(
        of(SystemTime::UNIX_EPOCH + LAST_TIME - Duration::from_secs(1))
            .unwrap()
            .to_string()
            .contains("9999-12-31T23:59:59Z")
    );
}

#[test]
fn a_provider_that_is_described_twice_is_refused() {
    let provider = r#""provider": {"issuer": "a", "issuer": "b"}, "origin""#;
    let text = bundled().replace("idporten-test\",", "local\",").replace(r#""origin""#, provider);
    assert!(Snapshot::parse(text).unwrap_err().to_string().contains("`provider.issuer`: is there twice"));
}

#[test]
fn age_is_never_negative() {
    let snapshot = Snapshot::parse(bundled()).unwrap();
    assert_eq!(snapshot.age(snapshot.as_of() + Duration::from_secs(60)), Duration::from_secs(60));
    assert_eq!(snapshot.age(SystemTime::UNIX_EPOCH), Duration::ZERO);
    assert_eq!(snapshot.date(), "2024-07-30");
}

/// A snapshot of idporten-test whose ID tokens are signed with `algs`, and whose only key is RSA with `members`.
fn with_key(algs: &[&str], members: &str) -> Result<Snapshot, SnapshotError> {
    let bundled = Snapshot::parse(bundled()).unwrap();
    let mut metadata = bundled.metadata_json().clone();
    metadata.set("id_token_signing_alg_values_supported", algs.to_vec().into());
    let key = format!(r#"{{"keys": [{{"kty": "RSA", "e": "AQAB", "n": "{}w"{members}}}]}}"#, "_".repeat(341));
    let keys = Value::parse(key.as_bytes()).unwrap();
    Snapshot::new(bundled.provider().clone(), bundled.as_of(), Origin::Fetched, metadata, Some(keys))
}

#[test]
fn a_document_none_of_whose_keys_can_verify_anything_is_refused() {
    let hint = "the provider must list an algorithm of its keys in `id_token_signing_alg_values_supported`";
    for algs in [vec!["none"], vec!["none", "HS256"], vec!["ES256"], vec![]] {
        let error = with_key(&algs, "").unwrap_err().to_string();
        assert!(error.contains("the key set has no usable key") && error.contains(hint), "{algs:?}: {error}");
    }
    assert_eq!(with_key(&["none", "RS256"], "").unwrap().jwks().unwrap().keys().len(), 1);
    assert_eq!(with_key(&["none"], r#", "alg": "RS256""#).unwrap().jwks().unwrap().keys().len(), 1);
}

#[test]
fn where_metadata_is_silent_the_setting_that_counts_is_named() {
    let url = "https://acme.no/.well-known/oauth-authorization-server";
    let metadata = object([
        ("issuer", "https://acme.no".into()),
        ("token_endpoint", "https://acme.no/token".into()),
        ("jwks_uri", "https://acme.no/jwks".into()),
    ]);
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let keys = format!(r#"{{"keys": [{{"kty": "OKP", "crv": "Ed25519", "x": "{x}"}}]}}"#);
    let of = |description| {
        let keys = Value::parse(keys.as_bytes()).unwrap();
        let provider = Provider::describe(description).unwrap();
        Snapshot::new(provider, SystemTime::UNIX_EPOCH, Origin::Fetched, metadata.clone(), Some(keys))
    };
    let description = crate::document::Description::new("acme", url, "https://acme.no");
    let error = of(description.clone()).unwrap_err().to_string();
    assert!(error.contains("(RS256); name the algorithm of the keys in `signing-algs`"), "{error}");
    assert!(of(description.with_signing_algs([SigningAlg::Ed25519])).is_ok());
}

#[test]
fn the_longest_text_that_is_written_is_read_back() {
    // Lists of eleven levels, as deep as a document may be nested, are the most indentation for 50,000 values.
    let deep = |outer: usize| {
        let chain = format!("{}0{}", "[".repeat(10), "]".repeat(10));
        let chains = vec![chain; 49_000 / 11].join(",");
        format!("{}{chains}{}", "[".repeat(outer), "]".repeat(outer))
    };
    let x = |depth| format!(r#""x": {}, "y": "{}""#, deep(json::MAX_DEPTH - 10 - depth), "\u{80}".repeat(450_000));
    let key = r#"{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "alg": "EdDSA"}"#;
    let keys = format!(r#"{{"keys": [{key}], {}}}"#, x(1));
    let metadata = format!(r#"{{"issuer": "https://test.idporten.no", {}}}"#, x(1));
    assert!(keys.len() < jwks::MAX_BYTES && metadata.len() < jwks::MAX_BYTES);
    let read = |text: &str| Value::parse(text.as_bytes()).unwrap();
    let metadata = read(&metadata).as_object().unwrap().clone();
    let (provider, time) = (KnownEnvironment::IdportenTest.into(), SystemTime::UNIX_EPOCH);
    let snapshot = Snapshot::new(provider, time, Origin::Recorded, metadata, Some(read(&keys))).unwrap();
    let text = snapshot.to_string();
    assert!(text.len() > MAX_BYTES / 5 * 4, "{} bytes are not the longest text", text.len());
    assert_eq!(Snapshot::parse(text).unwrap(), snapshot);
}
