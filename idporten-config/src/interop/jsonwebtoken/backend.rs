//! The cryptography of `jsonwebtoken`, which is the program's choice.

use std::panic::catch_unwind;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::CryptoProvider;
use jsonwebtoken::{Algorithm, DecodingKey};

use crate::environment::{SigningAlg, UnknownSigningAlg};

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

/// The algorithm of a token's header, for [`find_keys`](crate::Refresher::find_keys).
///
/// ```
/// use idporten_config::SigningAlg;
/// use jsonwebtoken::Algorithm;
///
/// assert_eq!(SigningAlg::try_from(Algorithm::RS256), Ok(SigningAlg::RS256));
/// assert!(SigningAlg::try_from(Algorithm::HS256).is_err(), "no public key has it");
/// ```
impl TryFrom<Algorithm> for SigningAlg {
    type Error = UnknownSigningAlg;

    fn try_from(algorithm: Algorithm) -> Result<Self, UnknownSigningAlg> {
        match algorithm {
            Algorithm::RS256 => Ok(Self::RS256),
            Algorithm::RS384 => Ok(Self::RS384),
            Algorithm::RS512 => Ok(Self::RS512),
            Algorithm::PS256 => Ok(Self::PS256),
            Algorithm::PS384 => Ok(Self::PS384),
            Algorithm::PS512 => Ok(Self::PS512),
            Algorithm::ES256 => Ok(Self::ES256),
            Algorithm::ES384 => Ok(Self::ES384),
            Algorithm::EdDSA => Ok(Self::EdDSA),
            _ => Err(UnknownSigningAlg),
        }
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
