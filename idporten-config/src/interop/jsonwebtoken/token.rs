//! A token that was accepted.

use std::fmt;

use crate::environment::SigningAlg;

/// A token that passed every check.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Token<T> {
    /// Its claims, in the program's type.
    pub claims: T,
    /// The `kid` of its header.
    pub kid: Option<String>,
    /// The `alg` of its header.
    pub alg: SigningAlg,
}

impl<T> fmt::Debug for Token<T> {
    /// Omits the claims, which are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("kid", &self.kid).field("alg", &self.alg).finish_non_exhaustive()
    }
}
