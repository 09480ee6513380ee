//! Measures what fetching takes: every active environment fetched side by side against the slowest one alone, from a TLS
//! server on this machine whose answers are slow.
//!
//! `cargo run --release -p idporten-config-tests --example measure`

use std::time::{Duration, Instant, SystemTime};

use idporten_config::document::Provider;
use idporten_config::document::json::Value;
use idporten_config::environment::Lifecycle;
use idporten_config::fetch::Fetcher;
use idporten_config::{KnownEnvironment, Snapshot};
use idporten_config_tests::server::{Reply, Server};

/// The time that a provider takes for an answer. A fetch needs two answers.
const SLOWEST: Duration = Duration::from_millis(400);

fn main() {
    fetching();
}

fn fetching() {
    let server = Server::start();
    let active: Vec<Provider> = KnownEnvironment::ALL
        .iter()
        .filter(|environment| environment.lifecycle() == Lifecycle::Active)
        .map(|environment| script(&server, *environment).into())
        .collect();
    let fetcher = Fetcher::new(server.options()).expect("a fetcher");
    // The first exchange with a host pays for what the others find ready.
    let mut slowest = Duration::ZERO;
    for provider in &active {
        let start = Instant::now();
        fetcher.fetch(provider, SystemTime::now()).expect("a snapshot");
        slowest = slowest.max(start.elapsed());
    }
    let start = Instant::now();
    fetcher.fetch_all(&active, SystemTime::now(), |_, result| drop(result.expect("a snapshot")));
    let all = start.elapsed();
    let ratio = all.as_secs_f64() / slowest.as_secs_f64();
    println!("{} environments side by side: {all:?}, the slowest alone: {slowest:?}, ratio {ratio:.2}", active.len());
}

/// Answers for an environment, slowly: its bundled metadata with what is missing for it to be complete.
fn script(server: &Server, environment: KnownEnvironment) -> KnownEnvironment {
    let snapshot = Snapshot::parse(environment.bundled_snapshot()).expect("a bundled snapshot");
    let jwks_uri = format!("{}/jwk", environment.issuer().trim_end_matches('/'));
    let mut document = snapshot.metadata_json().clone();
    for member in ["response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported"] {
        if !document.contains(member) {
            document.set(member, vec!["RS256"].into());
        }
    }
    document.set("jwks_uri", jwks_uri.as_str().into());
    let keys = format!(r#"{{"keys":[{{"kty":"RSA","e":"AQAB","n":"{}Q"}}]}}"#, "_".repeat(341));
    let slow = |body: Vec<u8>| {
        let length = body.len();
        Reply::json(body).dripped(length, SLOWEST)
    };
    server.on(environment.well_known_url(), slow(Value::from(document).to_string().into_bytes()));
    server.on(&jwks_uri, slow(keys.into_bytes()));
    environment
}
