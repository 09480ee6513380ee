#!/usr/bin/env bash
# openidconnect 4.1.0: where a key set has two keys under one kid, no token of either key verifies, the newer one included.
#
# RFC 7517, section 4.5, says that kid values SHOULD be distinct, so a set with two is valid, and a provider whose kids are slot
# labels may publish one while it rotates. Seen: `AmbiguousKeyId` for a token that one of the two keys signed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cargo init -q --name finding --vcs none
cargo add -q openidconnect@=4.1.0 --no-default-features
cargo add -q serde_json@=1.0.154 rsa@=0.9.10 rand@=0.8.8
cat >src/main.rs <<'RUST'
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreRsaPrivateSigningKey};
use openidconnect::core::{CoreIdTokenClaims, CoreJwsSigningAlgorithm};
use openidconnect::{
    Audience, ClientId, EmptyAdditionalClaims, IssuerUrl, JsonWebKeyId, Nonce, PrivateSigningKey, StandardClaims,
    SubjectIdentifier,
};
use rsa::RsaPrivateKey;
use rsa::pkcs1::{EncodeRsaPrivateKey, LineEnding};

fn key() -> CoreRsaPrivateSigningKey {
    let key = RsaPrivateKey::new(&mut rand::thread_rng(), 2048).unwrap();
    let pem = key.to_pkcs1_pem(LineEnding::LF).unwrap();
    CoreRsaPrivateSigningKey::from_pem(&pem, Some(JsonWebKeyId::new("slot".into()))).unwrap()
}

fn main() {
    let (old, new) = (key(), key());
    let issuer = IssuerUrl::new("https://op.example".into()).unwrap();
    let now = std::time::SystemTime::now();
    let claims = CoreIdTokenClaims::new(
        issuer.clone(),
        vec![Audience::new("client".into())],
        (now + std::time::Duration::from_secs(60)).into(),
        now.into(),
        StandardClaims::new(SubjectIdentifier::new("subject".into())),
        EmptyAdditionalClaims {},
    );
    let token = CoreIdToken::new(claims, &new, CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, None, None).unwrap();
    let verify = |keys: Vec<_>| {
        let verifier = CoreIdTokenVerifier::new_public_client(
            ClientId::new("client".into()),
            issuer.clone(),
            CoreJsonWebKeySet::new(keys),
        );
        match token.claims(&verifier, |_: Option<&Nonce>| Ok(())) {
            Ok(_) => "verified".to_owned(),
            Err(error) => format!("{error:?}").split('(').take(2).collect::<Vec<_>>().join("("),
        }
    };
    println!("the signing key alone: {}", verify(vec![new.as_verification_key()]));
    println!("both keys: {}", verify(vec![old.as_verification_key(), new.as_verification_key()]));
}
RUST
seen=$(cargo run -q)
printf 'openidconnect 4.1.0:\n%s\n' "$seen"
grep -qx 'the signing key alone: verified' <<<"$seen"
grep -q '^both keys: SignatureVerification(AmbiguousKeyId' <<<"$seen"
