//! Builds over time: snapshots change, vanish and come back, manifests get mistakes, constants become outdated.

use std::fs::{self, File};
use std::time::SystemTime;

use idporten_config_tests::cargo;
use idporten_config_tests::consumer::{BUILT_AT, Consumer};

const DAY: u64 = 24 * 60 * 60;
const TEST: &[&str] = &["idporten-test"];
const SNAPSHOT: &str = "snapshots/idporten-test.json";
const PRINTED: &str = "https://test.idporten.no\nopenid profile\nhttps://test.maskinporten.no/token\n";

/// A development environment that stands on the one of ID-porten TEST.
const LOCAL: &str = "\n[environments.local]\nproduct = \"idporten\"\ndevelopment = true\nbased-on = \"idporten-test\"\n\
    issuer = \"http://localhost:8080/default\"\n\
    well-known-url = \"http://localhost:8080/default/.well-known/openid-configuration\"\n";

/// The routes that read snapshots from files, with a program of that name for each.
fn both(story: &str) -> [String; 2] {
    ["build-script", "macro"].map(|route| format!("{route}-{story}"))
}

fn consumer(name: &str) -> Consumer {
    let template = if name.starts_with("macro-") { "macro" } else { "build-script" };
    Consumer::new(template, name).with_snapshots(TEST)
}

#[track_caller]
fn assert_fresh(consumer: &Consumer) {
    let verbose = consumer.cargo().run(&["build", "--verbose"]).success().stderr;
    assert!(!verbose.contains("Compiling"), "{verbose}");
}

fn publish_another_scope(consumer: &Consumer) {
    consumer.edit(SNAPSHOT, "      \"profile\"\n", "      \"profile\",\n      \"eidas:mds\"\n");
}

#[test]
fn a_second_build_finds_nothing_to_do() {
    for name in both("twice") {
        let consumer = consumer(&name);
        let _ = consumer.run();
        assert_fresh(&consumer);
    }
}

#[test]
fn two_directories_get_the_same_bytes() {
    let [here, there] = ["here", "in-a-directory-with-another-name"].map(|name| {
        let consumer = consumer(name);
        let _ = consumer.build().success();
        consumer.generated()
    });
    assert_eq!(here, there);
}

#[test]
fn a_missing_snapshot_with_a_substitute_is_seen_when_it_appears() {
    let consumer = consumer("appearing");
    consumer.write("idporten.toml", &(consumer.read("idporten.toml") + LOCAL));
    assert_eq!(consumer.run(), PRINTED);
    assert_fresh(&consumer);
    consumer.write("snapshots/local.json", "{}");
    let stderr = consumer.build().failure().stderr;
    assert!(stderr.contains("in snapshots/local.json"), "{stderr}");
}

#[cfg(unix)]
#[test]
fn a_snapshot_is_seen_when_it_appears_with_its_directory() {
    let consumer = Consumer::new("build-script", "no-directory");
    consumer.write("idporten.toml", &(consumer.read("idporten.toml") + LOCAL));
    consumer.edit("idporten.toml", "[environments.idporten-test]\n", "[environments.idporten-test]\nbundled = true\n");
    assert_eq!(consumer.run(), PRINTED);
    assert_fresh(&consumer);
    // Other files of the package and another snapshot are no reason to run the script.
    consumer.write("notes.txt", "");
    assert_fresh(&consumer);
    consumer.write("snapshots/local.json", "{}");
    // An archive or `cp -p` may leave an old time.
    let old = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(DAY);
    File::open(consumer.directory().join("snapshots/local.json")).unwrap().set_modified(old).unwrap();
    let stderr = consumer.build().failure().stderr;
    assert!(stderr.contains("in snapshots/local.json"), "{stderr}");
    consumer.remove("snapshots/local.json");
    assert_eq!(consumer.run(), PRINTED);
    assert_fresh(&consumer);
}

/// Buck and Bazel give the compiler a package directory that is relative to its process.
#[cfg(unix)]
#[test]
fn a_macro_under_a_relative_package_directory_tracks_what_it_reads() {
    use std::os::unix::fs::PermissionsExt;

    let consumer = consumer("macro-relative");
    let of_the_program = "*\"--crate-name macro_relative\"*";
    let text =
        format!("#!/bin/sh\ncase \"$*\" in {of_the_program}) export CARGO_MANIFEST_DIR=. ;; esac\nexec \"$@\"\n");
    consumer.write("compiler.sh", &text);
    let compiler = consumer.directory().join("compiler.sh");
    fs::set_permissions(&compiler, fs::Permissions::from_mode(0o755)).unwrap();
    let run = || consumer.cargo().env("RUSTC_WRAPPER", &compiler).run(&["run", "--quiet"]).success().stdout;
    assert_eq!(run(), "https://test.idporten.no\nopenid profile\n");
    publish_another_scope(&consumer);
    assert_eq!(run(), "https://test.idporten.no\nopenid profile eidas:mds\n");
}

