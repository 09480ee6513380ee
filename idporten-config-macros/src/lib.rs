//! Macros that generate ID-porten, Maskinporten and Ansattporten metadata as typed Rust constants.
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
//! An editor does not expand a macro again when a snapshot changes: until its next start it completes and checks against the old
//! values, while `cargo build` uses the new ones. The build-script route of [`idporten-config`] does not have this problem and
//! warns about old snapshots, which a macro cannot. Prefer it unless the package cannot have a build script.
//!
//! Cargo also does not notice a new file: for a `development` environment that is based on another (`based-on`), touch a source
//! file after its first snapshot has been fetched.
//!
//! [`idporten-config`]: https://docs.rs/idporten-config

mod arguments;
mod error;
mod expand;
mod module;

use proc_macro::TokenStream;

/// Generates the constants of one environment in the module that contains the macro call.
///
/// # Input
///
/// The environment's slug, then in any order:
///
/// * `snapshot = "path"`: the snapshot's file, relative to the directory of `Cargo.toml`. Without it,
///   `snapshots/<slug>.json`.
/// * `bundled`: the snapshot bundled in this version, which is old and has no keys, instead of a file.
/// * `require(member = value, ..)`: the members that the environment must publish, by their standard names. The value is a list
///   of strings that the member must contain, a string that it must be equal to, or `true` for a member that must be present
///   (or be true).
///
/// # Result
///
/// A constant for each member, an enum for each list whose values are known by name, `WELL_KNOWN_URL`, and the whole snapshot
/// with its date and origin. Nothing in it names another crate.
///
/// A missing file, a snapshot that breaks a rule and an unmet requirement are errors on the literal at fault. The constants that
/// could be generated exist even then.
///
/// # When to use it
///
/// For one environment, in a package without a build script. For several environments see [`environments!`]. The
/// [crate's documentation](crate) says when not to use a macro at all.
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

/// Generates the constants of every environment of a manifest, in a module for each product.
///
/// # Input
///
/// Nothing, for `idporten.toml` beside `Cargo.toml`, or the manifest's path, relative to that directory.
///
/// # Result
///
/// A module for each product, with a module for each environment, an `Environment` enum to choose one when the program starts,
/// and the enums of the values that all environments share.
///
/// # When to use it
///
/// For several environments in a package without a build script. The [crate's documentation](crate) says when not to use a macro.
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
