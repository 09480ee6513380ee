//! The client: reqwest, with a limit on everything.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc;
#[cfg(feature = "refresh")]
use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use reqwest::blocking::Client;
use reqwest::redirect::Policy;

use super::error::FetchError;
use super::exchange::Exchange;
use super::tls::Trust;
use super::transport::{Response, Transport};
use super::unit::unit;
use super::{DEADLINE, tls};
use crate::document::provider::Provider;
use crate::document::snapshot::Snapshot;
use crate::document::url::{self, UrlPolicy};

/// How long a connection may take to be made.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

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
    /// Whether the mirror is known to pass on the provider's `Date`, or to cache nothing; no. Without this or an `Age` in its
    /// answers (RFC 9111 section 5.1) they do not prove that they are fresh, and a kid that is not among their keys stays
    /// undetermined instead of unknown: nginx dates what it keeps as of now, unless it has `proxy_pass_header Date`.
    pub mirror_passes_date: bool,
    /// Where hosts are, past the name system and every proxy.
    addresses: Option<Vec<(String, SocketAddr)>>,
    #[cfg(feature = "rustls-0-23")]
    rustls: Option<rustls::ClientConfig>,
}

impl Options {
    /// Sets [`connect_timeout`](Self::connect_timeout).
    #[must_use]
    pub fn with_connect_timeout(self, connect_timeout: Duration) -> Self {
        Self { connect_timeout, ..self }
    }

    /// Sets [`deadline`](Self::deadline).
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Sets [`ca_file`](Self::ca_file).
    #[must_use]
    pub fn with_ca_file(self, ca_file: impl Into<PathBuf>) -> Self {
        Self { ca_file: Some(ca_file.into()), ..self }
    }

    /// Sets [`ca_only`](Self::ca_only).
    #[must_use]
    pub fn with_ca_only(self, ca_only: bool) -> Self {
        Self { ca_only, ..self }
    }

    /// Sets [`mirror_passes_date`](Self::mirror_passes_date).
    #[must_use]
    pub fn with_mirror_passes_date(self, mirror_passes_date: bool) -> Self {
        Self { mirror_passes_date, ..self }
    }

    /// Sets [`mirror`](Self::mirror).
    #[must_use]
    pub fn with_mirror(self, mirror: impl Into<String>) -> Self {
        Self { mirror: Some(mirror.into()), ..self }
    }

    /// Says where hosts are, so that the tests of this crate can answer under the providers' names. Neither the name system nor a
    /// proxy is asked then.
    #[doc(hidden)]
    #[must_use]
    pub fn with_addresses(self, addresses: impl IntoIterator<Item = (String, SocketAddr)>) -> Self {
        Self { addresses: Some(addresses.into_iter().collect()), ..self }
    }

    /// Sets the TLS configuration of the program, in place of the machine's certificate authorities. It brings its own
    /// cryptography provider: neither the feature `ring` nor `aws-lc-rs` is needed. A [`ca_file`](Self::ca_file) beside it is
    /// refused, since it would have no effect.
    ///
    /// ```no_run
    /// use idporten_config::fetch::{Fetcher, Options};
    /// use rustls::{ClientConfig, RootCertStore};
    ///
    /// # let authorities: Vec<rustls::pki_types::CertificateDer<'static>> = Vec::new();
    /// let mut roots = RootCertStore::empty();
    /// roots.add_parsable_certificates(authorities);
    /// let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    /// let fetcher = Fetcher::new(Options::default().with_rustls(tls))?;
    /// # Ok::<(), idporten_config::fetch::FetchError>(())
    /// ```
    #[cfg(feature = "rustls-0-23")]
    #[must_use]
    pub fn with_rustls(self, config: rustls::ClientConfig) -> Self {
        Self { rustls: Some(config), ..self }
    }

    /// The options that the environment variables say: `IDPORTEN_CONFIG_CA_FILE`, `IDPORTEN_CONFIG_CA_ONLY` (`true` or
    /// `false`) and `IDPORTEN_CONFIG_MIRROR`.
    ///
    /// # Errors
    ///
    /// [`Kind::Setup`](super::Kind::Setup): a variable has a value that it cannot have.
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

    /// Checks what can be told without reading a file.
    fn check(&self) -> Result<(), FetchError> {
        self.mirror.as_deref().map_or(Ok(()), check_mirror)?;
        #[cfg(feature = "rustls-0-23")]
        if self.rustls.is_some() {
            if self.ca_file.is_some() || self.ca_only {
                let remedy = "add the authorities to the TLS configuration, and leave `ca_file` and `ca_only` out";
                return Err(FetchError::setup("`ca_file` has no effect beside a TLS configuration", remedy));
            }
            return Ok(());
        }
        tls::provider().map(drop)
    }

    fn trust(&self) -> Trust {
        #[cfg(feature = "rustls-0-23")]
        if self.rustls.is_some() {
            return Trust::Program;
        }
        if self.ca_only { Trust::File } else { Trust::Machine }
    }

