//! The compiler's messages for mistakes in a macro's arguments or files, and the output of the macros without mistakes.
//!
//! `TRYBUILD=overwrite cargo test -p idporten-config-macros-tests` writes the expected messages anew: read the difference.

use std::fs;
use std::path::{Path, PathBuf};

mod by_path {
    idporten_config_macros::environment!(
        "idporten-test",
        require(scopes_supported = ["openid", "profile"], issuer = "https://test.idporten.no", jwks_uri = true),
        snapshot = "ui/fixtures/idporten-test.json",
    );
}

mod above_the_package {
    idporten_config_macros::environment!(
        r#"maskinporten-test"#,
        snapshot = "../../idporten-config/snapshots/maskinporten-test.json"
    );
}

mod by_manifest {
    idporten_config_macros::environments!("ui/fixtures/idporten.toml");
}

mod by_another_macro {
    macro_rules! environments {
        ($($module:ident $slug:literal)+) => {
            $(pub(super) mod $module { idporten_config_macros::environment!($slug, bundled); })+
        };
    }
    environments!(test "ansattporten-test" prod "ansattporten-prod");
}

/// The programs that must not compile, beside what the compiler says of each.
fn ui() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ui")
}

/// Each program's name and text, with what the compiler says of it.
fn programs() -> Vec<(String, String, String)> {
    let mut programs = Vec::new();
    for entry in fs::read_dir(ui()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let messages = fs::read_to_string(path.with_extension("stderr")).unwrap();
            programs.push((name, fs::read_to_string(path).unwrap(), messages));
        }
    }
    assert!(!programs.is_empty());
    programs
}

#[test]
fn every_mistake_is_answered_with_what_is_wrong_and_the_way_out() {
    // Paths in a macro are relative to the directory of Cargo.toml, which for these programs is one that trybuild writes.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let fixtures = target.join("tests/trybuild").join(env!("CARGO_PKG_NAME")).join("fixtures");
    fs::create_dir_all(&fixtures).unwrap();
    for entry in fs::read_dir(ui().join("fixtures")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), fixtures.join(entry.file_name())).unwrap();
    }
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}

#[test]
fn every_error_points_at_the_wrong_argument_not_the_macro() {
    for (name, program, messages) in programs() {
        let places: Vec<_> = messages.lines().filter_map(|line| line.trim_start().strip_prefix("--> ")).collect();
        assert!(!places.is_empty(), "{name}");
        for place in places {
            let mut numbers = place.rsplit(':').map(|number| number.parse::<usize>().unwrap());
            let (column, line) = (numbers.next().unwrap(), numbers.next().unwrap());
            let at = &program.lines().nth(line - 1).unwrap()[column - 1..];
            // The manifest beside Cargo.toml is asked for by the macro alone.
            let nothing_written = at == "idporten_config_macros::environments!();";
            assert!(nothing_written || !at.starts_with("idporten_config_macros"), "{place}: {at}");
            assert!(place.starts_with(&format!("ui/{name}.rs:")), "{place}");
        }
    }
}

#[test]
fn no_message_holds_a_path_of_this_machine() {
    for (name, _, messages) in programs() {
        for word in messages.split(|c: char| c.is_whitespace() || "`\"'(),;".contains(c)) {
            // trybuild writes `$DIR` and its like where the compiler wrote an absolute path.
            let absolute = word.starts_with('/') || word.starts_with('$') || word.get(1..3) == Some(":\\");
            assert!(!absolute, "{name}: {word}");
        }
    }
}

#[test]
fn paths_are_relative_to_the_package_and_may_lead_out_of_it() {
    assert_eq!(by_path::TOKEN_ENDPOINT, "https://test.idporten.no/token");
    assert_eq!(by_path::Scope::ALL, [by_path::Scope::Openid, by_path::Scope::Profile]);
    assert_eq!(above_the_package::ISSUER, "https://test.maskinporten.no/");
}

#[test]
fn a_manifest_gives_each_product_a_module_with_shared_constants() {
    use by_manifest::idporten::{self, Environment};

    let environment: Environment = "prod".parse().unwrap();
    assert_eq!(environment.issuer(), idporten::prod::ISSUER);
    assert!(idporten::AcrValue::ALL.contains(&idporten::AcrValue::IdportenLoaHigh));
    assert!("idporten-loa-low".parse::<idporten::test::AcrValue>().is_ok());
    assert!("idporten-loa-low".parse::<idporten::AcrValue>().is_err());
}

#[test]
fn a_macro_of_the_users_own_may_pass_the_arguments_on() {
    assert_eq!(by_another_macro::test::ISSUER, "https://test.ansattporten.no");
    assert_eq!(by_another_macro::prod::ISSUER, "https://ansattporten.no");
}
