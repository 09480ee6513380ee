//! A real OpenID provider, end to end: fetched as a development environment, rotated, compared, followed by a refresher, and
//! made into code that compiles and runs.

use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, SystemTime};

use idporten_config::codegen;
use idporten_config::codegen::format;
use idporten_config::document::{ChangeKind, Comparison, compare};
use idporten_config::document::{Description, Provider};
use idporten_config::fetch::{Fetcher, Options};
use idporten_config::internal::Project;
use idporten_config::refresh::{LookupError, RefreshError, RefreshPolicy, Refresher};
use idporten_config::{Product, Snapshot};
use idporten_config_tests::scratch::Scratch;
use idporten_config_tests::tool::program;

/// The provider's process, which ends with its input.
struct Running {
    process: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    issuer: String,
    port: String,
}

impl Running {
    fn start() -> Self {
        Self::listening("0")
    }

    /// It listens on this port; on one that is free where that is 0.
    fn listening(port: &str) -> Self {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("provider");
        assert!(
            directory.join("node_modules").is_dir(),
            "the provider is not installed: run `npm ci --prefix tests/provider`, then this test again"
        );
        let mut process = Command::new("node")
            .args(["provider.mjs", port])
            .current_dir(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Node.js 20 or newer must be installed");
        let input = process.stdin.take();
        let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = output.next().expect("the provider ended before it was ready").unwrap();
        Self { process, input, output, issuer: format!("http://127.0.0.1:{port}/idporten"), port }
    }

    /// Ends it, and says which port is free then.
    fn stop(self) -> String {
        self.port.clone()
    }

    /// Publishes keys of these kids from now on, a new one for each that ends in an exclamation mark.
    fn publish(&mut self, kids: &str) {
        writeln!(self.input.as_mut().unwrap(), "{kids}").unwrap();
        assert_eq!(self.output.next().unwrap().unwrap(), "published");
    }

    fn well_known_url(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.issuer)
    }

    /// A manifest that names it as a development environment.
    fn manifest(&self) -> String {
        format!(
            "[environments.local]\nproduct = \"idporten\"\ndevelopment = true\nissuer = \"{}\"\nwell-known-url = \"{}\"\n",
            self.issuer,
            self.well_known_url()
        )
    }

