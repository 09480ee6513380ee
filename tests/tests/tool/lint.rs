//! Wrong and hard-coded values in a tree.

use crate::fixture::{
    Directory, assert_contains, assert_ends_with, assert_starts_with, bundled, list_of, tool, workspace,
};

/// Mistakes of real code bases, and their corrections.
const FILES: &[(&str, &str)] = &[
    (
        "src/auth.rs",
        "const A: &str = \"https://test.idporten.no/authorize\";\nlet t = \"https://login.idporten.no/token\";\n",
    ),
    ("src/out.rs", "let e = \"https://test.idporten.no/endsession\";\n"),
    ("src/slash.rs", "let a = \"https://login.idporten.no/authorize/\";\nlet b = \"https://idporten.no/token/\";\n"),
    ("config/app.yaml", "issuer: https://maskinporten.no\nhomepage: https://login.idporten.no\n"),
    (".env", "JWKS=https://test.maskinporten.no/jwk.json\nACR=acr_values=Level3\n"),
    ("deploy/values.json", "{\"issuer\": \"https://oidc-yt2.difi.no/idporten-oidc-provider/\"}\n"),
    ("app.properties", "url=https://oidc-ver2.difi.no/idporten-oidc-provider/\n"),
    ("src/x.rs", "    let url = \"https://idporten.no/token\";\n"),
    ("src/fine.rs", "let docs = \"https://docs.digdir.no/\"; // https://example.com/token\n"),
    ("application.yml", "token-uri: https://idporten.no/token\n"),
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
fn a_quiet_lint_prints_its_findings_alone() {
    let directory = tree();
    let (out, quiet) = (directory.says(1, &["lint"]), directory.says(1, &["lint", "-q"]));
    assert!(out.starts_with(&quiet) && out.len() > quiet.len(), "{quiet}");
    assert_eq!(quiet.lines().count(), 11, "{quiet}");
    assert_eq!(directory.says(0, &["lint", "-q", "src/fine.rs"]), "");
}

#[test]
fn every_finding_has_its_place_and_what_to_write_instead() {
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
        ("src/x.rs:1:16", "hard-coded", "idporten::prod::TOKEN_ENDPOINT"),
    ] {
        let line = line_of(place);
        assert!(
            line.starts_with(&format!("{place} {kind} \"")) && line.ends_with(&format!("use `{constant}`")),
            "{line}"
        );
    }
    for (place, value) in [
        ("config/app.yaml:1:9", "https://maskinporten.no/"),
        (".env:1:6", "https://test.maskinporten.no/jwk"),
        (".env:2:16", "idporten-loa-substantial"),
    ] {
        let line = line_of(place);
        assert!(line.starts_with(&format!("{place} wrong ")) && line.ends_with(&format!(" \"{value}\"")), "{line}");
    }
    assert!(line_of("deploy/values.json:1:13").contains(" wrong \"https://oidc-yt2.difi.no/"));
    assert!(line_of("app.properties:1:5").contains(" retired \"https://oidc-ver2.difi.no/"));
    assert!(out.ends_with("\n11 findings in 8 files\n2 files passed over (binary or over 1 MiB)\n3 files of prose passed over (`--prose` reads prose too)\n"), "{out}");
}

