//! The errors of a verification, separated by the HTTP answer of a server.

use std::error::Error;
use std::fmt::{self, Write};
use std::time::Duration;

use crate::refresh::{LookupError, Unavailable};

/// The `Retry-After` while nothing is served: the first attempts to fetch are seconds apart.
const UNAVAILABLE_RETRY: Duration = Duration::from_secs(5);

/// The reason why a token is not accepted.
///
/// [`status`](Self::status), [`www_authenticate`](Self::www_authenticate) and [`retry_after`](Self::retry_after) are what an
/// HTTP server answers. Messages hold no part of the token.
///
/// ```
/// use idporten_config::interop::jsonwebtoken::{Insufficient, InvalidToken, VerifyError};
///
/// let error = VerifyError::Invalid(InvalidToken::Expired);
/// assert_eq!(error.status(), 401);
/// assert!(error.www_authenticate().unwrap().starts_with("Bearer error=\"invalid_token\""));
///
/// let error = VerifyError::Insufficient(Insufficient::Scope("example:read".into()));
/// assert_eq!(error.status(), 403);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum VerifyError {
    /// The token is not valid, for this issuer and audience at least: status 401.
    Invalid(InvalidToken),
    /// The token is valid but not sufficient for the request: status 403.
    Insufficient(Insufficient),
    /// It cannot be told now whether the provider publishes the key of this token: status 503.
    Undetermined {
        /// The time after which it is worth asking again.
        retry_after: Duration,
    },
    /// No keys are served at all: status 503.
    Unavailable(Unavailable),
}

/// The check that a token failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidToken {
    /// It is longer than [`MAX_TOKEN_BYTES`](super::MAX_TOKEN_BYTES).
    TooLong,
    /// It is not a signed token in the compact form: three parts of base64url, the first two JSON objects in which no member that
    /// is checked is there twice.
    Malformed,
    /// The `alg` of its header is not an asymmetric algorithm that `jsonwebtoken` verifies.
    Algorithm,
    /// Its header has `crit`: extensions that must be understood, none of which this project supports.
    Critical,
    /// The `typ` of its header is that of another kind of token.
    Type,
    /// The provider publishes no key for its `kid` and `alg`.
    UnknownKey,
    /// Its signature fits none of the keys under its `kid`.
    Signature,
    /// Its `iss` is not the issuer, byte for byte.
    Issuer,
    /// Its `aud` is without the audience of this program, or names one that is not trusted.
    Audience,
    /// Its `azp` is another client.
    AuthorizedParty,
    /// Its `exp` has passed.
    Expired,
    /// Its `nbf` is in the future.
    NotYetValid,
    /// Its `iat` or `auth_time` is in the future.
    IssuedInFuture,
    /// Its `nonce` is not the expected one, is missing, or is there although none was sent.
    Nonce,
    /// It is another kind of token than the rules are for: a log-out token in the place of an ID token, or the other way round, or an
    /// ID token, by its `at_hash`, in the place of an access token.
    Kind,
    /// A claim that the rules require is missing.
    Missing(&'static str),
    /// A claim, or a member of the header, is of the wrong JSON type.
    WrongType(&'static str),
    /// The claims do not fit the type that the program reads them into; the text names the place.
    Claims(String),
}

/// The requirement that a valid token does not meet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Insufficient {
    /// The log-in did not reach this level of assurance: the lowest that the program accepts, or all that it accepts, separated
    /// by blanks, as for `acr_values`.
    Level(String),
    /// The token is without one of these scopes: all that the rules require, separated by blanks. A client that asked for the missing
    /// one alone would get a token without the others.
    Scope(String),
    /// The user authenticated longer ago than this.
    Age(Duration),
}

