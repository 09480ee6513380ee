//! The errors of a fetch, separated by what a caller would do about them.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::cause;
#[cfg(feature = "fetch")]
use super::handshake;
#[cfg(feature = "fetch")]
use super::tls::Trust;
use crate::document::jwks::MAX_BYTES;
use crate::document::violation::{Violation, listed, printable, quoted};

type BoxError = Box<dyn Error + Send + Sync>;

/// The remedy where the cause suggests no other.
const LATER: &str = "try again later";
const REACHABLE: &str = "see that this machine can resolve and reach the host, and that {server} is up";

/// The error of a fetch: which document, from where, the cause, and what would help. It holds nothing of a body and no key.
///
/// ```
/// use idporten_config::fetch::{FetchError, Kind};
///
/// let error = FetchError::network("https://test.idporten.no/jwks.json", "the name cannot be resolved");
/// assert_eq!(error.kind(), Kind::Network);
/// assert!(error.to_string().starts_with("https://test.idporten.no/jwks.json: the exchange failed: the name cannot"));
/// ```
#[derive(Debug)]
pub struct FetchError {
    kind: Kind,
    step: Option<Step>,
    url: Option<Box<str>>,
    message: String,
    /// The remedy, if the cause does not state one itself. `{server}` stands for the server that was asked.
    help: Cow<'static, str>,
    server: Server,
    retry_after: Option<Duration>,
    violations: Box<[Violation]>,
    /// The flag that is true if the same request may succeed at once.
    transient: bool,
    source: Option<BoxError>,
}

/// The kinds of a [`FetchError`], by what a caller would do about it.
///
/// ```
/// use idporten_config::fetch::{FetchError, Kind};
///
/// let error = FetchError::network("https://test.idporten.no/jwks.json", "the connection was refused");
/// let is_worth_a_retry = matches!(error.kind(), Kind::Network | Kind::Status(_));
/// assert!(is_worth_a_retry);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Correct the machine or the options: cryptography provider, certificate authorities, mirror.
    Setup,
    /// Try again later: the name, the connection, TLS, or the time limit failed.
    Network,
    /// Try again later, after [`FetchError::retry_after`] where it is given: the provider answered with another status than
    /// 200.
    Status(u16),
    /// Keep the documents that are held, and look at the provider: the answer may not be used.
    Document,
}

/// The document that was being fetched.
///
/// ```
/// # use idporten_config::KnownEnvironment;
/// # use idporten_config::testing::{MemoryProvider, snapshot};
/// use idporten_config::fetch::Step;
/// use idporten_config::refresh::{RefreshError, Refresher};
///
/// # let seed = snapshot(KnownEnvironment::IdportenTest, std::time::SystemTime::now(), &["one"]);
/// # let provider = MemoryProvider::new(&seed);
/// # let refresher = Refresher::builder(seed)?.start_with(provider.clone())?;
/// provider.at("https://test.idporten.no/jwks.json").fail(503);
/// let Err(RefreshError::Failed(error)) = refresher.refresh_now() else { panic!("the keys are not answered") };
/// assert_eq!(error.step(), Some(Step::Keys));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// The metadata, from the well-known URL.
    Metadata,
    /// The keys, from `jwks_uri`.
    Keys,
}

/// The server that was asked.
#[derive(Debug, Clone, Copy)]
enum Server {
    Unknown,
    Provider,
    Mirror,
}

impl Server {
    fn in_words(self) -> &'static str {
        match self {
            Self::Unknown => "the server",
            Self::Provider => "the provider",
            Self::Mirror => "the mirror",
        }
    }
}

impl FetchError {
    fn new(kind: Kind, url: &str, message: impl Into<String>) -> Self {
        Self {
            kind,
            step: None,
            url: Some(url.into()),
            message: message.into(),
            help: Cow::Borrowed(""),
            server: Server::Unknown,
            retry_after: None,
            violations: Box::default(),
            transient: false,
            source: None,
        }
    }

