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
cargo add -q biscuit@=0.8.0 serde_json@=1.0.154
# Any 1,312 bytes are a public key of ML-DSA-44 (FIPS 204, algorithm 23).
head -c 1312 /dev/urandom | base64 | tr -d '\n=' | tr '+/' '-_' >pub
cat >src/main.rs <<'RUST'
use biscuit::Empty;
use biscuit::jwk::JWKSet;

// The public key of RFC 7517, appendix A.1.
const N: &str = "\
    0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebW\
    KRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQM\
    icAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcR\
    wr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

fn main() {
    let good = format!(r#"{{"kty": "RSA", "kid": "a", "use": "sig", "alg": "RS256", "n": "{N}", "e": "AQAB"}}"#);
    let public = std::fs::read_to_string("pub").unwrap();
    let other = format!(r#"{{"kty": "AKP", "kid": "b", "use": "sig", "alg": "ML-DSA-44", "pub": "{public}"}}"#);
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
