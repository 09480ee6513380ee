//! Keys as the crate `jsonwebtoken` takes them, kept beside the keys that they are made of.

use jsonwebtoken::DecodingKey;

use crate::document::jwks::{KeyParameters, SigningKey};

/// Makes the key from its numbers: the `JwkSet` of that crate fails as a whole on one bad entry, and takes symmetric keys. `None`
/// for a curve that it lacks; it would read an Ed448 key as an Ed25519 key.
pub(super) fn decoding_key(key: &SigningKey) -> Option<DecodingKey> {
    match key.parameters() {
        KeyParameters::Rsa { n, e, .. } => DecodingKey::from_rsa_components(n, e).ok(),
        KeyParameters::Ec { crv: "P-256" | "P-384", x, y } => DecodingKey::from_ec_components(x, y).ok(),
        KeyParameters::Okp { crv: "Ed25519", x } => DecodingKey::from_ed_components(x).ok(),
        KeyParameters::Ec { .. } | KeyParameters::Okp { .. } => None,
    }
}
