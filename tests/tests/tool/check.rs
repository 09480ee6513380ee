//! The command that checks snapshots and manifests.

use idporten_config::KnownEnvironment as Known;
use idporten_config::document::json::Value;

use crate::fixture::{Directory, assert_contains, bundled, fetched, tool};

const MANIFEST: &str = "[environments.maskinporten-prod]\n[environments.idporten-test]\n";
const PROD: &str = "snapshots/maskinporten-prod.json";
const TEST: &str = "snapshots/idporten-test.json";

/// A project that passes, with a change to its manifest.
fn project(more: &str) -> Directory {
    let manifest = format!("{MANIFEST}{more}");
    Directory::new(&[("idporten.toml", &manifest), (PROD, &fetched()), (TEST, bundled(Known::IdportenTest))])
}

#[test]
fn a_check_has_a_line_for_each_environment() {
    let out = project("").says(0, &["check", "--offline"]);
    assert_eq!(out, "maskinporten-prod  ok\nidporten-test      ok\n2 environments, no findings\n");
    assert_eq!(
        project("").says(0, &["check", "--offline", "idporten-test"]),
        "idporten-test  ok\n1 environment, no findings\n"
    );
    let json = project("").run(&["check", "--offline", "--json"]).json();
    assert_eq!(json.as_object().unwrap().get("ok"), Some(&true.into()));
    assert_eq!(json.as_object().unwrap().get("findings"), Some(&Value::Array([].into())));
}

#[test]
fn an_unmet_requirement_is_shown_as_a_build_shows_it() {
    let directory = project("[require.idporten]\nacr_values_supported = ['idporten-loa-hihg']\n");
    let out = directory.says(1, &["check", "--offline"]);
    assert_eq!(
        out,
        "maskinporten-prod  ok\n\
         idporten-test      1 finding\n\
         error: idporten-test does not publish `idporten-loa-hihg` in `acr_values_supported`\n  \
           idporten.toml:4: acr_values_supported = ['idporten-loa-hihg']\n  \
           it publishes: idporten-loa-low, idporten-loa-substantial, idporten-loa-high, eidas-loa-low, eidas-loa-substantial, eidas-loa-high\n  \
           help: did you mean `idporten-loa-high`?\n\
         2 environments, 1 finding (1 error, 0 warnings)\n"
    );
    assert_eq!(
        directory.run(&["check", "--offline", "maskinporten-prod"]).code,
        0,
        "the other environment is not asked about"
    );
}

#[test]
fn findings_stand_under_their_environment_on_a_narrow_terminal_too() {
    let directory = project("[require.maskinporten]\nscopes_supported = ['x']\n");
    let output =
        tool().current_dir(directory.path()).args(["check", "--offline"]).env("COLUMNS", "20").output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.starts_with("maskinporten-prod\n    1 finding\nerror: "), "{out}");
    assert!(out.ends_with("\nidporten-test\n    ok\n2 environments, 1 finding (1 error, 0 warnings)\n"), "{out}");
}

#[test]
fn programs_get_every_part_of_a_finding() {
    let directory = project("[require.idporten]\nacr_values_supported = ['idporten-loa-hihg']\n");
    let answer = directory.run(&["check", "--offline", "--json"]);
    assert_eq!(answer.code, 1);
    let json = answer.json();
    assert_eq!(json.as_object().unwrap().get("ok"), Some(&false.into()));
    let findings = json.as_object().unwrap().get("findings").unwrap().as_array().unwrap();
    let finding = findings[0].as_object().unwrap();
    assert_eq!(finding.get("severity"), Some(&"error".into()));
    assert_eq!(finding.get("environment"), Some(&"idporten-test".into()));
    assert_eq!(finding.get("help"), Some(&"did you mean `idporten-loa-high`?".into()));
    assert_contains(finding.get("message").unwrap().as_str().unwrap(), "does not publish `idporten-loa-hihg`");
    assert_eq!(finding.get("notes").unwrap().as_array().unwrap().len(), 1);
    let place = finding.get("place").unwrap().as_object().unwrap();
    assert_eq!((place.get("file"), place.get("line")), (Some(&"idporten.toml".into()), Some(&4.into())));
}

#[test]
fn an_old_snapshot_is_a_finding_where_a_build_only_warns() {
    let directory =
        Directory::new(&[("idporten.toml", "max-age = '1d'\n[environments.idporten-test]\nbundled = true\n")]);
    let out = directory.says(1, &["check", "--offline"]);
    assert!(out.contains("warning: idporten-test: the snapshot is 2 days old"), "{out}");
    assert!(out.contains("help: run `idporten-config fetch --adopt idporten-test`"), "{out}");
    assert!(out.ends_with("1 environment, 1 finding (0 errors, 1 warning)\n"), "{out}");
}

#[test]
fn production_rests_on_a_fetched_snapshot_alone() {
    let directory = project("");
    directory.write(PROD, bundled(Known::MaskinportenProd));
    let out = directory.says(1, &["check", "--offline"]);
    assert!(
        out.contains(
            "warning: maskinporten-prod: the snapshot of production is documented, not fetched\n  idporten.toml:1: "
        ),
        "{out}"
    );
    let directory = Directory::new(&[("idporten.toml", "[environments.maskinporten-prod]\nbundled = true\n")]);
    assert_contains(&directory.says(1, &["check", "--offline"]), "is documented, not fetched");
}

