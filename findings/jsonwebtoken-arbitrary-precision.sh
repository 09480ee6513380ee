#!/usr/bin/env bash
# jsonwebtoken 11.1.0 with serde_json 1.0: a token whose `exp` has a fraction, which RFC 7519 allows (section 2, NumericDate), is valid;
# once any crate of the program enables serde_json's feature `arbitrary_precision` it is refused. serde_json then passes on numbers
# with a fraction as an object, which the reader of `exp` does not take. The token is signed by the same program, with a secret
# that is written here.
#
# Seen: `accepted` for a whole and a fractional `exp` without the feature; with it the fractional one is refused.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cargo init -q --name finding --vcs none
cargo add -q jsonwebtoken@=11.1.0 --no-default-features --features rust_crypto
cargo add -q serde@=1.0.229
cargo add -q serde_json@=1.0.154
cat >>Cargo.toml <<'TOML'

[features]
another-crate = ["serde_json/arbitrary_precision"]
TOML
cat >src/main.rs <<'RUST'
use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation, decode};
use serde::de::IgnoredAny;

// As long as RFC 7518, section 3.2, asks for.
const SECRET: &[u8; 32] = b"32 bytes, which hold no secret..";

fn main() {
    // {"alg":"HS256"} and the claims, in base64url. The times are in the year 2100.
    let tokens = [
        ("whole", "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjQxMDI0NDQ4MDB9"),
        ("fraction", "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjQxMDI0NDQ4MDAuNX0"),
    ];
    for (name, message) in tokens {
        let signature = sign(message.as_bytes(), &EncodingKey::from_secret(SECRET), Algorithm::HS256).unwrap();
        let key = DecodingKey::from_secret(SECRET);
        let decoded = decode::<IgnoredAny>(format!("{message}.{signature}"), &key, &Validation::new(Algorithm::HS256));
        println!("{name}: {}", if decoded.is_ok() { "accepted" } else { "refused" });
    }
}
RUST
without=$(cargo run -q)
with=$(cargo run -q --features another-crate)
printf 'jsonwebtoken 11.1.0:\n%s\nwith arbitrary_precision in the program:\n%s\n' "$without" "$with"
test "$without" = 'whole: accepted
fraction: accepted'
test "$with" = 'whole: accepted
fraction: refused'