    fn tls(&self) -> Result<rustls::ClientConfig, FetchError> {
        #[cfg(feature = "rustls-0-23")]
        if let Some(config) = &self.rustls {
            let mut config = config.clone();
            // The client speaks HTTP/1.1 alone: a server that was offered HTTP/2 would choose it.
            config.alpn_protocols.clear();
            return Ok(config);
        }
        tls::config(self.ca_file.as_deref(), self.ca_only)
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
            mirror_passes_date: false,
            addresses: None,
            #[cfg(feature = "rustls-0-23")]
            rustls: None,
        }
    }
}

/// Fetches the documents of environments. Cheap to clone and to use from any thread, inside an async runtime too.
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
    /// A fetcher with these options.
    ///
    /// # Errors
    ///
    /// [`Kind::Setup`](super::Kind::Setup): the machine has no certificate authorities, the file of them cannot be read, or the
    /// mirror is not an https URL. Each error says what mends it.
    pub fn new(options: Options) -> Result<Self, FetchError> {
        on_a_thread(move || Self::build(options))
    }

    fn build(options: Options) -> Result<Self, FetchError> {
        options.check()?;
        let mut builder = Client::builder()
            .tls_backend_preconfigured(options.tls()?)
            .redirect(Policy::none())
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
            FetchError::setup(
                "the HTTP client cannot be set up",
                format!("{error}; this is a bug, report it to the authors of idporten-config"),
            )
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
        let deadline = Instant::now() + self.deadline.min(LONGEST);
        let left = || deadline.saturating_duration_since(Instant::now());
        let fetched = unit(provider, now, left, |url, left| self.read(url, left, false)?.into_answer(url, now));
        fetched.map(|fetched| fetched.snapshot)
    }

    /// Reads a document, from the mirror where there is one.
    fn read(&self, url: &str, time: Duration, past_caches: bool) -> Result<Response, FetchError> {
        let exchange = Exchange {
            client: &self.client,
            deadline: Instant::now() + time,
            trust: self.trust,
            is_direct: self.is_direct,
            ages: self.mirror.is_some(),
            past_caches,
        };
        let address = self.address(url);
        let response = exchange.get(&address)?;
        Ok(match self.mirror {
            Some(_) => response.via_mirror(address).with_passed_date(self.mirror_passes_date),
            None => response,
        })
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

impl Transport for Fetcher {
    /// Gets a document, from the mirror where there is one.
    fn get(&self, url: &str, timeout: Duration) -> Result<Response, FetchError> {
        on_a_thread(|| self.read(url, timeout.min(self.deadline).min(LONGEST), false))
    }

    fn get_fresh(&self, url: &str, timeout: Duration) -> Result<Response, FetchError> {
        on_a_thread(|| self.read(url, timeout.min(self.deadline).min(LONGEST), true))
    }
}

/// A fetcher that is set up with the first request, and anew after a failed one: what it trusts is a file, which may have been
/// mended meanwhile.
#[cfg(feature = "refresh")]
pub(crate) struct LazyFetcher {
    options: Options,
    fetcher: Mutex<Option<Fetcher>>,
    failed: AtomicBool,
}

#[cfg(feature = "refresh")]
impl LazyFetcher {
    /// Fails only where the options themselves are wrong.
    pub(crate) fn new(options: Options) -> Result<Self, FetchError> {
        options.check()?;
        Ok(Self { options, fetcher: Mutex::new(None), failed: AtomicBool::new(true) })
    }

    fn with_fetcher(&self, get: impl FnOnce(&Fetcher) -> Result<Response, FetchError>) -> Result<Response, FetchError> {
        let fetcher = self.fetcher().clone().ok_or_else(FetchError::crashed)?;
        get(&fetcher).inspect_err(|_| self.failed.store(true, Ordering::Relaxed))
    }

    /// The lock is held for no longer than it takes to look.
    fn fetcher(&self) -> MutexGuard<'_, Option<Fetcher>> {
        self.fetcher.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(feature = "refresh")]
impl Transport for LazyFetcher {
    fn get(&self, url: &str, timeout: Duration) -> Result<Response, FetchError> {
        self.with_fetcher(|fetcher| fetcher.get(url, timeout))
    }

    fn get_fresh(&self, url: &str, timeout: Duration) -> Result<Response, FetchError> {
        self.with_fetcher(|fetcher| fetcher.get_fresh(url, timeout))
    }

    fn prepare(&self) -> Result<(), FetchError> {
        if self.failed.load(Ordering::Relaxed) {
            let fetcher = Fetcher::new(self.options.clone())?;
            self.failed.store(false, Ordering::Relaxed);
            drop(self.fetcher().replace(fetcher));
        }
        Ok(())
    }
}

fn check_mirror(mirror: &str) -> Result<(), FetchError> {
    // A port is fine here: the mirror is the operator's own word.
    match url::parse(mirror, UrlPolicy::Development) {
        Ok(_) if !mirror.starts_with("https://") => Err(FetchError::mirror(mirror, "is not https")),
        Ok(_) if mirror.contains('?') => Err(FetchError::mirror(mirror, "has a query")),
        Ok(_) => Ok(()),
        Err(reason) => Err(FetchError::mirror(mirror, reason)),
    }
}

/// Runs on a thread of its own: the blocking client panics where an async runtime is entered.
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
