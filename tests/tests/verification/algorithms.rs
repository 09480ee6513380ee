//! The algorithms, each with a key and tokens of its own.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idporten_config::SigningAlg;
use idporten_config::document::json::Value;
use idporten_config::interop::jsonwebtoken::{Expect, InvalidToken, Rules};
use idporten_config::testing::{jwks, signing_key};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SignatureAlgorithm};
use serde_json::json;

use crate::story::{CLIENT, Claims, NONCE, NOW, Story, id_claims, refused, with};

/// The private half of `signing_key` with an even variant.
const RSA: &[u8] = include_bytes!("../../../idporten-config/src/testing/signing-pair-0.der");
const OF_RSA: [(&str, Algorithm); 6] = [
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
];

/// A provider's key, which has the name of its algorithm as its kid.
pub(crate) struct Pair {
    pub(crate) alg: &'static str,
    pub(crate) algorithm: Algorithm,
    pub(crate) public: Value,
    pub(crate) private: EncodingKey,
}

impl Pair {
    fn rsa(alg: &'static str, algorithm: Algorithm) -> Self {
        let mut public: serde_json::Value = serde_json::from_str(&signing_key(alg, 0).to_string()).unwrap();
        public["alg"] = json!(alg);
        Self { alg, algorithm, public: read(&public), private: EncodingKey::from_rsa_der(RSA) }
    }

    fn curve(alg: &'static str, algorithm: Algorithm, crv: &str, kind: &'static SignatureAlgorithm) -> Self {
        let pair = KeyPair::generate_for(kind).unwrap();
        let (raw, private) = (pair.public_key_raw(), pair.serialize_der());
        let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        let (public, private) = if crv == "Ed25519" {
            (json!({ "kty": "OKP", "x": encode(raw) }), EncodingKey::from_ed_der(&private))
        } else {
            // SEC 1, section 2.3.3: a byte that says "uncompressed", and the two coordinates.
            let (x, y) = raw[1..].split_at(raw.len() / 2);
            (json!({ "kty": "EC", "x": encode(x), "y": encode(y) }), EncodingKey::from_ec_der(&private))
        };
        let public = with(with(with(public, "crv", json!(crv)), "alg", json!(alg)), "kid", json!(alg));
        Self { alg, algorithm, public: read(&public), private }
    }

    /// An ID token under this kid and with this `alg` in its header.
    pub(crate) fn sign(&self, kid: &str, alg: &str) -> String {
        let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
        let header = encode(json!({ "alg": alg, "kid": kid }).to_string());
        let claims = encode(with(id_claims(), "exp", json!(NOW + 3_600)).to_string());
        let message = format!("{header}.{claims}");
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.private, self.algorithm).unwrap();
        format!("{message}.{signature}")
    }

    pub(crate) fn decoding_key(&self) -> DecodingKey {
        DecodingKey::from_jwk(&serde_json::from_str(&self.public.to_string()).unwrap()).unwrap()
    }
}

fn read(json: &serde_json::Value) -> Value {
    Value::parse(json.to_string().as_bytes()).unwrap()
}

pub(crate) fn pairs() -> Vec<Pair> {
    let mut pairs: Vec<Pair> = OF_RSA.into_iter().map(|(alg, algorithm)| Pair::rsa(alg, algorithm)).collect();
    pairs.push(Pair::curve("ES256", Algorithm::ES256, "P-256", &PKCS_ECDSA_P256_SHA256));
    pairs.push(Pair::curve("ES384", Algorithm::ES384, "P-384", &PKCS_ECDSA_P384_SHA384));
    for alg in ["EdDSA", "Ed25519"] {
        pairs.push(Pair::curve(alg, Algorithm::EdDSA, "Ed25519", &PKCS_ED25519));
    }
    pairs
}

#[test]
fn a_token_verifies_under_the_algorithm_of_its_key_alone() {
    let (story, pairs) = (Story::idporten().settle(), pairs());
    story.provider.publish_jwks(&jwks(pairs.iter().map(|pair| pair.public.clone())));
    story.refresher.refresh_now().unwrap();
    let verifier = story.verifier(Rules::id_token(CLIENT));
    let verify = |jwt: &str| verifier.verify::<Claims>(jwt, &Expect::nonce(NONCE));
    for pair in &pairs {
        let accepted = verify(&pair.sign(pair.alg, pair.alg)).unwrap_or_else(|error| panic!("{}: {error}", pair.alg));
        assert_eq!((accepted.alg.as_str(), accepted.kid.as_deref()), (pair.alg, Some(pair.alg)));
        for other in pairs.iter().filter(|other| other.alg != pair.alg) {
            assert!(verify(&pair.sign(pair.alg, other.alg)).is_err(), "{} as {}", pair.alg, other.alg);
            refused(verify(&pair.sign(other.alg, other.alg)), &InvalidToken::Signature);
        }
    }
}

#[test]
fn the_algorithms_of_jsonwebtoken_convert_to_those_of_the_same_name() {
    for name in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"] {
        let (algorithm, alg) = (name.parse::<Algorithm>().unwrap(), name.parse::<SigningAlg>().unwrap());
        assert_eq!(SigningAlg::try_from(algorithm), Ok(alg));
    }
    for secret in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        assert!(SigningAlg::try_from(secret).is_err(), "{secret:?}");
    }
}
