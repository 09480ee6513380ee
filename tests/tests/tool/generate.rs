//! Code, JSON and variables.

use std::io::Write;
use std::process::{Command, Stdio};
use std::{env, fs};

use idporten_config::KnownEnvironment as Known;

use crate::fixture::{Directory, LOCAL, assert_contains, bundled, list_of};

const MANIFEST: &str = "[environments.idporten-test]\nbundled = true\n";
const UNMET: &str = "[require.idporten]\nacr_values_supported = ['idporten-loa-hihg']\n";

/// Compiles a library of this code alone, with nothing to depend on.
fn compile(code: &str) -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let arguments =
        ["--edition=2024", "--crate-type=lib", "--crate-name=providers", "--emit=metadata", "-Dwarnings", "-"];
    let directory = Directory::new(&[]);
    let mut rustc = Command::new(rustc)
        .current_dir(directory.path())
        .args(arguments)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    rustc.stdin.take().unwrap().write_all(code.as_bytes()).unwrap();
    String::from_utf8(rustc.wait_with_output().unwrap().stderr).unwrap()
}

#[test]
fn the_code_is_grouped_by_product_and_compiles_by_itself() {
    let directory = Directory::new(&[]);
    let code = directory.run(&["generate", "--bundled", "idporten-test", "idporten-prod", "maskinporten-test"]).out;
    let program = "pub const A: &str = idporten::prod::TOKEN_ENDPOINT;\n\
        pub const B: idporten::AcrValue = idporten::AcrValue::IdportenLoaHigh;\n\
        pub const C: &str = maskinporten::Environment::Test.token_endpoint();\n";
    assert_eq!(compile(&format!("{code}\n{program}")), "");
    assert_contains(&code, "run `idporten-config generate idporten-test idporten-prod maskinporten-test --bundled`.");
}

#[test]
fn json_has_the_constants_by_the_names_that_rust_has() {
    let directory = Directory::new(&[]);
    let json =
        directory.run(&["generate", "--bundled", "--format", "json", "idporten-test", "maskinporten-prod"]).json();
    let environment = json.as_object().unwrap().get("idporten-test").unwrap().as_object().unwrap();
    for (name, value) in [
        ("slug", "idporten-test"),
        ("product", "idporten"),
        ("stage", "test"),
        ("issuer", "https://test.idporten.no"),
        ("well_known_url", "https://test.idporten.no/.well-known/openid-configuration"),
        ("as_of", "2024-07-30T00:00:00Z"),
        ("origin", "recorded"),
    ] {
        assert_eq!(environment.get(name), Some(&value.into()), "{name}");
    }
    let constants = environment.get("constants").unwrap().as_object().unwrap();
    assert_eq!(constants.get("TOKEN_ENDPOINT"), Some(&"https://test.idporten.no/token".into()));
    assert_eq!(constants.get("FRONTCHANNEL_LOGOUT_SUPPORTED"), Some(&true.into()));
    assert_eq!(constants.get("SCOPES_SUPPORTED").unwrap().as_strings().unwrap(), ["openid", "profile"]);
    assert_eq!(json.as_object().unwrap().len(), 2);
}

#[test]
fn variables_have_the_names_of_the_platform() {
    let directory = Directory::new(&[]);
    let answer = directory.run(&["generate", "--bundled", "--format", "env", "idporten-test", "maskinporten-test"]);
    assert_eq!(
        answer.out,
        "IDPORTEN_WELL_KNOWN_URL=https://test.idporten.no/.well-known/openid-configuration\n\
         IDPORTEN_ISSUER=https://test.idporten.no\n\
         IDPORTEN_JWKS_URI=https://test.idporten.no/jwks.json\n\
         IDPORTEN_TOKEN_ENDPOINT=https://test.idporten.no/token\n\
         MASKINPORTEN_WELL_KNOWN_URL=https://test.maskinporten.no/.well-known/oauth-authorization-server\n\
         MASKINPORTEN_ISSUER=https://test.maskinporten.no/\n\
         MASKINPORTEN_JWKS_URI=https://test.maskinporten.no/jwk\n\
         MASKINPORTEN_TOKEN_ENDPOINT=https://test.maskinporten.no/token\n"
    );
}

