//! Stories of build scripts.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use super::cargo::{directives, has_error_directive, now};
use super::live::Mode;
use super::*;
use crate::environment::KnownEnvironment;
use crate::environment::Product;

/// A package in a directory of its own, gone at the end.
struct Package(PathBuf);

impl Package {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let directory = std::env::temp_dir().join(format!("idporten-config-{}-{name}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        for (path, text) in files {
            let path = directory.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(directory)
    }

    fn run(&self, generator: Generator) -> Output {
        let now = SystemTime::UNIX_EPOCH;
        let (manifest_dir, out_dir) = (self.0.clone(), self.0.join("out"));
        generator.run(&Cargo { manifest_dir, out_dir, now, clock: None, has_error_directive: true, mode: Mode::Off })
    }
}

impl Drop for Package {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const LOCAL: &str = "[environments.local]\nproduct = 'idporten'\ndevelopment = true\nissuer = 'http://localhost:8080/default'\n\
    well-known-url = 'http://localhost:8080/default/.well-known/openid-configuration'\nbased-on = 'idporten-test'\n";

fn bundled(environment: KnownEnvironment) -> &'static str {
    environment.bundled_snapshot()
}

#[test]
fn the_manifest_and_each_snapshot_it_names_are_watched_and_nothing_else() {
    let package = Package::new(
        "watched",
        &[
            ("idporten.toml", "[environments.idporten-test]\n[environments.maskinporten-test]\nbundled = true"),
            ("snapshots/idporten-test.json", bundled(KnownEnvironment::IdportenTest)),
        ],
    );
    let output = package.run(Generator::manifest(FILE_NAME));
    assert_eq!(output.watched, ["idporten.toml", "snapshots/idporten-test.json"]);
    assert_eq!(output.findings, []);
    assert!(output.code.contains("pub mod idporten {") && output.code.contains("pub mod maskinporten {"));
}

#[test]
fn a_snapshot_that_another_environment_stands_in_for_is_seen_when_it_appears() {
    let manifest = format!("[environments.idporten-test]\n{LOCAL}");
    let package = Package::new(
        "appears",
        &[("idporten.toml", &manifest), ("snapshots/idporten-test.json", bundled(KnownEnvironment::IdportenTest))],
    );
    let output = package.run(Generator::manifest(FILE_NAME));
    assert_eq!(output.findings, []);
    assert_eq!(output.watched, ["idporten.toml", "snapshots/idporten-test.json", "snapshots"]);
    assert!(output.code.contains(r#"pub const ISSUER: &str = "http://localhost:8080/default";"#));
}

#[test]
fn a_package_without_a_directory_to_watch_is_told_why_every_build_is_a_full_one() {
    let manifest = format!("[environments.idporten-test]\nbundled = true\n{LOCAL}");
    let package = Package::new("unwatchable", &[("idporten.toml", &manifest)]);
    let output = package.run(Generator::manifest(FILE_NAME));
    assert_eq!(output.watched, ["idporten.toml", "snapshots/local.json"]);
    let findings: Vec<_> = output.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        findings,
        [
            "local: every build is a full one: no directory `snapshots` to watch for its first snapshot\n  help: give the \
          snapshots a directory of their own, with a file such as `.gitkeep` in it for git"
        ]
    );
    fs::create_dir(package.0.join("snapshots")).unwrap();
    let output = package.run(Generator::manifest(FILE_NAME));
    assert_eq!(
        (output.watched, output.findings),
        (vec!["idporten.toml".to_owned(), "snapshots".to_owned()], Vec::new())
    );
}

#[test]
fn one_manifest_serves_a_workspace() {
    let package = Package::new(
        "workspace",
        &[
            ("idporten.toml", "[environments.idporten-test]"),
            ("snapshots/idporten-test.json", bundled(KnownEnvironment::IdportenTest)),
            ("member/Cargo.toml", ""),
        ],
    );
    let member = Package(package.0.join("member"));
    let output = member.run(Generator::manifest("../idporten.toml"));
    assert_eq!(output.watched, ["../idporten.toml", "../snapshots/idporten-test.json"]);
    assert_eq!(output.findings, []);
    let absolute = package.0.join("idporten.toml");
    let output = package.run(Generator::manifest(absolute));
    assert_eq!(output.watched, ["idporten.toml", "snapshots/idporten-test.json"]);
}

#[test]
fn everything_wrong_is_said_at_once_and_what_could_be_generated_is() {
    let package = Package::new("wrong", &[]);
    let generator = Generator::new()
        .bundled("idporten-test")
        .environment("idporten-prod")
        .environment("idporten-tset")
        .require(Product::Idporten, "acr_values_supported", ["idporten-loa-hihg"]);
    let output = package.run(generator);
    let messages: Vec<_> = output.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "idporten-prod: no snapshot at `snapshots/idporten-prod.json`",
            "unknown environment `idporten-tset`",
            "idporten-test does not publish `idporten-loa-hihg` in `acr_values_supported`",
        ]
    );
    assert!(output.findings[0].help.contains("`.bundled(\"idporten-prod\")`"));
    assert!(output.code.contains("pub mod test {"));
}

