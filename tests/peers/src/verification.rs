//! Verifying one token, by this project and by what else a program would do it with.

use std::hint::black_box;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken_11::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use jwks_client_rs::source::JwksSource;
use jwks_client_rs::{JsonWebKeySet, JwksClient, JwksClientError};
use jwt_authorizer::{Authorizer, JwtAuthorizer};
use serde::{Deserialize, Serialize};

/// The issuer of the token.
const ISSUER: &str = "https://test.idporten.no";
/// Its audience.
const CLIENT: &str = "5f1e2d3c-client";
/// The nonce of its log-in.
const NONCE: &str = "n-0S6_WzA2Mj";
/// The kid of its key, which has 3,072 bits.
const KID: &str = "signing-key-of-the-provider--cert0";
/// The modulus.
const N: &str = "yppA7OlU50eKaZ6YlH1L9iLT1PAWtCBWGCoGo00fcpB4bz8as_5hD9vpadnhnfHMuj8GZnLzIfD-YNHPqzty7DPh1M_q_EYY94meNgRS5DlcSi\
     EUyRbfrhHYW6xX63VA6qRilDnRlli6LxGZRnUzlMI8kLfy3zwUN_u-EBDIhnuvLVwvgG-e3Fjp92e4yGaDs-r11BIkYcrKFrPke8Y83w4f738G\
     BHpX8sZxz3Ou025sKdyT4E1J60xXxBaZaBQZrs6DbNWjgHzNpyqMsCrG5q7LopbFR9EfTtOz3NHk19MJ4zQFrEwQi8twGor08zu9JZflbYPEAt\
     LmgKSfA6-bjTPcTMHikl0FS9Xm1zb9tuifyBV5HgYOVCiW8mpY5m0TKsXocWGkJa1yx_HB6wSQHbJr3-l5oHVjeFz4MAD9DMWQDjwCybfw_IM3\
     ubC3EuAzqgLOVweQ8m_SDtZmOeDqdLB9V_jT1GRVU8sIDsCGpdzAcEio-JGY6EzXGnBvzRWj";
/// The private half, in PKCS #1. It is published here, and in binary so that no secret scanner takes it for a leak.
const PRIVATE: &[u8] = include_bytes!("verification/pair-3072.der");

/// The claims that everyone reads.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Claims {
    sub: String,
    pid: String,
    acr: String,
}

/// A way to verify the token, with its key at hand.
pub trait Verifying: Sync {
    /// Returns whether the token is accepted.
    fn accepts(&self, jwt: &str) -> bool;
}

/// Makes a token as ID-porten's are: 1 KiB, RS256, valid for an hour.
///
/// # Panics
///
/// Without a back-end of `jsonwebtoken`.
#[must_use]
pub fn token(kid: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs();
    let claims = serde_json::json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "f2a3bV1ZxM8w0a1m2n3b4v5c6x7z8", "pid": "00000000000", "nonce": NONCE,
        "acr": "idporten-loa-high", "amr": ["BankID"], "locale": "nb", "sid": "7gJ3oYb0c9mQ8m3l", "iat": now, "auth_time": now,
        "exp": now + 3_600, "jti": "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "at_hash": "77QmUPtjPfzWtF2AnpK9RQ",
    });
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::RS256) };
    encode(&header, &claims, &EncodingKey::from_rsa_der(PRIVATE)).expect("a token")
}

/// The token that everyone accepts.
#[must_use]
pub fn valid() -> String {
    token(KID)
}

/// Returns the key set of the token's key, and what else verifies the token: for peers that are no Rust programs.
#[must_use]
pub fn as_json() -> String {
    let jwks: serde_json::Value = serde_json::from_str(&jwks()).expect("a key set");
    let rest =
        serde_json::json!({ "token": valid(), "jwks": jwks, "issuer": ISSUER, "audience": CLIENT, "nonce": NONCE });
    rest.to_string()
}

