//! Tokens that verify, signed as a provider signs them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_core::Serialize;

use crate::document::json::{Value, object};

/// A pair of keys that is published with this crate: a signature with it proves nothing to anybody.
struct Pair {
    /// The modulus, in base64url.
    n: &'static str,
    /// PKCS #1. In binary, so that no secret scanner takes it for a key that leaked.
    private: &'static [u8],
}

const PAIRS: [Pair; 2] = [
    Pair { n: N_0, private: include_bytes!("signing-pair-0.der") },
    Pair { n: N_1, private: include_bytes!("signing-pair-1.der") },
];

const N_0: &str = "1-GfjbN09Rf5tq6Ben8MSyI7qYQROiN698m-2JP7yeJoCdmnjRqYoRahZynpWZtkrm2P_yvMmrFEi_S0q3RTWhbbYZAPQRwU2Gqy3I-Yw0SbV0\
     p-5hZ_jmYzm03k1Y5KxQgVjM7CIhB5bS7DrpWMsu_ElACAxyuARQRYnY8nwk_uMetOCrVnxgHgXxJ6LZ9gkSS2FwzFvNWlBgCWCS3KgpFybuUO\
     1BmjWA-SWMwmWDpRCwndIlgZbHjda2aJDf-A8uTcb6lhvw2aVuHMw_CVzx6XMRZ8UihrNlOYYliPBxkYazVfDgIdOzxoiKM6mI612ayn7QN0qn\
     5FlHVkORBV4w";
const N_1: &str = "1G8Gon_LeJUE1ZyzVBo-C8pL4_KyRmUgjWcSNcTe2TbzbwTCe59vhi7_0RoEVDFl2iADclmfLJpLl6KWOtZvMWpTFQ9lX00FHBBQCGHXj8Pz1w\
     YWan1c6efxWWDO6m_CW0A-FjCZKPFZOBzDdtUsAE3tiVXyqbSapEr0qnI9vPrnVk07ZWUZacjpqkOmVD3TpzrlktWaE2K6tIQyysc7W7EoPoJf\
     9PTj01c0iqxlGg6DTPvPxs8wThKRFSjtS0xQ-g-tBVuCLwmVEgZ9Z7Fvfhmvt_b6XdydX_stAtmcfbBJVl_4JihwqtYXyR7CPQGzuZhBBo-ThC\
     eE-CPTL028-Q";

/// Returns a public RSA key of 2,048 bits, as an entry of a key set: what [`sign`] signs with verifies with it. The private keys
/// are published with this crate, so that no provider may ever serve it. There are two of them, for even and odd variants.
#[must_use]
pub fn signing_key(kid: &str, variant: u32) -> Value {
    let members = [
        ("kty", "RSA".into()),
        ("use", "sig".into()),
        ("kid", kid.into()),
        ("e", "AQAB".into()),
        ("n", pair(variant).n.into()),
    ];
    object(members).into()
}

/// Signs a token with RS256 and the private half of a [`signing_key`], as a test's provider would. It needs a back-end of
/// `jsonwebtoken`.
///
/// ```
/// use std::time::SystemTime;
///
/// use idporten_config::KnownEnvironment::MaskinportenTest;
/// use idporten_config::Refresher;
/// use idporten_config::interop::jsonwebtoken::{Expect, Rules, Verifier};
/// use idporten_config::testing::{MemoryProvider, jwks, sign, signing_key, snapshot_with_keys};
///
/// let keys = jwks([signing_key("one", 0)]);
/// let seed = snapshot_with_keys(MaskinportenTest, SystemTime::now(), &keys);
/// let refresher = Refresher::builder(seed.clone())?.start_with(MemoryProvider::new(&seed))?;
/// let verifier = Verifier::new(&refresher, Rules::maskinporten("https://api.example.no").scope("example:read"))?;
///
/// let claims = serde_json::json!({
///     "iss": MaskinportenTest.issuer(), "aud": "https://api.example.no", "exp": 4_102_444_800_u64, "scope": "example:read",
/// });
/// let token = verifier.verify::<serde::de::IgnoredAny>(&sign("one", 0, &claims), &Expect::none())?;
/// assert_eq!(token.kid.as_deref(), Some("one"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
///
/// Without a back-end of `jsonwebtoken`, and with claims that are no JSON.
#[must_use]
pub fn sign(kid: &str, variant: u32, claims: &impl Serialize) -> String {
    let header = object([("alg", "RS256".into()), ("typ", "JWT".into()), ("kid", kid.into())]);
    let claims = serde_json::to_string(claims).unwrap_or_else(|error| panic!("{error}"));
    sign_text(&Value::from(header).to_string(), &claims, variant)
}

/// Signs the texts of a header and of claims with RS256, whatever they say: hostile tokens are made so.
///
/// # Panics
///
/// Without a back-end of `jsonwebtoken`.
#[must_use]
pub fn sign_text(header: &str, claims: &str, variant: u32) -> String {
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text.as_bytes());
    let message = format!("{}.{}", encode(header), encode(claims));
    let key = EncodingKey::from_rsa_der(pair(variant).private);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::RS256);
    format!("{message}.{}", signature.unwrap_or_else(|error| panic!("{error}")))
}

fn pair(variant: u32) -> &'static Pair {
    &PAIRS[usize::from(variant % 2 == 1)]
}
