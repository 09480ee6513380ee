//! One entry of a key set: a public key that may verify signatures, or the reason why it may not.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::RejectionCause;
use crate::document::json::{Object, Value, distinct};
use crate::document::violation::printable;
use crate::environment::SigningAlg;

/// The members that only a private key has (RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037 section 2, and `priv` of the AKP draft).
const PRIVATE_MEMBERS: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "priv"];
pub(crate) const MAX_KID: usize = 256;
const MIN_RSA_BITS: usize = 2048;
/// The largest modulus that `ring` and `aws-lc-rs` verify with. The crate `rsa` stops at 4096 bits.
const MAX_RSA_BITS: usize = 8192;
const MAX_EXPONENT_BITS: usize = 32;

/// A provider's public key for verifying signatures (RFC 7517, RFC 7518 section 6, RFC 8037).
///
/// ```
/// use idporten_config::{JwkSet, SigningAlg};
///
/// let jwk = r#"{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "alg": "EdDSA"}"#;
/// let set = JwkSet::parse(format!(r#"{{"keys": [{jwk}]}}"#).as_bytes())?;
/// let key = &set.keys()[0];
/// assert_eq!((key.key_type(), key.alg(), key.kid()), ("OKP", Some(SigningAlg::EdDSA), None));
/// // The thumbprint of this key in RFC 8037, appendix A.3.
/// assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
/// # Ok::<(), idporten_config::document::Violation>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    kid: Option<String>,
    alg: Option<SigningAlg>,
    parameters: KeyParameters,
}

/// The numbers of a public key, each in base64url without padding. Those of RSA have no leading zero octets.
///
/// ```
/// use idporten_config::JwkSet;
/// use idporten_config::document::KeyParameters;
///
/// let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
/// let set = JwkSet::parse(format!(r#"{{"keys": [{{"kty": "OKP", "crv": "Ed25519", "x": "{x}"}}]}}"#).as_bytes())?;
/// let KeyParameters::Okp { crv, x: found, .. } = set.keys()[0].parameters() else { panic!("another key type") };
/// assert_eq!((*crv, found.as_str()), ("Ed25519", x));
/// # Ok::<(), idporten_config::document::Violation>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyParameters {
    /// An RSA key.
    #[non_exhaustive]
    Rsa {
        /// The modulus.
        n: String,
        /// The exponent.
        e: String,
        /// The length of the modulus in bits.
        bits: usize,
    },
    /// A key on one of the NIST curves.
    #[non_exhaustive]
    Ec {
        /// The curve: `P-256`, `P-384` or `P-521`.
        crv: &'static str,
        /// The x coordinate.
        x: String,
        /// The y coordinate.
        y: String,
    },
    /// An Edwards-curve key.
    #[non_exhaustive]
    Okp {
        /// The curve: `Ed25519` or `Ed448`.
        crv: &'static str,
        /// The public key.
        x: String,
    },
}

/// The reason for which an entry is not used.
pub(crate) struct Refusal {
    pub(super) reason: String,
    pub(super) cause: RejectionCause,
}

impl<T: Into<String>> From<T> for Refusal {
    fn from(reason: T) -> Self {
        Self { reason: reason.into(), cause: RejectionCause::Unsuitable }
    }
}

impl SigningKey {
    pub(crate) fn from_json(entry: &Value) -> Result<Self, Refusal> {
        let entry = entry.as_object().ok_or_else(|| format!("must be an object, found {}", entry.kind()))?;
        // First: a private key is known to everybody, whatever else is wrong with its entry. Then duplicates, before a member is read:
        // of two with the same name, another reader may take the other.
        refuse_private(entry)?;
        if let Some(name) = entry.duplicate() {
            return Err(format!("the member `{}` is there twice", printable(&name)).into());
        }
        let kid = optional_text(entry, "kid")?;
        if kid.is_some_and(|kid| kid.len() > MAX_KID) {
            return Err(format!("`kid` is longer than {MAX_KID} bytes").into());
        }
        check_use(entry)?;
        let parameters = parameters(entry)?;
        let alg = optional_text(entry, "alg")?.map(|alg| fitting_alg(alg, &parameters)).transpose()?;
        Ok(Self { kid: kid.map(str::to_owned), alg, parameters })
    }

