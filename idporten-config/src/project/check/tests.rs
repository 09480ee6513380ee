//! Stories of manifests checked with their snapshots.

use std::time::SystemTime;

use super::*;
use crate::environment::KnownEnvironment;

const TEST: &str = "[environments.idporten-test]\nbundled = true\n";
const LOCAL: &str = "[environments.local]\nproduct = 'idporten'\ndevelopment = true\nissuer = 'http://localhost:8080/default'\n\
    well-known-url = 'http://localhost:8080/default/.well-known/openid-configuration'\n";
const ON_TEST: &str = "based-on = 'idporten-test'\n";

fn bundled(environment: KnownEnvironment) -> String {
    environment.bundled_snapshot().to_owned()
}

fn day(text: &str) -> SystemTime {
    humantime::parse_rfc3339(&format!("{text}T00:00:00Z")).unwrap()
}

/// Returns the times of a build on that day.
fn on(text: &str) -> Times {
    Times { source_date_epoch: None, clock: Some(day(text)) }
}

fn check_at(manifest: &str, files: &[(&str, String)], times: Times) -> Report {
    let (manifest, findings) = Manifest::parse(manifest, "idporten.toml");
    assert_eq!(findings, []);
    let read = |path: &str| {
        let file = files.iter().find(|(name, _)| *name == path);
        file.map(|(_, text)| text.clone().into_bytes()).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    };
    manifest.check(&[], &read, times)
}

fn check_with(manifest: &str, files: &[(&str, String)]) -> Report {
    check_at(manifest, files, Times::default())
}

/// Returns the findings that a build reports, without their place.
fn of_build(report: &Report) -> Vec<String> {
    report.findings.iter().filter(|finding| finding.is_for_builds()).map(|finding| finding.message.clone()).collect()
}

/// Returns the only finding that a build reports.
#[track_caller]
fn only(report: &Report) -> &Finding {
    let findings: Vec<_> = report.findings.iter().filter(|finding| finding.is_for_builds()).collect();
    let [finding] = findings.as_slice() else { panic!("wanted one finding, found {findings:#?}") };
    finding
}

#[test]
fn a_missing_snapshot_is_an_error_that_names_the_ways_out() {
    let report = check_with("[environments.idporten-test]", &[]);
    assert_eq!(
        only(&report).to_string(),
        "idporten-test: no snapshot at `snapshots/idporten-test.json`\n  idporten.toml:1: [environments.idporten-test]\n  help: run \
         `idporten-config fetch idporten-test`, or use the bundled one (recorded 2024-07-30, without keys) with `bundled = true`"
    );
    assert_eq!(report.sources, []);
    assert_eq!(report.files, [File { path: "snapshots/idporten-test.json".into(), present: false }]);
}

#[test]
fn the_bundled_snapshot_is_used_without_reading_a_file() {
    let report = check_with(TEST, &[]);
    assert_eq!((report.findings.as_slice(), report.files.as_slice()), (&[][..], &[][..]));
    assert_eq!(report.sources.iter().map(Source::is_bundled).collect::<Vec<_>>(), [true]);
}

#[test]
fn a_snapshot_of_another_environment_is_refused() {
    let files = [("snapshots/idporten-prod.json", bundled(KnownEnvironment::IdportenTest))];
    let report = check_with("[environments.idporten-prod]", &files);
    assert_eq!(only(&report).message, "idporten-prod: `snapshots/idporten-prod.json` is a snapshot of idporten-test");
}

#[test]
fn each_violation_of_a_snapshot_is_a_finding() {
    let broken = bundled(KnownEnvironment::IdportenTest)
        .replace("https://test.idporten.no/token", "http://test.idporten.no/token");
    let manifest = "[environments.idporten-test]\n[environments.idporten-prod]\nbundled = true";
    let report = check_with(manifest, &[("snapshots/idporten-test.json", broken)]);
    let found = of_build(&report);
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[0].starts_with("idporten-test: `metadata."), "{found:#?}");
    assert_eq!(report.sources.len(), 1);
}

