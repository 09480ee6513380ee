//! A program that verifies a token with the back-end of `jsonwebtoken` that its features choose.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use idporten_config::interop::jsonwebtoken::{Expect, Rules, SetupError, Verifier};
use idporten_config::testing::{jwks, sign, signing_key, snapshot_with_keys, MemoryProvider};
use idporten_config::KnownEnvironment::MaskinportenTest;
use idporten_config::Refresher;

fn main() {
    #[cfg(feature = "installed")]
    jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default().unwrap();
    #[cfg(feature = "ring")]
    idporten_config::interop::jsonwebtoken::ring::DEFAULT_PROVIDER.install_default().unwrap();

    #[cfg(feature = "precise")]
    assert_eq!(
        idporten_config::document::json::Value::parse(b"[1.50, 2e+3, 2E3, 2e3, 7]").unwrap(),
        idporten_config::document::json::Value::parse(b"[1.5, 2000.0, 2000.0, 2000.0, 7]").unwrap(),
    );
    let seed = snapshot_with_keys(MaskinportenTest, SystemTime::now(), &jwks([signing_key("one", 0)]));
    let provider = MemoryProvider::new(&seed);
    let refresher = Refresher::builder(seed).unwrap().start_with(provider).unwrap();
    match verifier(&refresher, Rules::maskinporten("https://api.example.no")) {
        Ok(verifier) => {
            println!("set up");
            // For the signature of the token below, which knows no other back-end than that of the process.
            #[cfg(feature = "passed")]
            jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default().unwrap();
            println!("{}", if accepts(&verifier, 0) && !accepts(&verifier, 1) { "verifies" } else { "does not verify" });
        }
        Err(error) => println!("refused: {error}"),
    }
}

#[cfg(not(feature = "passed"))]
fn verifier(refresher: &Refresher, rules: Rules) -> Result<Verifier, SetupError> {
    Verifier::new(refresher, rules)
}

#[cfg(feature = "passed")]
fn verifier(refresher: &Refresher, rules: Rules) -> Result<Verifier, SetupError> {
    Verifier::with_provider(refresher, rules, &jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER)
}

/// Returns whether a token is accepted: one by the key of the provider, or by another one.
fn accepts(verifier: &Verifier, key: u32) -> bool {
    let exp = SystemTime::now() + Duration::from_secs(60);
    let exp = exp.duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    let claims = serde_json::json!({ "iss": MaskinportenTest.issuer(), "aud": "https://api.example.no", "exp": exp });
    verifier.verify::<serde::de::IgnoredAny>(&sign("one", key, &claims), &Expect::none()).is_ok()
}
