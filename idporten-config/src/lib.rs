//! ID-porten, Maskinporten and Ansattporten metadata as typed Rust constants, from snapshots that are checked at compile time.
//!
//! Each environment of these Norwegian log-in services publishes metadata at a well-known URL: its endpoints, what it supports,
//! and where its signing keys are. This crate turns a *snapshot* of that metadata, a file in your repository, into constants and
//! enums. A scope or a level of assurance that the environment does not publish does not compile, and a build never needs the
//! network.
//!
//! # Three routes
//!
//! * **Build script**, the one to take: with feature `build`, [`build::generate`] reads `idporten.toml` and writes a file that
//!   the program includes.
//! * **Macro**: `environment!` and `environments!` of the crate [`idporten-config-macros`], where a build script is out of the
//!   question.
//! * **Bundled**: the constants in [`idporten`], [`maskinporten`] and [`ansattporten`], without any set-up and without a single
//!   dependency, for trials and tests. They are as old as their snapshots, which say so themselves.
//!
//! ```
//! use idporten_config::idporten::{Environment, test};
//!
//! assert_eq!(test::TOKEN_ENDPOINT, "https://test.idporten.no/token");
//! assert_eq!(test::AcrValue::IdportenLoaHigh.as_str(), "idporten-loa-high");
//!
//! let environment: Environment = "prod".parse()?;
//! assert_eq!(environment.issuer(), "https://idporten.no");
//! # Ok::<(), idporten_config::idporten::UnknownEnvironment>(())
//! ```
//!
//! Constants are for configuration, tests, types and comparison. A provider may change its endpoints and does change its keys: a
//! running program takes them from the live document, which the [`refresh`]er keeps at hand.
//!
//! # Features
//!
//! | feature | brings | for |
//! |---|---|---|
//! | (none) | the table of environments and the bundled constants; no dependency | trials, tests |
//! | `snapshot` | [`Snapshot`] and what is in it | reading and checking snapshots |
//! | `codegen` | [`codegen`], [`manifest`], [`sources`] | what the macros use |
//! | `build` | [`build`] | `[build-dependencies]` |
//! | `thumbprint` | `SigningKey::thumbprint`, [`compare`], [`update`] | naming keys, comparing snapshots |
//! | `fetch` | [`fetch`] | taking live documents |
//! | `ring`, `aws-lc-rs` | that cryptography provider, for TLS of `fetch` and `refresh` | take the one that the program has already |
//! | `rustls-0-23` | `fetch::Options::with_rustls` | a program that sets TLS up itself |
//! | `refresh-core` | [`refresh`], [`testing`] | keeping them current, with an HTTP client of one's own |
//! | `refresh` | `refresh-core` and `fetch` | keeping them current |
//! | `jsonwebtoken-11` | [`interop::jsonwebtoken`] | verifying tokens |
//! | `openidconnect-4` | [`interop::openidconnect`] | log-in |
//! | `tracing` | events of the crate `tracing` | the log |
//! | `cli` | the command-line tool | `cargo install` |
//!
//! [`idporten-config-macros`]: https://docs.rs/idporten-config-macros

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "build")]
pub mod build;
mod bundled;
#[cfg(feature = "refresh-core")]
mod clock;
#[cfg(feature = "codegen")]
pub mod codegen;
#[cfg(feature = "snapshot")]
pub mod document;
pub mod environment;
#[cfg(any(feature = "fetch", feature = "refresh-core"))]
pub mod fetch;
#[cfg(any(feature = "cli", feature = "refresh-core"))]
mod file;
#[cfg(any(feature = "jsonwebtoken-11", feature = "openidconnect-4"))]
pub mod interop;
#[cfg(feature = "codegen")]
mod project;
#[cfg(feature = "refresh-core")]
pub mod refresh;
#[cfg(feature = "refresh-core")]
pub mod testing;

/// What the macros and the command-line tool share with the build-script helper. Not part of the public interface: anything
/// here may change in any release.
#[cfg(feature = "snapshot")]
#[doc(hidden)]
pub mod internal {
    pub use crate::document::jwks::MAX_BYTES as MAX_DOCUMENT_BYTES;
    pub use crate::document::markup::code as markdown_code;
    pub use crate::document::snapshot::MAX_BYTES as MAX_SNAPSHOT_BYTES;
    pub use crate::document::violation::printable;
    pub use crate::environment::is_slug;
    #[cfg(any(feature = "cli", feature = "refresh-core"))]
    pub use crate::file::{Access, replace as replace_file};
    #[cfg(feature = "codegen")]
    pub use crate::project::*;

    /// Reads one entry of a key set, if it can be used.
    #[must_use]
    pub fn signing_key(entry: &crate::document::json::Value) -> Option<crate::document::SigningKey> {
        crate::document::SigningKey::from_json(entry).ok()
    }

    /// The names that generated code gives to members, values and stages.
    pub mod names {
        pub use crate::document::metadata::usable;
        pub use crate::document::names::*;
    }

    /// URLs as the rules read them.
    pub mod url {
        pub use crate::document::url::*;
    }
}

pub use bundled::{ansattporten, idporten, maskinporten};
#[cfg(feature = "snapshot")]
pub use document::{JwkSet, ProviderMetadata, Snapshot};
pub use environment::{KnownEnvironment, Product, SigningAlg};
#[cfg(feature = "refresh-core")]
pub use refresh::{RefreshPolicy, Refresher};