    fn fetch(&self) -> Snapshot {
        let provider = Provider::describe(
            Description::new("local", self.well_known_url(), self.issuer.clone())
                .with_product(Product::Idporten)
                .with_development(true),
        );
        let fetcher = Fetcher::new(direct()).unwrap();
        fetcher.fetch(&provider.unwrap(), SystemTime::now()).unwrap_or_else(|error| panic!("{error}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.process.wait();
    }
}

/// Options that leave the proxies of the environment variables out.
fn direct() -> Options {
    Options::default().with_addresses([])
}

/// A refresher that has this snapshot compiled in, and in which unknown kids have fetches to spare.
fn refresher(seed: Snapshot) -> Refresher {
    let policy = RefreshPolicy::default().with_unknown_kid_fetches(100);
    Refresher::builder(seed).unwrap().policy(policy).fetch_options(direct()).start().unwrap()
}

fn kids(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.jwks().unwrap().keys().iter().map(|key| key.kid().unwrap()).collect()
}

/// The one change of a comparison, which must be a rotation.
#[track_caller]
fn rotation(comparison: &Comparison) -> (Option<&str>, Option<&str>, Option<&str>) {
    assert_eq!((comparison.changes.len(), comparison.count(ChangeKind::Rotation)), (1, 1), "{comparison}");
    let change = &comparison.changes[0];
    (change.before.as_deref(), change.after.as_deref(), change.note)
}

#[test]
#[ignore = "needs npm ci --prefix tests/provider"]
fn a_rotation_is_seen_as_one_and_as_nothing_else() {
    let mut running = Running::start();
    let first = running.fetch();
    assert_eq!(kids(&first), ["first"]);
    assert!(first.complete_metadata().is_some() && !first.jwks().unwrap().is_leaked());
    assert!(compare(&first, &running.fetch()).is_empty());

    running.publish("first second");
    let overlap = running.fetch();
    assert_eq!(kids(&overlap), ["first", "second"]);
    assert!(matches!(rotation(&compare(&first, &overlap)), (None, Some(_), _)));

    running.publish("second");
    let second = running.fetch();
    assert!(matches!(rotation(&compare(&overlap, &second)), (Some(_), None, _)));

    running.publish("second!");
    let comparison = compare(&second, &running.fetch());
    let (before, after, note) = rotation(&comparison);
    assert_ne!(before.unwrap(), after.unwrap());
    assert_eq!(note, Some("same kid, new key"));
}

#[test]
#[ignore = "needs npm ci --prefix tests/provider"]
fn a_refresher_follows_it_through_a_rotation() {
    let mut running = Running::start();
    let refresher = refresher(running.fetch());
    assert_eq!(refresher.current().unwrap().metadata().issuer, running.issuer);
    let old = refresher.find_keys(Some("first"), "RS256").unwrap().to_arc();

    running.publish("first second");
    assert_eq!(refresher.find_keys_wait(Some("second"), "RS256").unwrap().iter().len(), 1);
    assert!(refresher.find_keys(Some("first"), "RS256").is_ok(), "the overlap");

    running.publish("second");
    refresher.refresh_now().unwrap();
    let events = refresher.events();
    let first = refresher.find_keys_wait(Some("first"), "RS256");
    assert!(matches!(first, Err(LookupError::Undetermined { .. })), "one answer may have lagged: {first:?}");
    while refresher.status().counters.succeeded_fetches < 3 {
        events.recv_timeout(Duration::from_secs(30)).expect("a second fetch within 10 s");
    }
    let withdrawn = refresher.find_keys_wait(Some("first"), "RS256");
    assert!(matches!(withdrawn, Err(LookupError::UnknownKey)), "{withdrawn:?}: {}", refresher.status());
    assert!(refresher.find_keys(Some("second"), "RS256").is_ok());
    assert_eq!(kids(&old.snapshot()), ["first"], "what was kept stays as it was");

    let thumbprint = |refresher: &Refresher| refresher.status().keys[0].thumbprint.clone();
    let before = thumbprint(&refresher);
    running.publish("second!");
    refresher.refresh_now().unwrap();
    assert_ne!(thumbprint(&refresher), before, "the kid is a label that a new key took over");
}

#[test]
#[ignore = "needs npm ci --prefix tests/provider"]
fn a_refresher_survives_the_providers_absence_and_recovers() {
    let running = Running::start();
    let refresher = refresher(running.fetch());
    refresher.refresh_now().unwrap();
    let port = running.stop();
    assert!(matches!(refresher.find_keys_wait(Some("second"), "RS256"), Err(LookupError::Undetermined { .. })));
    assert!(matches!(refresher.refresh_now(), Err(RefreshError::Failed(_))));
    assert!(refresher.find_keys(Some("first"), "RS256").is_ok(), "what is held is served");
    let status = refresher.status();
    assert_eq!((status.serving, status.consecutive_failures), (true, 2));
    assert!(status.last_error.is_some_and(|error| error.contains("cannot connect")));

    let mut running = Running::listening(&port);
    running.publish("first second");
    assert!(refresher.find_keys_wait(Some("second"), "RS256").is_ok());
    assert_eq!(refresher.status().consecutive_failures, 0);
}

#[test]
#[ignore = "needs npm ci --prefix tests/provider"]
fn its_document_becomes_constants_of_a_program_that_runs() {
    let running = Running::start();
    let directory = Scratch::new();
    let root = directory.path();
    fs::create_dir(root.join("snapshots")).unwrap();
    fs::write(root.join("snapshots/local.json"), running.fetch().to_string()).unwrap();
    fs::write(root.join("idporten.toml"), running.manifest()).unwrap();
    let resolved = Project::open(root, "idporten.toml").check(idporten_config::internal::Times::default());
    assert!(resolved.findings.is_empty(), "{:?}", resolved.findings);
    let products = codegen::products(&resolved.sources);
    assert!(products.findings.is_empty(), "{:?}", products.findings);
    let code = format::format(&codegen::header(&resolved.sources, "a test"), &products.tokens).unwrap();
    fs::write(root.join("providers.rs"), code).unwrap();
    let program = format!(
        r#"#![deny(warnings)]
        mod providers {{ include!("providers.rs"); }}
        use providers::idporten::local;
        fn main() {{
            assert_eq!(local::ISSUER, "{0}");
            assert_eq!(local::TOKEN_ENDPOINT, "{0}/token");
            assert_eq!(local::AcrValue::IdportenLoaHigh.as_str(), "idporten-loa-high");
            assert!(local::SNAPSHOT.contains("\"kid\": \"first\""));
        }}"#,
        running.issuer
    );
    fs::write(root.join("main.rs"), program).unwrap();
    run(Command::new("rustc").args(["--edition=2024", "main.rs"]).current_dir(root));
    run(Command::new(root.join("main")).current_dir(root));
}

#[test]
#[ignore = "needs npm ci --prefix tests/provider"]
fn the_tool_fetches_it_checks_it_and_tells_a_rotation() {
    let mut running = Running::start();
    let directory = Scratch::new();
    let root = directory.path();
    fs::write(root.join("idporten.toml"), running.manifest()).unwrap();
    let tool = |arguments: &[&str]| {
        let output = Command::new(program()).args(arguments).env("NO_PROXY", "*").current_dir(root).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, said) = tool(&["fetch"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(tool(&["check"]).0, 0, "{}", tool(&["check"]).1);
    let (code, said) = tool(&["fetch"]);
    assert!(code == 0 && said.contains("unchanged"), "{said}");
    fs::copy(root.join("snapshots/local.json"), root.join("before.json")).unwrap();

    running.publish("first!");
    let (code, said) = tool(&["check"]);
    assert!(code == 1 && said.contains("idporten-config fetch local"), "{said}");
    assert_eq!(tool(&["diff", "local", "--live"]).0, 1);
    assert_eq!(tool(&["fetch"]).0, 0);
    assert_eq!(tool(&["check"]).0, 0);
    let (code, said) = tool(&["diff", "--format", "markdown", "before.json", "local"]);
    assert!(
        code == 1 && said.contains("### local: 1 key rotation") && said.contains("**same kid, new key**"),
        "{said}"
    );
    drop(running);
    assert_eq!(tool(&["fetch"]).0, 3);
    assert_eq!(tool(&["check", "--offline"]).0, 0);
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
