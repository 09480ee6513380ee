//! The HTTP client: reqwest, with a limit on everything.

use std::sync::mpsc;
#[cfg(feature = "refresh")]
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use reqwest::blocking::Client;
use reqwest::redirect::Policy;

use super::cause;
use super::error::FetchError;
use super::exchange::Exchange;
use super::options::Options;
use super::tls::Trust;
use super::transport::{Response, Transport};
use super::unit::unit;
use crate::document::provider::Provider;
use crate::document::snapshot::Snapshot;

/// The longest deadline. Longer ones are clamped to it, so that every wait ends.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// A client that fetches the documents of environments. It is cheap to clone, and works from any thread, inside an async runtime
/// too.
///
/// ```no_run
/// use std::time::SystemTime;
///
/// use idporten_config::KnownEnvironment::{IdportenTest, MaskinportenTest};
/// use idporten_config::fetch::{Fetcher, Options};
///
/// let fetcher = Fetcher::new(Options::default())?;
/// fetcher.fetch_all(&[IdportenTest.into(), MaskinportenTest.into()], SystemTime::now(), |provider, result| match result {
///     Ok(snapshot) => println!("{}: {} keys", provider.slug(), snapshot.jwks().map_or(0, |jwks| jwks.keys().len())),
///     Err(error) => eprintln!("{}: {error}", provider.slug()),
/// });
/// # Ok::<(), idporten_config::fetch::FetchError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: Client,
    deadline: Duration,
    mirror: Option<String>,
    mirror_passes_date: bool,
    trust: Trust,
    is_direct: bool,
}

impl Fetcher {
    /// Returns a fetcher with these options.
    ///
    /// # Errors
    ///
    /// [`Kind::Setup`](super::Kind::Setup): there is no cryptography provider for TLS, the machine has no certificate authorities,
    /// the file of them cannot be read, or the mirror is not an https URL. Each error says what fixes it.
    pub fn new(options: Options) -> Result<Self, FetchError> {
        on_a_thread(move || Self::build(options))
    }

    fn build(options: Options) -> Result<Self, FetchError> {
        options.check()?;
        let mut builder = Client::builder()
            .tls_backend_preconfigured(options.tls()?)
            .redirect(Policy::none())
            // The retry of the unit is the only one: those of the client would not count against its deadline.
            .retry(reqwest::retry::never())
            .connect_timeout(options.connect_timeout)
            .user_agent(concat!("idporten-config/", env!("CARGO_PKG_VERSION")));
        let trust = options.trust();
        let is_direct = options.addresses.is_some();
        if is_direct {
            builder = builder.no_proxy();
        }
        for (host, address) in options.addresses.iter().flatten() {
            builder = builder.resolve(host, *address);
        }
        let client = builder.build().map_err(|error| {
            let causes: Vec<_> = cause::texts(&error).collect();
            let remedy =
                "raise this process's limits of threads and open files, or report it to the authors of idporten-config";
            FetchError::setup("the HTTP client cannot be set up", format!("{}; {remedy}", causes.join(": ")))
        })?;
        Ok(Self {
            client,
            deadline: options.deadline,
            mirror: options.mirror,
            mirror_passes_date: options.mirror_passes_date,
            trust,
            is_direct,
        })
    }

    /// Fetches the metadata of an environment, and then the keys from its `jwks_uri`. `now` becomes the snapshot's `as_of`; behind
    /// a mirror the answers' `Age` and `Date` make it older.
    ///
    /// # Errors
    ///
    /// The error names the step, the URL and the cause; [`FetchError::kind`] says what to do about it. It holds no part of a body.
    pub fn fetch(&self, provider: &Provider, now: SystemTime) -> Result<Snapshot, FetchError> {
        on_a_thread(|| self.unit(provider, now))
    }