#[test]
fn named_files_are_always_read_and_paths_can_be_excluded() {
    let directory = tree();
    assert!(directory.says(1, &["lint", "README.md"]).starts_with("README.md:1:1  wrong  "));
    assert_eq!(directory.says(0, &["lint", "src/fine.rs"]), "no findings in 1 file\n");
    let out = directory.says(1, &["lint", "--exclude", "./src", "--exclude", "config/app.yaml"]);
    assert!(out.ends_with("\n4 findings in 3 files\n2 files passed over (binary or over 1 MiB)\n3 files of prose passed over (`--prose` reads prose too)\n"), "{out}");
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
fn prose_is_read_where_it_is_asked_for() {
    let out = tree().says(1, &["lint", "--prose"]);
    assert!(out.contains("README.md:1:1 ") && out.contains("doc/guide.rst:1:1 "), "{out}");
    assert!(out.ends_with("\n14 findings in 11 files\n2 files passed over (binary or over 1 MiB)\n"), "{out}");
}

#[test]
fn files_that_git_ignores_are_left_out_but_for_environment_files() {
    let directory = tree();
    directory.write(".gitignore", "secret/\n.env\n*.local\nout.rs\n");
    directory.write("secret/a.yaml", "url: https://login.idporten.no/token\n");
    let out = directory.says(1, &["lint"]);
    assert!(out.contains(".env:1:6 ") && !out.contains("secret/") && !out.contains("src/out.rs"), "{out}");
}

#[test]
fn directories_of_built_and_fetched_files_are_left_out() {
    let directory = tree();
    for skipped in ["vendor/a.go", "dist/a.js", "build/a.js", ".venv/a.py", ".next/a.js", "web/dist/a.js"] {
        directory.write(skipped, "url = \"https://login.idporten.no/token\"\n");
    }
    for module in ["src/build/a.rs", "src/target/a.rs"] {
        directory.write(module, "let a = \"https://login.idporten.no/token\";\n");
    }
    let out = directory.says(1, &["lint"]);
    assert!(out.contains("src/build/a.rs:1:10 ") && out.contains("src/target/a.rs:1:10 "), "{out}");
    assert!(out.contains("\n13 findings in 10 files\n"), "{out}");
}

#[test]
fn what_is_left_out_does_not_depend_on_where_the_project_lies() {
    let directory = Directory::new(&[]);
    for path in ["target/a.rs", ".git/a.rs", "vendor/a.rs", "src/.venv/a.rs", "src/node_modules/a.rs"] {
        directory.write(&format!("src/app/{path}"), "let a = \"https://login.idporten.no/token\";\n");
    }
    directory.write("src/app/src/a.rs", "");
    directory.write("src/app/src/build/a.rs", "");
    let project = directory.path().join("src/app");
    for (below, root) in [("src/app", "."), ("", project.to_str().unwrap())] {
        assert_eq!(directory.run_in(below, &["lint", root]).out, "no findings in 2 files\n", "{root}");
    }
    assert_eq!(directory.run_in("src/app", &["lint", "src"]).out, "no findings in 2 files\n");
}

#[test]
fn only_what_git_ignores_is_left_out() {
    let directory = tree();
    directory.write(".ignore", "*.rs\n");
    assert_contains(&directory.says(1, &["lint"]), "src/x.rs:1:16 ");
}

#[test]
fn findings_are_written_for_github_and_as_sarif() {
    let directory = tree();
    let github = directory.says(1, &["lint", "--format", "github", "src/out.rs"]);
    assert!(github.starts_with("::error file=src/out.rs,line=1,col=10,title=idporten-config (wrong)::"), "{github}");
    let sarif = directory.says(1, &["lint", "--format", "sarif", "src/out.rs"]);
    assert!(sarif.contains("\"ruleId\": \"wrong\"") && sarif.contains("\"startColumn\": 10"), "{sarif}");
}

#[test]
fn annotations_name_files_by_the_path_from_the_root() {
    let directory = tree();
    for (below, path) in [("src", "out.rs"), ("config", "../src/out.rs")] {
        let run = |format| directory.run_in(below, &["lint", "--format", format, path]);
        assert_starts_with(&run("github").out, "::error file=src/out.rs,line=1,");
        assert_contains(&run("sarif").out, "\"uri\": \"src/out.rs\"");
        assert_starts_with(&run("text").out, &format!("{path}:1:10 "));
    }
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
fn a_pipe_that_is_named_is_unreadable_and_never_opened() {
    let directory = Directory::new(&[("a.rs", "")]);
    crate::fixture::pipe(&directory.path().join("pipe"));
    let err = "error: `pipe` cannot be read: it is not a regular file\n  help: name another path, or leave it out with `--exclude`\n";
    let answer = directory.run(&["lint", "pipe"]);
    assert_eq!((answer.code, answer.out.as_str(), answer.err.as_str()), (2, "no findings in 0 files\n", err));
    assert_eq!(directory.says(0, &["lint"]), "no findings in 1 file\n", "one that is not named is passed over");
    let (reader, _writer) = std::io::pipe().unwrap();
    let output = tool().current_dir(directory.path()).args(["lint", "/dev/stdin"]).stdin(reader).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_ends_with(&String::from_utf8(output.stdout).unwrap(), "no findings in 0 files\n");
}

#[cfg(unix)]
#[test]
fn a_link_is_not_followed_into_a_loop() {
    let directory = tree();
    std::os::unix::fs::symlink(".", directory.path().join("src/loop")).unwrap();
    assert!(
        directory
            .says(1, &["lint"])
            .ends_with("\n11 findings in 8 files\n2 files passed over (binary or over 1 MiB)\n3 files of prose passed over (`--prose` reads prose too)\n")
    );
}

#[test]
fn utf_16_text_is_linted_and_skipped_data_is_counted() {
    let directory = Directory::new(&[]);
    let text = "\u{feff}a\nurl = \"https://login.idporten.no/token\"\n";
    let write = |name: &str, bytes: Vec<u8>| std::fs::write(directory.path().join(name), bytes).unwrap();
    write("le.ini", text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    write("be.ini", text.encode_utf16().flat_map(u16::to_be_bytes).collect());
    write("utf8.ini", "\u{feff}https://login.idporten.no/token".as_bytes().to_vec());
    write("data.bin", vec![0; 8]);
    let out = directory.says(1, &["lint"]);
    for place in ["le.ini:2:8 ", "be.ini:2:8 ", "utf8.ini:1:1 "] {
        assert!(out.lines().any(|line| line.starts_with(place)), "{place} in {out}");
    }
    assert!(out.ends_with("\n3 findings in 3 files\n1 file passed over (binary or over 1 MiB)\n"), "{out}");
    let json = directory.run(&["lint", "--json"]).json();
    let get = |name: &str| json.as_object().unwrap().get(name).unwrap().clone();
    assert_eq!((get("files"), get("passed_over")), (3.into(), 1.into()));
}

#[test]
fn an_exclude_that_matches_nothing_is_said() {
    let directory = tree();
    for exclude in ["auth.rs", "./auth.rs", "src/auth.rs", "./src/./auth.rs"] {
        let answer = directory.run(&["lint", "src", "--exclude", exclude]);
        assert!(answer.out.ends_with("\n4 findings in 3 files\n"), "{exclude}: {}", answer.out);
        assert_eq!(answer.err, "", "{exclude}");
    }
    let answer = directory.run(&["lint", "./src/", "--exclude", "./src/auth.rs/", "--exclude", "auht.rs"]);
    assert!(answer.out.ends_with("\n4 findings in 3 files\n"), "{}", answer.out);
    assert_eq!(answer.err, "note: `--exclude auht.rs` matched nothing\n");
}

#[test]
fn json_that_the_tool_generated_holds_such_values_rightly() {
    let directory = Directory::new(&[]);
    let answer = directory.run(&["generate", "--format", "json", "--bundled", "idporten-prod", "maskinporten-test"]);
    directory.write("providers.json", &answer.out);
    assert_eq!(directory.says(0, &["lint"]), "no findings in 1 file\n");
}
