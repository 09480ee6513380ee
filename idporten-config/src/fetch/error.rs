//! Why a fetch failed, by what a caller would do about it.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::document::jwks::MAX_BYTES;
#[cfg(feature = "fetch")]
use crate::document::violation::quoted;
use crate::document::violation::{Violation, listed, printable};

type Cause = Box<dyn Error + Send + Sync>;

/// Why a fetch failed: which document, where, and the cause. It holds nothing of a body and no key.
#[derive(Debug)]
pub struct FetchError {
    kind: Kind,
    step: Option<Step>,
    url: Option<String>,
    message: String,
    retry_after: Option<Duration>,
    violations: Vec<Violation>,
    /// Whether the same request may well succeed at once.
    transient: bool,
    source: Option<Cause>,
}

/// What to do about a failed fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Mend the machine or the options: certificate authorities, mirror.
    Setup,
    /// Try again later: the name, the connection, TLS, or time.
    Network,
    /// Try again later, after [`FetchError::retry_after`] where it is given: the provider answered with another status than
    /// 200.
    Status(u16),
    /// Keep what there is, and look at the provider: the answer is not a document that may be used.
    Document,
}

/// Which document was being fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// The metadata, from the well-known URL.
    Metadata,
    /// The keys, from `jwks_uri`.
    Keys,
}

impl FetchError {
    fn new(kind: Kind, url: &str, message: impl Into<String>) -> Self {
        Self {
            kind,
            step: None,
            url: Some(url.to_owned()),
            message: message.into(),
            retry_after: None,
            violations: Vec::new(),
            transient: false,
            source: None,
        }
    }

    /// No response came from a URL, and why: what a [`Transport`](super::Transport) fails with. The document may be asked for a
    /// second time at once.
    #[must_use]
    pub fn network(url: &str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(cause.into()), transient: true, ..Self::new(Kind::Network, url, "the exchange failed") }
    }

    /// The error, as one of this step.
    pub(super) fn in_step(self, step: Step) -> Self {
        Self { step: Some(step), ..self }
    }

    pub(crate) fn setup(message: impl Into<String>, source: impl Into<Cause>) -> Self {
        Self { url: None, source: Some(source.into()), ..Self::new(Kind::Setup, "", message) }
    }

    #[cfg(feature = "fetch")]
    pub(super) fn mirror(mirror: &str, reason: &str) -> Self {
        // What stands before the host may be a password.
        let shown = mirror.rsplit('@').next().unwrap_or(mirror);
        Self::setup("the mirror cannot be used", format!("{} {reason}; give an https URL", quoted(shown)))
    }

    pub(crate) fn crashed() -> Self {
        Self::setup("the fetch ended without a result", "this is a bug; report it to who wrote the HTTP client's code")
    }

    #[cfg(feature = "refresh-core")]
    pub(super) fn stopped() -> Self {
        Self::setup("the fetch was given up", "nobody is left who wants its result")
    }

    /// The answer is a document that passed every rule and is too old to be of use.
    #[cfg(feature = "refresh-core")]
    pub(crate) fn outdated(url: &str, message: &str) -> Self {
        Self::new(Kind::Document, url, message)
    }

    #[cfg(feature = "fetch")]
    pub(super) fn exchange(url: &str, error: reqwest::Error) -> Self {
        let error = error.without_url();
        let (message, transient) = match (error.is_connect(), error.is_timeout()) {
            (true, true) => ("connect timed out", true),
            (true, false) => ("cannot connect", true),
            (false, true) => ("no answer within the time allowed", false),
            // The connection ended before an answer: as with one that is kept open and that the other side has just closed.
            (false, false) => ("the exchange failed", true),
        };
        Self { transient, source: Some(error.into()), ..Self::new(Kind::Network, url, message) }
    }

    #[cfg(feature = "fetch")]
    pub(super) fn interrupted(url: &str, error: std::io::Error) -> Self {
        // The client hands every error of a body over as one of kind `Other`; what happened is within.
        let client = error.get_ref().and_then(|inner| inner.downcast_ref::<reqwest::Error>());
        if client.is_some_and(reqwest::Error::is_timeout) {
            return Self { source: Some(error.into()), ..Self::overdue(url) };
        }
        let message = "the document was cut short";
        Self { source: Some(error.into()), ..Self::new(Kind::Network, url, message) }
    }

    pub(super) fn overdue(url: &str) -> Self {
        Self::new(Kind::Network, url, "the document did not end within the time allowed")
    }

    pub(super) fn status(url: &str, status: u16, retry_after: Option<Duration>) -> Self {
        let message = match status {
            301..=303 | 307 | 308 => format!("status {status}: redirects are not followed"),
            _ => format!("status {status}"),
        };
        let transient = matches!(status, 408 | 502 | 503 | 504) && retry_after.is_none();
        Self { retry_after, transient, ..Self::new(Kind::Status(status), url, message) }
    }

    pub(super) fn content(url: &str, message: &str) -> Self {
        Self::new(Kind::Document, url, message)
    }

    pub(super) fn too_large(url: &str) -> Self {
        Self::content(url, &format!("the document is larger than {MAX_BYTES} bytes"))
    }

    pub(super) fn rules(url: &str, violations: Vec<Violation>) -> Self {
        let message = listed(&violations);
        Self { violations, ..Self::new(Kind::Document, url, message) }
    }

    pub(super) fn is_worth_a_retry(&self) -> bool {
        self.transient
    }

    /// What to do about it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Which document was being fetched; none where it did not come to that.
    #[must_use]
    pub fn step(&self) -> Option<Step> {
        self.step
    }

    /// From where: behind a mirror, its address.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// How long the provider asks to wait. Nothing here has waited.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The rules that the documents break.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

impl fmt::Display for FetchError {
    /// Writes the place, what happened, and the causes that say more, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(url) = &self.url {
            write!(f, "{}: ", printable(url))?;
        }
        f.write_str(&self.message)?;
        let mut last = self.message.clone();
        let mut cause = self.source();
        while let Some(error) = cause {
            let text = error.to_string();
            cause = error.source();
            // Libraries repeat themselves on the way down.
            if text != last && !is_vague(&text) {
                write!(f, ": {}", printable(&text))?;
            }
            last = text;
        }
        match self.retry_after {
            Some(after) => write!(f, " (retry after {} s)", after.as_secs()),
            None => Ok(()),
        }
    }
}

fn is_vague(text: &str) -> bool {
    text.starts_with("error sending request")
        || text.starts_with("client error")
        || text == "error decoding response body"
        || text == "request or response body error"
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