#[test]
fn a_changed_snapshot_changes_the_constants_and_a_touched_one_does_not() {
    for name in both("changed") {
        let consumer = consumer(&name);
        let before = consumer.run();
        assert!(before.contains("openid profile\n"));
        File::open(consumer.directory().join(SNAPSHOT)).unwrap().set_modified(SystemTime::now()).unwrap();
        assert_eq!(consumer.run(), before);
        publish_another_scope(&consumer);
        assert!(consumer.run().contains("openid profile eidas:mds\n"));
        assert_fresh(&consumer);
    }
}

#[test]
fn a_changed_workspace_snapshot_or_manifest_reaches_every_package() {
    let consumer =
        Consumer::new("workspace", "workspace-changed").with_snapshots(&["idporten-test", "maskinporten-test"]);
    let run = |package| consumer.cargo().run(&["run", "--quiet", "--package", package]);
    let _ = consumer.build().success();
    assert_fresh(&consumer);
    consumer.edit(SNAPSHOT, "test.idporten.no/authorize", "test.idporten.no/new");
    consumer.edit("snapshots/maskinporten-test.json", "test.maskinporten.no/token", "test.maskinporten.no/new");
    assert_eq!(run("workspace-web").success().stdout, "https://login.test.idporten.no/new\n");
    assert_eq!(run("workspace-worker").success().stdout, "https://test.maskinporten.no/new\n");
    consumer.write(
        "idporten.toml",
        &(consumer.read("idporten.toml") + "[require.idporten]\nrequest_parameter_supported = true\n"),
    );
    for package in ["workspace-web", "workspace-worker"] {
        let stderr = run(package).failure().stderr;
        assert!(stderr.contains("idporten-test publishes `request_parameter_supported` as false"), "{stderr}");
        assert!(stderr.contains("../idporten.toml:5: request_parameter_supported = true"), "{stderr}");
    }
}

#[test]
fn a_deleted_snapshot_fails_the_build_until_it_is_restored() {
    for name in both("deleted") {
        let consumer = consumer(&name);
        let before = consumer.run();
        consumer.remove(SNAPSHOT);
        for _ in 0..2 {
            let stderr = consumer.build().failure().stderr;
            assert!(stderr.contains("idporten-test: no snapshot at `snapshots/idporten-test.json`"), "{stderr}");
            assert!(
                stderr.contains("help: run `idporten-config fetch idporten-test`, or use the bundled one"),
                "{stderr}"
            );
        }
        consumer.add_snapshot("idporten-test");
        assert_eq!(consumer.run(), before);
    }
}

#[test]
fn a_snapshot_with_line_endings_of_windows_gives_the_same_constants() {
    for name in both("crlf") {
        let consumer = consumer(&name);
        let before = consumer.run();
        consumer.edit(SNAPSHOT, "\n", "\r\n");
        assert_eq!(consumer.run(), before);
    }
}

#[test]
fn all_manifest_mistakes_are_reported_together_and_the_rest_is_generated() {
    let consumer = consumer("mistakes");
    consumer.edit("idporten.toml", "bundled = true", "bundeld = true\n\n[environments.idporten-prdo]");
    consumer.edit("idporten.toml", "\"idporten-loa-high\"", "\"idporten-loa-hihg\"");
    let stderr = consumer.build().failure().stderr;
    for part in [
        "`bundeld` is not a key of an environment",
        "idporten.toml:4: bundeld = true",
        "help: did you mean `bundled`?",
        "unknown environment `idporten-prdo`",
        "idporten.toml:6: [environments.idporten-prdo]",
        "help: did you mean `idporten-prod`?",
        "maskinporten-test: no snapshot at `snapshots/maskinporten-test.json`",
        "help: run `idporten-config fetch maskinporten-test`",
        "idporten-test does not publish `idporten-loa-hihg` in `acr_values_supported`",
        "idporten.toml:9: acr_values_supported = [\"idporten-loa-hihg\"]",
        "help: did you mean `idporten-loa-high`?",
    ] {
        assert!(stderr.contains(part), "no {part:?} in\n{stderr}");
    }
    let generated = consumer.generated();
    assert!(generated.contains("pub mod idporten {") && !generated.contains("pub mod maskinporten {"), "{generated}");
}

