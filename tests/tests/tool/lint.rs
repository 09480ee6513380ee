//! Wrong and hard-coded values in a tree.

use std::time::{Duration, Instant};

use crate::fixture::{Directory, bundled, list_of, tool, workspace};

/// What went wrong in real code bases, and what is right.
const FILES: &[(&str, &str)] = &[
    (
        "src/auth.rs",
        "const A: &str = \"https://test.idporten.no/authorize\";\nlet t = \"https://login.idporten.no/token\";\n",
    ),
    ("src/out.rs", "let e = \"https://test.idporten.no/endsession\";\n"),
    ("src/slash.rs", "let a = \"https://login.idporten.no/authorize/\";\nlet b = \"https://idporten.no/token/\";\n"),
    ("config/app.yaml", "issuer: https://maskinporten.no\nother: https://login.idporten.no\n"),
    (".env", "JWKS=https://test.maskinporten.no/jwk.json\nACR=acr_values=Level3\n"),
    ("deploy/values.json", "{\"issuer\": \"https://oidc-yt2.difi.no/idporten-oidc-provider/\"}\n"),
    ("app.properties", "url=https://oidc-ver2.difi.no/idporten-oidc-provider/\n"),
    ("src/x.rs", "    let url = \"https://idporten.no/token\";\n"),
    ("src/fine.rs", "let docs = \"https://docs.digdir.no/\"; // https://example.com/token\n"),
];

fn tree() -> Directory {
    let directory = Directory::new(FILES);
    for skipped in
        ["target/debug/a.rs", "node_modules/b/c.js", ".git/config", "README.md", "doc/guide.rst", "notes.TXT"]
    {
        directory.write(skipped, "https://login.idporten.no/token\n");
    }
    directory.write("logo.bin", "\0\0https://login.idporten.no/token");
    directory.write("data.csv", &"https://login.idporten.no/token\n".repeat(40_000));
    directory.write("snapshots/idporten-test.json", bundled(idporten_config::KnownEnvironment::IdportenTest));
    directory
}

#[test]
fn every_mistake_is_shown_with_its_place_and_the_constant_to_use() {
    let directory = tree();
    let out = directory.says(1, &["lint"]);
    let line_of = |place: &str| {
        let line = out.lines().find(|line| line.starts_with(place)).unwrap_or_else(|| panic!("{place} in {out}"));
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    for (place, kind, constant) in [
        ("src/auth.rs:1:18", "wrong", "idporten::test::AUTHORIZATION_ENDPOINT"),
        ("src/auth.rs:2:10", "wrong", "idporten::prod::TOKEN_ENDPOINT"),
        ("src/out.rs:1:10", "wrong", "idporten::test::END_SESSION_ENDPOINT"),
        ("src/slash.rs:1:10", "wrong", "idporten::prod::AUTHORIZATION_ENDPOINT"),
        ("src/slash.rs:2:10", "wrong", "idporten::prod::TOKEN_ENDPOINT"),
        ("config/app.yaml:1:9", "wrong", "maskinporten::prod::ISSUER"),
        ("config/app.yaml:2:8", "wrong", "idporten::prod::ISSUER"),
        (".env:1:6", "wrong", "maskinporten::test::JWKS_URI"),
        (".env:2:16", "wrong", "idporten::AcrValue::IdportenLoaSubstantial"),
        ("src/x.rs:1:16", "hard-coded", "idporten::prod::TOKEN_ENDPOINT"),
    ] {
        let line = line_of(place);
        assert!(
            line.starts_with(&format!("{place} {kind} \"")) && line.ends_with(&format!("use `{constant}`")),
            "{line}"
        );
    }
    assert!(line_of("deploy/values.json:1:13").contains(" wrong \"https://oidc-yt2.difi.no/"));
    assert!(line_of("app.properties:1:5").contains(" retired \"https://oidc-ver2.difi.no/"));
    assert!(out.ends_with("\n12 findings in 8 files\n"), "{out}");
}

#[test]
fn a_file_that_is_named_is_read_whatever_its_name_and_paths_can_be_left_out() {
    let directory = tree();
    assert!(directory.says(1, &["lint", "README.md"]).starts_with("README.md:1:1  wrong  "));
    assert_eq!(directory.says(0, &["lint", "src/fine.rs"]), "no findings in 1 file\n");
    let out = directory.says(1, &["lint", "--exclude", "./src", "--exclude", "config/app.yaml"]);
    assert!(out.ends_with("\n4 findings in 3 files\n"), "{out}");
    directory.write("src/x.rs", "let url = \"https://idporten.no/token\"; // idporten-config: allow\n");
    directory.says(0, &["lint", "src/x.rs"]);
}

#[test]
fn programs_get_an_object() {
    let answer = tree().run(&["lint", "--json", "src/x.rs"]);
    assert_eq!((answer.code, answer.err.as_str()), (1, ""));
    let json = answer.json();
    let get = |name: &str| json.as_object().unwrap().get(name).unwrap().clone();
    assert_eq!((get("ok"), get("files")), (false.into(), 1.into()));
    let finding = get("findings").as_array().unwrap()[0].as_object().unwrap().clone();
    assert_eq!(finding.get("file"), Some(&"src/x.rs".into()));
    assert_eq!((finding.get("line"), finding.get("column")), (Some(&1.into()), Some(&16.into())));
    assert_eq!(
        (finding.get("kind"), finding.get("value")),
        (Some(&"hard-coded".into()), Some(&"https://idporten.no/token".into()))
    );
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_linted() {
    let answer = tree().run(&["lint", "nowhere", "src/x.rs"]);
    assert_eq!(answer.code, 2);
    assert!(answer.err.contains("error: `nowhere` cannot be read: "), "{}", answer.err);
    assert!(answer.out.contains("src/x.rs:1:16"), "{}", answer.out);
}

#[test]
fn a_tree_of_ten_thousand_lines_takes_no_time() {
    let directory = Directory::new(&[]);
    for file in 0..100 {
        directory.write(&format!("src/{file}.rs"), &"let a = call(\"https://example.com/a\", acr, b);\n".repeat(100));
    }
    let start = Instant::now();
    assert_eq!(directory.says(0, &["lint"]), "no findings in 100 files\n");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?} in a build without optimisation", start.elapsed());
}

#[test]
fn this_repository_can_be_linted() {
    let output = tool()
        .current_dir(workspace())
        .args(["lint", "--exclude", "idporten-config", "--exclude", "tests"])
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.lines().filter(|line| line.contains("bundled/")).count() == 0, "{out}");
    assert!(!list_of(&workspace()).is_empty() && output.stderr.is_empty());
}

#[cfg(unix)]
#[test]
fn a_link_is_not_followed_into_a_loop() {
    let directory = tree();
    std::os::unix::fs::symlink(".", directory.path().join("src/loop")).unwrap();
    assert!(directory.says(1, &["lint"]).ends_with("\n12 findings in 8 files\n"));
}
