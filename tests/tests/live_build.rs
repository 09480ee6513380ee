//! A build that fetches, where its environment variable asks for it: a real build script, and a TLS server as its mirror.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::SystemTime;

use idporten_config::document::json::Value;
use idporten_config::{KnownEnvironment, Snapshot};
use idporten_config_tests::places;
use idporten_config_tests::scratch::Scratch;
use idporten_config_tests::server::{Authority, Reply, Server};

const ENVIRONMENT: KnownEnvironment = KnownEnvironment::MaskinportenTest;
const MAIN: &str = "mod providers { include!(concat!(env!(\"OUT_DIR\"), \"/idporten_config.rs\")); }
use providers::maskinporten::test;
fn main() { println!(\"{} {}\", test::SNAPSHOT_ORIGIN, test::TOKEN_ENDPOINT); }
";

/// A program whose build script may fetch, and the server it would fetch from.
struct Program {
    directory: Scratch,
    server: Server,
}

impl Program {
    fn new() -> Self {
        let directory = Scratch::new();
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
        let package = workspace.join("idporten-config");
        let manifest = format!(
            "[package]\nname = \"program\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[build-dependencies]\n\
             idporten-config = {{ path = '{}', features = [\"build\", \"fetch\", \"ring\"] }}\n",
            package.display()
        );
        let write = |path: &str, text: &str| {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("Cargo.toml", &manifest);
        write("build.rs", "fn main() { idporten_config::build::generate() }");
        write("src/main.rs", MAIN);
        write(
            "idporten.toml",
            "max-age = \"1000000d\"\n[environments.maskinporten-test]\n[environments.idporten-legacy-ver2]\nbundled = true\n",
        );
        write("snapshots/maskinporten-test.json", ENVIRONMENT.bundled_snapshot());
        fs::copy(workspace.join("Cargo.lock"), directory.path().join("Cargo.lock")).unwrap();
        let authority = Arc::new(Authority::new());
        let identity = authority.issue(&["127.0.0.1"]);
        Self { directory, server: Server::with(authority, identity) }
    }

    fn run(&self, mode: &str, offline: &str) -> Output {
        let mirror = format!("https://127.0.0.1:{}", self.server.address().port());
        Command::new(env!("CARGO"))
            .args(["run", "--offline"])
            .current_dir(self.directory.path())
            .env("CARGO_TARGET_DIR", places::nested_target())
            .env("IDPORTEN_CONFIG_FETCH", mode)
            .env("IDPORTEN_CONFIG_MIRROR", mirror)
            .env("IDPORTEN_CONFIG_CA_FILE", self.server.authority().file())
            .env("IDPORTEN_CONFIG_CA_ONLY", "true")
            .env("CARGO_NET_OFFLINE", offline)
            .env("NO_PROXY", "*")
            .env_remove("SOURCE_DATE_EPOCH")
            .output()
            .unwrap()
    }

    /// Serves the bundled document with another token endpoint, as of a date, and a key.
    fn serve(&self, date: &str) {
        let bundled = Snapshot::parse(ENVIRONMENT.bundled_snapshot()).unwrap();
        let mut document = bundled.metadata_json().clone();
        document.set("token_endpoint", "https://test.maskinporten.no/token/live".into());
        let mirror = "https://127.0.0.1";
        let jwks = format!(r#"{{"keys":[{{"kty":"RSA","e":"AQAB","n":"{}Q"}}]}}"#, "_".repeat(341));
        let path = |url: &str| format!("{mirror}/{}", url.trim_start_matches("https://"));
        self.server.on(
            &path(ENVIRONMENT.well_known_url()),
            Reply::json(Value::from(document).to_string()).header("Date", date),
        );
        self.server.on(&path("https://test.maskinporten.no/jwk"), Reply::json(jwks));
    }
}

#[track_caller]
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn a_build_fetches_live_snapshots_on_request_outside_the_sources() {
    let committed = "recorded https://test.maskinporten.no/token";
    let program = Program::new();
    assert_eq!(printed(&program.run("", "false")), committed);
    assert_eq!(program.server.connections(), 0);

    // The server knows no document yet.
    let output = program.run("try", "false");
    assert_eq!(printed(&output), committed);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("maskinporten-test: not fetched: ") && said.contains("the committed snapshot is used"),
        "{said}"
    );
    let output = program.run("require", "false");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("maskinporten-test: not fetched: "), "{said}");

    let before = program.server.connections();
    assert_eq!(printed(&program.run("require", "true")), committed);
    assert_eq!(program.server.connections(), before, "being offline wins");

    program.serve("Wed, 01 Jan 2020 00:00:00 GMT");
    let older = "maskinporten-test: the mirror serves a document of 2020-01-01T00:00:00Z, older than the snapshot of 2026-04-30T";
    let output = program.run("try", "false");
    assert_eq!(printed(&output), committed);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains(older) && said.contains("; the committed snapshot is used; help: look at the mirror's"),
        "{said}"
    );
    let output = program.run("require", "false");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains(older), "{said}");

    // The retired environment of the manifest, which nothing serves, is not fetched.
    program.serve(&httpdate::fmt_http_date(SystemTime::now()));
    let output = program.run("require", "false");
    assert_eq!(
        printed(&output),
        "fetched https://test.maskinporten.no/token/live",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let sources = fs::read_to_string(program.directory.path().join("snapshots/maskinporten-test.json")).unwrap();
    assert_eq!(sources, ENVIRONMENT.bundled_snapshot());

    let output = program.run("sometimes", "false");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("set it to `try` or `require`, or unset it"), "{said}");
}
