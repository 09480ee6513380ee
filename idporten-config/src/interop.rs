//! The crates that programs verify tokens and log in with, fed from a [`Refresher`](crate::Refresher).
//!
//! Each module is behind a feature that carries the major version of its crate.

#[cfg(feature = "jsonwebtoken-11")]
pub mod jsonwebtoken;
#[cfg(feature = "openidconnect-4")]
pub mod openidconnect;
