//! Fetching live documents over HTTPS, with a limit on everything.
//!
//! Metadata and keys are fetched and checked as one unit: any failure leaves the caller with what it had. This module knows
//! nothing of caching.
//!
//! ```no_run
//! use std::time::SystemTime;
//!
//! use idporten_config::KnownEnvironment;
//! use idporten_config::fetch::{Fetcher, Options};
//!
//! let fetcher = Fetcher::new(Options::default())?;
//! let snapshot = fetcher.fetch(&KnownEnvironment::IdportenTest.into(), SystemTime::now())?;
//! println!("{} keys", snapshot.jwks().map_or(0, |jwks| jwks.keys().len()));
//! # Ok::<(), idporten_config::fetch::FetchError>(())
//! ```

mod error;
mod exchange;
mod tls;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use reqwest::blocking::Client;
use reqwest::redirect::Policy;

use crate::json::{Object, Value};
use crate::metadata;
use crate::provider::Provider;
use crate::snapshot::{Origin, Snapshot};
use crate::url::{self, Transport};
use crate::violation::{Rule, Violation};

pub use error::{FetchError, Kind, Step};
use exchange::{Answer, Exchange};

/// How long a connection may take to be made.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the whole unit may take: both documents and a retry.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// A deadline beyond this is this: a wait without a limit is none.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// How to fetch. The defaults are what a machine with direct access needs; proxies are taken from the usual environment
/// variables (`HTTPS_PROXY`, `NO_PROXY`).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// How long a connection may take to be made; 5 seconds.
    pub connect_timeout: Duration,
    /// How long the whole unit may take; 20 seconds, and at most an hour.
    pub deadline: Duration,
    /// Certificate authorities to trust, in PEM, beside those of the machine.
    pub ca_file: Option<PathBuf>,
    /// Whether those of `ca_file` alone are trusted.
    pub ca_only: bool,
    /// A mirror: `https://H/P` is read from `<mirror>/H/P`, for both documents. It is trusted like the provider, since it
    /// chooses the keys.
    pub mirror: Option<String>,
    /// Whether to go through the proxies of the environment variables; yes.
    pub proxies: bool,
    /// Addresses to use for hosts instead of asking the name system.
    pub resolve: Vec<(String, SocketAddr)>,
}

impl Options {
    /// The options that the environment variables say: `IDPORTEN_CONFIG_CA_FILE`, `IDPORTEN_CONFIG_CA_ONLY` (`true` or
    /// `false`) and `IDPORTEN_CONFIG_MIRROR`.
    ///
    /// # Errors
    ///
    /// [`Kind::Setup`]: a variable has a value that it cannot have.
    pub fn from_env(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, FetchError> {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let ca_only = match set("IDPORTEN_CONFIG_CA_ONLY").as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                let remedy = format!("it is {other:?}; set it to `true` or `false`");
                return Err(FetchError::setup("IDPORTEN_CONFIG_CA_ONLY cannot be used", remedy));
            }
        };
        let ca_file = set("IDPORTEN_CONFIG_CA_FILE").map(PathBuf::from);
        Ok(Self { ca_file, ca_only, mirror: set("IDPORTEN_CONFIG_MIRROR"), ..Self::default() })
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect_timeout: CONNECT_TIMEOUT,
            deadline: DEADLINE,
            ca_file: None,
            ca_only: false,
            mirror: None,
            proxies: true,
            resolve: Vec::new(),
        }
    }
}

/// Fetches the documents of environments. Cheap to clone and to use from any thread, inside an async runtime too.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: Client,
    deadline: Duration,
    mirror: Option<String>,
}

impl Fetcher {
    /// A fetcher with these options.
    ///
    /// # Errors
    ///
    /// [`Kind::Setup`]: the machine has no certificate authorities, the file of them cannot be read, or the mirror is not an
    /// https URL. Each error says what mends it.
    pub fn new(options: Options) -> Result<Self, FetchError> {
        on_a_thread(move || Self::build(options))
    }

