//! Integrations with crates that verify tokens and log users in, with keys and metadata of a [`Refresher`](crate::Refresher).
//!
//! Each module is behind a feature that carries the major version of its crate.

#[cfg(feature = "jsonwebtoken-11")]
pub mod jsonwebtoken;
#[cfg(feature = "openidconnect-4")]
pub mod openidconnect;
