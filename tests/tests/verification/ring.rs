//! The back-end that uses `ring`, beside that of `jsonwebtoken` which uses aws-lc-rs.

use idporten_config::interop::jsonwebtoken::ring::DEFAULT_PROVIDER as RING;
use idporten_config::interop::jsonwebtoken::{Expect, InvalidToken, Rules, Verifier};
use idporten_config::testing::jwks;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER as AWS_LC;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{EllipticCurve, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};

use crate::algorithms::{Pair, pairs};
use crate::story::{CLIENT, Claims, NONCE, Story, refused};

const HMAC: [Algorithm; 3] = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];

/// The private key of an algorithm.
fn der(pairs: &[Pair], algorithm: Algorithm) -> &[u8] {
    pairs.iter().find(|pair| pair.algorithm == algorithm).unwrap().private.as_bytes()
}

#[test]
fn ring_verifies_tokens_of_every_algorithm() {
    let (story, pairs) = (Story::idporten().settle(), pairs());
    story.provider.publish_jwks(&jwks(pairs.iter().map(|pair| pair.public.clone())));
    story.refresher.refresh_now().unwrap();
    let verifier = Verifier::with_provider(&story.refresher, Rules::id_token(CLIENT), &RING).unwrap();
    let verify = |jwt: &str| verifier.verify::<Claims>(jwt, &Expect::nonce(NONCE));
    for pair in &pairs {
        assert!(verify(&pair.sign(pair.alg, pair.alg)).is_ok(), "{}", pair.alg);
        for other in pairs.iter().filter(|other| other.alg != pair.alg) {
            refused(verify(&pair.sign(other.alg, other.alg)), &InvalidToken::Signature);
        }
    }
}

#[test]
fn what_ring_signs_is_verified_by_both_back_ends() {
    let secret = b"a secret of the test";
    let pairs = pairs();
    let keys = pairs.iter().map(|pair| (pair.algorithm, pair.private.clone(), pair.decoding_key()));
    let secrets = HMAC.map(|algorithm| (algorithm, EncodingKey::from_secret(secret), DecodingKey::from_secret(secret)));
    for (algorithm, private, public) in keys.chain(secrets) {
        let signer = (RING.signer_factory)(&algorithm, &private).unwrap();
        assert_eq!(signer.algorithm(), algorithm);
        let mut signature = signer.sign(b"a message");
        for provider in [&RING, &AWS_LC] {
            let verifier = (provider.verifier_factory)(&algorithm, &public).unwrap();
            assert_eq!(verifier.algorithm(), algorithm);
            assert!(verifier.verify(b"a message", &signature).is_ok(), "{algorithm:?}");
            assert!(verifier.verify(b"another", &signature).is_err(), "{algorithm:?}");
        }
        signature[7] ^= 1;
        assert!((RING.verifier_factory)(&algorithm, &public).unwrap().verify(b"a message", &signature).is_err());
    }
}

#[test]
fn ring_refuses_a_key_of_another_algorithm() {
    let pairs = pairs();
    for pair in &pairs {
        for other in pairs.iter().filter(|other| other.algorithm.family() != pair.algorithm.family()) {
            let signer = (RING.signer_factory)(&other.algorithm, &pair.private).err().unwrap();
            let verifier = (RING.verifier_factory)(&other.algorithm, &pair.decoding_key()).err().unwrap();
            for error in [signer, verifier] {
                assert!(matches!(error.kind(), ErrorKind::InvalidKeyFormat), "{error}");
            }
        }
    }
    let broken = |algorithm, key| (RING.signer_factory)(&algorithm, &key).err().unwrap().into_kind();
    assert!(matches!(broken(Algorithm::RS256, EncodingKey::from_rsa_der(b"?")), ErrorKind::InvalidRsaKey(_)));
    assert!(matches!(broken(Algorithm::ES256, EncodingKey::from_ec_der(b"?")), ErrorKind::InvalidEcdsaKey));
    assert!(matches!(broken(Algorithm::EdDSA, EncodingKey::from_ed_der(b"?")), ErrorKind::InvalidEddsaKey));
}

#[test]
fn the_public_halves_of_private_keys_are_those_that_aws_lc_rs_tells() {
    let pairs = pairs();
    let (ring, aws_lc) = (&RING.key_utils, &AWS_LC.key_utils);
    let rsa = der(&pairs, Algorithm::RS256);
    assert_eq!(
        (ring.rsa_pub_components_from_private_key)(rsa).unwrap(),
        (aws_lc.rsa_pub_components_from_private_key)(rsa).unwrap()
    );
    for algorithm in [Algorithm::ES256, Algorithm::ES384] {
        let key = der(&pairs, algorithm);
        assert_eq!(
            (ring.ec_pub_components_from_private_key)(key, algorithm).unwrap(),
            (aws_lc.ec_pub_components_from_private_key)(key, algorithm).unwrap()
        );
    }
    let ed = der(&pairs, Algorithm::EdDSA);
    let component = ring.ed_pub_components_from_private_key;
    assert_eq!(
        component(ed, &EllipticCurve::Ed25519).unwrap(),
        (aws_lc.ed_pub_components_from_private_key)(ed, &EllipticCurve::Ed25519).unwrap()
    );
    assert!(component(ed, &EllipticCurve::P256).is_err());
    assert!((ring.ec_pub_components_from_private_key)(ed, Algorithm::EdDSA).is_err());
    let error = (ring.rsa_pub_components_from_public_key)(rsa).unwrap_err();
    assert!(error.to_string().contains("RSA public key"), "{error}");
    for hash in [ThumbprintHash::SHA256, ThumbprintHash::SHA384, ThumbprintHash::SHA512] {
        assert_eq!(
            (ring.compute_digest)(b"data", hash.clone()).unwrap(),
            (aws_lc.compute_digest)(b"data", hash).unwrap()
        );
    }
}
