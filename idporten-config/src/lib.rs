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
//! | `refresh-core` | [`refresh`], [`testing`] | keeping them current, with an HTTP client of one's own |
//! | `refresh` | `refresh-core` and `fetch` | keeping them current |
//! | `tracing` | events of the crate `tracing` | the log |
//! | `cli` | the command-line tool | `cargo install` |
//!
//! [`idporten-config-macros`]: https://docs.rs/idporten-config-macros

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod algorithm;
#[cfg(feature = "build")]
pub mod build;
mod bundled;
#[cfg(feature = "cli")]
pub mod certificates;
#[cfg(feature = "codegen")]
pub mod codegen;
#[cfg(feature = "thumbprint")]
pub mod compare;
pub mod environment;
#[cfg(any(feature = "fetch", feature = "refresh-core"))]
pub mod fetch;
#[cfg(feature = "snapshot")]
pub mod finding;
#[cfg(feature = "build")]
pub mod format;
#[cfg(feature = "snapshot")]
pub mod json;
#[cfg(feature = "snapshot")]
pub mod jwks;
#[cfg(feature = "cli")]
pub mod lint;
#[cfg(feature = "codegen")]
pub mod manifest;
#[cfg(any(feature = "codegen", feature = "thumbprint"))]
mod markup;
#[cfg(feature = "snapshot")]
pub mod metadata;
#[cfg(any(feature = "codegen", feature = "thumbprint"))]
mod names;
mod nearest;
#[cfg(feature = "codegen")]
pub mod project;
#[cfg(feature = "snapshot")]
pub mod provider;
#[cfg(feature = "refresh-core")]
pub mod refresh;
#[cfg(feature = "snapshot")]
pub mod require;
#[cfg(feature = "snapshot")]
pub mod snapshot;
#[cfg(feature = "codegen")]
pub mod sources;
#[cfg(feature = "refresh-core")]
pub mod testing;
#[cfg(feature = "thumbprint")]
pub mod update;
#[cfg(feature = "snapshot")]
mod url;
#[cfg(feature = "snapshot")]
pub mod violation;

pub use algorithm::SigningAlg;
pub use bundled::{ansattporten, idporten, maskinporten};
pub use environment::{KnownEnvironment, Product};
#[cfg(feature = "snapshot")]
pub use jwks::JwkSet;
#[cfg(feature = "snapshot")]
pub use metadata::ProviderMetadata;
#[cfg(feature = "refresh-core")]
pub use refresh::{RefreshPolicy, Refresher};
#[cfg(feature = "snapshot")]
pub use snapshot::Snapshot;