    /// Fetches the documents of several environments in parallel, and passes each result to `each` as it ends, on the caller's
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
                let own = sender.clone();
                // The receiver outlives the threads: nothing is lost.
                let fetch = move || drop(own.send((provider, self.fetch(provider, now))));
                if let Err(error) = thread::Builder::new().spawn_scoped(scope, fetch) {
                    drop(sender.send((provider, Err(FetchError::no_thread(&error)))));
                }
            }
            drop(sender);
            for (provider, result) in results {
                each(provider, result);
            }
        });
    }

    fn unit(&self, provider: &Provider, now: SystemTime) -> Result<Snapshot, FetchError> {
        let deadline = Instant::now() + self.deadline.min(LONGEST);
        let left = || deadline.saturating_duration_since(Instant::now());
        let fetched = unit(provider, now, left, |url, left| self.read(url, left, false)?.into_document(url, now));
        fetched.map(|fetched| fetched.snapshot)
    }

    /// Reads a document within a time, at most the deadline, from the mirror where one serves it.
    fn read(&self, url: &str, time: Duration, past_caches: bool) -> Result<Response, FetchError> {
        let mirrored = self.mirrored(url);
        let exchange = Exchange {
            client: &self.client,
            deadline: Instant::now() + time.min(self.deadline).min(LONGEST),
            trust: self.trust,
            is_direct: self.is_direct,
            ages: mirrored.is_some(),
            past_caches,
        };
        let response = exchange.get(mirrored.as_deref().unwrap_or(url))?;
        Ok(match mirrored {
            Some(address) => response.via_mirror(address).with_passed_date(self.mirror_passes_date),
            None => response,
        })
    }

    /// Returns the URL at which the mirror serves a document. It serves none of plain http: a development environment runs on this
    /// machine or beside it, where a mirror does not reach it.
    fn mirrored(&self, url: &str) -> Option<String> {
        let (mirror, path) = (self.mirror.as_ref()?, url.strip_prefix("https://")?);
        Some(format!("{}/{path}", mirror.trim_end_matches('/')))
    }
}

impl Transport for Fetcher {
    /// Gets a document, from the mirror where one serves it.
    fn get(&self, url: &str, timeout: Duration) -> Result<Response, FetchError> {
        on_a_thread(|| self.read(url, timeout, false))
    }

    fn get_fresh(&self, url: &str, timeout: Duration) -> Result<Response, FetchError> {
        on_a_thread(|| self.read(url, timeout, true))
    }
}

/// The transport of a refresher that is given none: a fetcher that is set up with the first request, and again after one whose
/// server was not trusted, since the file of certificate authorities may have been corrected meanwhile.
///
/// It works on the refresher's thread, where no async runtime is entered: glibc keeps free memory for each thread that had some.
#[cfg(feature = "refresh")]
pub(crate) struct DefaultTransport {
    options: Options,
    /// `None` until it is set up, and while a request has it. A panic there leaves `None`, so that a new one is set up.
    fetcher: Mutex<Option<Fetcher>>,
}

#[cfg(feature = "refresh")]
impl DefaultTransport {
    /// Makes the transport. Only the options themselves can be wrong here.
    pub(crate) fn new(options: Options) -> Result<Self, FetchError> {
        options.check()?;
        Ok(Self { options, fetcher: Mutex::new(None) })
    }

    fn with_fetcher(&self, get: impl FnOnce(&Fetcher) -> Result<Response, FetchError>) -> Result<Response, FetchError> {
        let fetcher = self.take()?;
        let result = get(&fetcher);
        if result.as_ref().is_err_and(FetchError::is_of_trust) {
            end(fetcher);
        } else {
            self.keep(fetcher);
        }
        result
    }

    fn take(&self) -> Result<Fetcher, FetchError> {
        let held = self.fetcher().take();
        held.map_or_else(|| Fetcher::build(self.options.clone()), Ok)
    }

    /// Keeps a client for the next request. There is another one if the fetch of this one was given up before it ended.
    fn keep(&self, fetcher: Fetcher) {
        let other = self.fetcher().replace(fetcher);
        if let Some(other) = other {
            end(other);
        }
    }

    fn fetcher(&self) -> MutexGuard<'_, Option<Fetcher>> {
        self.fetcher.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(feature = "refresh")]
impl Transport for DefaultTransport {
    fn get(&self, url: &str, timeout: Duration) -> Result<Response, FetchError> {
        self.with_fetcher(|fetcher| fetcher.read(url, timeout, false))
    }

    fn get_fresh(&self, url: &str, timeout: Duration) -> Result<Response, FetchError> {
        self.with_fetcher(|fetcher| fetcher.read(url, timeout, true))
    }

    fn prepare(&self) -> Result<(), FetchError> {
        self.keep(self.take()?);
        Ok(())
    }
}

/// Ends a client on a thread of its own: the end waits for the name that the client is resolving, which has no time limit.
#[cfg(feature = "refresh")]
fn end(fetcher: Fetcher) {
    drop(thread::Builder::new().spawn(move || drop(fetcher)));
}

/// Runs on a separate thread: the blocking client panics where an async runtime is entered.
fn on_a_thread<T: Send>(work: impl FnOnce() -> Result<T, FetchError> + Send) -> Result<T, FetchError> {
    thread::scope(|scope| {
        let worker = thread::Builder::new().name("idporten-config-fetch".to_owned()).spawn_scoped(scope, work);
        match worker.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(FetchError::crashed()),
            Err(error) => Err(FetchError::no_thread(&error)),
        }
    })
}
