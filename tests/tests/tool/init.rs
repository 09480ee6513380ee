//! A crate that is set up.

use std::sync::Arc;

use idporten_config::document::json::Value;
use idporten_config::{KnownEnvironment, Snapshot};
use idporten_config_tests::server::{Authority, Reply, Server};

use crate::fixture::{Answer, Directory, assert_contains, assert_lacks, bundled, list_of, rsa};
use crate::provider::Provider;

const CARGO: &str = "[package]\nname = 'app'\nversion = '0.1.0'\nedition = '2024'\n";
const WORKFLOW: &str = ".github/workflows/idporten-snapshots.yml";

fn init(directory: &Directory, arguments: &[&str]) -> Answer {
    // Nothing listens there: the network is away, at once.
    let answer = directory.run(&[&["init"][..], arguments, &["--mirror", "https://127.0.0.1:1"]].concat());
    assert!(!answer.err.contains("panicked"), "{}", answer.err);
    answer
}

/// The action and the detail of a file's line.
#[track_caller]
fn step<'a>(answer: &'a Answer, path: &str) -> Vec<&'a str> {
    let lines = answer.out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let mut found = lines.filter(|words| words.get(1) == Some(&path));
    let step = found.next().unwrap_or_else(|| panic!("{path} in {}{}", answer.out, answer.err));
    [&step[..1], &step[2..]].concat()
}

