//! The keys that everyone is given: three of RSA, with 2048 bits.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;

/// The kids.
pub const KIDS: [&str; 3] =
    ["signing-key-of-the-provider--cert0", "signing-key-of-the-provider--cert1", "signing-key-of-the-provider--cert2"];

/// The kid that is looked up: the last, so that a scan passes all others.
pub const KNOWN: &str = KIDS[2];

/// A kid that nobody has.
pub const UNKNOWN: &str = "four";

/// A key, as a program would hold it for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The modulus, big-endian.
    pub modulus: [u8; 256],
    /// The public exponent, big-endian.
    pub exponent: [u8; 3],
}

impl Key {
    /// One key for each number: odd and of full length, as a modulus is. Nobody verifies with it.
    #[must_use]
    pub const fn numbered(number: u8) -> Self {
        Self { modulus: [0x81 + 2 * number; 256], exponent: [1, 0, 1] }
    }
}

/// The key set as a provider serves it.
#[must_use]
pub fn jwks() -> String {
    let keys: Vec<_> = KIDS.iter().zip(0..).map(|(kid, number)| jwk(kid, &Key::numbered(number))).collect();
    serde_json::json!({ "keys": keys }).to_string()
}

fn jwk(kid: &str, key: &Key) -> serde_json::Value {
    let n = Base64UrlUnpadded::encode_string(&key.modulus);
    let e = Base64UrlUnpadded::encode_string(&key.exponent);
    serde_json::json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e })
}

/// Reads a key set.
///
/// # Panics
///
/// If it is not like that of [`jwks`].
#[must_use]
pub fn read(jwks: &str) -> Vec<(String, Key)> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Jwk>,
    }
    #[derive(Deserialize)]
    struct Jwk {
        kid: String,
        n: String,
        e: String,
    }
    let set: Set = serde_json::from_str(jwks).expect("a key set");
    set.keys.into_iter().map(|jwk| (jwk.kid, Key { modulus: bytes(&jwk.n), exponent: bytes(&jwk.e) })).collect()
}

fn bytes<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let read = Base64UrlUnpadded::decode(text, &mut bytes).expect("base64url");
    assert_eq!(read.len(), N, "a number of another length");
    bytes
}

#[cfg(test)]
mod tests {
    use super::{KIDS, Key, jwks, read};

    #[test]
    fn what_is_served_is_read_again() {
        let expected = KIDS.iter().zip(0..).map(|(kid, number)| ((*kid).to_owned(), Key::numbered(number)));
        assert_eq!(read(&jwks()), expected.collect::<Vec<_>>());
    }
}
