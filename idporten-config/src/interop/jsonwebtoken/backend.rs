//! The cryptography of `jsonwebtoken`, which is the program's choice.

use std::panic::catch_unwind;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::CryptoProvider;
use jsonwebtoken::{Algorithm, DecodingKey};

use crate::environment::SigningAlg;

/// The implementation that verifies signatures.
#[derive(Debug, Clone, Copy)]
pub(super) enum BackEnd {
    /// The back-end that `jsonwebtoken` selects.
    OfProcess,
    Given(&'static CryptoProvider),
}

impl BackEnd {
    /// Tries the operation that a token needs. With no back-end or two, `jsonwebtoken` 11 compiles and panics in it; nothing but
    /// a trial shows that, since its choice of a back-end is private.
    pub(super) fn works(self) -> bool {
        let key = DecodingKey::from_rsa_raw_components(&[0xff; 256], &[1, 0, 1]);
        catch_unwind(|| self.verifies("AAAA", "", &key, Algorithm::RS256)).is_ok()
    }

    /// Returns whether the signature, in base64url, is one of this message.
    pub(super) fn verifies(self, signature: &str, message: &str, key: &DecodingKey, algorithm: Algorithm) -> bool {
        let verified = match self {
            Self::OfProcess => jsonwebtoken::crypto::verify(signature, message.as_bytes(), key, algorithm),
            Self::Given(provider) => (provider.verifier_factory)(&algorithm, key).map(|verifier| {
                let signature = URL_SAFE_NO_PAD.decode(signature);
                signature.is_ok_and(|signature| verifier.verify(message.as_bytes(), &signature).is_ok())
            }),
        };
        verified.unwrap_or(false)
    }
}

/// Returns the algorithm as `jsonwebtoken` names it, if it has it: ES512 and Ed448 are missing from version 11.
pub(super) fn algorithm(alg: SigningAlg) -> Option<Algorithm> {
    Some(match alg {
        SigningAlg::RS256 => Algorithm::RS256,
        SigningAlg::RS384 => Algorithm::RS384,
        SigningAlg::RS512 => Algorithm::RS512,
        SigningAlg::PS256 => Algorithm::PS256,
        SigningAlg::PS384 => Algorithm::PS384,
        SigningAlg::PS512 => Algorithm::PS512,
        SigningAlg::ES256 => Algorithm::ES256,
        SigningAlg::ES384 => Algorithm::ES384,
        SigningAlg::EdDSA | SigningAlg::Ed25519 => Algorithm::EdDSA,
        SigningAlg::ES512 | SigningAlg::Ed448 => return None,
    })
}
