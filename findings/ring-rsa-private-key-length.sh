#!/usr/bin/env bash
# ring 0.17.14: an RSA key of 2,560 bits verifies signatures, but its private half is refused. The error says that the length of the
# private modulus is not a multiple of 512 bits, which 2,560 is: what is meant are its two primes, of 1,280 bits each. RFC 8017 has no
# such rule, and OpenSSL signs with the key.
#
# Seen: `verifies` for the signature that OpenSSL made with the key, `PrivateModulusLenNotMultipleOf512Bits` for the private key; both
# work with 2,048 bits.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cargo init -q --name finding --vcs none
cargo add -q ring@=0.17.14
printf message >message
for bits in 2048 2560; do
    # PKCS #1, both halves in DER.
    openssl genrsa -traditional -out "$bits.pem" "$bits" 2>/dev/null
    openssl rsa -in "$bits.pem" -traditional -outform DER -out "$bits.private" 2>/dev/null
    openssl rsa -in "$bits.pem" -RSAPublicKey_out -outform DER -out "$bits.public" 2>/dev/null
    openssl dgst -sha256 -sign "$bits.pem" -out "$bits.signature" message
done
cat >src/main.rs <<'RUST'
use ring::rsa::KeyPair;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use std::fs::read;

fn main() {
    for bits in [2048, 2560] {
        let file = |kind: &str| read(format!("{bits}.{kind}")).unwrap();
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, file("public"));
        let verified = public.verify(b"message", &file("signature"));
        let private = KeyPair::from_der(&file("private")).map(|_| "signs").map_err(|error| error.to_string());
        println!("{bits} bits: {}, {private:?}", if verified.is_ok() { "verifies" } else { "does not verify" });
    }
}
RUST
seen=$(cargo run -q)
printf 'ring 0.17.14, %s:\n%s\n' "$(openssl version)" "$seen"
test "$seen" = '2048 bits: verifies, Ok("signs")
2560 bits: verifies, Err("PrivateModulusLenNotMultipleOf512Bits")'