#[test]
fn a_variable_that_the_snapshot_lacks_is_left_out_with_a_note() {
    let answer = Directory::new(&[]).run(&["generate", "--bundled", "--format", "env", "idporten-legacy-yt2"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.out.contains("IDPORTEN_ISSUER=") && !answer.out.contains("JWKS_URI"), "{}", answer.out);
    assert!(answer.err.contains("note: idporten-legacy-yt2: no IDPORTEN_JWKS_URI: "), "{}", answer.err);
    assert!(answer.err.contains("run `idporten-config fetch idporten-legacy-yt2`"), "{}", answer.err);
}

#[test]
fn no_variables_are_made_up_for_a_product_that_has_none() {
    let directory = Directory::new(&[]);
    let format = ["generate", "--bundled", "--format", "env", "ansattporten-test"];
    let err = directory.fails(2, &format);
    assert!(err.contains("ansattporten-test: no platform names variables for ansattporten"), "{err}");
    assert!(err.contains("help: use `--format json`"), "{err}");
    let both = directory.run(&[&format[..], &["maskinporten-test"]].concat());
    assert_eq!(both.code, 0, "{}", both.err);
    assert!(both.out.starts_with("MASKINPORTEN_WELL_KNOWN_URL=") && !both.out.contains("ANSATT"), "{}", both.out);
    assert!(both.err.contains("note: ansattporten-test: no platform names variables"), "{}", both.err);
}

#[test]
fn variables_never_mix_two_environments() {
    let directory = Directory::new(&[("idporten.toml", &format!("{MANIFEST}{LOCAL}"))]);
    let clash = directory.fails(2, &["generate", "--format", "env"]);
    assert!(clash.contains("error: idporten-test and local share the name `IDPORTEN_ISSUER`"), "{clash}");
    assert!(clash.contains("`idporten-config generate --format env idporten-test`"), "{clash}");
    let answer = directory.run(&["generate", "--format", "env", "local"]);
    assert!(answer.out.contains("IDPORTEN_ISSUER=http://localhost:8080/default\n"), "{}", answer.out);
    assert!(!answer.out.contains("test.idporten.no"), "keys of the environment it is based on: {}", answer.out);
    assert!(answer.err.contains("no IDPORTEN_JWKS_URI"), "{}", answer.err);
}

#[cfg(unix)]
#[test]
fn a_shell_reads_the_values_as_they_are_and_runs_nothing() {
    let url = "https://idp.example/~a/$(b);c&d*(e)!f/.well-known/openid-configuration";
    let manifest =
        format!("{MANIFEST}{LOCAL}").replace("http://localhost:8080/default/.well-known/openid-configuration", url);
    let directory = Directory::new(&[("idporten.toml", &manifest)]);
    directory.write("vars.env", &directory.run(&["generate", "--format", "env", "local"]).out);
    let shell = Command::new("sh")
        .current_dir(directory.path())
        .args(["-euc", r#". ./vars.env; printf '%s' "$IDPORTEN_WELL_KNOWN_URL""#])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(shell.stdout).unwrap(), url);
    assert_eq!(String::from_utf8(shell.stderr).unwrap(), "");
}

#[test]
fn an_unmet_requirement_is_exit_code_1_and_generates_nothing() {
    let directory = Directory::new(&[("idporten.toml", &format!("{MANIFEST}{UNMET}")), ("out.rs", "old")]);
    let err = directory.fails(1, &["generate", "--out", "out.rs"]);
    assert!(err.contains("error: idporten-test does not publish `idporten-loa-hihg`"), "{err}");
    assert!(
        err.contains("help: did you mean `idporten-loa-high`?") && err.ends_with("note: nothing was generated\n"),
        "{err}"
    );
    assert_eq!(directory.read("out.rs"), "old");
}

#[test]
fn what_a_build_warns_of_is_warned_of_and_generated() {
    let directory = Directory::new(&[("idporten.toml", &format!("max-age = '1d'\n{MANIFEST}"))]);
    let answer = directory.run(&["generate"]);
    assert_eq!(answer.code, 0);
    assert!(answer.err.starts_with("warning: idporten-test: the snapshot is 2 days old"), "{}", answer.err);
    assert_contains(&answer.out, "pub mod idporten {");
}

#[test]
fn out_writes_a_whole_file_and_leaves_a_current_one_untouched() {
    let directory = Directory::new(&[("idporten.toml", MANIFEST)]);
    let modified = || fs::metadata(directory.path().join("out.rs")).unwrap().modified().unwrap();
    assert_eq!(directory.says(0, &["generate", "--out", "out.rs"]), "out.rs  written\n");
    assert_eq!(directory.read("out.rs"), directory.says(0, &["generate"]));
    let first = modified();
    assert_eq!(directory.says(0, &["generate", "--out", "out.rs"]), "out.rs  unchanged\n");
    assert_eq!(directory.says(0, &["generate", "-q", "--out", "out.rs"]), "");
    assert_eq!(modified(), first);
    directory.write("out.rs", "edited by hand");
    assert_eq!(directory.says(0, &["generate", "--out", "out.rs"]), "out.rs  written\n");
    assert_eq!(directory.read("out.rs"), directory.says(0, &["generate"]));
    let mut names = list_of(directory.path());
    names.sort();
    assert_eq!(names, ["idporten.toml", "out.rs"], "nothing is left behind");
}

#[test]
fn a_file_that_cannot_be_written_is_named_with_the_way_out() {
    let directory = Directory::new(&[("idporten.toml", MANIFEST), ("dir/x", "")]);
    let err = directory.fails(2, &["generate", "--out", "no/such/out.rs"]);
    assert!(
        err.contains("error: `no/such/out.rs` cannot be written: ")
            && err.contains("help: create the directory `no/such`"),
        "{err}"
    );
    let err = directory.fails(2, &["generate", "--out", "idporten.toml/out.rs"]);
    assert!(err.contains("error: `idporten.toml/out.rs` cannot be written: ") && err.contains("\n  help: "), "{err}");
    let err = directory.fails(2, &["generate", "--out", "dir"]);
    assert!(err.contains("error: `dir` is not a regular file\n  help: name a file"), "{err}");
    assert_eq!(list_of(&directory.path().join("dir")), ["x"]);
}

#[test]
fn what_code_is_generated_from_is_not_written_over() {
    let snapshot = bundled(idporten_config::KnownEnvironment::IdportenTest);
    let directory = Directory::new(&[("idporten.toml", MANIFEST), ("x.json", snapshot)]);
    for file in ["idporten.toml", "./idporten.toml", "x.json"] {
        let error = directory.fails(2, &["generate", "--out", file]);
        assert!(error.contains("is what code is generated from"), "{error}");
    }
    assert_eq!((directory.read("idporten.toml").as_str(), directory.read("x.json").as_str()), (MANIFEST, snapshot));
}

#[cfg(unix)]
#[test]
fn a_device_is_not_replaced_and_a_link_stays_a_link() {
    let directory = Directory::new(&[("idporten.toml", MANIFEST), ("real/out.rs", "")]);
    // A socket stands for a device: a mistake here must not cost the machine one.
    let _socket = std::os::unix::net::UnixListener::bind(directory.path().join("socket")).unwrap();
    assert_contains(&directory.fails(2, &["generate", "--out", "socket"]), "`socket` is not a regular file");
    let link = directory.path().join("out.rs");
    std::os::unix::fs::symlink("real/out.rs", &link).unwrap();
    assert_eq!(directory.says(0, &["generate", "--out", "out.rs"]), "out.rs  written\n");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_contains(&directory.read("real/out.rs"), "pub mod idporten {");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_and_never_opened() {
    let directory = Directory::new(&[("idporten.toml", MANIFEST)]);
    crate::fixture::pipe(&directory.path().join("pipe"));
    // The standard output of these runs is a pipe.
    for pipe in ["pipe", "/dev/stdout"] {
        let expected = format!("`{pipe}` is not a regular file");
        assert_contains(&directory.fails(2, &["generate", "--out", pipe]), &expected);
    }
}

#[cfg(unix)]
#[test]
fn a_directory_that_is_read_only_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let directory = Directory::new(&[("idporten.toml", MANIFEST), ("dir/out.rs", "old")]);
    let dir = directory.path().join("dir");
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o555)).unwrap();
    let may_write_all_the_same = fs::write(dir.join("probe"), "").is_ok();
    let answer = directory.run(&["generate", "--out", "dir/out.rs"]);
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
    if may_write_all_the_same {
        // The super-user is kept out by no permission.
        assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    } else {
        assert_eq!(answer.code, 2);
        assert!(
            answer.err.contains("`dir/out.rs` cannot be written") && answer.err.contains("make `dir` writable"),
            "{}",
            answer.err
        );
        assert_eq!(directory.read("dir/out.rs"), "old");
    }
}

#[test]
fn a_snapshot_with_a_private_key_is_refused() {
    let leaked = crate::show::leaked();
    let directory = Directory::new(&[("snapshots/maskinporten-test.json", &leaked)]);
    let err = directory.fails(2, &["generate", "maskinporten-test"]);
    assert!(err.contains("holds a private key: entry 1, kid `slot` has the private member `d`"), "{err}");
}

#[test]
fn a_file_of_another_environment_is_refused() {
    let directory = Directory::new(&[("snapshots/idporten-prod.json", bundled(Known::IdportenTest))]);
    let err = directory.fails(2, &["generate", "idporten-prod"]);
    assert!(err.contains("`snapshots/idporten-prod.json` is a snapshot of idporten-test"), "{err}");
}
