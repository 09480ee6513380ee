//! Live documents to snapshots.

use std::fs;
use std::process::{Child, Stdio};
use std::time::Duration;

use idporten_config::Snapshot;
use idporten_config::document::json::Value;

use crate::fixture::{
    Directory, LOCAL, assert_contains, assert_ends_with, assert_lacks, assert_starts_with, bundled, list_of, rsa, tool,
};
use crate::provider::Provider;

const ONE: &str = "snapshots/one.json";

/// A provider and a project with these environments.
fn project(slugs: &[&str]) -> (Provider, Directory) {
    let provider = Provider::of(slugs);
    let directory = Directory::new(&[("idporten.toml", &provider.manifest(slugs))]);
    (provider, directory)
}

/// The words of the line of an environment, but for its slug.
#[track_caller]
fn line_of(out: &str, slug: &str) -> String {
    let line = out.lines().find(|line| line.split(' ').next() == Some(slug));
    let (_, rest) = line.unwrap_or_else(|| panic!("{slug} in {out}")).split_once(' ').unwrap();
    rest.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_snapshot_is_written_once_and_then_left_alone() {
    let (_provider, directory) = project(&["one"]);
    let out = directory.says(0, &["fetch"]);
    assert_eq!(
        out,
        "one  written    snapshots/one.json\n1 written, 0 unchanged, 0 failed; `git diff snapshots` to review\n"
    );
    let text = directory.read(ONE);
    let snapshot = Snapshot::parse(&text).unwrap();
    assert_eq!((snapshot.to_string(), snapshot.origin().as_str()), (text.clone(), "fetched"));
    assert!(snapshot.age(std::time::SystemTime::now()) < Duration::from_secs(3600), "the time is the real one");
    let modified = fs::metadata(directory.path().join(ONE)).unwrap().modified().unwrap();
    let out = directory.says(0, &["fetch"]);
    assert_eq!(line_of(&out, "one"), format!("unchanged (as of {})", snapshot.timestamp()));
    assert!(out.ends_with("\n0 written, 1 unchanged, 0 failed\n"), "{out}");
    assert_eq!(directory.read(ONE), text);
    assert_eq!(fs::metadata(directory.path().join(ONE)).unwrap().modified().unwrap(), modified);
    assert_eq!(list_of(&directory.path().join("snapshots")), ["one.json"]);
}

#[test]
fn changes_are_summarized_and_an_old_date_is_renewed() {
    let (provider, directory) = project(&["one"]);
    directory.says(0, &["fetch"]);
    provider.keys("one", &[rsa("slot", '-'), rsa("next", '_')]);
    provider.metadata("one", r#""scopes_supported": ["openid", "email"]"#);
    let out = directory.says(0, &["fetch", "one"]);
    assert_eq!(
        line_of(&out, "one"),
        "changed 1 breaking change, 2 key rotations, 1 addition snapshots/one.json",
        "{out}"
    );
    let old = Snapshot::parse(directory.read(ONE)).unwrap().timestamp();
    directory.write(ONE, &directory.read(ONE).replace(&old, "2024-01-01T00:00:00Z"));
    assert_eq!(line_of(&directory.says(0, &["fetch"]), "one"), "renewed same content, newer date snapshots/one.json");
    assert_lacks(&directory.read(ONE), "2024-01-01");
    // Line endings and layout are no content.
    directory.write(ONE, &directory.read(ONE).replace('\n', "\r\n"));
    assert_starts_with(&line_of(&directory.says(0, &["fetch"]), "one"), "unchanged");
}

#[test]
fn a_broken_file_is_replaced_with_its_reason() {
    let (_provider, directory) = project(&["one"]);
    directory.write(ONE, "{\"format\": 0}");
    let out = line_of(&directory.says(0, &["fetch"]), "one");
    assert!(out.starts_with("replaced the old file could not be used: ") && out.contains("`format`"), "{out}");
    Snapshot::parse(directory.read(ONE)).unwrap();
}

#[test]
fn one_that_fails_stops_no_other_and_its_file_stays() {
    let (provider, directory) = project(&["one", "two", "three"]);
    directory.says(0, &["fetch"]);
    let before = directory.read(ONE);
    provider.fails("one", 404);
    provider.keys("two", &[rsa("other", '-')]);
    let answer = directory.run(&["fetch"]);
    assert_eq!((answer.code, answer.err.as_str()), (3, ""));
    let failed = line_of(&answer.out, "one");
    assert!(failed.starts_with("FAILED http://127.0.0.1:") && failed.contains(": status 404; see that "), "{failed}");
    assert!(line_of(&answer.out, "two").starts_with("changed 2 key rotations "), "{}", answer.out);
    assert!(
        answer.out.ends_with(
            "\n1 written, 1 unchanged, 1 failed; `git diff snapshots` to review, `idporten-config fetch one` to try again\n"
        ),
        "{}",
        answer.out
    );
    assert_eq!(directory.read(ONE), before);
}

#[test]
fn programs_get_an_object_in_the_order_of_the_manifest() {
    let (provider, directory) = project(&["one", "two"]);
    provider.fails("two", 500);
    let answer = directory.run(&["fetch", "--json"]);
    assert_eq!((answer.code, answer.err.as_str()), (3, ""));
    let json = answer.json();
    let get = |name: &str| json.as_object().unwrap().get(name).unwrap().clone();
    assert_eq!((get("ok"), get("written"), get("failed")), (false.into(), 1.into(), 1.into()));
    let all = get("environments").as_array().unwrap().to_vec();
    let of = |at: usize, name: &str| all[at].as_object().unwrap().get(name).unwrap().clone();
    assert_eq!((of(0, "environment"), of(0, "status"), of(0, "path")), ("one".into(), "written".into(), ONE.into()));
    assert_eq!((of(1, "status"), of(0, "error")), ("failed".into(), Value::Null));
    assert_ends_with(of(1, "error").as_str().unwrap(), "status 500; try again later");
}

#[test]
fn a_key_set_that_publishes_a_private_key_is_refused() {
    let (provider, directory) = project(&["one"]);
    provider.keys("one", &[rsa("good", '_'), rsa("slot", '-').replace("\"kty\"", "\"d\": \"AAAA\", \"kty\"")]);
    let answer = directory.run(&["fetch"]);
    assert_eq!(answer.code, 3);
    assert!(
        line_of(&answer.out, "one").starts_with("FAILED the live key set holds a PRIVATE KEY (entry 1, kid `slot`")
    );
    assert_lacks(&answer.out, "AAAA");
    assert!(!directory.path().join("snapshots").exists(), "nothing was written");
}

#[test]
fn what_the_manifest_leaves_out_is_said_and_can_be_named() {
    let manifest = "[environments.idporten-test]\nbundled = true\n[environments.maskinporten-legacy-ver2]\n";
    let directory = Directory::new(&[("idporten.toml", manifest)]);
    let answer = directory.run(&["fetch"]);
    assert_eq!((answer.code, answer.out.as_str()), (0, "0 written, 0 unchanged, 0 failed\n"));
    assert!(
        answer.err.contains("note: idporten-test: `bundled = true` in the manifest, so it is not fetched"),
        "{}",
        answer.err
    );
    assert!(answer.err.contains("note: maskinporten-legacy-ver2: retired, so it is not fetched"), "{}", answer.err);
}

#[test]
fn adopt_fetches_bundled_environments_and_removes_that_line() {
    let (provider, directory) = project(&["one"]);
    let manifest = format!("[environments.idporten-test]\nbundled = true # for now\n{}", provider.manifest(&["one"]));
    directory.write("idporten.toml", &manifest);
    // The network is away for the one, and its line stays.
    let answer = directory.run(&["fetch", "--adopt"]);
    assert_eq!(answer.code, 3, "{}", answer.out);
    assert!(line_of(&answer.out, "idporten-test").starts_with("FAILED "), "{}", answer.out);
    assert_eq!(directory.read("idporten.toml"), manifest);
}

#[test]
fn results_are_printed_in_the_order_of_the_manifest() {
    let (provider, directory) = project(&["slow", "quick"]);
    provider.answers_after("slow", "quick");
    let answer = directory.run(&["fetch"]);
    let first: Vec<_> = answer.out.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(first, ["slow", "quick", "2"], "{}", answer.out);
    assert_eq!(directory.says(0, &["fetch", "--quiet"]), "");
    provider.fails("quick", 500);
    let quiet = directory.run(&["fetch", "-q"]);
    assert_eq!((quiet.code, quiet.out.lines().count(), quiet.err.as_str()), (3, 1, ""), "{}", quiet.out);
}

#[test]
fn a_mock_that_is_down_fails_only_if_it_has_a_snapshot() {
    let manifest = format!("[environments.idporten-test]\nbundled = true\n{LOCAL}").replace(":8080", ":1");
    let directory = Directory::new(&[("idporten.toml", &manifest)]);
    let out = directory.says(0, &["fetch", "local"]);
    assert_eq!(line_of(&out, "local"), "absent not running; the values are those of idporten-test");
    directory.write("snapshots/local.json", "{}");
    assert_contains(&line_of(&directory.says(3, &["fetch", "local"]), "local"), "FAILED http://localhost:1/");
}

#[test]
fn a_mirror_of_the_network_does_not_hide_a_server_over_plain_http() {
    let (_provider, directory) = project(&["one"]);
    let mirror = ["--mirror", "https://mirror.invalid"];
    directory.says(0, &[&["fetch"][..], &mirror].concat());
    let manifest = format!("[environments.idporten-test]\nbundled = true\n{LOCAL}").replace(":8080", ":1");
    directory.write("idporten.toml", &manifest);
    let out = directory.says(0, &[&["fetch", "local"][..], &mirror].concat());
    assert_eq!(line_of(&out, "local"), "absent not running; the values are those of idporten-test");
}

#[test]
fn a_mistake_in_names_or_manifest_stops_the_fetch() {
    let directory = Directory::new(&[]);
    let err = directory.fails(2, &["fetch"]);
    assert!(err.contains("no environment is named") && err.contains("`idporten-config init`"), "{err}");
    assert_contains(&directory.fails(2, &["fetch", "idporten-tset"]), "did you mean `idporten-test`?");
    assert_contains(&directory.fails(2, &["fetch", "--snapshots", "x"]), "no manifest is read");
    assert_contains(&directory.fails(2, &["fetch", "../x"]), "unknown environment");
    directory.write("idporten.toml", "max-aeg = '1d'\n[environments.idporten-test]\n");
    assert_contains(&directory.fails(2, &["fetch"]), "did you mean `max-age`?");
    assert_eq!(list_of(directory.path()), ["idporten.toml"]);
}

#[test]
fn a_warning_of_the_manifest_is_reported_and_stops_nothing() {
    let (provider, directory) = project(&["one"]);
    let manifest = provider.manifest(&["one"]).replace("'idporten'", "'id-porten'");
    directory.write("idporten.toml", &manifest);
    directory.write("Cargo.toml", "[package]\nname = 'app'\nversion = '0.1.0'\n");
    for arguments in [&["fetch"][..], &["show", "one", "--live"], &["diff", "one", "--live"], &["init", "--offline"]] {
        let answer = directory.run(arguments);
        assert_eq!(answer.code, 0, "{arguments:?}: {}", answer.err);
        assert_starts_with(&answer.err, "warning: `id-porten` is a product by itself, apart from `idporten`\n");
        assert_eq!(answer.err.matches("warning: ").count(), 1, "{arguments:?}: {}", answer.err);
    }
    provider.fails("one", 503);
    assert_contains(&directory.fails(3, &["show", "one", "--live"]), "warning: `id-porten` is a product by itself");
    directory.write("idporten.toml", &format!("max-aeg = '1d'\n{manifest}"));
    assert_contains(&directory.fails(2, &["fetch"]), "did you mean `max-age`?");
}

#[test]
fn without_a_manifest_a_file_says_itself_what_its_environment_is() {
    let (provider, directory) = project(&["one"]);
    directory.says(0, &["fetch"]);
    provider.keys("one", &[rsa("other", '-')]);
    let out = directory.says(0, &["fetch", "--snapshots", "snapshots", "one"]);
    assert_eq!(line_of(&out, "one"), "changed 2 key rotations snapshots/one.json");
}

#[test]
fn options_that_cannot_be_used_are_refused_before_anything_is_fetched() {
    let (_provider, directory) = project(&["one"]);
    let err = directory.fails(2, &["fetch", "--mirror", "http://mirror.example"]);
    assert!(err.contains("is not https") && err.contains("`--mirror`"), "{err}");
    assert_contains(&directory.fails(2, &["fetch", "--ca-file", "no.pem"]), "no.pem");
    let output =
        tool().current_dir(directory.path()).arg("fetch").env("IDPORTEN_CONFIG_CA_ONLY", "yes").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(list_of(directory.path()), ["idporten.toml"]);
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let (provider, directory) = project(&["one"]);
    directory.write("file", "");
    let answer = directory.run(&["fetch", "one", "--manifest", "idporten.toml"]);
    assert_eq!(answer.code, 0);
    directory.write("idporten.toml", &format!("snapshots = 'file'\n{}", provider.manifest(&["one"])));
    let answer = directory.run(&["fetch"]);
    assert_eq!(answer.code, 2);
    let line = line_of(&answer.out, "one");
    assert!(
        line.starts_with("FAILED `file/one.json` cannot be written: ") && line.contains("is not a directory"),
        "{line}"
    );
}

#[cfg(unix)]
#[test]
fn a_disk_that_is_full_costs_nothing_that_was_there() {
    let (provider, directory) = project(&["one"]);
    directory.says(0, &["fetch"]);
    let before = directory.read(ONE);
    provider.keys("one", &[rsa("other", '-')]);
    // No file may grow, and the signal that says so is ignored: writing fails as on a full disk.
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" fetch 2>&1 | cat";
    let output = std::process::Command::new("sh")
        .args(["-c", script])
        .arg(tool().get_program())
        .current_dir(directory.path())
        .envs(tool().get_envs().filter_map(|(name, value)| Some((name, value?))))
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(line_of(&out, "one").starts_with("FAILED `snapshots/one.json` cannot be written: "), "{out}");
    assert_eq!(directory.read(ONE), before);
    assert_eq!(list_of(&directory.path().join("snapshots")), ["one.json"]);
}

/// Starts a fetch, and does not wait for it.
fn start(directory: &Directory) -> Child {
    tool().current_dir(directory.path()).arg("fetch").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn parallel_and_killed_runs_never_leave_a_torn_file() {
    let (provider, directory) = project(&["one"]);
    directory.says(0, &["fetch"]);
    for round in 0..12_u64 {
        // Another key each time, so that each run has something to write.
        provider.keys("one", &[rsa(&format!("kid-{round}"), '_')]);
        let mut runs = [start(&directory), start(&directory)];
        std::thread::sleep(Duration::from_millis(round * 5));
        runs[0].kill().unwrap();
        for run in &mut runs {
            run.wait().unwrap();
        }
        let snapshot = Snapshot::parse(directory.read(ONE)).expect("the file is whole");
        assert_eq!(snapshot.jwks().unwrap().keys()[0].kid(), Some(format!("kid-{round}").as_str()));
    }
}

#[cfg(unix)]
#[test]
fn leftovers_of_a_killed_run_are_removed_and_a_link_stays() {
    let (_provider, directory) = project(&["one"]);
    directory.write("real/one.json", bundled(idporten_config::KnownEnvironment::IdportenTest));
    std::os::unix::fs::symlink("real", directory.path().join("snapshots")).unwrap();
    let left = directory.path().join("real/.one.json.1-2-0.tmp");
    let other = directory.path().join("real/.two.json.1-2-0.tmp");
    for path in [&left, &other] {
        let file = fs::File::create(path).unwrap();
        file.set_modified(std::time::SystemTime::now() - Duration::from_secs(7200)).unwrap();
    }
    // This process, which is not the run's own, is still there.
    let running = format!("real/.one.json.{}-9-0.tmp", std::process::id());
    directory.write(&running, "another run is writing this");
    directory.says(0, &["fetch"]);
    assert!(!left.exists() && other.exists());
    assert_eq!(directory.read(&running), "another run is writing this");
    assert!(directory.path().join("snapshots").is_symlink());
}
