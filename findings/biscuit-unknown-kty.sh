#!/usr/bin/env bash
# biscuit 0.8.0: a key set with one entry of a key type that it does not know cannot be read at all, although RFC 7517, section 5,
# says that implementations SHOULD ignore such entries. The good key beside it is lost too.
#
# Seen: the set with the RSA key alone is read; the set with an entry of type `AKP` (ML-DSA) beside it is an error.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cargo init -q --name finding --vcs none
cargo add -q biscuit@=0.8.0 serde_json@1
cat >src/main.rs <<'RUST'
use biscuit::Empty;
use biscuit::jwk::JWKSet;

fn main() {
    let good = format!(r#"{{"kty": "RSA", "kid": "a", "use": "sig", "alg": "RS256", "n": "{}", "e": "AQAB"}}"#, "_".repeat(341) + "w");
    let other = r#"{"kty": "AKP", "kid": "b", "use": "sig", "alg": "ML-DSA-44", "pub": "AAAA"}"#;
    for (name, keys) in [("alone", good.clone()), ("beside an AKP key", format!("{good}, {other}"))] {
        let set = serde_json::from_str::<JWKSet<Empty>>(&format!(r#"{{"keys": [{keys}]}}"#));
        println!("the RSA key {name}: {}", if set.is_ok() { "read" } else { "error" });
    }
}
RUST
seen=$(cargo run -q)
printf 'biscuit 0.8.0:\n%s\n' "$seen"
test "$seen" = 'the RSA key alone: read
the RSA key beside an AKP key: error'
