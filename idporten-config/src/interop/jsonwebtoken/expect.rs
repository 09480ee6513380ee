//! The expectations of one token, which differ between log-ins while the rules do not.

use std::fmt;
use std::time::Duration;

/// The expectations of one token, beyond the [`Rules`](super::Rules).
///
/// ```
/// use std::time::Duration;
/// use idporten_config::interop::jsonwebtoken::Expect;
///
/// let nonce = "n-0S6_WzA2Mj"; // from the session in which the log-in was started
/// let expect = Expect::nonce(nonce).max_age(Duration::from_secs(600));
/// ```
#[derive(Clone, Default)]
pub struct Expect {
    pub(super) nonce: Nonce,
    pub(super) max_age: Option<Duration>,
}

/// The `nonce` that an ID token must have.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) enum Nonce {
    #[default]
    Absent,
    Equal(String),
    Any,
}

impl Expect {
    /// Expects an ID token without a `nonce`. One that has it is refused: a program that sent a `nonce` must compare it.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Expects an ID token with the `nonce` of its authorization request (OpenID Connect Core 1.0, section 3.1.3.7, step 11).
    /// An empty one, as an empty session would give, matches no token.
    #[must_use]
    pub fn nonce(nonce: impl Into<String>) -> Self {
        Self { nonce: Nonce::Equal(nonce.into()), max_age: None }
    }

    /// Expects an ID token whose `nonce` was compared before, when its log-in ended.
    #[must_use]
    pub fn any_nonce() -> Self {
        Self { nonce: Nonce::Any, max_age: None }
    }

    /// Expects that the user authenticated at most this long ago, by the claim `auth_time`. It is the `max_age` of the
    /// authorization request, in whole seconds.
    #[must_use]
    pub fn max_age(self, max_age: Duration) -> Self {
        Self { max_age: Some(max_age), ..self }
    }
}

impl fmt::Debug for Expect {
    /// Omits the nonce, which is a secret between the browser's session and the program.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expect").field("max_age", &self.max_age).finish_non_exhaustive()
    }
}