#[test]
fn a_snapshot_with_a_private_key_fails_a_build() {
    let good = format!(r#"{{"kty": "RSA", "e": "AQAB", "n": "{}w"}}"#, "_".repeat(341));
    let jwks = format!(r#""jwks": {{"keys": [{{"kty": "RSA", "kid": "slot", "d": "AAAA"}}, {good}]}}"#);
    let text = bundled(KnownEnvironment::IdportenTest).replace("\"jwks\": null", &jwks);
    let report = check_with("[environments.idporten-test]", &[("snapshots/idporten-test.json", text)]);
    assert_eq!(
        only(&report).message,
        "idporten-test: `snapshots/idporten-test.json` holds a private key: entry 0, kid `slot` has the private member \
         `d`: the key must be taken as leaked"
    );
    assert_eq!((report.sources.len(), report.leaked.len()), (0, 1));
}

#[test]
fn an_entry_that_is_not_used_fails_a_check_and_no_build() {
    let good = format!(r#"{{"kty": "RSA", "e": "AQAB", "n": "{}w"}}"#, "_".repeat(341));
    let jwks = format!(r#""jwks": {{"keys": [{{"kty": "oct", "kid": "slot", "k": "AAAA"}}, {good}]}}"#);
    let text = bundled(KnownEnvironment::IdportenTest).replace("\"jwks\": null", &jwks);
    let report = check_with("[environments.idporten-test]", &[("snapshots/idporten-test.json", text)]);
    let [note] = report.keys.as_slice() else { panic!("wanted one finding, found {:#?}", report.keys) };
    let start = "idporten-test: entry 0 of the key set, kid `slot`, is not used: ";
    assert!(note.message.starts_with(start), "wanted {start:?}, found {:?}", note.message);
    assert_eq!((note.is_for_builds(), note.fails_check()), (false, true));
}

#[test]
fn a_development_environment_takes_the_values_of_another_but_not_its_issuer() {
    let report = check_with(&format!("{LOCAL}{ON_TEST}{TEST}"), &[]);
    assert_eq!(report.findings, []);
    let local = &report.sources[0];
    assert_eq!(local.based_on(), Some("idporten-test"));
    assert_eq!(local.values().get("issuer"), Some(&"http://localhost:8080/default".into()));
    assert!(local.values().contains("scopes_supported"));
    assert_eq!(local.snapshot().metadata_json().len(), 1);
    assert_eq!(report.files, [File { path: "snapshots/local.json".into(), present: false }]);
}

#[test]
fn a_development_environment_without_a_snapshot_may_name_another() {
    let report = check_with(LOCAL, &[]);
    let wanted = "run `idporten-config fetch local` while it runs, or name an environment to stand in with `based-on`";
    assert_eq!(only(&report).help, wanted);
}

#[test]
fn an_environment_based_on_one_that_is_missing_says_so() {
    let report = check_with(&format!("[environments.idporten-test]\n{LOCAL}{ON_TEST}"), &[]);
    assert_eq!(
        of_build(&report),
        [
            "idporten-test: no snapshot at `snapshots/idporten-test.json`",
            "local: no snapshot at `snapshots/local.json`, and none of idporten-test, which it is based on"
        ]
    );
}

#[test]
fn a_rule_that_the_manifest_sets_is_fixed_in_the_manifest() {
    let local = bundled(KnownEnvironment::IdportenTest)
        .replace("\"environment\": \"idporten-test\"", "\"environment\": \"local\"")
        .replace("\"well_known_url\": \"https://test.idporten.no/", "\"provider\": {\"development\": true, \"endpoint_hosts\": \
            [\"localhost\"], \"issuer\": \"http://localhost:8080/default\", \"product\": \"idporten\", \"signing_algs\": [\"RS256\"], \
            \"stage\": \"local\"}, \"well_known_url\": \"http://localhost:8080/default/");
    let report = check_with(&format!("{TEST}{LOCAL}"), &[("snapshots/local.json", local)]);
    let help = |part: &str| {
        let finding = report.findings.iter().find(|finding| finding.message.contains(part));
        finding.unwrap_or_else(|| panic!("no {part:?} in {:#?}", report.findings)).help.clone()
    };
    let wanted = "in `[environments.local]`, or run `idporten-config fetch local` to take it again";
    assert_eq!(help("token_endpoint"), format!("add the host to `endpoint-hosts` {wanted}"));
    assert_eq!(help("`metadata.issuer`"), format!("correct `issuer` {wanted}"));
}

#[test]
fn a_snapshot_older_than_allowed_is_one_warning() {
    let manifest = format!("max-age = '30d'\n{TEST}");
    let report = check_at(&manifest, &[], on("2024-09-01"));
    let finding = only(&report);
    let start =
        "idporten-test: the snapshot is 33 days old (recorded 2024-07-30, without keys, bundled with idporten-config ";
    assert!(finding.message.starts_with(start), "wanted {start:?}, found {:?}", finding.message);
    let help = "run `idporten-config fetch --adopt idporten-test`, which also removes `bundled = true`; at most 30 days is allowed";
    assert_eq!(finding.help, help);
    assert_eq!(check_at(&manifest.replace("30d", "33d"), &[], on("2024-09-01")).findings, []);
}

#[test]
fn what_one_fetch_would_fix_is_one_warning() {
    let files = [("snapshots/idporten-prod.json", bundled(KnownEnvironment::IdportenProd))];
    let report = check_at(&format!("max-age = '7d'\n{TEST}[environments.idporten-prod]"), &files, on("2027-01-01"));
    let of_prod: Vec<_> =
        of_build(&report).into_iter().filter(|message| message.starts_with("idporten-prod")).collect();
    let [message] = of_prod.as_slice() else { panic!("wanted one warning, found {of_prod:#?}") };
    assert!(message.contains(" days old (documented "), "{message}");
    let end = ", so the shared enums may hold values that idporten-prod does not support";
    assert!(message.ends_with(end), "wanted {end:?}, found {message:?}");
}

#[test]
fn a_requested_bundled_snapshot_gives_only_a_warning_of_age() {
    let manifest = format!("max-age = '36500d'\n{TEST}[environments.idporten-prod]\nbundled = true");
    let report = check_at(&manifest, &[], on("2026-11-28"));
    assert_eq!(of_build(&report), [""; 0]);
    let for_check: Vec<_> = report.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(for_check, ["idporten-prod: the snapshot of production is documented, not fetched"]);
}

#[test]
fn a_snapshot_dated_in_the_future_would_never_grow_old() {
    let report = check_at(TEST, &[], on("2024-07-01"));
    let start = "idporten-test: the snapshot is dated in the future (recorded 2024-07-30";
    assert!(only(&report).message.starts_with(start), "wanted {start:?}, found {:?}", only(&report).message);
    assert_eq!(check_at(TEST, &[], on("2024-07-29")).findings, [], "a day is what two clocks may differ by");
}

#[test]
fn an_epoch_before_the_snapshot_is_said_once_by_a_build() {
    let times = Times { source_date_epoch: Some(day("1980-01-01")), clock: None };
    let report = check_at(&format!("{TEST}[environments.maskinporten-test]\nbundled = true"), &[], times);
    assert_eq!(
        report.unmeasurable.map(|finding| finding.message).as_slice(),
        ["`SOURCE_DATE_EPOCH` is before the snapshot of idporten-test and 1 more, whose age cannot be checked"]
    );
}

#[test]
fn an_epoch_before_the_snapshot_leaves_its_age_to_the_clock() {
    let times = Times { source_date_epoch: Some(day("1980-01-01")), clock: Some(day("2026-11-28")) };
    let report = check_at(TEST, &[], times);
    let start = "idporten-test: the snapshot is 851 days old";
    assert!(only(&report).message.starts_with(start), "wanted {start:?}, found {:?}", only(&report).message);
    assert_eq!(only(&report).notes, ["measured by the clock, as `SOURCE_DATE_EPOCH` is before the snapshot"]);
    assert_eq!(report.unmeasurable, None);
}

#[test]
fn requirements_hold_in_every_environment_but_those_for_development() {
    let manifest = format!(
        "{TEST}[environments.idporten-prod]\nbundled = true\n{LOCAL}{ON_TEST}[environments.maskinporten-test]\nbundled = true\n\
         [require.idporten]\nacr_values_supported = ['idporten-loa-low']\n"
    );
    let text = only(&check_with(&manifest, &[])).to_string();
    let start = "idporten-prod does not publish `idporten-loa-low` in `acr_values_supported`\n  idporten.toml:14: acr_values_supported = ";
    assert!(text.starts_with(start), "wanted {start:?}, found {text:?}");
}

#[test]
fn a_requirement_of_a_product_without_environments_cannot_pass_unseen() {
    let report = check_with(&format!("{TEST}[require.maskinporten]\ntoken_endpoint = true"), &[]);
    assert_eq!(
        only(&report).message,
        "`token_endpoint` is required of maskinporten, but no environment of maskinporten is named that is not for development"
    );
}

#[test]
fn lists_without_a_common_value_are_warned_of() {
    let manifest = format!("max-age = '36500d'\n{TEST}[environments.idporten-legacy-ver2]\nbundled = true");
    let report = check_at(&manifest, &[], on("2026-11-28"));
    assert_eq!(
        of_build(&report),
        [
            "idporten-test, idporten-legacy-ver2 have no value in common of `acr_values_supported`: no shared enum is generated"
        ]
    );
}

#[test]
fn two_environments_of_one_stage_are_refused_and_the_first_is_kept() {
    let own = format!("{LOCAL}{ON_TEST}");
    let other = own.replace("environments.local", "environments.idporten-local");
    let report = check_with(&format!("{TEST}{own}{other}"), &[]);
    assert_eq!(only(&report).message, "`local` and `idporten-local` are both the stage `local` of one product");
    assert_eq!(report.sources.len(), 2);
}

#[test]
fn two_environments_of_one_name_in_code_are_refused() {
    let mock = |slug| format!("{LOCAL}{ON_TEST}").replace("environments.local", slug);
    let (one, other) = (mock("environments.mock-1"), mock("environments.mock1"));
    let report = check_with(&format!("{TEST}{one}{other}"), &[]);
    assert_eq!(only(&report).message, "`mock-1` and `mock1` would both be `Environment::Mock1` of one product");
    assert_eq!(report.sources.len(), 2);
}

#[test]
fn a_path_that_could_end_a_line_is_refused() {
    let manifest = format!("snapshots = \"a\\ncargo:rustc-env=X=1\"\n{TEST}{LOCAL}");
    let wanted = "local: the path `a\\ncargo:rustc-env=X=1/local.json` holds a control character";
    assert_eq!(only(&check_with(&manifest, &[])).message, wanted);
}

#[test]
fn a_check_of_some_environments_reports_on_no_other() {
    let (manifest, findings) =
        Manifest::parse("[environments.idporten-test]\n[environments.idporten-prod]", "idporten.toml");
    assert_eq!(findings, []);
    let read = |_: &str| Err(io::Error::from(io::ErrorKind::NotFound));
    let report = manifest.check(&["idporten-prod".to_owned()], &read, Times::default());
    assert_eq!(of_build(&report), ["idporten-prod: no snapshot at `snapshots/idporten-prod.json`"]);
}