    /// Returns the key's id. It is only a label: another key may be published under the same one.
    #[must_use]
    #[inline]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Returns the only algorithm that the key serves, if the key names one.
    #[must_use]
    pub fn alg(&self) -> Option<SigningAlg> {
        self.alg
    }

    /// Returns the numbers of the key.
    #[must_use]
    pub fn parameters(&self) -> &KeyParameters {
        &self.parameters
    }

    /// Returns the `kty`: `RSA`, `EC` or `OKP`.
    #[must_use]
    pub fn key_type(&self) -> &'static str {
        match self.parameters {
            KeyParameters::Rsa { .. } => "RSA",
            KeyParameters::Ec { .. } => "EC",
            KeyParameters::Okp { .. } => "OKP",
        }
    }

    /// Returns the key as an entry of a key set (RFC 7517 section 4): its parameters, `use`, and `kid` and `alg` where the
    /// provider published them. Other members, certificates among them, are left out.
    ///
    /// ```
    /// use idporten_config::JwkSet;
    ///
    /// let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    /// let published = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","x":"{x}","kid":"one","alg":"EdDSA","x5t":"AQ"}}]}}"#);
    /// let key = JwkSet::parse(published.as_bytes())?.keys()[0].to_jwk();
    /// let key = key.as_object().unwrap();
    /// assert_eq!(key.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["alg", "crv", "kid", "kty", "use", "x"]);
    /// # Ok::<(), idporten_config::document::Violation>(())
    /// ```
    #[must_use]
    pub fn to_jwk(&self) -> Value {
        let mut entry: Vec<(&str, Value)> = vec![("kty", self.key_type().into()), ("use", "sig".into())];
        entry.extend(self.kid().map(|kid| ("kid", kid.into())));
        entry.extend(self.alg.map(|alg| ("alg", alg.as_str().into())));
        match &self.parameters {
            KeyParameters::Rsa { n, e, .. } => entry.extend([("n", n.as_str().into()), ("e", e.as_str().into())]),
            KeyParameters::Ec { crv, x, y } => {
                entry.extend([("crv", (*crv).into()), ("x", x.as_str().into()), ("y", y.as_str().into())]);
            }
            KeyParameters::Okp { crv, x } => entry.extend([("crv", (*crv).into()), ("x", x.as_str().into())]),
        }
        entry.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Object>().into()
    }

    /// Returns whether the key may verify signatures of this algorithm: the one that it names or, if it names none, one that its
    /// type allows and that is among the `published` ones.
    #[must_use]
    pub fn serves(&self, alg: SigningAlg, published: &[SigningAlg]) -> bool {
        match self.alg {
            // RFC 8725, section 3.1: the key decides which algorithm it is used with, and never the header of a token. A key that names
            // one (RFC 7517, section 4.4) is not used with another that its type would allow.
            Some(own) => own == alg,
            None => published.contains(&alg) && self.parameters.allow(alg),
        }
    }

    /// Returns whether a token could mean either key: both have the same kid and serve a common algorithm.
    pub(super) fn is_rival_of(&self, other: &Self, published: &[SigningAlg]) -> bool {
        let both_serve = |&alg: &SigningAlg| self.serves(alg, published) && other.serves(alg, published);
        self.kid.is_some() && self.kid == other.kid && SigningAlg::ALL.iter().any(both_serve)
    }

    /// Returns whether this is its kid or thumbprint. The thumbprint is given, so that it is computed once for many names.
    #[cfg(feature = "refresh-core")]
    pub(crate) fn is_named(&self, thumbprint: &str, name: &str) -> bool {
        self.kid() == Some(name) || thumbprint == name
    }

    /// Returns the RFC 7638 thumbprint with SHA-256, in base64url.
    #[cfg(feature = "snapshot")]
    #[must_use]
    pub fn thumbprint(&self) -> String {
        // RFC 7638, section 3, hashes JSON with sorted members. No serialiser is needed: names and values consist of letters,
        // digits, `-` and `_`, so that nothing has to be escaped.
        let members = match &self.parameters {
            KeyParameters::Rsa { n, e, .. } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
            KeyParameters::Ec { crv, x, y } => format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#),
            KeyParameters::Okp { crv, x } => format!(r#"{{"crv":"{crv}","kty":"OKP","x":"{x}"}}"#),
        };
        URL_SAFE_NO_PAD.encode(hmac_sha256::Hash::hash(members.as_bytes()))
    }
}