#[test]
fn each_broken_rule_is_a_finding_and_the_others_are_checked() {
    let directory = project("");
    let broken = fetched().replace("https://maskinporten.no/token", "https://test.maskinporten.no/token");
    directory.write(PROD, &broken.replace("https://maskinporten.no/jwk", "http://maskinporten.no/jwk"));
    let out = directory.says(1, &["check", "--offline"]);
    assert!(out.starts_with("maskinporten-prod  2 findings\nerror: maskinporten-prod: `metadata."), "{out}");
    assert!(out.contains("is on a host of another environment, maskinporten-test"), "{out}");
    assert!(out.contains("is plain http; only https is accepted"), "{out}");
    assert!(out.contains("\nidporten-test      ok\n"), "{out}");
}

#[test]
fn a_missing_snapshot_and_a_private_key_are_findings() {
    let directory = Directory::new(&[
        ("idporten.toml", "[environments.idporten-test]\n[environments.maskinporten-test]\n"),
        ("snapshots/maskinporten-test.json", &crate::show::leaked()),
    ]);
    let out = directory.says(1, &["check", "--offline"]);
    assert!(
        out.contains("error: idporten-test: no snapshot at `snapshots/idporten-test.json`\n  idporten.toml:1: "),
        "{out}"
    );
    assert!(out.contains("`snapshots/maskinporten-test.json` holds a private key"), "{out}");
    assert!(out.ends_with("2 environments, 2 findings (2 errors, 0 warnings)\n"), "{out}");
}

#[test]
fn an_unknown_environment_is_exit_code_2() {
    assert_contains(&project("").fails(2, &["check", "--offline", "idporten-tset"]), "did you mean `idporten-test`?");
    let err = Directory::new(&[]).fails(2, &["check", "--offline", "idporten-tset"]);
    assert!(err.contains("error: unknown environment `idporten-tset`"), "{err}");
}

#[test]
fn generated_code_that_is_up_to_date_passes_whatever_its_line_endings() {
    let directory = project("");
    directory.says(0, &["generate", "--out", "src.rs"]);
    let check = ["check", "--offline", "--generated", "src.rs"];
    let out = directory.says(0, &check);
    assert_eq!(
        out,
        "maskinporten-prod  ok\nidporten-test      ok\nsrc.rs             up to date\n2 environments, no findings\n"
    );
    directory.write("src.rs", &directory.read("src.rs").replace('\n', "\r\n"));
    assert_eq!(directory.says(0, &check), out);
}

#[test]
fn stale_generated_code_is_a_finding_with_the_command() {
    let directory = project("");
    directory.says(0, &["generate", "--out", "src.rs"]);
    directory.write(PROD, &fetched().replace("\"slot\"", "\"slot2\""));
    let out = directory.says(1, &["check", "--offline", "--generated", "src.rs"]);
    assert!(out.contains("src.rs             out of date\nerror: `src.rs` is out of date\n  src.rs:"), "{out}");
    assert!(out.contains("\n  it would be: \"kid\": \"slot2\""), "{out}");
    assert!(out.contains("help: run `idporten-config generate --out src.rs`\n"), "{out}");
    directory.says(0, &["generate", "--out", "src.rs"]);
    directory.says(0, &["check", "--offline", "--generated", "src.rs"]);
}

#[test]
fn the_command_that_remakes_code_carries_every_option_and_quotes_it() {
    let directory = Directory::new(&[("my data/maskinporten-prod.json", &fetched())]);
    let source = ["maskinporten-prod", "--snapshots", "my data"];
    let out = directory.says(1, &[&["check", "--offline", "--generated", "a.rs"][..], &source].concat());
    assert!(out.contains("error: no generated code at `a.rs`"), "{out}");
    assert!(out.contains("run `idporten-config generate maskinporten-prod --snapshots 'my data' --out a.rs`"), "{out}");
    directory.says(0, &[&["generate", "--out", "a.rs"][..], &source].concat());
    directory.says(0, &[&["check", "--offline", "--generated", "a.rs"][..], &source].concat());
}

#[test]
fn generated_code_that_could_not_be_compared_is_not_ok() {
    let directory = project("");
    directory.says(0, &["generate", "--out", "src.rs"]);
    directory.write(PROD, "{}");
    let out = directory.says(1, &["check", "--offline", "--generated", "src.rs"]);
    assert!(out.contains("\nsrc.rs             not compared\n"), "{out}");
}

#[test]
fn generated_code_that_cannot_be_read_is_a_finding_beside_the_others() {
    let directory = project("[require.idporten]\nscopes_supported = ['x']\n");
    let check = ["check", "--offline", "--generated", "snapshots"];
    let out = directory.says(2, &check);
    assert!(out.contains("\nerror: idporten-test does not publish `x` in `scopes_supported`\n"), "{out}");
    assert!(out.contains("\nsnapshots          not read\nerror: `snapshots` cannot be read: "), "{out}");
    let json = directory.run(&[&check[..], &["--json"]].concat()).json();
    assert_eq!(json.as_object().unwrap().get("findings").unwrap().as_array().unwrap().len(), 2);
    let sarif = directory.run(&[&check[..], &["--format", "sarif"]].concat());
    assert_eq!((sarif.code, sarif.out.matches("\"ruleId\": \"generated-code\"").count()), (2, 1), "{}", sarif.out);
}
