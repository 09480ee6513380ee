//! A back-end of `jsonwebtoken` that uses the crate `ring`, for a program whose TLS uses it too: one library for cryptography
//! instead of two. It exists with the features `ring` and `jsonwebtoken-11`.
//!
//! ```toml
//! [dependencies]
//! idporten-config = { version = "0.1", features = ["refresh", "ring", "jsonwebtoken-11"] }
//! jsonwebtoken = { version = "11", default-features = false } # no back-end of its own
//! ```
//!
//! [`DEFAULT_PROVIDER`] signs and verifies by all algorithms of `jsonwebtoken` 11, with the keys that `ring` takes:
//!
//! | key | rule |
//! |---|---|
//! | RSA, to verify | 2048 to 8192 bits |
//! | RSA, to sign | 2048, 3072 or 4096 bits, and an exponent of 65537 or more |
//! | ECDSA, to verify | an uncompressed point, as `jsonwebtoken` makes it of a JWK |
//! | ECDSA, to sign | PKCS #8 that holds the public half too, as an uncompressed point |
//! | Ed25519, to sign | PKCS #8: version 1, or version 2 with the public half |
//!
//! `jsonwebtoken` reads a private key at the first signature: one that breaks these rules is an error there, and none before. The
//! back-end cannot read an RSA public key for a JWK that `jsonwebtoken` makes of it.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result, new_error};
use jsonwebtoken::jwk::{EllipticCurve, ThumbprintHash};
use jsonwebtoken::signature::{Error, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::rand::SystemRandom;
use ring::signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair, RsaPublicKeyComponents, UnparsedPublicKey};
use ring::{digest, hmac, signature};

/// The back-end.
///
/// ```
/// use idporten_config::interop::jsonwebtoken::ring;
/// use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
///
/// // Once, before the first token. `Verifier::new` uses it from then on, and so does all of `jsonwebtoken`.
/// ring::DEFAULT_PROVIDER.install_default().expect("no other back-end is installed");
///
/// let key = EncodingKey::from_secret(b"an example of a secret");
/// assert!(encode(&Header::new(Algorithm::HS256), &"claims", &key).is_ok());
/// ```
pub static DEFAULT_PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| signer(*algorithm, key),
    verifier_factory: |algorithm, key| verifier(*algorithm, key),
    key_utils: KeyUtils {
        rsa_pub_components_from_private_key: rsa_components,
        rsa_pub_components_from_public_key: |_| {
            Err(new_error(ErrorKind::Provider("`ring` does not tell the components of an RSA public key".to_owned())))
        },
        ec_pub_components_from_private_key: ec_components,
        ed_pub_components_from_private_key: ed_component,
        compute_digest: |data, hash| compute_digest(data, &hash),
    },
};

struct RingSigner {
    algorithm: Algorithm,
    key: SigningKey,
}