impl KeyParameters {
    /// Returns whether a key of this type and curve can serve the algorithm.
    fn allow(&self, alg: SigningAlg) -> bool {
        use SigningAlg as A;
        match (self, alg) {
            (Self::Ec { crv, .. }, A::ES256) => *crv == "P-256",
            (Self::Ec { crv, .. }, A::ES384) => *crv == "P-384",
            (Self::Ec { crv, .. }, A::ES512) => *crv == "P-521",
            (Self::Rsa { .. }, A::RS256 | A::RS384 | A::RS512 | A::PS256 | A::PS384 | A::PS512)
            | (Self::Okp { .. }, A::EdDSA) => true,
            (Self::Okp { crv, .. }, A::Ed25519) => *crv == "Ed25519",
            (Self::Okp { crv, .. }, A::Ed448) => *crv == "Ed448",
            _ => false,
        }
    }
}

/// Refuses an entry with secret members. It reads the entry as published, before any member is dropped.
fn refuse_private(entry: &Object) -> Result<(), Refusal> {
    // `oct` comes first, since such a key may also have members of a private key. It is not reported as leaked: a shared secret
    // is not the private half of a key that signs tokens.
    if entry.get("kty").and_then(Value::as_str) == Some("oct") {
        return Err(Refusal {
            reason: "`kty` is `oct`, a shared secret, which never verifies a provider's signatures".to_owned(),
            cause: RejectionCause::Symmetric,
        });
    }
    match PRIVATE_MEMBERS.iter().find(|name| entry.contains(name)) {
        Some(name) => Err(Refusal {
            reason: format!("has the private member `{name}`: the key must be taken as leaked"),
            cause: RejectionCause::Leaked,
        }),
        None => Ok(()),
    }
}

/// Returns whether a member holds secret key material.
#[cfg(any(feature = "fetch", feature = "refresh-core"))]
pub(super) fn is_secret(name: &str) -> bool {
    name == "k" || PRIVATE_MEMBERS.contains(&name)
}

fn check_use(entry: &Object) -> Result<(), Refusal> {
    // RFC 7517, section 4.3: `use` and `key_ops` must agree where both are present, so that each alone can exclude the key.
    match optional_text(entry, "use")? {
        None | Some("sig") => {}
        Some("enc") => {
            return Err(Refusal { reason: "`use` is not `sig`".to_owned(), cause: RejectionCause::Encryption });
        }
        Some(_) => return Err("`use` is not `sig`".into()),
    }
    match entry.get("key_ops") {
        None => Ok(()),
        Some(operations) => match operations.as_strings() {
            // RFC 7517, section 4.3, forbids duplicate values.
            Some(operations) if distinct(operations.clone()).len() < operations.len() => {
                Err("`key_ops` has a value twice".into())
            }
            Some(operations) if operations.contains(&"verify") => Ok(()),
            Some(_) => Err("`key_ops` is without `verify`".into()),
            None => Err("`key_ops` must be a list of strings".into()),
        },
    }
}

fn parameters(entry: &Object) -> Result<KeyParameters, Refusal> {
    match required_text(entry, "kty")? {
        "RSA" => rsa(entry),
        "EC" => {
            let (crv, length) = match required_text(entry, "crv")? {
                "P-256" => ("P-256", 32),
                "P-384" => ("P-384", 48),
                "P-521" => ("P-521", 66),
                _ => return Err("`crv` is not P-256, P-384 or P-521".into()),
            };
            Ok(KeyParameters::Ec { crv, x: octets(entry, "x", length)?, y: octets(entry, "y", length)? })
        }
        "OKP" => {
            let (crv, length) = match required_text(entry, "crv")? {
                "Ed25519" => ("Ed25519", 32),
                "Ed448" => ("Ed448", 57),
                _ => return Err("`crv` is not Ed25519 or Ed448".into()),
            };
            Ok(KeyParameters::Okp { crv, x: octets(entry, "x", length)? })
        }
        _ => Err("`kty` is not RSA, EC or OKP".into()),
    }
}

