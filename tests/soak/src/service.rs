//! The service: the resource server's extractor and one route, with a store and the events of its refresher on standard output.

use std::alloc::System;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use cap::Cap;
use idporten_config::document::Provider;
use idporten_config::fetch::Options;
use idporten_config::interop::jsonwebtoken::{Rules, Verifier};
use idporten_config::refresh::{Event, RefreshPolicy, Refresher};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::de::IgnoredAny;
use tokio::net::TcpListener;

use crate::bearer::Bearer;
use crate::clock;
use crate::provider::{AUDIENCE, HOST, ISSUER, SCOPE, WELL_KNOWN_URL};

/// What begins the text of a line that says how many bytes are in use.
pub(crate) const IN_USE: &str = "in use: ";
/// The time between two such lines.
const TELLING: Duration = Duration::from_secs(1);

/// Counts the bytes that the program has allocated and not freed. What its C libraries allocate is not among them.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// The settings of the service.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Settings {
    /// The address that the provider's host stands for.
    #[arg(long)]
    pub(crate) provider: SocketAddr,
    /// The file of the authority that vouches for the provider.
    #[arg(long)]
    pub(crate) ca_file: PathBuf,
    #[arg(long)]
    pub(crate) store: PathBuf,
    /// The refresh interval in seconds; without it the policy is the default one.
    #[arg(long)]
    pub(crate) interval: Option<u64>,
}

/// Serves until the process ends. The first line says the port; each other line is an event, or the bytes in use.
pub(crate) fn run(settings: Settings) {
    // Requests that wait for a fetch hold their connections.
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let provider = Provider::custom("soak", WELL_KNOWN_URL, ISSUER).expect("a provider");
    let options = Options::default()
        .with_ca_file(settings.ca_file)
        .with_ca_only(true)
        .with_addresses([(HOST.to_owned(), settings.provider)]);
    let builder = Refresher::for_provider(provider).expect("a builder");
    let mut builder = builder.policy(policy(settings.interval)).store(settings.store).fetch_options(options);
    let events = builder.events();
    let refresher = builder.start().expect("a refresher");
    let verifier = Verifier::new(&refresher, Rules::access_token(AUDIENCE).scope(SCOPE)).expect("a verifier");
    thread::spawn(move || write(&events));
    thread::spawn(tell_memory);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(serve(refresher, verifier));
}

/// Returns the default policy, or one whose timed refreshes are close enough to be seen in a run.
fn policy(interval: Option<u64>) -> RefreshPolicy {
    let Some(interval) = interval else { return RefreshPolicy::default() };
    let (first, longest) = (Duration::from_secs(5), Duration::from_secs(30));
    RefreshPolicy::default().with_refresh_interval(Duration::from_secs(interval)).with_backoff(first, longest)
}

fn write(events: &Receiver<Event>) {
    for event in events {
        println!("{} {event}", clock::now().as_nanos());
    }
}

/// Tells the bytes in use by itself: a request for them would fail while there is no descriptor, and take memory of its own.
fn tell_memory() {
    loop {
        println!("{} {IN_USE}{}", clock::now().as_nanos(), MEMORY.allocated());
        thread::sleep(TELLING);
    }
}

async fn serve(refresher: Refresher, verifier: Verifier) {
    let api = Router::new().route("/hello", get(hello)).with_state(verifier);
    let control = Router::new().route("/refresh", post(refresh)).route("/status", get(status)).with_state(refresher);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("an address").port());
    axum::serve(listener, api.merge(control)).await.expect("a server");
}

async fn hello(Bearer(token): Bearer<IgnoredAny>) -> String {
    token.kid.unwrap_or_default()
}

async fn refresh(State(refresher): State<Refresher>) -> String {
    refresher.refresh_now_async().await.map_or_else(|error| error.to_string(), |()| "refreshed".to_owned())
}

async fn status(State(refresher): State<Refresher>) -> String {
    refresher.status().to_string()
}