    fn build(options: Options) -> Result<Self, FetchError> {
        if let Some(mirror) = &options.mirror {
            check_mirror(mirror)?;
        }
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls::config(options.ca_file.as_deref(), options.ca_only)?)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(options.connect_timeout)
            .user_agent(concat!("idporten-config/", env!("CARGO_PKG_VERSION")));
        if !options.proxies {
            builder = builder.no_proxy();
        }
        for (host, address) in &options.resolve {
            builder = builder.resolve(host, *address);
        }
        let client = builder.build().map_err(|error| FetchError::setup("the HTTP client cannot be set up", error))?;
        Ok(Self { client, deadline: options.deadline, mirror: options.mirror })
    }

    /// Fetches the metadata of an environment, and then the keys from where it says they are. `now` is the time that the
    /// snapshot is of; behind a mirror the answers' `Age` and `Date` make it older.
    ///
    /// # Errors
    ///
    /// What went wrong, at which step, and its cause; [`FetchError::kind`] says what to do about it. Nothing of a body is in
    /// it.
    pub fn fetch(&self, provider: &Provider, now: SystemTime) -> Result<Snapshot, FetchError> {
        on_a_thread(|| self.unit(provider, now))
    }

    /// Fetches the documents of several environments side by side, and hands over each result as it ends, on the caller's
    /// thread.
    pub fn fetch_all(
        &self,
        providers: &[Provider],
        now: SystemTime,
        mut each: impl FnMut(&Provider, Result<Snapshot, FetchError>),
    ) {
        thread::scope(|scope| {
            let (sender, results) = mpsc::channel();
            for provider in providers {
                let sender = sender.clone();
                // The receiver outlives the threads: nothing is lost.
                scope.spawn(move || drop(sender.send((provider, self.fetch(provider, now)))));
            }
            drop(sender);
            for (provider, result) in results {
                each(provider, result);
            }
        });
    }

    fn unit(&self, provider: &Provider, now: SystemTime) -> Result<Snapshot, FetchError> {
        let mut exchange =
            Exchange { client: &self.client, deadline: Instant::now() + self.deadline.min(LONGEST), retries: 1 };
        let url = self.address(provider.well_known_url());
        let answer = exchange.get(Step::Metadata, &url)?;
        let document = object(&answer, Step::Metadata, &url)?;
        let violations = metadata::check(&document, provider, true);
        if !violations.is_empty() {
            return Err(FetchError::rules(Step::Metadata, &url, violations));
        }
        let url = self.address(document.get("jwks_uri").and_then(Value::as_str).unwrap_or_default());
        let keys = exchange.get(Step::Keys, &url)?;
        let jwks = json(&keys, Step::Keys, &url)?;
        let as_of = if self.mirror.is_some() { answer.as_of(now).min(keys.as_of(now)) } else { now };
        Snapshot::new(provider.clone(), as_of, Origin::Fetched, document, Some(jwks))
            .map_err(|error| FetchError::rules(Step::Keys, &url, error.violations().to_vec()))
    }

    /// Where a document is read from.
    fn address(&self, url: &str) -> String {
        match &self.mirror {
            Some(mirror) => {
                let path = url.split_once("://").map_or(url, |(_, path)| path);
                format!("{}/{path}", mirror.trim_end_matches('/'))
            }
            None => url.to_owned(),
        }
    }
}

fn check_mirror(mirror: &str) -> Result<(), FetchError> {
    // A port is fine here: the mirror is the operator's own word.
    match url::parse(mirror, Transport::Development) {
        Ok(_) if !mirror.starts_with("https://") => Err(FetchError::mirror(mirror, "is not https")),
        Ok(_) if mirror.contains('?') => Err(FetchError::mirror(mirror, "has a query")),
        Ok(_) => Ok(()),
        Err(reason) => Err(FetchError::mirror(mirror, reason)),
    }
}

fn json(answer: &Answer, step: Step, url: &str) -> Result<Value, FetchError> {
    Value::parse(&answer.body).map_err(|error| {
        FetchError::rules(step, url, vec![Violation::new("", Rule::Syntax, format!("not JSON: {error}"))])
    })
}

fn object(answer: &Answer, step: Step, url: &str) -> Result<Object, FetchError> {
    match json(answer, step, url)? {
        Value::Object(object) => Ok(object),
        other => {
            let violation = Violation::wrong_type("", "a top level object", &other);
            Err(FetchError::rules(step, url, vec![violation]))
        }
    }
}

/// Runs on a thread of its own: the blocking client panics where an async runtime is entered.
fn on_a_thread<T: Send>(work: impl FnOnce() -> Result<T, FetchError> + Send) -> Result<T, FetchError> {
    thread::scope(|scope| {
        let worker = thread::Builder::new().name("idporten-config-fetch".to_owned()).spawn_scoped(scope, work);
        match worker.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(FetchError::crashed()),
            Err(error) => Err(FetchError::setup("no thread can be started", error)),
        }
    })
}
