//! The client that fetches live documents over HTTPS, with limits on time, size and redirects.
//!
//! Metadata and keys are fetched and checked as one unit: any failure leaves the caller with what it had. This module does
//! not cache. With feature `fetch` it brings a client, `Fetcher`; for another HTTP client there is [`Transport`].
//!
//! The client's TLS is rustls. Its cryptography provider is that of the feature `ring` or `aws-lc-rs` (with both, aws-lc-rs), or
//! else the one that the program has installed for the process; this crate installs none. Use the feature of the provider
//! that the program already has: if two are compiled in and none is installed, `rustls::ClientConfig::builder()` panics in the
//! program.
#![cfg_attr(
    feature = "fetch",
    doc = r#"
```no_run
use std::time::SystemTime;

use idporten_config::KnownEnvironment;
use idporten_config::fetch::{Fetcher, Options};

let fetcher = Fetcher::new(Options::default())?;
let snapshot = fetcher.fetch(&KnownEnvironment::IdportenTest.into(), SystemTime::now())?;
println!("{} keys", snapshot.jwks().map_or(0, |jwks| jwks.keys().len()));
# Ok::<(), idporten_config::fetch::FetchError>(())
```"#
)]

mod cause;
#[cfg(feature = "fetch")]
mod client;
mod error;
#[cfg(feature = "fetch")]
mod exchange;
#[cfg(feature = "fetch")]
mod handshake;
#[cfg(feature = "fetch")]
mod options;
#[cfg(feature = "fetch")]
mod proxy;
#[cfg(feature = "fetch")]
mod tls;
mod transport;
mod unit;

#[cfg(feature = "refresh")]
pub(crate) use client::DefaultTransport;
#[cfg(feature = "fetch")]
pub use client::Fetcher;
pub use error::{FetchError, Kind, Step};
#[cfg(feature = "fetch")]
pub use options::{CONNECT_TIMEOUT, Options};
#[cfg(feature = "refresh-core")]
pub(crate) use transport::Age;
pub use transport::{Response, Transport};
#[cfg(feature = "refresh-core")]
pub(crate) use unit::fetch;

/// The longest time for a whole unit: both documents and a retry.
pub const DEADLINE: std::time::Duration = std::time::Duration::from_secs(20);
