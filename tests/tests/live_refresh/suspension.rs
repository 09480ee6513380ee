//! A process that is stopped for longer than its refreshes are apart, as a container that is paused.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use idporten_config::Snapshot;
use idporten_config::document::json::Value;
use idporten_config::document::{Description, Origin, Provider};
use idporten_config::refresh::{RefreshPolicy, Refresher};
use idporten_config_tests::child;
use idporten_config_tests::live::{LONG, Mirror, eventually, keys};
use idporten_config_tests::server::Reply;

const INTERVAL: Duration = Duration::from_secs(2);

fn policy() -> RefreshPolicy {
    RefreshPolicy::default()
        .with_refresh_interval(INTERVAL)
        .with_key_wait(Duration::from_millis(500))
        .with_unknown_kid_window(Duration::from_secs(1))
        .with_backoff(Duration::from_millis(200), Duration::from_secs(1))
}

/// A development environment, which alone may refresh so often.
fn development() -> Snapshot {
    let description = Description::new("local", URLS[0], ISSUER).with_development(true);
    let metadata = Value::parse(metadata().as_bytes()).unwrap().as_object().unwrap().clone();
    let provider = Provider::describe(description).unwrap();
    Snapshot::new(provider, SystemTime::now(), Origin::Recorded, metadata, None).unwrap()
}

const ISSUER: &str = "https://idp.example";
const URLS: [&str; 2] = ["https://idp.example/.well-known/openid-configuration", "https://idp.example/jwks"];

fn metadata() -> String {
    format!(
        r#"{{"issuer":"{ISSUER}","authorization_endpoint":"{ISSUER}/authorize","token_endpoint":"{ISSUER}/token",
        "jwks_uri":"{}","response_types_supported":["code"],"subject_types_supported":["public"],
        "id_token_signing_alg_values_supported":["RS256"]}}"#,
        URLS[1]
    )
}

/// A process that is ended, whatever comes of its test.
struct Process(Child);

impl Process {
    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_stopped_process_refreshes_exactly_once_when_it_continues() {
    if child::is_child() {
        let refresher = Refresher::builder(development()).unwrap().policy(policy()).start().unwrap();
        refresher.wait_ready(LONG).unwrap();
        println!("\nready");
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        assert!(refresher.find_keys(Some("a"), "RS256").is_ok());
        let counters = refresher.status().counters;
        return assert_eq!(counters.due_fetches, 2, "the first, and one for all that was missed: {counters:?}");
    }
    let mirror = Mirror::start(&[]);
    for (url, reply) in URLS.into_iter().zip([Reply::json(metadata()), keys(&["a"])]) {
        mirror.server.on(&url.replace("https://", "https://127.0.0.1/"), reply);
    }
    let name = "suspension::a_stopped_process_refreshes_exactly_once_when_it_continues";
    let mut command = child::command(name, &mirror.variables());
    let mut process = Process(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
    let mut said = BufReader::new(process.0.stdout.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap() == "ready"), "it ended before it was ready");

    process.signal("-STOP");
    thread::sleep(INTERVAL + Duration::from_millis(500));
    assert_eq!(mirror.server.requests().len(), 2, "it is stopped");
    let start = Instant::now();
    process.signal("-CONT");
    eventually("it refreshes", || mirror.server.requests().len() == 4);
    assert!(start.elapsed() < INTERVAL, "{:?}", start.elapsed());
    // Another that was owed would follow at once; the next that is due comes much later.
    thread::sleep(Duration::from_millis(300));
    drop(process.0.stdin.take());
    assert!(process.0.wait().unwrap().success(), "{:?}", said.collect::<Vec<_>>());
    assert_eq!(mirror.server.requests().len(), 4);
}
