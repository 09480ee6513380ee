//! Keys and documents that look like a provider's.

use std::time::SystemTime;

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::document::json::{Value, object};
use crate::document::snapshot::{Origin, Snapshot};
use crate::environment::KnownEnvironment;

/// A public RSA key of 2,048 bits in form, as an entry of a key set. It is made of the kid and the variant alone, nobody has its
/// other half, and no signature verifies with it. Another variant is another key under the same kid.
#[must_use]
pub fn key(kid: &str, variant: u32) -> Value {
    let block = |i: u8| hmac_sha256::Hash::hash(format!("{i} {variant} {kid}").as_bytes());
    let mut modulus: Vec<u8> = (0..8).flat_map(block).collect();
    modulus[0] |= 0x80;
    modulus[255] |= 1;
    let members = [
        ("kty", "RSA".into()),
        ("use", "sig".into()),
        ("kid", kid.into()),
        ("e", "AQAB".into()),
        ("n", Base64UrlUnpadded::encode_string(&modulus).into()),
    ];
    object(members).into()
}

/// A key set with these entries.
#[must_use]
pub fn jwks(keys: impl IntoIterator<Item = Value>) -> Value {
    object([("keys", Value::Array(keys.into_iter().collect()))]).into()
}

/// A snapshot of an environment that counts as fetched, with a [`key`] for each kid. Its metadata is that of the bundled
/// snapshot; members that are required and not known are filled with values that mean nothing.
///
/// # Panics
///
/// Without a kid, or with a time before 1970.
#[must_use]
pub fn snapshot(environment: KnownEnvironment, as_of: SystemTime, kids: &[&str]) -> Snapshot {
    snapshot_with_keys(environment, as_of, &jwks(kids.iter().map(|kid| key(kid, 0))))
}

/// A [`snapshot`] with this key set.
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