#[test]
fn an_environment_named_twice_is_refused_and_generated_once() {
    let output = Package::new("twice", &[]).run(Generator::new().bundled("idporten-test").bundled("idporten-test"));
    assert_eq!(output.findings.iter().filter(|finding| finding.is_error()).count(), 1);
    assert!(output.findings.iter().any(|finding| finding.message == "`idporten-test` is named twice"));
    assert_eq!(output.code.matches("pub mod test {").count(), 1);
}

#[test]
fn the_packages_own_directory_is_not_watched_for_a_first_snapshot() {
    let manifest = format!("snapshots = '.'\n[environments.idporten-test]\nbundled = true\n{LOCAL}");
    let output = Package::new("own-directory", &[("idporten.toml", &manifest)]).run(Generator::manifest(FILE_NAME));
    assert_eq!(output.watched, ["idporten.toml", "local.json"]);
    assert!(output.findings.iter().any(|finding| finding.message.contains("every build is a full one")));
}

#[test]
fn what_a_generator_sets_wins_over_its_manifest_even_where_it_is_the_default() {
    let package = Package::new(
        "wins",
        &[
            ("sub/m.toml", "snapshots = 'elsewhere'\nmax-age = '1d'\n[environments.idporten-test]"),
            ("snapshots/idporten-test.json", bundled(KnownEnvironment::IdportenTest)),
        ],
    );
    let generator = Generator::manifest("sub/m.toml").snapshots("snapshots");
    assert_eq!(package.run(generator).findings, []);
}

#[test]
fn a_generator_that_names_nothing_is_a_mistake() {
    let output = Package::new("nothing", &[]).run(Generator::new());
    assert!(output.findings[0].message.contains("names no environment"));
}

#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_a_snapshot_is_not_waited_for() {
    let package = Package::new("pipe", &[("idporten.toml", "[environments.idporten-test]"), ("snapshots/x", "")]);
    let pipe = package.0.join("snapshots/idporten-test.json");
    assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    let output = package.run(Generator::manifest(FILE_NAME));
    assert!(output.findings[0].message.contains("it is not a regular file"), "{:?}", output.findings);
}

#[test]
fn a_package_without_a_manifest_is_told_how_to_have_one() {
    let output = Package::new("none", &[]).run(Generator::manifest(FILE_NAME));
    assert_eq!(output.findings.len(), 1);
    assert!(output.findings[0].to_string().starts_with("no manifest at `idporten.toml`\n  help: create it with"));
}

#[test]
fn no_line_of_a_finding_can_be_a_directive_of_its_own() {
    let finding = Finding::error("a\ncargo:rustc-flags=-l evil\r\u{2028}b", "mend\nit");
    let lines = directives(&[], &[finding], true);
    assert_eq!(
        lines[1 + live::VARIABLES.len()..],
        [r"cargo::error=a\ncargo:rustc-flags=-l evil\r\u{2028}b", r"cargo::error=  help: mend\nit"]
    );
}

#[test]
fn a_package_for_an_older_rust_gets_no_directive_that_its_cargo_refuses() {
    assert!(
        has_error_directive("")
            && has_error_directive("1.84")
            && has_error_directive("1.88.0")
            && has_error_directive("2.0")
    );
    assert!(!has_error_directive("1.83.9") && !has_error_directive("1.70"));
    let findings = [Finding::error("a", "b"), Finding::warning("c", "d")];
    assert!(!directives(&[], &findings, false).iter().any(|line| line.contains("::")));
}

#[test]
fn a_build_fetches_only_where_its_variable_asks_and_being_offline_wins() {
    let read = |variables: &[(&str, &str)]| {
        let find = |name: &str| variables.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned());
        Mode::read(&find)
    };
    let fetch = |value| ("IDPORTEN_CONFIG_FETCH", value);
    assert_eq!(read(&[]).unwrap(), Mode::Off);
    assert_eq!(read(&[fetch("try")]).unwrap(), Mode::Try);
    assert_eq!(read(&[fetch("require")]).unwrap(), Mode::Require);
    assert_eq!(read(&[fetch("require"), ("CARGO_NET_OFFLINE", "true")]).unwrap(), Mode::Off);
    assert_eq!(read(&[fetch("require"), ("CARGO_NET_OFFLINE", "false")]).unwrap(), Mode::Require);
    assert_eq!(read(&[fetch("try"), ("DOCS_RS", "1")]).unwrap(), Mode::Off);
    assert!(read(&[fetch("yes")]).unwrap_err().help.contains("`try` or `require`"));
}

#[test]
fn source_date_epoch_is_the_time_where_it_is_set() {
    assert_eq!(now(Some("86400")).unwrap(), SystemTime::UNIX_EPOCH + Duration::from_secs(86_400));
    assert!(now(Some("yesterday")).unwrap_err().help.contains("number of seconds"));
    assert!(now(Some("99999999999999999999")).is_err());
    assert!(now(None).is_ok());
}
