#!/usr/bin/env bash
# jsonwebtoken 11.1.0 with its back-end `rust_crypto`: a valid signature of an RSA key above 4,096 bits is "invalid", not the key. The
# key itself is accepted. The crate `rsa` below it refuses a larger modulus only when it verifies, and the reason is lost. RFC 7518
# (section 3.3) has a least size and no greatest one. With the back-end `aws_lc_rs` the same token is valid.
#
# Seen: `Ok` for 4,096 bits with both back-ends; for 4,608 bits `Ok` with `aws_lc_rs` and `InvalidSignature` with `rust_crypto`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
base64url() {
    openssl base64 -A | tr '+/' '-_' | tr -d '='
}
for bits in 4096 4608; do
    openssl genrsa -out "$bits.private" "$bits" 2>/dev/null
    openssl rsa -in "$bits.private" -pubout -out "$bits.public" 2>/dev/null
    signed=$(printf '{"alg":"RS256"}' | base64url).$(printf '{"sub":"somebody"}' | base64url)
    printf '%s.%s' "$signed" "$(printf '%s' "$signed" | openssl dgst -sha256 -sign "$bits.private" | base64url)" >"$bits.token"
done
cargo init -q --name finding --vcs none
cargo add -q serde_json@=1.0.154
cat >src/main.rs <<'RUST'
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use std::fs::read;

fn main() {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    for bits in [4096, 4608] {
        let key = DecodingKey::from_rsa_pem(&read(format!("{bits}.public")).unwrap()).unwrap();
        let token = read(format!("{bits}.token")).unwrap();
        let result = decode::<serde_json::Value>(token, &key, &validation);
        println!("{bits} bits: {:?}", result.map(drop).map_err(|error| error.into_kind()));
    }
}
RUST
seen=''
for back_end in rust_crypto aws_lc_rs; do
    cargo add -q jsonwebtoken@=11.1.0 --no-default-features --features "$back_end,use_pem"
    seen+="$back_end
$(cargo run -q)
"
    cargo remove -q jsonwebtoken
done
printf 'jsonwebtoken 11.1.0, %s:\n%s' "$(openssl version)" "$seen"
test "$seen" = 'rust_crypto
4096 bits: Ok(())
4608 bits: Err(InvalidSignature)
aws_lc_rs
4096 bits: Ok(())
4608 bits: Ok(())
'