fn rsa(entry: &Object) -> Result<KeyParameters, Refusal> {
    let (modulus, exponent) = (integer(entry, "n")?, integer(entry, "e")?);
    let bits = bit_length(&modulus);
    if bits < MIN_RSA_BITS {
        return Err(format!("`n` has {bits} bits; at least {MIN_RSA_BITS} are required").into());
    }
    if bits > MAX_RSA_BITS {
        return Err(format!("`n` has {bits} bits; at most {MAX_RSA_BITS} can be verified with").into());
    }
    // A modulus is a product of odd primes. With an even one, verifiers refuse every signature or, worse, anyone can forge one.
    if is_even(&modulus) {
        return Err("`n` is even".into());
    }
    match bit_length(&exponent) {
        0 => Err("`e` is zero".into()),
        1 => Err("`e` is one".into()),
        length if length > MAX_EXPONENT_BITS => Err(format!("`e` has more than {MAX_EXPONENT_BITS} bits").into()),
        _ if is_even(&exponent) => Err("`e` is even".into()),
        _ => Ok(KeyParameters::Rsa { n: encoded(&modulus), e: encoded(&exponent), bits }),
    }
}

fn fitting_alg(alg: &str, parameters: &KeyParameters) -> Result<SigningAlg, Refusal> {
    match alg.parse() {
        // An `alg` that does not fit is not ignored: the key would then serve algorithms that it was not published for.
        Ok(alg) if parameters.allow(alg) => Ok(alg),
        Ok(alg) => Err(format!("`alg` {alg} does not fit the key's type or curve").into()),
        Err(_) => Err("`alg` is not an asymmetric signature algorithm".into()),
    }
}

fn octets(entry: &Object, name: &str, length: usize) -> Result<String, Refusal> {
    let bytes = decoded(entry, name)?;
    // RFC 7518, section 6.2.1.2, and RFC 8032, section 5: a coordinate or key has its full length, leading zeros included. A
    // shorter one was cut, so that nothing is padded here.
    if bytes.len() == length {
        Ok(encoded(&bytes))
    } else {
        Err(format!("`{name}` has {} bytes; the curve has {length}", bytes.len()).into())
    }
}

/// Returns the octets of an unsigned integer without leading zeros. RFC 7518, section 6.3.1.1, forbids them and notes that some
/// libraries write them; removing them makes both spellings one key with one thumbprint.
fn integer(entry: &Object, name: &str) -> Result<Vec<u8>, Refusal> {
    let bytes = decoded(entry, name)?;
    let start = bytes.iter().position(|&byte| byte != 0).unwrap_or(bytes.len());
    Ok(bytes[start..].to_vec())
}

fn is_even(integer: &[u8]) -> bool {
    integer.last().is_none_or(|byte| byte % 2 == 0)
}

fn decoded(entry: &Object, name: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD
        .decode(required_text(entry, name)?)
        .map_err(|_| format!("`{name}` is not base64url without padding").into())
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn required_text<'a>(entry: &'a Object, name: &str) -> Result<&'a str, Refusal> {
    optional_text(entry, name)?.ok_or_else(|| format!("`{name}` is missing").into())
}

fn optional_text<'a>(entry: &'a Object, name: &str) -> Result<Option<&'a str>, Refusal> {
    match entry.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("`{name}` must be a string, found {}", other.kind()).into()),
    }
}

/// Returns the length in bits of an [`integer`], which has no leading zero octets.
fn bit_length(integer: &[u8]) -> usize {
    integer.first().map_or(0, |first| integer.len() * 8 - first.leading_zeros() as usize)
}
