//! The options of a fetcher: limits, trust, and a mirror.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::DEADLINE;
use super::error::FetchError;
use super::tls::{self, Trust};
use crate::document::url::{self, UrlPolicy};

/// The default of [`Options::connect_timeout`].
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The options of a [`Fetcher`](super::Fetcher). The defaults are those for a machine with direct access; proxies are taken from
/// the usual environment variables (`HTTPS_PROXY`, `NO_PROXY`).
///
/// ```
/// use std::time::Duration;
///
/// use idporten_config::fetch::Options;
///
/// let options = Options::default().with_mirror("https://mirror.example").with_deadline(Duration::from_secs(10));
/// assert_eq!(options.connect_timeout, Duration::from_secs(5));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// The longest time for making a connection; 5 seconds.
    pub connect_timeout: Duration,
    /// The longest time for the whole unit, both documents and a retry; 20 seconds. Longer times than an hour are clamped to one.
    pub deadline: Duration,
    /// A file with certificate authorities to trust, in PEM, beside those of the machine.
    pub ca_file: Option<PathBuf>,
    /// True to trust the authorities of `ca_file` alone; false by default.
    pub ca_only: bool,
    /// A mirror: `https://H/P` is read from `<mirror>/H/P`, for both documents; what is published over plain http is
    /// read directly. A mirror is trusted like the provider, since it chooses the keys.
    pub mirror: Option<String>,
    /// True if the mirror is known to pass on the provider's `Date`, or to cache nothing; false by default. Without this or an `Age`
    /// in its answers (RFC 9111 section 5.1) they do not prove that they are fresh, and a kid that is not among their keys stays
    /// undetermined instead of unknown: nginx puts the current `Date` on cached answers, unless it has `proxy_pass_header Date`.
    pub mirror_passes_date: bool,
    /// The addresses of hosts, to use without DNS and without a proxy.
    pub(super) addresses: Option<Vec<(String, SocketAddr)>>,
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

    /// Sets the addresses of hosts, so that the tests of this crate can answer under the providers' names. Neither DNS nor a proxy
    /// is used then.
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

    /// The names of the environment variables.
    pub(crate) const VARIABLES: [&str; 4] = [
        "IDPORTEN_CONFIG_CA_FILE",
        "IDPORTEN_CONFIG_CA_ONLY",
        "IDPORTEN_CONFIG_MIRROR",
        "IDPORTEN_CONFIG_MIRROR_PASSES_DATE",
    ];

    /// Reads the options from environment variables: `IDPORTEN_CONFIG_CA_FILE`, `IDPORTEN_CONFIG_CA_ONLY` (`true` or
    /// `false`), `IDPORTEN_CONFIG_MIRROR` and `IDPORTEN_CONFIG_MIRROR_PASSES_DATE` (`true` or `false`).
    ///
    /// # Errors
    ///
    /// [`Kind::Setup`](super::Kind::Setup): a variable has a value that is not allowed.
    pub fn from_env(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, FetchError> {
        let [ca_file, ca_only, mirror, mirror_passes_date] = Self::VARIABLES;
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let flag = |name| match set(name).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => {
                let remedy = format!("it is {other:?}; set it to `true` or `false`");
                Err(FetchError::setup(format!("{name} cannot be used"), remedy))
            }
        };
        Ok(Self {
            ca_file: set(ca_file).map(PathBuf::from),
            ca_only: flag(ca_only)?,
            mirror: set(mirror),
            mirror_passes_date: flag(mirror_passes_date)?,
            ..Self::default()
        })
    }

    /// Checks the options as far as that is possible without reading a file.
    pub(super) fn check(&self) -> Result<(), FetchError> {
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

    pub(super) fn trust(&self) -> Trust {
        #[cfg(feature = "rustls-0-23")]
        if self.rustls.is_some() {
            return Trust::Program;
        }
        if self.ca_only { Trust::File } else { Trust::Machine }
    }

    pub(super) fn tls(&self) -> Result<rustls::ClientConfig, FetchError> {
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

fn check_mirror(mirror: &str) -> Result<(), FetchError> {
    // A port is allowed here, unlike in documents: the operator chose the mirror.
    match url::parse(mirror, UrlPolicy::Development) {
        Ok(_) if !mirror.starts_with("https://") => Err(FetchError::mirror(mirror, "is not https")),
        Ok(_) if mirror.contains('?') => Err(FetchError::mirror(mirror, "has a query")),
        Ok(_) => Ok(()),
        Err(reason) => Err(FetchError::mirror(mirror, reason)),
    }
}