    /// Returns the error for a URL from which no response came: what a [`Transport`](super::Transport) fails with. The document may be asked for a
    /// second time at once.
    #[must_use]
    pub fn network(url: &str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let error = Self::new(Kind::Network, url, "the exchange failed").with_help(REACHABLE);
        Self { source: Some(cause.into()), transient: true, ..error }
    }

    /// Returns the error as one of this step, in which this URL of the provider's was to be read.
    pub(super) fn in_step(self, step: Step, url: &str) -> Self {
        let server =
            if self.url.as_deref().is_none_or(|asked| asked == url) { Server::Provider } else { Server::Mirror };
        Self { step: Some(step), server, ..self }
    }

    fn with_help(self, help: impl Into<Cow<'static, str>>) -> Self {
        Self { help: help.into(), ..self }
    }

    /// Returns the error for wrong options or a wrong machine. `remedy` is what fixes that, after the reason where there is one.
    pub(crate) fn setup(message: impl fmt::Display, remedy: impl fmt::Display) -> Self {
        Self { url: None, ..Self::new(Kind::Setup, "", format!("{message}: {remedy}")) }
    }

    #[cfg(feature = "fetch")]
    pub(super) fn mirror(mirror: &str, reason: &str) -> Self {
        // The user information before the host may hold a password (RFC 3986 section 3.2.1).
        let shown = mirror.rsplit('@').next().unwrap_or(mirror);
        Self::setup("the mirror cannot be used", format!("{} {reason}; give an https URL", quoted(shown)))
    }

    pub(crate) fn no_thread(error: &std::io::Error) -> Self {
        Self::setup("no thread can be started", format!("{error}; raise this process's limit of threads or memory"))
    }

    pub(crate) fn crashed() -> Self {
        Self::setup(
            "the fetch ended without a result",
            "standard error has the panic; raise the limit that it names, or report it to the authors of the HTTP client",
        )
    }

    #[cfg(feature = "refresh-core")]
    pub(super) fn stopped() -> Self {
        Self::setup("the fetch was given up", "nothing waits for its result any more")
    }

    /// Returns the error for a document that passed every rule and is too old to be used.
    #[cfg(feature = "refresh-core")]
    pub(crate) fn outdated(url: &str, message: &str) -> Self {
        Self::new(Kind::Document, url, message)
    }

    /// Returns the error for a request without a response. `proxy` is the variable that names a proxy for it, and the remedy if the
    /// proxy fails.
    #[cfg(feature = "fetch")]
    pub(super) fn exchange(url: &str, error: reqwest::Error, trust: Trust, proxy: Option<(&str, String)>) -> Self {
        let error = error.without_url();
        let (message, transient, help) = match (error.is_connect(), error.is_timeout()) {
            (true, true) => ("connect timed out", true, "see that no firewall stands between here and {server}"),
            (true, false) => ("cannot connect", true, REACHABLE),
            (false, true) => ("no answer within the time allowed", false, LATER),
            // The connection ended before an answer, as happens if the server closes a kept-alive connection at that moment (RFC 9112
            // section 9.3.1).
            (false, false) => ("the exchange failed", true, "see that {server} speaks HTTP/1.1, and try again"),
        };
        let failed = Self::new(Kind::Network, url, message);
        let failed = match (handshake::error_of_tls(&error), proxy.filter(|_| error.is_connect())) {
            _ if cause::is_out_of_descriptors(&error) => failed.with_help("raise this process's limit of open files"),
            (Some(tls), _) => failed.with_help(handshake::help(tls, trust)),
            (None, Some((variable, help))) => {
                Self { message: format!("{message} through the proxy of {variable}"), ..failed }.with_help(help)
            }
            (None, None) => failed.with_help(help),
        };
        Self { transient, source: Some(error.into()), ..failed }
    }

    #[cfg(feature = "fetch")]
    pub(super) fn interrupted(url: &str, error: std::io::Error) -> Self {
        // The client wraps every error of a body in one of kind `Other`; the cause is inside.
        let client = error.get_ref().and_then(|inner| inner.downcast_ref::<reqwest::Error>());
        if client.is_some_and(reqwest::Error::is_timeout) {
            return Self { source: Some(error.into()), ..Self::overdue(url) };
        }
        let failed = Self::new(Kind::Network, url, "the document was cut short").with_help(LATER);
        Self { source: Some(error.into()), ..failed }
    }

