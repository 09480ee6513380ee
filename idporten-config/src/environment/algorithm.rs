//! The signature algorithms that a provider's key may serve.

use core::fmt;
use core::str::FromStr;

/// A digital signature algorithm of JWS (RFC 7518 section 3.1, RFC 8037, RFC 9864).
///
/// Only asymmetric algorithms are here: `none` and `HS*` can never verify a provider's signature, so they have no value.
///
/// ```
/// use idporten_config::SigningAlg;
///
/// assert_eq!("RS256".parse(), Ok(SigningAlg::RS256));
/// assert!("HS256".parse::<SigningAlg>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SigningAlg {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RS384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RS512,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// RSASSA-PSS with SHA-384.
    PS384,
    /// RSASSA-PSS with SHA-512.
    PS512,
    /// ECDSA with P-256 and SHA-256.
    ES256,
    /// ECDSA with P-384 and SHA-384.
    ES384,
    /// ECDSA with P-521 and SHA-512.
    ES512,
    /// EdDSA, with the curve of the key (RFC 8037).
    EdDSA,
    /// EdDSA with Ed25519 (RFC 9864).
    Ed25519,
    /// EdDSA with Ed448 (RFC 9864).
    Ed448,
}

impl SigningAlg {
    /// Every algorithm.
    pub const ALL: &'static [Self] = &[
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::ES512,
        Self::EdDSA,
        Self::Ed25519,
        Self::Ed448,
    ];

    /// Returns the name, as in the `alg` of a token header or a key.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::ES512 => "ES512",
            Self::EdDSA => "EdDSA",
            Self::Ed25519 => "Ed25519",
            Self::Ed448 => "Ed448",
        }
    }
}

impl fmt::Display for SigningAlg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SigningAlg {
    type Err = UnknownSigningAlg;

    #[inline]
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        // Written out rather than searched for in `ALL`, since each token's `alg` is read here: the compiler compares numbers
        // instead of calling a function.
        Ok(match name {
            "RS256" => Self::RS256,
            "RS384" => Self::RS384,
            "RS512" => Self::RS512,
            "PS256" => Self::PS256,
            "PS384" => Self::PS384,
            "PS512" => Self::PS512,
            "ES256" => Self::ES256,
            "ES384" => Self::ES384,
            "ES512" => Self::ES512,
            "EdDSA" => Self::EdDSA,
            "Ed25519" => Self::Ed25519,
            "Ed448" => Self::Ed448,
            _ => return Err(UnknownSigningAlg),
        })
    }
}

/// Lets functions take a token header's `alg` as text or as a value.
impl TryFrom<&str> for SigningAlg {
    type Error = UnknownSigningAlg;

    #[inline]
    fn try_from(name: &str) -> Result<Self, Self::Error> {
        name.parse()
    }
}

/// Lets functions take the `alg` of headers that hold it as a `String`.
impl TryFrom<&String> for SigningAlg {
    type Error = UnknownSigningAlg;

    #[inline]
    fn try_from(name: &String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

/// The error for a name that is not that of an asymmetric signature algorithm. `none` and `HS*` are among the names refused.
///
/// ```
/// use idporten_config::SigningAlg;
/// use idporten_config::environment::UnknownSigningAlg;
///
/// let error = "none".parse::<SigningAlg>().unwrap_err();
/// assert_eq!(error, SigningAlg::try_from("HS256").unwrap_err());
/// assert!(error.to_string().starts_with("not an asymmetric signature algorithm"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownSigningAlg;

impl fmt::Display for UnknownSigningAlg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an asymmetric signature algorithm; use one of ")?;
        for (i, alg) in SigningAlg::ALL.iter().enumerate() {
            write!(f, "{}{alg}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl core::error::Error for UnknownSigningAlg {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_name_round_trips_and_no_other_name_parses() {
        for &alg in SigningAlg::ALL {
            assert_eq!(alg.as_str().parse(), Ok(alg));
        }
        for name in ["", "none", "HS256", "rs256", "RS256 ", "ES256K"] {
            assert_eq!(name.parse::<SigningAlg>(), Err(UnknownSigningAlg));
        }
    }
}
