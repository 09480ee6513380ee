//! The allocations of a verification, counted on the thread that verifies. A binary of its own: the counter is the allocator of
//! the whole process.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use allocation_counter::measure;
use idporten_config::KnownEnvironment::IdportenTest;
use idporten_config::Refresher;
use idporten_config::interop::jsonwebtoken::{Expect, Rules, Verifier};
use idporten_config::refresh::RefreshPolicy;
use idporten_config::testing::{MemoryProvider, jwks, sign, signing_key, snapshot_with_keys};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use serde_json::{Value, json};

const CLIENT: &str = "5f1e2d3c-client";
const NONCE: &str = "n-0S6_WzA2Mj";

/// The claims that both read.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "they are made and counted")]
struct Claims {
    sub: String,
    acr: String,
}

fn verifier() -> Verifier {
    let seed = snapshot_with_keys(IdportenTest, SystemTime::now(), &jwks([signing_key("one", 0)]));
    let builder = Refresher::builder(seed.clone()).unwrap().policy(RefreshPolicy::never());
    let refresher = builder.start_with(MemoryProvider::new(&seed)).unwrap();
    Verifier::new(&refresher, Rules::id_token(CLIENT).acr_at_least("idporten-loa-substantial")).unwrap()
}

fn token(kid: &str) -> String {
    let exp = (SystemTime::now() + Duration::from_secs(3_600)).duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({
        "iss": IdportenTest.issuer(), "aud": CLIENT, "sub": "a-user", "acr": "idporten-loa-high", "nonce": NONCE,
        "iat": exp - 3_600, "auth_time": exp - 3_600, "exp": exp, "amr": ["BankID"], "locale": "nb", "sid": "a-session",
    });
    sign(kid, 0, &claims)
}

/// The allocations of `jsonwebtoken::decode` with a ready key, and the checks that it has.
fn allocations_of_decode(jwt: &str) -> u64 {
    let jwk: Value = serde_json::from_str(&signing_key("one", 0).to_string()).unwrap();
    let key = DecodingKey::from_rsa_components(jwk["n"].as_str().unwrap(), "AQAB").unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[IdportenTest.issuer()]);
    validation.set_audience(&[CLIENT]);
    let counted = measure(|| assert!(decode::<Claims>(jwt, &key, &validation).is_ok()));
    counted.count_total
}

#[test]
fn a_verification_allocates_less_than_bare_decode() {
    let (verifier, expect, jwt) = (verifier(), Expect::nonce(NONCE), token("one"));
    let verify = || assert!(verifier.verify::<Claims>(&jwt, &expect).is_ok());
    // The first verification of a thread may set something up for those to come.
    verify();
    let (ours, decode) = (measure(verify).count_total, allocations_of_decode(&jwt));
    println!("{ours} allocations, and {decode} by `decode`");
    assert!(ours < decode, "{ours} allocations, and {decode} by decode");
}

#[test]
fn a_forged_kid_is_refused_with_two_allocations() {
    let (verifier, expect, jwt) = (verifier(), Expect::nonce(NONCE), token("forged"));
    let refuse = || assert!(verifier.verify::<Claims>(&jwt, &expect).is_err());
    refuse();
    let counted = measure(refuse).count_total;
    assert!(counted <= 2, "{counted} allocations, one of them for the decoded text of the token");
}
