//! Stories of manifests that meet their snapshots.

use super::*;

const PROD_LEAKED: &str = r#"{"keys": [{"kty": "RSA", "kid": "slot", "d": "AAAA"}, GOOD]}"#;

fn bundled(environment: KnownEnvironment) -> Vec<u8> {
    environment.bundled_snapshot().as_bytes().to_vec()
}

fn resolve_with(manifest: &str, files: &[(&str, Vec<u8>)], now: Option<SystemTime>) -> Resolved {
    let (manifest, findings) = Manifest::parse(manifest, "idporten.toml");
    assert_eq!(findings, []);
    let read = |path: &str| {
        let file = files.iter().find(|(name, _)| *name == path);
        file.map(|(_, text)| text.clone()).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    };
    resolve(&manifest, &read, now)
}

#[track_caller]
fn only_finding(resolved: &Resolved) -> String {
    assert_eq!(resolved.findings.len(), 1, "{:#?}", resolved.findings);
    resolved.findings[0].to_string()
}

const LOCAL: &str = "[environments.local]\nproduct = 'idporten'\ndevelopment = true\nissuer = 'http://localhost:8080/default'\n\
    well-known-url = 'http://localhost:8080/default/.well-known/openid-configuration'\n";

#[test]
fn a_missing_snapshot_is_an_error_that_names_the_command_and_the_bundled_one() {
    let resolved = resolve_with("[environments.idporten-test]", &[], None);
    assert_eq!(
        only_finding(&resolved),
        "idporten-test: no snapshot at `snapshots/idporten-test.json`\n  idporten.toml:1: [environments.idporten-test]\n  help: run \
         `idporten-config fetch idporten-test`, or use the bundled one (recorded 2024-07-30, without keys) with `bundled = true`"
    );
    assert!(resolved.sources.is_empty());
    assert_eq!(resolved.files, [File { path: "snapshots/idporten-test.json".into(), present: false }]);
}

#[test]
fn the_bundled_snapshot_is_used_where_asked_for_and_no_file_is_read() {
    let resolved = resolve_with("[environments.idporten-test]\nbundled = true", &[], None);
    assert_eq!((resolved.findings.len(), resolved.files.len(), resolved.sources.len()), (0, 0, 1));
    assert!(resolved.sources[0].is_bundled());
}

#[test]
fn a_snapshot_of_another_environment_is_refused() {
    let resolved = resolve_with(
        "[environments.idporten-prod]",
        &[("snapshots/idporten-prod.json", bundled(KnownEnvironment::IdportenTest))],
        None,
    );
    assert!(
        only_finding(&resolved)
            .starts_with("idporten-prod: `snapshots/idporten-prod.json` is a snapshot of idporten-test")
    );
}

#[test]
fn each_violation_of_a_broken_snapshot_is_a_finding_and_the_others_are_resolved() {
    let broken = String::from_utf8(bundled(KnownEnvironment::IdportenTest))
        .unwrap()
        .replace("https://test.idporten.no/token", "http://test.idporten.no/token");
    let manifest = "[environments.idporten-test]\n[environments.idporten-prod]\nbundled = true";
    let resolved = resolve_with(manifest, &[("snapshots/idporten-test.json", broken.into_bytes())], None);
    assert_eq!(resolved.findings.len(), 3, "{:#?}", resolved.findings);
    assert!(resolved.findings[0].message.starts_with("idporten-test: `metadata."));
    assert_eq!(resolved.sources.len(), 1);
}

