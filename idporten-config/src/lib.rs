//! placeholder
pub mod algorithm;
#[cfg(feature = "build")]
pub mod build;
#[cfg(feature = "codegen")]
pub mod codegen;
pub mod environment;
#[cfg(feature = "snapshot")]
pub mod finding;
#[cfg(feature = "build")]
pub mod format;
#[cfg(feature = "snapshot")]
pub mod json;
#[cfg(feature = "snapshot")]
pub mod jwks;
#[cfg(feature = "codegen")]
pub mod manifest;
#[cfg(feature = "snapshot")]
pub mod metadata;
mod nearest;
#[cfg(feature = "codegen")]
pub mod project;
#[cfg(feature = "snapshot")]
pub mod provider;
#[cfg(feature = "snapshot")]
pub mod require;
#[cfg(feature = "snapshot")]
pub mod snapshot;
#[cfg(feature = "codegen")]
pub mod sources;
#[cfg(feature = "snapshot")]
mod url;
#[cfg(feature = "snapshot")]
pub mod violation;

pub use algorithm::SigningAlg;
pub use environment::{KnownEnvironment, Product};
#[cfg(feature = "snapshot")]
pub use jwks::JwkSet;
#[cfg(feature = "snapshot")]
pub use snapshot::Snapshot;
