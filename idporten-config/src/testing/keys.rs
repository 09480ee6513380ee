//! Keys and documents that look like a provider's.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::document::json::{Object, Value, object};
use crate::document::snapshot::{Origin, Snapshot};
use crate::environment::KnownEnvironment;

/// Returns a public RSA key of 2,048 bits in form, as an entry of a key set. It depends only on the kid and the variant. No
/// private half exists, and no signature verifies with it. Another variant is another key under the same kid.
///
/// ```
/// use idporten_config::document::JwkSet;
/// use idporten_config::testing::{ec_key, jwks, key, okp_key, without_kid};
///
/// let set = jwks([key("one", 0), ec_key("two", 0), okp_key("three", 0), without_kid(&key("four", 0))]);
/// let set = JwkSet::parse(set.to_string().as_bytes()).unwrap();
/// let types: Vec<_> = set.keys().iter().map(|key| (key.kid(), key.key_type())).collect();
/// assert_eq!(types, [(Some("one"), "RSA"), (Some("two"), "EC"), (Some("three"), "OKP"), (None, "RSA")]);
/// ```
#[must_use]
pub fn key(kid: &str, variant: u32) -> Value {
    let mut modulus = bytes(kid, variant, 256);
    modulus[0] |= 0x80;
    modulus[255] |= 1;
    entry("RSA", kid, &[("e", "AQAB"), ("n", &base64url(&modulus))])
}

/// Returns a public key on P-256 in form, made as [`key`] is.
#[must_use]
pub fn ec_key(kid: &str, variant: u32) -> Value {
    let point = bytes(kid, variant, 64);
    entry("EC", kid, &[("crv", "P-256"), ("x", &base64url(&point[..32])), ("y", &base64url(&point[32..]))])
}

/// Returns a public key on Ed25519 in form, made as [`key`] is.
#[must_use]
pub fn okp_key(kid: &str, variant: u32) -> Value {
    entry("OKP", kid, &[("crv", "Ed25519"), ("x", &base64url(&bytes(kid, variant, 32)))])
}

/// Returns an entry of a key set without its kid.
#[must_use]
pub fn without_kid(entry: &Value) -> Value {
    let members = entry.as_object().into_iter().flat_map(Object::iter).filter(|(name, _)| *name != "kid");
    members.map(|(name, value)| (name.to_owned(), value.clone())).collect::<Object>().into()
}

fn entry(kty: &str, kid: &str, parameters: &[(&str, &str)]) -> Value {
    let mut entry = object([("kty", kty.into()), ("use", "sig".into()), ("kid", kid.into())]);
    for (name, value) in parameters {
        entry.set(name, (*value).into());
    }
    entry.into()
}

fn bytes(kid: &str, variant: u32, length: usize) -> Vec<u8> {
    let block = |i: usize| hmac_sha256::Hash::hash(format!("{i} {variant} {kid}").as_bytes());
    (0..length / 32).flat_map(block).collect()
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Returns a key set with these entries.
#[must_use]
pub fn jwks(keys: impl IntoIterator<Item = Value>) -> Value {
    object([("keys", Value::Array(keys.into_iter().collect()))]).into()
}

/// Returns a snapshot of an environment that counts as fetched, with a [`key`] for each kid. Its metadata is that of the bundled
/// snapshot; members that are required and not known are filled with placeholders.
///
/// # Panics
///
/// Without a kid, or with a time before 1970.
#[must_use]
pub fn snapshot(environment: KnownEnvironment, as_of: SystemTime, kids: &[&str]) -> Snapshot {
    snapshot_with_keys(environment, as_of, &jwks(kids.iter().map(|kid| key(kid, 0))))
}

/// Returns a [`snapshot`] with this key set.
///
/// # Panics
///
/// With a key set that breaks a rule, or with a time before 1970.
#[must_use]
pub fn snapshot_with_keys(environment: KnownEnvironment, as_of: SystemTime, jwks: &Value) -> Snapshot {
    let bundled = Snapshot::parse(environment.bundled_snapshot()).expect("the bundled snapshots are in order");
    let mut metadata = bundled.metadata_json().clone();
    let host = environment.endpoint_hosts()[0];
    for &member in environment.schema().required_members() {
        if !metadata.contains(member) {
            let value = match member {
                "jwks_uri" | "authorization_endpoint" | "token_endpoint" => {
                    format!("https://{host}/testing/{member}").into()
                }
                "issuer" => environment.issuer().into(),
                "id_token_signing_alg_values_supported" => vec!["RS256"].into(),
                _ => vec!["testing"].into(),
            };
            metadata.set(member, value);
        }
    }
    let made = Snapshot::new(environment.into(), as_of, Origin::Fetched, metadata, Some(jwks.clone()));
    made.unwrap_or_else(|error| panic!("{error}"))
}
