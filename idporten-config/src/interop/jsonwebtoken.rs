//! Tokens verified with the crate `jsonwebtoken`, version 11, by the keys of a [`Refresher`](crate::Refresher).
//!
//! ```toml
//! [dependencies]
//! idporten-config = { version = "0.1", features = ["refresh", "aws-lc-rs", "jsonwebtoken-11"] }
//! jsonwebtoken = { version = "11", default-features = false, features = ["aws_lc_rs"] } # or rust_crypto, or see `ring`
//! ```
//!
//! ```
//! use idporten_config::idporten::AcrValue;
//! use idporten_config::interop::jsonwebtoken::{Expect, Rules, Verifier};
//! # use idporten_config::KnownEnvironment::IdportenTest;
//! # use idporten_config::Refresher;
//! # use idporten_config::testing::{MemoryProvider, snapshot};
//! #[derive(Debug, serde::Deserialize)]
//! struct Claims {
//!     sub: String,
//! }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let seed = snapshot(IdportenTest, std::time::SystemTime::now(), &["one"]);
//! # let refresher = Refresher::builder(seed.clone())?.start_with(MemoryProvider::new(&seed))?;
//! # let (jwt, nonce) = ("not.a.token", "nonce");
//! let rules = Rules::id_token("my-client-id").acr_at_least(AcrValue::IdportenLoaSubstantial);
//! let verifier = Verifier::new(&refresher, rules)?;
//!
//! match verifier.verify::<Claims>(jwt, &Expect::nonce(nonce)) {
//!     Ok(token) => println!("{:?} signed with {}", token.claims, token.alg),
//!     Err(error) => println!("{} {:?}", error.status(), error.www_authenticate()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The issuer, the algorithms and the keys are the provider's. A token whose key is not known asks for one fetch, within the
//! budget of the [policy](crate::RefreshPolicy); [`Verifier::verify_async`] and [`Verifier::verify_wait`] wait for its end.
//!
//! # What is checked
//!
//! | part | rule |
//! |---|---|
//! | size | at most 16 KiB |
//! | header | `alg` one that the key serves; `kid` a string, byte for byte; `typ` absent or that of the kind; no `crit` |
//! | signature | by one of the keys under the `kid` |
//! | `iss` | the issuer, byte for byte |
//! | `aud` | a string or an array of strings: the program's audience, and no other that is not trusted |
//! | `azp` | in an ID token: the program, if present; required with several audiences |
//! | `exp`, `nbf`, `iat` | with a leeway of 60 s, or that of the rules; `exp` is required, `iat` in an ID and log-out token |
//! | `nonce` | in an ID token: as [`Expect`] says |
//! | `acr`, `scope`, `auth_time` | where [`Rules`] or [`Expect`] ask for them; an `auth_time` is never in the future |
//! | `events`, `sub` or `sid`, `jti` | in a log-out token: required, and `nonce` prohibited |
//!
//! Left to the program: whether a log-out token's `jti` was seen before, `at_hash`, and what its own claims mean.

mod backend;
mod claims;
mod error;
mod expect;
mod object;
mod parts;
#[cfg(feature = "ring")]
pub mod ring;
mod rules;
mod setup;
mod token;
mod verifier;

pub use error::{Insufficient, InvalidToken, VerifyError};
pub use expect::Expect;
pub use parts::MAX_TOKEN_BYTES;
pub use rules::Rules;
pub use setup::SetupError;
pub use token::Token;
pub use verifier::Verifier;
