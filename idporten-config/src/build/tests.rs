//! Stories of build scripts.

use std::fs;
use std::path::PathBuf;

use super::cargo::directives;
use super::live::Mode;
use super::*;
use crate::environment::{KnownEnvironment, Product};
use crate::project::Times;

/// A package in a temporary directory, which is removed at the end.
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
        let (manifest_dir, out_dir) = (self.0.clone(), self.0.join("out"));
        let (times, mode, mistakes) = (Times::default(), Mode::Off, Vec::new());
        generator.run(&Cargo { manifest_dir, out_dir, times, mode, mistakes })
    }
}

impl Drop for Package {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Returns the messages that a build reports, without places and help.
fn messages(output: &Output) -> Vec<&str> {
    let findings = output.findings.iter().filter(|finding| finding.is_for_builds());
    findings.map(|finding| finding.message.as_str()).collect()
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
fn a_missing_snapshot_with_a_substitute_is_seen_when_it_appears() {
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
fn a_missing_directory_is_warned_of_where_no_link_can_be_made() {
    let manifest = format!("[environments.idporten-test]\nbundled = true\n{LOCAL}");
    let package = Package::new("unwatchable", &[("idporten.toml", &manifest)]);
    let output = package.run(Generator::manifest(FILE_NAME));
    assert_eq!(output.watched, ["idporten.toml", "snapshots/local.json"]);
    assert_eq!(
        messages(&output),
        ["local: this script runs at each build, as there is no directory `snapshots` to watch"]
    );
    fs::create_dir(package.0.join("snapshots")).unwrap();
    let output = package.run(Generator::manifest(FILE_NAME));
    assert_eq!(output.watched, ["idporten.toml", "snapshots"]);
    assert_eq!(messages(&output), [""; 0]);
}

#[cfg(unix)]
#[test]
fn a_link_is_watched_where_there_is_no_directory() {
    let manifest = format!("[environments.idporten-test]\nbundled = true\n{LOCAL}");
    let files = [("idporten.toml", manifest.as_str()), ("invoked.timestamp", ""), ("out/idporten_config.rs", "")];
    let package = Package::new("link", &files);
    let output = package.run(Generator::manifest(FILE_NAME));
    let links = package.0.join("out/expected");
    assert_eq!(output.watched, ["idporten.toml", links.to_str().unwrap()]);
    assert_eq!(messages(&output), [""; 0]);
    assert_eq!(fs::read_link(links.join("0")).unwrap(), package.0.join("snapshots/local.json"));
    let time = |path| fs::metadata(path).unwrap().modified().unwrap();
    assert_eq!(time(links), time(package.0.join("invoked.timestamp")));
}

#[test]
fn a_packaged_crate_without_its_files_is_told_where_to_keep_them() {
    let package = Package::new("packaged", &[("Cargo.toml.orig", "")]);
    let output = package.run(Generator::manifest("../idporten.toml"));
    let last = output.findings.last().unwrap();
    assert_eq!(last.message, "this package was made by `cargo package` without `../idporten.toml`");
    let help = "keep the manifest and the snapshots below the directory of Cargo.toml, where `cargo package --list` names them";
    assert_eq!(last.help, help);
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
    assert_eq!(messages(&output), ["local: this script runs at each build, as there is no directory `.` to watch"]);
}

#[test]
fn a_generators_settings_override_its_manifest_even_with_defaults() {
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
    let finding = Finding::error("a\ncargo:rustc-flags=-l evil\r\u{2028}b", "fix\nit");
    let warning = Finding::warning("a\ncargo:b", "c\rd");
    let lines = directives(Mode::Off, &[], &[finding, warning]);
    assert_eq!(
        lines[1 + live::variables(Mode::Off).count()..],
        [
            r"cargo::error=a\ncargo:rustc-flags=-l evil\r\u{2028}b",
            r"cargo::error=  help: fix\nit",
            r"cargo:warning=a\ncargo:b; help: c\rd"
        ]
    );
}

#[test]
fn a_mistake_in_a_variable_comes_with_all_other_findings() {
    let package = Package::new("variables", &[]);
    let (manifest_dir, out_dir) = (package.0.clone(), package.0.join("out"));
    let mistakes = vec![*Times::of_build(Some("yesterday"), std::time::SystemTime::UNIX_EPOCH).unwrap_err()];
    let cargo = Cargo { manifest_dir, out_dir, times: Times::default(), mode: Mode::Off, mistakes };
    let output = Generator::new().bundled("idporten-test").environment("idporten-prod").run(&cargo);
    assert_eq!(
        messages(&output),
        ["`SOURCE_DATE_EPOCH` is \"yesterday\"", "idporten-prod: no snapshot at `snapshots/idporten-prod.json`"]
    );
    assert!(output.code.contains("pub mod test {"));
}

#[test]
fn a_build_that_fetches_runs_again_when_the_proxy_changes() {
    let is_watched = |mode| directives(mode, &[], &[]).contains(&"cargo:rerun-if-env-changed=https_proxy".to_owned());
    assert_eq!([Mode::Off, Mode::Try, Mode::Require].map(is_watched), [false, true, true]);
}

#[test]
fn a_mistyped_environment_is_not_to_be_fetched() {
    let file = ("snapshots/idporten-tset.json", bundled(KnownEnvironment::IdportenTest));
    let output = Package::new("mistyped", &[file]).run(Generator::new().environment("idporten-tset"));
    assert_eq!(output.findings[0].message, "unknown environment `idporten-tset`");
    assert!(output.findings[0].help.starts_with("did you mean `idporten-test`?"), "{}", output.findings[0].help);
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