    pub(super) fn overdue(url: &str) -> Self {
        Self::new(Kind::Network, url, "the document did not end within the time allowed").with_help(LATER)
    }

    pub(super) fn status(url: &str, status: u16, retry_after: Option<Duration>) -> Self {
        let (message, help) = match status {
            301..=303 | 307 | 308 => (
                format!("status {status}: redirects are not followed"),
                "{server} must answer at this URL itself, since who redirects chooses the keys",
            ),
            401 | 403 => (format!("status {status}"), "see that {server} lets this machine read the document"),
            407 => (format!("status {status}"), "put a user and a password that the proxy accepts into its variable"),
            408 | 429 | 500.. => (format!("status {status}"), LATER),
            _ => (format!("status {status}"), "see that {server} has the document at this URL"),
        };
        let transient = matches!(status, 408 | 502 | 503 | 504) && retry_after.is_none();
        Self { retry_after, transient, ..Self::new(Kind::Status(status), url, message).with_help(help) }
    }

    #[cfg(feature = "fetch")]
    pub(super) fn encoded(url: &str, coding: &str) -> Self {
        let message = format!("the content encoding is {}, and none was asked for", quoted(coding));
        Self::new(Kind::Document, url, message).with_help("{server} must send the document as it is")
    }

    pub(super) fn content_type(url: &str, content_type: &str) -> Self {
        let message = match content_type.trim() {
            "" => "the content type is absent, not JSON".to_owned(),
            _ => format!("the content type is {}, not JSON", quoted(content_type)),
        };
        Self::new(Kind::Document, url, message).with_help("{server} must send `Content-Type: application/json`")
    }

    pub(super) fn too_large(url: &str) -> Self {
        let message = format!("the document is larger than {MAX_BYTES} bytes");
        Self::new(Kind::Document, url, message).with_help("see what {server} serves at this URL")
    }

    /// Returns the error for a document that breaks rules. `is_described` is true for an environment that is not in the table.
    pub(super) fn rules(url: &str, violations: Vec<Violation>, is_described: bool) -> Self {
        let help = if is_described {
            "correct the document of {server}, or the description of the environment in the manifest or the program"
        } else {
            "{server} must correct the document"
        };
        let message = listed(&violations);
        Self { violations: violations.into(), ..Self::new(Kind::Document, url, message).with_help(help) }
    }

    pub(super) fn is_worth_a_retry(&self) -> bool {
        self.transient
    }

    /// Returns whether the server's certificate was refused, which other certificate authorities may accept.
    #[cfg(feature = "refresh")]
    pub(super) fn is_of_trust(&self) -> bool {
        matches!(handshake::error_of_tls(self), Some(rustls::Error::InvalidCertificate(_)))
    }

    /// Returns the kind, by what to do about it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the document that was being fetched, or `None` if no request was made.
    #[must_use]
    pub fn step(&self) -> Option<Step> {
        self.step
    }

    /// Returns the URL that was asked: behind a mirror, its address.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// Returns the time for which the provider asks to wait. The caller has to do the waiting.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Returns the rules that the documents break.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

impl fmt::Display for FetchError {
    /// Writes the place, what happened, the causes that say more, and what would help, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(url) = &self.url {
            write!(f, "{}: ", printable(url))?;
        }
        f.write_str(&self.message)?;
        let mut last = self.message.clone();
        for text in self.source.as_deref().into_iter().flat_map(|source| cause::texts(source)) {
            // Libraries repeat the message of a cause in their own.
            if text != last {
                write!(f, ": {}", printable(&text))?;
            }
            last = text;
        }
        if let Some(after) = self.retry_after {
            write!(f, " (retry after {} s)", after.as_secs())?;
        }
        match &*self.help {
            "" => Ok(()),
            help => write!(f, "; {}", help.replace("{server}", self.server.in_words())),
        }
    }
}

impl Error for FetchError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Metadata => "metadata",
            Self::Keys => "keys",
        })
    }
}
