//! ID-porten TEST as the TLS server plays it, and refreshers of it.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use idporten_config::document::json::Value;
use idporten_config::refresh::{RefreshPolicy, Refresher};
use idporten_config::testing;
use idporten_config::{KnownEnvironment, Snapshot};

use crate::server::{Authority, Reply, Server};

/// The environment.
pub const TEST: KnownEnvironment = KnownEnvironment::IdportenTest;
/// The path of its metadata.
pub const WELL_KNOWN: &str = "https://test.idporten.no/.well-known/openid-configuration";
/// The path of its keys.
pub const JWKS: &str = "https://test.idporten.no/jwks.json";
/// The longest that a test waits for anything. What is well takes a fraction of a second.
pub const LONG: Duration = Duration::from_secs(15);

/// The good metadata.
#[must_use]
pub fn metadata() -> Reply {
    metadata_with("issuer", TEST.issuer())
}

/// The good metadata but for one member.
#[must_use]
pub fn metadata_with(member: &str, value: impl Into<Value>) -> Reply {
    let mut document = fetched(Duration::ZERO, &["any"]).metadata_json().clone();
    document.set(member, value.into());
    Reply::json(Value::from(document).to_string())
}

/// The key set with a key for each kid.
#[must_use]
pub fn keys(kids: &[&str]) -> Reply {
    Reply::json(testing::jwks(kids.iter().map(|kid| testing::key(kid, 0))).to_string())
}

/// A server that publishes a key for each kid.
#[must_use]
pub fn provider(kids: &[&str]) -> Server {
    let server = Server::start();
    server.on(WELL_KNOWN, metadata());
    server.on(JWKS, keys(kids));
    server
}

/// A mirror of such a provider, for processes that know its address and its authority from their variables.
pub struct Mirror {
    /// The server.
    pub server: Server,
    address: String,
}

impl Mirror {
    /// Returns the URL of the metadata.
    pub const WELL_KNOWN: &str = "https://127.0.0.1/test.idporten.no/.well-known/openid-configuration";
    /// Returns the URL of the keys.
    pub const JWKS: &str = "https://127.0.0.1/test.idporten.no/jwks.json";

    /// A mirror that publishes a key for each kid.
    #[must_use]
    pub fn start(kids: &[&str]) -> Self {
        let authority = Arc::new(Authority::new());
        let identity = authority.issue(&["127.0.0.1"]);
        let server = Server::with(authority, identity);
        server.on(Self::WELL_KNOWN, metadata());
        server.on(Self::JWKS, keys(kids));
        let address = format!("https://{}", server.address());
        Self { server, address }
    }

    /// The variables with which [`start`](idporten_config::refresh::Builder::start) finds it.
    #[must_use]
    pub fn variables(&self) -> [(&str, &str); 4] {
        let file = self.server.authority().file().to_str().unwrap();
        [
            ("IDPORTEN_CONFIG_MIRROR", &self.address),
            ("IDPORTEN_CONFIG_CA_FILE", file),
            ("IDPORTEN_CONFIG_CA_ONLY", "true"),
            ("NO_PROXY", "*"),
        ]
    }
}

/// A snapshot of so long ago, with a key for each kid: a refresher serves it. One that is older than a day is refreshed at once.
#[must_use]
pub fn fetched(ago: Duration, kids: &[&str]) -> Snapshot {
    testing::snapshot(TEST, SystemTime::now() - ago, kids)
}

/// Starts a refresher that has nothing to serve yet, and fetches at once.
#[must_use]
pub fn start(server: &Server, policy: RefreshPolicy) -> Refresher {
    start_from(TEST.bundled_snapshot(), server, policy)
}

/// Starts a refresher from a seed.
#[must_use]
pub fn start_from<S: TryInto<Snapshot>>(seed: S, server: &Server, policy: RefreshPolicy) -> Refresher
where
    idporten_config::refresh::StartError: From<S::Error>,
{
    Refresher::builder(seed).unwrap().policy(policy).fetch_options(server.options()).start().unwrap()
}

/// Starts a refresher, and waits until it has fetched.
#[must_use]
pub fn ready(server: &Server, policy: RefreshPolicy) -> Refresher {
    let refresher = start(server, policy);
    refresher.wait_ready(LONG).unwrap();
    refresher
}

/// The URLs that were asked for so far.
#[must_use]
pub fn asked(server: &Server) -> Vec<String> {
    server.requests().into_iter().map(|request| request.url).collect()
}

/// Waits until it is so; what never is fails the test.
#[track_caller]
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LONG, "{what}: not within {LONG:?}");
        thread::sleep(Duration::from_millis(2));
    }
}
