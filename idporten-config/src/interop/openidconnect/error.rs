//! The errors of making a client and of ending a log-in.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use openidconnect::ClaimsVerificationError;

use crate::refresh::{LookupError, Unavailable};

/// The reason why a configuration cannot be used with `openidconnect`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetadataError {
    /// The environment, named here by its slug, is not an OpenID Connect provider.
    NotOpenIdConnect(String),
    /// `openidconnect` cannot read a member; the text names it.
    Unreadable(String),
    /// `openidconnect` supports none of the algorithms, or can read none of the keys, that the provider publishes.
    NoAlgorithm,
}

/// The reason why an ID token is not accepted.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoginError {
    /// The token is not valid: start the log-in again.
    Invalid(ClaimsVerificationError),
    /// It cannot be told now whether the provider publishes the key of this token.
    Undetermined {
        /// The time after which it is worth asking again.
        retry_after: Duration,
    },
    /// No configuration is served.
    Unavailable(Unavailable),
    /// The configuration that is served cannot be used with `openidconnect`.
    Metadata(MetadataError),
}

impl LoginError {
    /// Returns the HTTP status to answer with: 401 or 503.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Invalid(_) => 401,
            Self::Undetermined { .. } | Self::Unavailable(_) | Self::Metadata(_) => 503,
        }
    }
}

impl fmt::Display for MetadataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOpenIdConnect(slug) => {
                write!(f, "the environment `{slug}` is not an OpenID Connect provider; use one of ID-porten or Ansattporten")
            }
            Self::Unreadable(place) => write!(
                f,
                "the crate `openidconnect` cannot read what the provider publishes: {place}; verify with \
                 `interop::jsonwebtoken` instead"
            ),
            Self::NoAlgorithm => f.write_str(
                "the crate `openidconnect` knows none of the algorithms or keys that the provider publishes; verify with \
                 `interop::jsonwebtoken` instead",
            ),
        }
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The message of `openidconnect` may quote claims.
            Self::Invalid(ClaimsVerificationError::SignatureVerification(_)) => {
                f.write_str("the signature of the ID token does not verify; start the log-in again")
            }
            Self::Invalid(_) => f.write_str("the claims of the ID token are not those of this log-in; start it again"),
            Self::Undetermined { retry_after } => LookupError::Undetermined { retry_after: *retry_after }.fmt(f),
            Self::Unavailable(unavailable) => unavailable.fmt(f),
            Self::Metadata(error) => error.fmt(f),
        }
    }
}

impl Error for MetadataError {}

impl Error for LoginError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unavailable(unavailable) => unavailable.source(),
            _ => None,
        }
    }
}

impl From<Unavailable> for LoginError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl From<MetadataError> for LoginError {
    fn from(error: MetadataError) -> Self {
        Self::Metadata(error)
    }
}