#[test]
fn a_crate_gets_every_file_and_the_next_steps() {
    let directory = Directory::new(&[("Cargo.toml", CARGO), ("src/main.rs", "fn main() {}\n")]);
    let answer = init(&directory, &["--offline"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    for path in ["idporten.toml", "build.rs", ".gitattributes", WORKFLOW] {
        assert_eq!(step(&answer, path), ["wrote"], "{}", answer.out);
    }
    assert!(step(&answer, "snapshots/idporten-prod.json").ends_with(&["fetch", "--adopt", "idporten-prod"]));
    assert!(answer.out.contains("\n  cargo add --build idporten-config --features build\n"), "{}", answer.out);
    let take = "\n  take the missing snapshots, and remove `bundled = true`: idporten-config fetch --adopt\n";
    assert!(answer.out.contains(take), "{}", answer.out);
    assert_contains(&directory.read("build.rs"), "idporten_config::build::generate();");
    assert_eq!(directory.read(".gitattributes"), "snapshots/*.json text eol=lf\n");
    let workflow = directory.read(WORKFLOW);
    assert!(workflow.contains("idporten-config check --format github $ENVIRONMENTS"), "{workflow}");
    assert!(workflow.contains("  FETCH_OPTIONS: --adopt\n"), "it takes the snapshots that are missing: {workflow}");
    let manifest = directory.read("idporten.toml");
    assert_eq!(manifest.matches("\nbundled = true\n").count(), 2, "{manifest}");
    assert!(manifest.contains("# No live snapshot could be taken when this was written;"), "{manifest}");
    for key in ["snapshots", "max-age", "bundled", "development", "based-on", "well-known-url", "[require.idporten]"] {
        assert!(manifest.contains(key), "{key} is not documented in {manifest}");
    }
    assert_eq!(directory.run(&["generate", "--out", "src/providers.rs"]).code, 0, "the manifest is one that works");
    assert_contains(&directory.read("src/providers.rs"), "pub mod prod {");
}

#[test]
fn a_second_run_keeps_everything() {
    let directory = Directory::new(&[("Cargo.toml", CARGO)]);
    init(&directory, &["--offline", "maskinporten-test"]);
    let files = ["idporten.toml", "build.rs", ".gitattributes", WORKFLOW];
    let before = files.map(|path| directory.read(path));
    let answer = init(&directory, &["--offline", "idporten-prod"]);
    assert_eq!(answer.code, 0);
    assert_eq!(files.map(|path| directory.read(path)), before);
    for path in &files[1..] {
        assert_eq!(step(&answer, path), ["kept"], "{}", answer.out);
    }
    assert!(step(&answer, "idporten.toml").ends_with(&["[environments.idporten-prod]"]), "{}", answer.out);
}

#[test]
fn existing_files_stay_and_what_they_lack_is_printed() {
    let cargo = format!("{CARGO}build = 'make/build.rs'\n[build-dependencies]\nidporten-config = '0.1'\n");
    let files =
        [("Cargo.toml", cargo.as_str()), ("make/build.rs", "fn main() {}\n"), (".gitattributes", "*.png binary")];
    let directory = Directory::new(&files);
    let answer = init(&directory, &["--offline"]);
    assert!(step(&answer, "make/build.rs").ends_with(&["in", "`main`:", "idporten_config::build::generate();"]));
    assert_eq!(directory.read("make/build.rs"), "fn main() {}\n");
    assert!(!directory.path().join("build.rs").exists());
    assert_eq!(step(&answer, ".gitattributes")[0], "added");
    assert_eq!(directory.read(".gitattributes"), "*.png binary\nsnapshots/*.json text eol=lf\n");
    assert!(!answer.out.contains("cargo add"), "{}", answer.out);
    directory.write("make/build.rs", "fn main() { idporten_config::build::generate() }");
    directory.write(".gitattributes", "snapshots/*.json -text\r\n");
    let answer = init(&directory, &["--offline"]);
    assert_eq!((step(&answer, "make/build.rs"), step(&answer, ".gitattributes")), (vec!["kept"], vec!["kept"]));
    directory.write("Cargo.toml", &format!("{CARGO}build = false\n"));
    assert_eq!(step(&init(&directory, &["--offline"]), "build.rs")[0], "none");
}

#[test]
fn without_network_the_bundled_snapshots_are_used_with_a_note() {
    let directory = Directory::new(&[("Cargo.toml", CARGO)]);
    let answer = init(&directory, &["idporten-test"]);
    assert_eq!(answer.code, 0);
    assert!(
        answer.err.starts_with("note: idporten-test: no live snapshot could be taken: https://127.0.0.1:1/"),
        "{}",
        answer.err
    );
    assert_contains(&directory.read("idporten.toml"), "\nbundled = true\n");
    assert!(!directory.path().join("snapshots").exists());
}

#[test]
fn first_snapshots_are_taken_where_there_are_none() {
    let provider = Provider::of(&["one", "two"]);
    let manifest = format!("snapshots = 'data/own'\n{}", provider.manifest(&["one", "two"]));
    let directory =
        Directory::new(&[("Cargo.toml", CARGO), ("idporten.toml", &manifest), ("data/own/two.json", "whatever it is")]);
    let answer = directory.run(&["init"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    assert_eq!(step(&answer, "data/own/one.json"), ["wrote"]);
    assert_eq!(step(&answer, "data/own/two.json"), ["kept"]);
    assert!(!answer.out.contains("bundled = true"), "{}", answer.out);
    Snapshot::parse(directory.read("data/own/one.json")).unwrap();
    assert_eq!(directory.read("data/own/two.json"), "whatever it is");
    let workflow = directory.read(WORKFLOW);
    assert!(
        workflow.contains("- \"data/own/**\"\n")
            && workflow.contains("  SNAPSHOTS: data/own\n  CHANGED: idporten.toml data/own\n")
            && workflow.contains("  FETCH_OPTIONS: \"\"\n"),
        "{workflow}"
    );
}

#[test]
fn without_a_crate_or_with_a_mistake_nothing_is_written() {
    let directory = Directory::new(&[]);
    assert_contains(&directory.fails(2, &["init"]), "there is no `Cargo.toml` in this directory\n  help: change into");
    directory.write("Cargo.toml", "[workspace]\n");
    assert_contains(&directory.fails(2, &["init"]), "has no `[package]`");
    directory.write("Cargo.toml", "[package\n");
    assert_contains(&directory.fails(2, &["init"]), "`Cargo.toml` is not TOML");
    directory.write("Cargo.toml", CARGO);
    assert_contains(&directory.fails(2, &["init", "idporten-tset"]), "did you mean `idporten-test`?");
    directory.write("idporten.toml", "max-aeg = '1d'\n[environments.idporten-test]\n");
    assert_contains(&directory.fails(2, &["init"]), "did you mean `max-age`?");
    assert_eq!(list_of(directory.path()).len(), 2);
}

#[test]
fn in_a_subfolder_the_workflow_is_written_at_the_root() {
    let directory =
        Directory::new(&[(".git/HEAD", ""), ("apps/one/Cargo.toml", CARGO), ("apps/two/Cargo.toml", CARGO)]);
    let answer = directory.run_in("apps/one", &["init", "--offline"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{}", answer.out);
    assert_eq!(step(&answer, &format!("../../{WORKFLOW}")), ["wrote"]);
    let workflow = directory.read(WORKFLOW);
    for line in [
        "      - \"apps/one/snapshots/**\"\n      - \"apps/one/idporten.toml\"\n",
        "    working-directory: apps/one\n",
        "  SNAPSHOTS: snapshots\n  CHANGED: idporten.toml snapshots\n",
    ] {
        assert!(workflow.contains(line), "{line:?} is not in {workflow}");
    }
    assert!(!directory.path().join("apps/one/.github").exists());
    assert_eq!(directory.read("apps/one/.gitattributes"), "snapshots/*.json text eol=lf\n");
    // Another package of the repository gets a workflow and a branch of its own.
    let answer = directory.run_in("apps/two", &["init", "--offline"]);
    let second = ".github/workflows/idporten-snapshots-apps-two.yml";
    assert_eq!(step(&answer, &format!("../../{second}")), ["wrote"]);
    assert_contains(&directory.read(second), "          BRANCH: idporten-snapshots-apps-two\n");
    assert_eq!(directory.read(WORKFLOW), workflow);
    let answer = directory.run_in("apps/one", &["init", "--offline"]);
    assert_eq!(step(&answer, &format!("../../{WORKFLOW}")), ["kept"]);
}

#[test]
fn a_workspace_member_uses_the_manifest_of_the_workspace() {
    let manifest = "[environments.idporten-test]\nbundled = true\n";
    let files = [(".git/HEAD", ""), ("idporten.toml", manifest), ("member/Cargo.toml", CARGO)];
    let directory = Directory::new(&files);
    let answer = directory.run_in("member", &["init", "--offline"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{}", answer.out);
    assert_eq!(step(&answer, "../idporten.toml"), ["kept"]);
    assert!(!directory.path().join("member/idporten.toml").exists());
    let build = directory.read("member/build.rs");
    assert!(build.contains("Generator::manifest(\"../idporten.toml\").generate();"), "{build}");
    let workflow = directory.read(WORKFLOW);
    assert!(workflow.contains("- \"snapshots/**\"\n") && !workflow.contains("working-directory"), "{workflow}");
    assert_eq!(directory.read(".gitattributes"), "snapshots/*.json text eol=lf\n");
}

#[test]
fn a_manifest_above_the_repository_is_not_used() {
    let directory = Directory::new(&[("idporten.toml", "[environments.idporten-test]\n"), ("app/.git/HEAD", "")]);
    directory.write("app/Cargo.toml", CARGO);
    directory.run_in("app", &["init", "--offline"]);
    assert!(directory.path().join("app/idporten.toml").exists());
}

#[test]
fn a_later_run_takes_the_snapshots_and_undoes_bundled() {
    let provider = Provider::of(&["one", "two"]);
    let mark = "# No live snapshot could be taken when this was written;";
    let manifest = provider.manifest(&["one", "two"]);
    let offline = format!("[environments.idporten-test]\n{mark} ..\nbundled = true\n{manifest}");
    let directory = Directory::new(&[("Cargo.toml", CARGO), ("idporten.toml", &offline)]);
    directory.write("snapshots/idporten-test.json", bundled(KnownEnvironment::IdportenTest));
    let answer = directory.run(&["init", "--json"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{}", answer.out);
    assert_eq!(directory.read("idporten.toml"), format!("[environments.idporten-test]\n{manifest}"));
    let json = answer.json();
    let steps = json.as_object().unwrap().get("steps").unwrap().as_array().unwrap().to_vec();
    let first = steps[0].as_object().unwrap();
    assert_eq!(first.get("action"), Some(&"changed".into()));
    assert_eq!(first.get("detail"), Some(&"removed `bundled = true` of idporten-test".into()));
    // The text of the user is kept.
    let own = format!("[environments.idporten-test]\nbundled = true\n{manifest}");
    directory.write("idporten.toml", &own);
    assert_eq!(directory.run(&["init"]).code, 0);
    assert_eq!(directory.read("idporten.toml"), own);
}

#[test]
fn the_example_names_the_modules_that_code_gets() {
    let provider = Provider::of(&["idporten-2"]);
    let files = [("Cargo.toml", CARGO), ("idporten.toml", &provider.manifest(&["idporten-2"]))];
    let answer = Directory::new(&files).run(&["init", "--offline"]);
    assert_contains(&answer.out, "for example: providers::idporten::v2::ISSUER\n");
}

#[test]
fn with_a_manifest_too_an_unknown_name_is_refused() {
    let provider = Provider::of(&["one"]);
    let directory = Directory::new(&[("Cargo.toml", CARGO), ("idporten.toml", &provider.manifest(&["one"]))]);
    assert_contains(&directory.fails(2, &["init", "idporten-tset"]), "did you mean `idporten-test`?");
    assert_eq!(list_of(directory.path()).len(), 2, "nothing is written");
    assert_eq!(init(&directory, &["--offline", "one", "idporten-test"]).code, 0, "its own and the table's are known");
}

#[test]
fn a_manifest_with_a_mistake_in_one_environment_is_refused() {
    let provider = Provider::of(&["one"]);
    let manifest = format!("{}based-on = 'idporten-tset'\n", provider.manifest(&["one"]));
    let directory = Directory::new(&[("Cargo.toml", CARGO), ("idporten.toml", &manifest)]);
    assert_contains(&directory.fails(2, &["init", "--offline"]), "`based-on = \"idporten-tset\"` names no environment");
    assert_eq!(list_of(directory.path()).len(), 2, "nothing is written");
}

#[test]
fn fetch_names_the_way_out_where_everything_is_bundled() {
    let directory = Directory::new(&[("Cargo.toml", CARGO)]);
    init(&directory, &["--offline", "idporten-test", "maskinporten-prod"]);
    let answer = directory.run(&["fetch"]);
    assert_eq!(answer.code, 0);
    let way_out = "note: nothing to fetch: run `idporten-config fetch --adopt idporten-test maskinporten-prod` to take snapshots and to \
                   remove `bundled = true` from the manifest\n";
    assert!(answer.err.ends_with(way_out), "{}", answer.err);
    let json = directory.run(&["fetch", "--json"]).json();
    let all = json.as_object().unwrap().get("environments").unwrap().as_array().unwrap().to_vec();
    let of = |at: usize, name: &str| all[at].as_object().unwrap().get(name).unwrap().clone();
    assert_eq!((all.len(), of(0, "environment"), of(0, "status")), (2, "idporten-test".into(), "left-out".into()));
    assert_eq!((of(1, "environment"), of(1, "status")), ("maskinporten-prod".into(), "left-out".into()));
    directory.write("idporten.toml", "[environments.maskinporten-legacy-ver2]\n");
    assert!(directory.run(&["fetch"]).err.contains("note: nothing to fetch: "), "a retired one is none either");
}

#[test]
fn a_directory_that_no_pattern_reaches_is_left_to_be_named() {
    let manifest = |snapshots| format!("snapshots = '{snapshots}'\n[environments.idporten-test]\n");
    let directory = Directory::new(&[("app/Cargo.toml", CARGO), ("app/idporten.toml", &manifest("../data"))]);
    let answer = directory.run_in("app", &["init", "--offline"]);
    assert_eq!(
        (answer.code, step(&answer, ".gitattributes")[..4].to_vec()),
        (0, vec!["none", "add", "it", "yourself:"])
    );
    assert!(answer.out.contains("`*.json text eol=lf` in ../data/.gitattributes"), "{}", answer.out);
    assert!(answer.err.contains("add the directory `../data` to `on.pull_request.paths` yourself"), "{}", answer.err);
    assert!(!directory.path().join("app/.gitattributes").exists());
    assert_contains(&directory.read(&format!("app/{WORKFLOW}")), "  SNAPSHOTS: ../data\n");
    for (snapshots, pattern, path) in [("./data", "data/*.json", "data/**"), (".", "/*.json", "**")] {
        let directory = Directory::new(&[("Cargo.toml", CARGO), ("idporten.toml", &manifest(snapshots))]);
        assert_eq!(init(&directory, &["--offline"]).code, 0);
        assert_eq!(directory.read(".gitattributes"), format!("{pattern} text eol=lf\n"));
        assert!(directory.read(WORKFLOW).contains(&format!("- \"{path}\"\n")), "{snapshots}");
    }
}

/// A mirror that serves Maskinporten TEST with one key.
fn mirror() -> (Server, String) {
    let authority = Arc::new(Authority::new());
    let identity = authority.issue(&["127.0.0.1"]);
    let server = Server::with(authority, identity);
    let known = KnownEnvironment::MaskinportenTest;
    let snapshot = Snapshot::parse(bundled(known)).unwrap();
    let at = |url: &str| format!("https://127.0.0.1/{}", url.trim_start_matches("https://"));
    server.on(&at(known.well_known_url()), Reply::json(Value::from(snapshot.metadata_json().clone()).to_string()));
    let keys = format!(r#"{{"keys": [{}]}}"#, rsa("slot", '_'));
    server.on(&at("https://test.maskinporten.no/jwk"), Reply::json(keys));
    let address = format!("https://127.0.0.1:{}", server.address().port());
    (server, address)
}

#[test]
fn a_snapshot_that_could_not_be_taken_is_taken_by_either_verb() {
    let (server, address) = mirror();
    let authority = server.authority().file().to_str().unwrap();
    for verb in [&["init"][..], &["fetch", "--adopt"]] {
        let directory = Directory::new(&[("Cargo.toml", CARGO)]);
        assert_eq!(init(&directory, &["--offline", "maskinporten-test"]).code, 0);
        assert_contains(&directory.read("idporten.toml"), "\nbundled = true\n");
        let answer = directory.run(&[verb, &["--mirror", &address, "--ca-file", authority]].concat());
        assert_eq!(answer.code, 0, "{verb:?}: {}{}", answer.out, answer.err);
        assert_lacks(&directory.read("idporten.toml"), "\nbundled = true\n");
        assert_lacks(&directory.read("idporten.toml"), "No live snapshot");
        let taken = Snapshot::parse(directory.read("snapshots/maskinporten-test.json")).unwrap();
        assert_eq!(
            (taken.origin().as_str(), taken.jwks().map(|set| set.keys().len())),
            ("fetched", Some(1)),
            "{verb:?}"
        );
    }
}
