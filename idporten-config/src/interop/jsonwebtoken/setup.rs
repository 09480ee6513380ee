//! Mistakes in a program's rules or dependencies, found before the first token.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// The reason why a [`Verifier`](super::Verifier) cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetupError {
    /// `jsonwebtoken` has no cryptographic back-end, or two of them and none chosen: its first operation would panic.
    BackEnd,
    /// An audience is empty.
    EmptyAudience,
    /// The leeway is longer than 5 minutes.
    Leeway(Duration),
    /// The `acr` value has no place in a documented order.
    Level(String),
    /// Tokens of this kind carry no `acr`.
    NoLevel,
    /// Tokens of this kind carry no `scope`.
    NoScope,
    /// The scope is empty, or several in one string.
    Scope(String),
    /// The environment, named here by its slug, issues no tokens of this kind.
    Product(String),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BackEnd => f.write_str(
                "`jsonwebtoken` has no cryptographic back-end, or two of them; choose one in Cargo.toml: \
                 `jsonwebtoken = { version = \"11\", default-features = false, features = [\"aws_lc_rs\"] }` (or `rust_crypto`); \
                 or enable the feature `ring` of `idporten-config` and install `interop::jsonwebtoken::ring::DEFAULT_PROVIDER`; \
                 where other crates enable both, pass one to `Verifier::with_provider`",
            ),
            Self::EmptyAudience => f.write_str("an audience is empty; pass the client id, or the URL of this service"),
            Self::Leeway(leeway) => {
                write!(f, "a leeway of {} s is too long; set one of at most 5 minutes", leeway.as_secs())
            }
            Self::Level(level) => write!(
                f,
                "`{level}` has no place in a documented order of levels; use a substantial or high level, or name every \
                 accepted value with `acr_one_of`"
            ),
            Self::NoLevel => f.write_str("tokens of this kind carry no `acr`; remove the level from the rules"),
            Self::NoScope => f.write_str("tokens of this kind carry no `scope`; remove the scope from the rules"),
            Self::Scope(scope) => write!(f, "`{scope}` is not one scope; call `scope` once for each"),
            Self::Product(slug) => write!(
                f,
                "the environment `{slug}` issues no tokens of this kind; use the rules for its product, or a refresher of \
                 another environment"
            ),
        }
    }
}

impl Error for SetupError {}
