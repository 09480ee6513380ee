//! The tool, directories to run it in, and snapshots to run it on.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs};

use idporten_config::KnownEnvironment;
use idporten_config::document::json::Value;
use idporten_config_tests::tool::program;

/// The first of August 2024: the bundled snapshot of idporten-test is two days old.
const NOW: &str = "1722470400";

/// A new directory, removed at the end of the test.
pub(crate) struct Directory(PathBuf);

/// The result of a run of the tool.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Directory {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = Self(env::temp_dir().join(format!("idporten-config-tool-{}-{number}", std::process::id())));
        fs::create_dir_all(&directory.0).unwrap();
        for (path, text) in files {
            directory.write(path, text);
        }
        directory
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.join(path)).unwrap()
    }

    /// Runs the tool here.
    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        self.run_in("", arguments)
    }

    /// Runs the tool in a directory below this one.
    pub(crate) fn run_in(&self, below: &str, arguments: &[&str]) -> Answer {
        Answer::of(tool().current_dir(self.0.join(below)).args(arguments).output().unwrap())
    }

    /// The standard error of a run that ends with this code and prints nothing else.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let answer = self.run(arguments);
        assert_eq!((answer.code, answer.out.as_str()), (code, ""), "{}", answer.err);
        assert!(!answer.err.contains("panicked"), "{}", answer.err);
        answer.err
    }

    /// The standard output of a run that ends with this code and prints nothing else.
    #[track_caller]
    pub(crate) fn says(&self, code: i32, arguments: &[&str]) -> String {
        let answer = self.run(arguments);
        assert_eq!((answer.code, answer.err.as_str()), (code, ""), "{}", answer.out);
        answer.out
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Answer {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the tool writes UTF-8");
        Self {
            code: output.status.code().expect("no signal ended it"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        Value::parse(self.out.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.out, self.err))
    }
}

#[track_caller]
pub(crate) fn assert_contains(found: &str, wanted: &str) {
    assert!(found.contains(wanted), "wanted {wanted:?} in\n{found}");
}

#[track_caller]
pub(crate) fn assert_lacks(found: &str, unwanted: &str) {
    assert!(!found.contains(unwanted), "wanted no {unwanted:?} in\n{found}");
}

#[track_caller]
pub(crate) fn assert_starts_with(found: &str, wanted: &str) {
    assert!(found.starts_with(wanted), "wanted {wanted:?} at the start of\n{found}");
}

#[track_caller]
pub(crate) fn assert_ends_with(found: &str, wanted: &str) {
    assert!(found.ends_with(wanted), "wanted {wanted:?} at the end of\n{found}");
}

/// The program, with the clock of these tests.
pub(crate) fn tool() -> Command {
    let mut command = Command::new(program());
    // The authorities and proxies of this machine must not change a result.
    let authority = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tool/authority.pem");
    command.env("IDPORTEN_CONFIG_CA_FILE", authority).env("IDPORTEN_CONFIG_CA_ONLY", "true").env("NO_PROXY", "*");
    command.env_remove("IDPORTEN_CONFIG_MIRROR").env("SOURCE_DATE_EPOCH", NOW);
    command.env_remove("COLUMNS").env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A named pipe that nothing reads or writes.
#[cfg(unix)]
pub(crate) fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// The names of what is in a directory.
pub(crate) fn list_of(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    entries.map(|name| name.to_string_lossy().into_owned()).collect()
}

pub(crate) fn bundled(environment: KnownEnvironment) -> &'static str {
    environment.bundled_snapshot()
}

/// The bundled snapshot with a key set.
pub(crate) fn with_keys(environment: KnownEnvironment, keys: &[String]) -> String {
    let jwks = format!("\"jwks\": {{\"keys\": [{}]}}", keys.join(", "));
    let text = bundled(environment).replace("\"jwks\": null", &jwks);
    assert!(text.contains(&jwks));
    text
}

/// Maskinporten PROD as it would be fetched on the day of these tests.
pub(crate) fn fetched() -> String {
    with_keys(KnownEnvironment::MaskinportenProd, &[rsa("slot", '_')])
        .replace("\"documented\"", "\"fetched\"")
        .replace("2025-01-01T", "2024-07-31T")
}

/// An RSA key of 2,048 bits without a private key: every digit of its modulus is the same.
pub(crate) fn rsa(kid: &str, digit: char) -> String {
    let n = digit.to_string().repeat(341);
    format!(r#"{{"kty": "RSA", "kid": "{kid}", "e": "AQAB", "n": "{n}w"}}"#)
}

/// The `local` environment of a manifest.
pub(crate) const LOCAL: &str = "\
[environments.local]
product = 'idporten'
development = true
issuer = 'http://localhost:8080/default'
well-known-url = 'http://localhost:8080/default/.well-known/openid-configuration'
based-on = 'idporten-test'
";