impl VerifyError {
    /// Returns the HTTP status to answer with: 401, 403 or 503. A level that is too low is 403, as a missing scope is; the examples
    /// of RFC 9470 answer it with 401. Its challenge is the same.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Invalid(_) => 401,
            Self::Insufficient(_) => 403,
            Self::Undetermined { .. } | Self::Unavailable(_) => 503,
        }
    }

    /// Returns the value of the header `WWW-Authenticate` (RFC 6750, section 3; RFC 9470, section 3), for a status of 401 or 403.
    #[must_use]
    pub fn www_authenticate(&self) -> Option<String> {
        let code = match self {
            Self::Invalid(_) => "invalid_token",
            Self::Insufficient(Insufficient::Scope(_)) => "insufficient_scope",
            Self::Insufficient(_) => "insufficient_user_authentication",
            Self::Undetermined { .. } | Self::Unavailable(_) => return None,
        };
        let mut challenge = format!("Bearer error=\"{code}\", error_description=\"{}\"", quotable(&self.to_string()));
        let parameter = match self {
            Self::Insufficient(Insufficient::Level(level)) => write!(challenge, ", acr_values=\"{}\"", quotable(level)),
            Self::Insufficient(Insufficient::Scope(scope)) => write!(challenge, ", scope=\"{}\"", quotable(scope)),
            Self::Insufficient(Insufficient::Age(age)) => write!(challenge, ", max_age=\"{}\"", age.as_secs()),
            _ => Ok(()),
        };
        parameter.map(|()| challenge).ok()
    }

    /// Returns the time after which to try again, for the header `Retry-After` of a status of 503. It is a whole number of
    /// seconds.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Undetermined { retry_after } => Some(whole_seconds(*retry_after)),
            Self::Unavailable(_) => Some(UNAVAILABLE_RETRY),
            Self::Invalid(_) | Self::Insufficient(_) => None,
        }
    }
}

/// Rounds up to whole seconds, since `Retry-After` has no fractions and 0 would ask for a retry at once.
fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(Duration::from_secs(1))
}

/// Removes the characters that RFC 6750, section 3, excludes from these parameters.
fn quotable(text: &str) -> String {
    let is_allowed = |c: &char| matches!(c, ' '..='~') && *c != '"' && *c != '\\';
    text.chars().filter(is_allowed).collect()
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(reason) => write!(f, "the token is not valid: {reason}"),
            Self::Insufficient(reason) => write!(f, "the token is valid and not sufficient: {reason}"),
            Self::Undetermined { retry_after } => {
                LookupError::Undetermined { retry_after: whole_seconds(*retry_after) }.fmt(f)
            }
            Self::Unavailable(unavailable) => unavailable.fmt(f),
        }
    }
}

impl fmt::Display for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "it is longer than 16 KiB",
            Self::Malformed => "it is not a signed JWT in the compact form",
            Self::Algorithm => "its `alg` is not an algorithm that is verified here; the provider signs with another",
            Self::Critical => "its header has `crit`, and no extension is known here",
            Self::Type => "its `typ` is that of another kind of token; send the kind that this service asks for",
            Self::UnknownKey => "the provider publishes no key for its `kid` and `alg`; get a new token",
            Self::Signature => "its signature does not verify; get a new token",
            Self::Issuer => "its `iss` is not the issuer of this environment; get a token from the right environment",
            Self::Audience => "its `aud` is not this service alone; get a token for this service",
            Self::AuthorizedParty => "its `azp` is another client",
            Self::Expired => "it has expired; get a new token",
            Self::NotYetValid => "its `nbf` is in the future; compare the clocks",
            Self::IssuedInFuture => "its `iat` or `auth_time` is in the future; compare the clocks",
            Self::Nonce => "its `nonce` is not that of this log-in; start the log-in again",
            Self::Kind => "it is another kind of token; send the kind that this service asks for",
            Self::Missing(claim) => return write!(f, "it is without `{claim}`"),
            Self::WrongType(name) => return write!(f, "its `{name}` is of the wrong type"),
            Self::Claims(place) => {
                return write!(f, "its claims do not fit the type that this program reads them into: {place}");
            }
        })
    }
}

impl fmt::Display for Insufficient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level(level) => write!(f, "its `acr` is not enough; log in with `acr_values` of `{level}`"),
            Self::Scope(scope) => write!(f, "its `scope` is not enough; get a token with `{scope}`"),
            Self::Age(age) => {
                write!(f, "the user authenticated longer than {} s ago; log in again", age.as_secs())
            }
        }
    }
}

impl Error for VerifyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unavailable(unavailable) => unavailable.source(),
            _ => None,
        }
    }
}

impl From<InvalidToken> for VerifyError {
    fn from(reason: InvalidToken) -> Self {
        Self::Invalid(reason)
    }
}

impl From<Insufficient> for VerifyError {
    fn from(reason: Insufficient) -> Self {
        Self::Insufficient(reason)
    }
}

impl From<LookupError> for VerifyError {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::UnknownKey => Self::Invalid(InvalidToken::UnknownKey),
            LookupError::Undetermined { retry_after } => Self::Undetermined { retry_after },
            LookupError::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}
