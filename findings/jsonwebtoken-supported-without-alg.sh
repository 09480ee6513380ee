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
cargo add -q serde_json@1
cat >src/main.rs <<'RUST'
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::Jwk;

fn main() {
    let n = "_".repeat(341) + "w";
    for alg in ["", r#""alg": "RS256","#] {
        let text = format!(r#"{{"kty": "RSA", "kid": "a", "use": "sig", {alg} "n": "{n}", "e": "AQAB"}}"#);
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