fn jwks() -> String {
    format!(r#"{{"keys":[{}]}}"#, jwk(r#","alg":"RS256""#))
}

fn jwk(alg: &str) -> String {
    format!(r#"{{"kty":"RSA","use":"sig","kid":"{KID}","e":"AQAB","n":"{N}"{alg}}}"#)
}

/// `jsonwebtoken` by hand, with a ready key.
pub struct Decode {
    key: DecodingKey,
    validation: Validation,
}

impl Decode {
    /// With the checks that the crate has.
    ///
    /// # Panics
    ///
    /// If the key is none.
    #[must_use]
    pub fn new() -> Self {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[CLIENT]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        Self { key: DecodingKey::from_rsa_components(N, "AQAB").expect("a key"), validation }
    }
}

impl Default for Decode {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifying for Decode {
    fn accepts(&self, jwt: &str) -> bool {
        black_box(decode::<Claims>(jwt, &self.key, &self.validation)).is_ok()
    }
}

/// The signature alone, by the back-end that `jsonwebtoken` has.
pub struct Signature(DecodingKey);

impl Signature {
    /// With a ready key.
    ///
    /// # Panics
    ///
    /// If the key is none.
    #[must_use]
    pub fn new() -> Self {
        Self(DecodingKey::from_rsa_components(N, "AQAB").expect("a key"))
    }
}

impl Default for Signature {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifying for Signature {
    fn accepts(&self, jwt: &str) -> bool {
        let Some((message, signature)) = jwt.rsplit_once('.') else { return false };
        let verified = jsonwebtoken_11::crypto::verify(signature, message.as_bytes(), &self.0, Algorithm::RS256);
        black_box(verified).unwrap_or(false)
    }
}

/// `jwks_client_rs`, by the same version of `jsonwebtoken` and the same back-end.
pub struct JwksClientRs(JwksClient<Memory>);

impl JwksClientRs {
    /// With its key from memory.
    #[must_use]
    pub fn new() -> Self {
        Self(JwksClient::builder().build(Memory))
    }
}

impl Default for JwksClientRs {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifying for JwksClientRs {
    fn accepts(&self, jwt: &str) -> bool {
        black_box(futures_executor::block_on(self.0.decode::<Claims>(jwt, &[CLIENT]))).is_ok()
    }
}

struct Memory;

#[async_trait::async_trait]
impl JwksSource for Memory {
    async fn fetch_keys(&self) -> Result<JsonWebKeySet, JwksClientError> {
        Ok(serde_json::from_str(&jwks()).expect("a key set"))
    }
}

/// `jwt-authorizer`, by version 9 of `jsonwebtoken` and ring.
pub struct JwtAuthorizerRs(Authorizer<Claims>);

impl JwtAuthorizerRs {
    /// With its key from memory.
    ///
    /// # Panics
    ///
    /// If the key is none.
    #[must_use]
    pub fn new() -> Self {
        let validation = jwt_authorizer::Validation::new().iss(&[ISSUER]).aud(&[CLIENT]).nbf(true);
        let builder = JwtAuthorizer::<Claims>::from_jwks_text(&jwks()).validation(validation);
        Self(futures_executor::block_on(builder.build()).expect("an authorizer"))
    }
}

impl Default for JwtAuthorizerRs {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifying for JwtAuthorizerRs {
    fn accepts(&self, jwt: &str) -> bool {
        black_box(futures_executor::block_on(self.0.check_auth(jwt))).is_ok()
    }
}

mod peers;

#[cfg(feature = "ours")]
pub use ours::Ours;
pub use peers::{OidcJwtValidator, TowerLayer};

#[cfg(feature = "ours")]
mod ours {
    use std::hint::black_box;
    use std::time::SystemTime;

    use idporten_config::KnownEnvironment::IdportenTest;
    use idporten_config::document::json::Value;
    use idporten_config::interop::jsonwebtoken::{Expect, Rules, Verifier};
    use idporten_config::refresh::{RefreshPolicy, Refresher};
    use idporten_config::testing::{MemoryProvider, jwks, snapshot_with_keys};

    use super::{CLIENT, Claims, NONCE, Verifying, jwk};

    /// `idporten-config`, with every check, its key look-up included.
    pub struct Ours {
        verifier: Verifier,
        expect: Expect,
    }

    impl Ours {
        /// A verifier whose refresher makes no request.
        ///
        /// # Panics
        ///
        /// If it cannot be made.
        #[must_use]
        pub fn new() -> Self {
            let key = Value::parse(jwk("").as_bytes()).expect("a key");
            let seed = snapshot_with_keys(IdportenTest, SystemTime::now(), &jwks([key]));
            let builder = Refresher::builder(seed.clone()).expect("a seed").policy(RefreshPolicy::never());
            let refresher = builder.start_with(MemoryProvider::new(&seed)).expect("a refresher");
            let rules = Rules::id_token(CLIENT).acr_at_least("idporten-loa-substantial");
            Self { verifier: Verifier::new(&refresher, rules).expect("a verifier"), expect: Expect::nonce(NONCE) }
        }
    }

    impl Default for Ours {
        fn default() -> Self {
            Self::new()
        }
    }

    impl Verifying for Ours {
        fn accepts(&self, jwt: &str) -> bool {
            black_box(self.verifier.verify::<Claims>(jwt, &self.expect)).is_ok()
        }
    }
}