#[test]
fn a_corrected_manifest_builds_again() {
    let consumer = consumer("corrected");
    consumer.edit("idporten.toml", "[require.idporten]", "[require.idprten]");
    assert!(consumer.build().failure().stderr.contains("help: did you mean `idporten`?"));
    consumer.edit("idporten.toml", "[require.idprten]", "[require.idporten]");
    assert_eq!(consumer.run(), PRINTED);
}

#[test]
fn a_withdrawn_value_that_is_required_fails_the_build() {
    for name in both("withdrawn") {
        let consumer = consumer(&name);
        let _ = consumer.run();
        consumer.edit(SNAPSHOT, "      \"idporten-loa-high\",\n", "");
        let stderr = consumer.build().failure().stderr;
        assert!(
            stderr.contains("idporten-test does not publish `idporten-loa-high` in `acr_values_supported`"),
            "{stderr}"
        );
    }
}

#[test]
fn a_value_that_production_lacks_does_not_compile_for_production() {
    let consumer = consumer("production");
    consumer.edit(
        "src/main.rs",
        "fn main() {",
        "fn main() {\n    println!(\"{}\", idporten::AcrValue::IdportenLoaLow);",
    );
    assert!(consumer.run().starts_with("idporten-loa-low\n"));
    let manifest = consumer.read("idporten.toml");
    consumer.write("idporten.toml", &format!("[environments.idporten-prod]\nbundled = true\n\n{manifest}"));
    let stderr = consumer.build().failure().stderr;
    assert!(stderr.contains("named `IdportenLoaLow` found for enum `idporten::AcrValue`"), "{stderr}");
}

#[test]
fn constants_that_are_not_used_add_nothing_to_a_program() {
    let consumer = consumer("unused");
    let program = || {
        let cargo = consumer.cargo().env("CARGO_PROFILE_DEV_OPT_LEVEL", "3");
        let finished = cargo.run(&["build", "--message-format=json"]).success();
        let artifacts = cargo::messages(&finished, "compiler-artifact");
        let executable = artifacts.iter().rev().find_map(|artifact| artifact.get("executable")?.as_str()).unwrap();
        String::from_utf8_lossy(&fs::read(executable).unwrap()).into_owned()
    };
    assert!(!program().contains("display_values_supported"), "the snapshot is in the program");
    consumer.edit("src/main.rs", "fn main() {", "fn main() {\n    print!(\"{}\", idporten::test::SNAPSHOT);");
    assert!(program().contains("display_values_supported"));
}

#[test]
fn a_package_for_an_older_rust_is_told_the_same() {
    let consumer = consumer("older-rust");
    consumer.edit("Cargo.toml", "edition = \"2021\"", "edition = \"2021\"\nrust-version = \"1.70\"");
    assert_eq!(consumer.run(), PRINTED);
    consumer.remove(SNAPSHOT);
    let stderr = consumer.build().failure().stderr;
    assert!(stderr.contains("idporten-test: no snapshot at `snapshots/idporten-test.json`"), "{stderr}");
    assert!(stderr.contains("help: run `idporten-config fetch idporten-test`"), "{stderr}");
    assert!(consumer.generated().contains("pub mod maskinporten {"));
}

#[test]
fn an_old_snapshot_is_warned_of_and_builds() {
    let consumer = consumer("old").built_at(BUILT_AT + 28 * DAY);
    assert!(!consumer.build().success().stderr.contains("warning"));
    let consumer = consumer.built_at(BUILT_AT + 29 * DAY);
    let stderr = consumer.build().success().stderr;
    assert!(stderr.contains("idporten-test: the snapshot is 31 days old (recorded 2024-07-30"), "{stderr}");
    assert!(
        stderr.contains("; help: run `idporten-config fetch idporten-test`; at most 30 days is allowed"),
        "{stderr}"
    );
    assert_eq!(stderr.matches("warning: old@").count(), 1, "{stderr}");
    consumer.edit("idporten.toml", "[environments.idporten-test]", "max-age = \"31d\"\n\n[environments.idporten-test]");
    assert!(!consumer.build().success().stderr.contains("warning"));
}
