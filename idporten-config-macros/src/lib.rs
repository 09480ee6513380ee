//! ID-porten, Maskinporten and Ansattporten metadata as typed Rust constants, by macro.
//!
//! ```
//! mod idporten {
//!     idporten_config_macros::environment!("idporten-test", bundled);
//! }
//!
//! assert_eq!(idporten::TOKEN_ENDPOINT, "https://test.idporten.no/token");
//! assert_eq!(idporten::AcrValue::IdportenLoaHigh.as_str(), "idporten-loa-high");
//! ```
//!
//! # When not to use it
//!
//! An editor does not expand a macro anew when a snapshot changes: until its next start it completes and checks against the old
//! values, while `cargo build` uses the new ones. The build-script route of [`idporten-config`] has no such gap, warns of old
//! snapshots, which a macro cannot, and is the one to take unless a build script is out of the question.
//!
//! Nor does cargo see a file appear that was not there: where a `development` environment stands on another (`based-on`), touch
//! a source file once its first snapshot has been taken.
//!
//! [`idporten-config`]: https://docs.rs/idporten-config

mod arguments;
mod error;
mod expand;
mod module;

use proc_macro::TokenStream;

/// The constants of one environment, in the module that the macro stands in.
///
/// # Input
///
/// The environment's slug, then in any order:
///
/// * `snapshot = "path"`: the snapshot's file, relative to the directory of `Cargo.toml`. Without it,
///   `snapshots/<slug>.json`.
/// * `bundled`: the snapshot that this version brings, old and without keys, instead of a file.
/// * `require(member = value, ..)`: what the environment must publish, by the members' standard names: a list of strings to be
///   contained, a string to be equal to, `true` for a member that must be there (or be true).
///
/// # Result
///
/// A constant for each member, an enum for each list whose values are known by name, `WELL_KNOWN_URL`, and the whole snapshot
/// with its date and origin. Nothing in it names another crate.
///
/// A missing file, a snapshot that breaks a rule and an unmet requirement are errors on the literal at fault. What could be
/// generated is there all the same.
///
/// # When to use it
///
/// For one environment, in a package without a build script. For more than one see [`environments!`]; for when not to use a
/// macro at all, the [crate's documentation](crate).
///
/// # Example
///
/// ```
/// mod maskinporten {
///     idporten_config_macros::environment!(
///         "maskinporten-test",
///         bundled,
///         require(token_endpoint_auth_methods_supported = ["private_key_jwt"], jwks_uri = true),
///     );
/// }
///
/// assert_eq!(maskinporten::ISSUER, "https://test.maskinporten.no/");
/// ```
///
/// A value that the environment does not publish does not compile:
///
/// ```compile_fail
/// mod idporten {
///     idporten_config_macros::environment!("idporten-test", bundled);
/// }
///
/// let level = idporten::AcrValue::Level4;
/// ```
#[proc_macro]
pub fn environment(input: TokenStream) -> TokenStream {
    expand::environment(input.into()).into()
}

/// The constants of every environment of a manifest, in a module for each product.
///
/// # Input
///
/// Nothing, for `idporten.toml` beside `Cargo.toml`, or the manifest's path, relative to that directory.
///
/// # Result
///
/// A module for each product, with a module for each environment, an `Environment` enum to choose one at start, and the enums
/// of the values that all of them share.
///
/// # When to use it
///
/// For more than one environment in a package without a build script; for when not to, see the
/// [crate's documentation](crate).
///
/// # Example
///
/// With this `idporten.toml`:
///
/// ```toml
/// [environments.idporten-test]
/// bundled = true
///
/// [environments.idporten-prod]
/// bundled = true
/// ```
///
/// ```
/// mod providers {
///     idporten_config_macros::environments!("examples/idporten.toml");
/// }
///
/// let environment: providers::idporten::Environment = "prod".parse().unwrap();
/// assert_eq!(environment.token_endpoint(), "https://idporten.no/token");
/// ```
#[proc_macro]
pub fn environments(input: TokenStream) -> TokenStream {
    expand::environments(input.into()).into()
}
