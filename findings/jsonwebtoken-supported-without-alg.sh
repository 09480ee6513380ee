#!/usr/bin/env bash
# jsonwebtoken 11.1.0: `Jwk::is_supported` is false for each key without `alg`, although `alg` is optional (RFC 7517, section
# 4.4) and `DecodingKey::from_jwk` takes the same key. A program that filters a key set with it has no keys left.
#
# Seen: `is_supported` false, `from_jwk` ok, for an RSA key with `kty`, `kid`, `use`, `n` and `e`; true once `alg` is there.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cargo init -q --name finding --vcs none
cargo add -q jsonwebtoken@=11.1.0 --no-default-features --features rust_crypto
cargo add -q serde_json@=1.0.154
cat >src/main.rs <<'RUST'
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::Jwk;

// The public key of RFC 7517, appendix A.1.
const N: &str = "\
    0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebW\
    KRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQM\
    icAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcR\
    wr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

fn main() {
    for alg in ["", r#""alg": "RS256","#] {
        let text = format!(r#"{{"kty": "RSA", "kid": "a", "use": "sig", {alg} "n": "{N}", "e": "AQAB"}}"#);
        let key: Jwk = serde_json::from_str(&text).unwrap();
        let alg = if alg.is_empty() { "without" } else { "with" };
        println!("{alg} alg: supported {}, usable {}", key.is_supported(), DecodingKey::from_jwk(&key).is_ok());
    }
}
RUST
seen=$(cargo run -q)
printf 'jsonwebtoken 11.1.0:\n%s\n' "$seen"
test "$seen" = 'without alg: supported false, usable true
with alg: supported true, usable true'