enum SigningKey {
    Hmac(hmac::Key),
    Rsa(Box<RsaKeyPair>, &'static dyn signature::RsaEncoding),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

struct RingVerifier {
    algorithm: Algorithm,
    key: VerifyingKey,
}

enum VerifyingKey {
    Hmac(hmac::Key),
    Components(RsaPublicKeyComponents<Vec<u8>>, &'static signature::RsaParameters),
    Public(UnparsedPublicKey<Vec<u8>>),
}

fn signer(algorithm: Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    if key.family() != algorithm.family() {
        return Err(new_error(ErrorKind::InvalidKeyFormat));
    }
    let der = key.as_bytes();
    let key = match algorithm {
        Algorithm::HS256 => SigningKey::Hmac(hmac::Key::new(hmac::HMAC_SHA256, der)),
        Algorithm::HS384 => SigningKey::Hmac(hmac::Key::new(hmac::HMAC_SHA384, der)),
        Algorithm::HS512 => SigningKey::Hmac(hmac::Key::new(hmac::HMAC_SHA512, der)),
        Algorithm::RS256 => SigningKey::Rsa(rsa_key(der)?, &signature::RSA_PKCS1_SHA256),
        Algorithm::RS384 => SigningKey::Rsa(rsa_key(der)?, &signature::RSA_PKCS1_SHA384),
        Algorithm::RS512 => SigningKey::Rsa(rsa_key(der)?, &signature::RSA_PKCS1_SHA512),
        Algorithm::PS256 => SigningKey::Rsa(rsa_key(der)?, &signature::RSA_PSS_SHA256),
        Algorithm::PS384 => SigningKey::Rsa(rsa_key(der)?, &signature::RSA_PSS_SHA384),
        Algorithm::PS512 => SigningKey::Rsa(rsa_key(der)?, &signature::RSA_PSS_SHA512),
        Algorithm::ES256 | Algorithm::ES384 => SigningKey::Ec(ec_key(der, algorithm)?),
        Algorithm::EdDSA => SigningKey::Ed(ed_key(der)?),
        _ => return Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    };
    Ok(Box::new(RingSigner { algorithm, key }))
}

fn verifier(algorithm: Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    if key.family() != algorithm.family() {
        return Err(new_error(ErrorKind::InvalidKeyFormat));
    }
    let key = match (rsa_parameters(algorithm), key.kind()) {
        (Some(parameters), DecodingKeyKind::RsaModulusExponent { n, e }) => {
            VerifyingKey::Components(RsaPublicKeyComponents { n: n.clone(), e: e.clone() }, parameters)
        }
        (Some(parameters), DecodingKeyKind::SecretOrDer(der)) => {
            VerifyingKey::Public(UnparsedPublicKey::new(parameters, der.clone()))
        }
        (None, _) => other_verifying_key(algorithm, key.try_get_as_bytes()?)?,
    };
    Ok(Box::new(RingVerifier { algorithm, key }))
}

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static signature::RsaParameters> {
    match algorithm {
        Algorithm::RS256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}

fn other_verifying_key(algorithm: Algorithm, bytes: &[u8]) -> Result<VerifyingKey> {
    let public = |algorithm: &'static dyn signature::VerificationAlgorithm| {
        VerifyingKey::Public(UnparsedPublicKey::new(algorithm, bytes.to_vec()))
    };
    Ok(match algorithm {
        Algorithm::HS256 => VerifyingKey::Hmac(hmac::Key::new(hmac::HMAC_SHA256, bytes)),
        Algorithm::HS384 => VerifyingKey::Hmac(hmac::Key::new(hmac::HMAC_SHA384, bytes)),
        Algorithm::HS512 => VerifyingKey::Hmac(hmac::Key::new(hmac::HMAC_SHA512, bytes)),
        Algorithm::ES256 => public(&signature::ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => public(&signature::ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDSA => public(&signature::ED25519),
        _ => return Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    })
}

impl Signer<Vec<u8>> for RingSigner {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        match &self.key {
            SigningKey::Hmac(key) => Ok(hmac::sign(key, message).as_ref().to_vec()),
            SigningKey::Rsa(key, encoding) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(*encoding, &SystemRandom::new(), message, &mut signature).map_err(|_| Error::new())?;
                Ok(signature)
            }
            SigningKey::Ec(key) => {
                let signature = key.sign(&SystemRandom::new(), message).map_err(|_| Error::new())?;
                Ok(signature.as_ref().to_vec())
            }
            SigningKey::Ed(key) => Ok(key.sign(message).as_ref().to_vec()),
        }
    }
}

impl JwtSigner for RingSigner {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl Verifier<Vec<u8>> for RingVerifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        let verified = match &self.key {
            VerifyingKey::Hmac(key) => hmac::verify(key, message, signature),
            VerifyingKey::Components(key, parameters) => key.verify(parameters, message, signature),
            VerifyingKey::Public(key) => key.verify(message, signature),
        };
        verified.map_err(|_| Error::new())
    }
}

impl JwtVerifier for RingVerifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

fn rsa_components(der: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    let key = RsaPublicKeyComponents::<Vec<u8>>::from(rsa_key(der)?.public());
    Ok((key.n, key.e))
}

fn ec_components(der: &[u8], algorithm: Algorithm) -> Result<(EllipticCurve, Vec<u8>, Vec<u8>)> {
    let curve = match algorithm {
        Algorithm::ES256 => EllipticCurve::P256,
        Algorithm::ES384 => EllipticCurve::P384,
        _ => return Err(new_error(ErrorKind::InvalidEcdsaKey)),
    };
    let key = ec_key(der, algorithm)?;
    // An uncompressed point (SEC 1, section 2.3.3): the octet 4, and both coordinates.
    let Some((4, point)) = key.public_key().as_ref().split_first() else {
        return Err(new_error(ErrorKind::InvalidEcdsaKey));
    };
    let (x, y) = point.split_at(point.len() / 2);
    Ok((curve, x.to_vec(), y.to_vec()))
}

fn ed_component(der: &[u8], curve: &EllipticCurve) -> Result<Vec<u8>> {
    match curve {
        EllipticCurve::Ed25519 => Ok(ed_key(der)?.public_key().as_ref().to_vec()),
        _ => Err(new_error(ErrorKind::InvalidAlgorithm)),
    }
}

fn compute_digest(data: &[u8], hash: &ThumbprintHash) -> Result<Vec<u8>> {
    let algorithm = match hash {
        ThumbprintHash::SHA256 => &digest::SHA256,
        ThumbprintHash::SHA384 => &digest::SHA384,
        ThumbprintHash::SHA512 => &digest::SHA512,
        _ => return Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    };
    Ok(digest::digest(algorithm, data).as_ref().to_vec())
}

fn rsa_key(der: &[u8]) -> Result<Box<RsaKeyPair>> {
    let key = RsaKeyPair::from_der(der).map_err(|error| new_error(ErrorKind::InvalidRsaKey(error.to_string())))?;
    Ok(Box::new(key))
}

fn ec_key(der: &[u8], algorithm: Algorithm) -> Result<EcdsaKeyPair> {
    let signing = match algorithm {
        Algorithm::ES384 => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
        _ => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
    };
    let key = EcdsaKeyPair::from_pkcs8(signing, der, &SystemRandom::new());
    key.map_err(|_| new_error(ErrorKind::InvalidEcdsaKey))
}

fn ed_key(der: &[u8]) -> Result<Ed25519KeyPair> {
    let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der);
    key.map_err(|_| new_error(ErrorKind::InvalidEddsaKey))
}
