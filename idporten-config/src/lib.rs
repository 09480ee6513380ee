//! ID-porten, Maskinporten and Ansattporten metadata as typed Rust constants, from snapshots that are checked at compile time.
//!
//! Each environment of these Norwegian log-in services publishes metadata at a well-known URL: its endpoints, what it supports,
//! and where its signing keys are. This crate turns a *snapshot* of that metadata, a file in your repository, into constants and
//! enums. Code that names a scope or a level of assurance that the environment does not publish does not compile, and a build
//! never needs the network.
//!
//! # Three routes
//!
//! * **Build script**, the recommended route: with feature `build`, [`build::generate`] reads `idporten.toml` and writes a file
//!   that the program includes.
//! * **Macro**: `environment!` and `environments!` of the crate [`idporten-config-macros`], for packages that cannot have a build
//!   script.
//! * **Bundled**: the constants in [`idporten`], [`maskinporten`] and [`ansattporten`], for trials and tests. They need no set-up
//!   and no dependency. They are as old as their snapshots; `SNAPSHOT_AS_OF` in each module holds the date.
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
//! Constants are for configuration, tests, types and comparison. A provider may change its endpoints and rotates its keys, so a
//! running program takes both from the live documents, which a [`Refresher`] keeps current.
//!
//! [Getting started] shows each route step by step and explains the terms. [`build::manifest`] documents `idporten.toml`, and
//! [`refresh::guide`] is for those who operate a service.
//!
//! # Features
//!
//! | feature | brings | for |
//! |---|---|---|
//! | (none) | the table of environments and the bundled constants; no dependency | trials, tests |
//! | `document` | [`document`]: [`Snapshot`] and its parts | reading and checking snapshots; `codegen` and `build` bring it |
//! | `codegen` | [`codegen`] | generating code from snapshots, as the macros do |
//! | `build` | [`build`] | build scripts, in `[build-dependencies]` |
//! | `snapshot` | `document`, `document::compare` and thumbprints of keys | comparing snapshots; the features below bring it |
//! | `fetch` | [`fetch`] with an HTTP client | fetching live documents |
//! | `ring`, `aws-lc-rs` | that cryptography provider, for TLS; `ring` for tokens too | enable the one that the program already uses |
//! | `rustls-0-23` | `fetch::Options::with_rustls` | a program that configures TLS itself |
//! | `refresh-core` | [`refresh`], [`testing`] | live metadata and keys, through a custom HTTP client |
//! | `refresh` | `refresh-core` and `fetch` | live metadata and keys |
//! | `jsonwebtoken-11` | [`interop::jsonwebtoken`] | verifying tokens with the crate `jsonwebtoken`, version 11 |
//! | `openidconnect-4` | [`interop::openidconnect`] | log-in with the crate `openidconnect`, version 4 |
//! | `tracing` | events of the crate `tracing` | logging refreshes |
//! | `cli` | the command-line tool | `cargo install` |
//!
//! [Getting started]: https://github.com/idporten-config/idporten-config/blob/main/docs/getting-started.md
//! [`idporten-config-macros`]: https://docs.rs/idporten-config-macros

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "build")]
pub mod build;
mod bundled;
#[cfg(feature = "refresh-core")]
mod clock;
#[cfg(feature = "codegen")]
pub mod codegen;
#[cfg(feature = "document")]
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

/// Items that the macros, the command-line tool and the build-script helper share. They are not part of the public interface:
/// anything here may change in any release.
#[cfg(feature = "document")]
#[doc(hidden)]
pub mod internal {
    pub use crate::document::markup::cell as markdown_cell;
    pub use crate::document::snapshot::MAX_BYTES as MAX_SNAPSHOT_BYTES;
    pub use crate::document::violation::printable;
    pub use crate::environment::is_slug;
    #[cfg(any(feature = "cli", feature = "refresh-core"))]
    pub use crate::file::{Access, replace as replace_file};
    #[cfg(feature = "codegen")]
    pub use crate::project::*;

    /// Returns how far two names are apart, in insertions, deletions, substitutions and swaps of neighbours.
    #[must_use]
    pub fn edit_distance(a: &str, b: &str) -> usize {
        crate::environment::nearest::distance(a, b)
    }

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

    /// The URL parser that the rules use.
    pub mod url {
        pub use crate::document::url::*;
    }
}

pub use bundled::{ansattporten, idporten, maskinporten};
#[cfg(feature = "document")]
pub use document::{JwkSet, ProviderMetadata, Snapshot};
pub use environment::{KnownEnvironment, Product, SigningAlg};
#[cfg(feature = "refresh-core")]
pub use refresh::{RefreshPolicy, Refresher};
