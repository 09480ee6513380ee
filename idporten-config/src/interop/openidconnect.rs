//! Log-in with the crate `openidconnect`, version 4, by the metadata and keys of a [`Refresher`](crate::Refresher).
//!
//! ```toml
//! [dependencies]
//! idporten-config = { version = "0.1", features = ["refresh", "ring", "openidconnect-4"] }
//! openidconnect = { version = "4", default-features = false }
//! ```
//!
//! ```
//! use idporten_config::interop::openidconnect::{ClientCache, acr_at_least};
//! use openidconnect::ClientId;
//! use openidconnect::core::CoreClient;
//! # use idporten_config::KnownEnvironment::IdportenTest;
//! # use idporten_config::Refresher;
//! # use idporten_config::testing::{MemoryProvider, snapshot};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let seed = snapshot(IdportenTest, std::time::SystemTime::now(), &["one"]);
//! # let refresher = Refresher::builder(seed.clone())?.start_with(MemoryProvider::new(&seed))?;
//!
//! let clients = ClientCache::new(&refresher, |metadata| {
//!     CoreClient::from_provider_metadata(metadata, ClientId::new("my-client-id".into()), None)
//! });
//! let client = clients.get()?; // made again only after a refresh that changed something
//! assert_eq!(client.auth_uri().as_str(), "https://login.test.idporten.no/authorize");
//!
//! let verifier = client.id_token_verifier().set_auth_context_verifier_fn(acr_at_least("idporten-loa-substantial")?);
//! # Ok(())
//! # }
//! ```
//!
//! Verification by `openidconnect` has limits: it checks neither `iat` nor `nbf`, allows the provider's clock no leeway, and refuses
//! every token under a kid that two keys have, except through [`ClientCache::verify_async`] and [`ClientCache::verify_wait`].
//! [`interop::jsonwebtoken`](super::jsonwebtoken), a separate feature, verifies ID tokens without these limits, and about ten times
//! as fast.

mod acr;
mod cache;
mod error;
mod metadata;

pub use acr::{UnrankedLevel, acr_at_least};
pub use cache::ClientCache;
pub use error::{LoginError, MetadataError};
pub use metadata::{OtherMembers, ProviderMetadata, provider_metadata};