#[test]
fn a_snapshot_with_a_private_key_fails_a_build() {
    let n = "_".repeat(342);
    let jwks = PROD_LEAKED
        .replace("GOOD", &format!(r#"{{"kty": "RSA", "e": "AQAB", "n": "{n}w"}}"#))
        .replace(&format!("{n}w"), &format!("{}w", "_".repeat(341)));
    let text = String::from_utf8(bundled(KnownEnvironment::IdportenTest))
        .unwrap()
        .replace("\"jwks\": null", &format!("\"jwks\": {jwks}"));
    let resolved =
        resolve_with("[environments.idporten-test]", &[("snapshots/idporten-test.json", text.into_bytes())], None);
    assert!(only_finding(&resolved).contains("holds a private key: entry 0, kid `slot` has the private member `d`"));
}

#[test]
fn a_development_environment_without_a_snapshot_takes_the_values_of_another_but_never_its_issuer() {
    let manifest = format!("{LOCAL}based-on = 'idporten-test'\n[environments.idporten-test]\nbundled = true");
    let resolved = resolve_with(&manifest, &[], None);
    assert_eq!(resolved.findings, []);
    let local = &resolved.sources[0];
    assert_eq!(local.based_on(), Some("idporten-test"));
    assert_eq!(local.values().get("issuer"), Some(&"http://localhost:8080/default".into()));
    assert!(local.values().contains("scopes_supported"));
    assert_eq!(local.snapshot().metadata_json().len(), 1);
    assert_eq!(resolved.files, [File { path: "snapshots/local.json".into(), present: false }]);
}

#[test]
fn a_development_environment_that_stands_on_nothing_says_what_would_help() {
    assert!(
        only_finding(&resolve_with(LOCAL, &[], None))
            .contains("while it runs, or name an environment to stand in with `based-on`")
    );
}

#[test]
fn a_snapshot_older_than_allowed_is_warned_of() {
    let now = humantime::parse_rfc3339("2024-09-01T00:00:00Z").ok();
    let finding =
        only_finding(&resolve_with("max-age = '30d'\n[environments.idporten-test]\nbundled = true", &[], now));
    assert!(
        finding
            .starts_with("idporten-test: the snapshot is 33 days old (recorded 2024-07-30, without keys, bundled with"),
        "{finding}"
    );
    assert!(
        finding.ends_with("fetch idporten-test` and remove `bundled = true`; at most 30 days is allowed"),
        "{finding}"
    );
    assert!(
        resolve_with("max-age = '33d'\n[environments.idporten-test]\nbundled = true", &[], now).findings.is_empty()
    );
}

#[test]
fn requirements_hold_in_every_environment_of_their_product_but_those_for_development() {
    let manifest = format!(
        "[environments.idporten-test]\nbundled = true\n[environments.idporten-prod]\nbundled = true\n{LOCAL}based-on = 'idporten-test'\n\
         [environments.maskinporten-test]\nbundled = true\n[require.idporten]\nacr_values_supported = ['idporten-loa-low']\n"
    );
    let resolved = resolve_with(&manifest, &[], None);
    let finding = only_finding(&resolved);
    assert!(finding.starts_with("idporten-prod does not publish `idporten-loa-low` in `acr_values_supported`\n  idporten.toml:14: acr_values"), "{finding}");
}

#[test]
fn a_requirement_of_a_product_without_environments_cannot_pass_unseen() {
    let manifest = "[environments.idporten-test]\nbundled = true\n[require.maskinporten]\ntoken_endpoint = true";
    assert!(
        only_finding(&resolve_with(manifest, &[], None))
            .contains("no environment of maskinporten is named that is not for development")
    );
}

#[test]
fn two_environments_of_one_stage_are_refused_and_the_first_is_kept() {
    let own = format!("{LOCAL}based-on = 'idporten-test'\n");
    let other = own.replace("environments.local", "environments.idporten-local");
    let manifest = format!("[environments.idporten-test]\nbundled = true\n{own}{other}");
    let resolved = resolve_with(&manifest, &[], None);
    assert!(
        only_finding(&resolved).starts_with("`local` and `idporten-local` are both the stage `local` of one product")
    );
    assert_eq!(resolved.sources.len(), 2);
}

#[test]
fn two_environments_of_one_name_in_code_are_refused() {
    let mock = |slug| format!("{LOCAL}based-on = 'idporten-test'\n").replace("environments.local", slug);
    let (one, other) = (mock("environments.mock-1"), mock("environments.mock1"));
    let resolved = resolve_with(&format!("[environments.idporten-test]\nbundled = true\n{one}{other}"), &[], None);
    assert!(
        only_finding(&resolved).starts_with("`mock-1` and `mock1` would both be `Environment::Mock1` of one product")
    );
    assert_eq!(resolved.sources.len(), 2);
}

#[test]
fn a_snapshot_dated_in_the_future_would_never_grow_old_and_is_told() {
    let sources = resolve_with("[environments.idporten-test]\nbundled = true", &[], None).sources;
    let at = |time| from_the_future(&sources, humantime::parse_rfc3339(time).unwrap());
    assert!(at("2024-07-01T00:00:00Z")[0].message.starts_with("idporten-test: the snapshot is dated in the future"));
    assert_eq!(at("2024-07-29T12:00:00Z"), []);
}

#[test]
fn a_path_that_could_end_a_line_is_refused() {
    let manifest =
        format!("snapshots = \"a\\ncargo:rustc-env=X=1\"\n[environments.idporten-test]\nbundled = true\n{LOCAL}");
    let finding = only_finding(&resolve_with(&manifest, &[], None));
    assert!(
        finding.starts_with("local: the path `a\\ncargo:rustc-env=X=1/local.json` holds a control character"),
        "{finding}"
    );
}
