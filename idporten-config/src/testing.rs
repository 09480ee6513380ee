//! Tools for the tests of programs: a clock that a test moves, and a provider in memory.
//!
//! The example shows what a service does when ID-porten rotates its key at midnight, during an outage.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use idporten_config::KnownEnvironment::IdportenTest;
//! use idporten_config::refresh::{LookupError, Refresher};
//! use idporten_config::testing::{MemoryProvider, VirtualClock, snapshot};
//!
//! const HOUR: Duration = Duration::from_secs(60 * 60);
//! let clock = VirtualClock::new(SystemTime::UNIX_EPOCH + 23 * HOUR);
//! let seed = snapshot(IdportenTest, clock.now(), &["old"]);
//! let provider = MemoryProvider::new(&seed);
//! let service = Refresher::builder(seed)?.clock(&clock).start_with(provider.clone())?;
//!
//! clock.advance(HOUR);                                                          // midnight
//! provider.publish_keys(&["new"]);
//! provider.fail(503);
//! clock.advance(30 * HOUR);                                                     // a refresh has long been due
//! assert!(service.find_keys(Some("old"), "RS256").is_ok(), "the old key is still served");
//! let error = service.find_keys_wait(Some("new"), "RS256").unwrap_err();
//! assert!(matches!(error, LookupError::Undetermined { .. }), "no token is called invalid");
//! provider.recover();
//! clock.advance(HOUR / 4);                                                      // the longest between two attempts
//! assert!(service.find_keys(Some("new"), "RS256").is_ok(), "without intervention");
//! assert!(service.find_keys_wait(Some("old"), "RS256").is_err(), "the withdrawn key is gone");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod clock;
mod keys;
mod provider;
#[cfg(feature = "jsonwebtoken-11")]
mod sign;

pub use clock::VirtualClock;
pub use keys::{ec_key, jwks, key, okp_key, snapshot, snapshot_with_keys, without_kid};
pub use provider::{MemoryProvider, MemoryUrl};
#[cfg(feature = "jsonwebtoken-11")]
pub use sign::{sign, sign_text, signing_key};
