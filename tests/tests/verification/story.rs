//! A program that verifies tokens of ID-porten TEST or Maskinporten TEST, on a clock that moves when it is told to.

use std::time::{Duration, SystemTime};

use idporten_config::KnownEnvironment::{self, IdportenTest, MaskinportenTest};
use idporten_config::Refresher;
use idporten_config::interop::jsonwebtoken::{Expect, InvalidToken, Rules, Token, Verifier, VerifyError};
use idporten_config::testing::{MemoryProvider, VirtualClock, jwks, sign, sign_text, signing_key, snapshot_with_keys};
use serde::Deserialize;
use serde_json::{Value, json};

/// The second since 1970 at which all stories begin.
pub(crate) const NOW: u64 = 1_800_000_000;
pub(crate) const CLIENT: &str = "5f1e2d3c-client";
pub(crate) const API: &str = "https://api.example.no";
pub(crate) const NONCE: &str = "n-0S6_WzA2Mj";
pub(crate) const HEADER: &str = r#"{"alg":"RS256","typ":"JWT","kid":"one"}"#;
pub(crate) const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The claims that a program of these stories reads.
#[derive(Debug, Deserialize, PartialEq)]
pub(crate) struct Claims {
    #[serde(default)]
    pub(crate) sub: String,
}

pub(crate) struct Story {
    pub(crate) clock: VirtualClock,
    pub(crate) provider: MemoryProvider,
    pub(crate) refresher: Refresher,
}

impl Story {
    /// A provider with one key, `one`, which the program has too.
    pub(crate) fn of(environment: KnownEnvironment) -> Self {
        let clock = VirtualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(NOW));
        let seed = snapshot_with_keys(environment, clock.now(), &jwks([signing_key("one", 0)]));
        let provider = MemoryProvider::new(&seed);
        let refresher = Refresher::builder(seed).unwrap().clock(&clock).start_with(provider.clone()).unwrap();
        Self { clock, provider, refresher }
    }

    pub(crate) fn idporten() -> Self {
        Self::of(IdportenTest)
    }

    pub(crate) fn maskinporten() -> Self {
        Self::of(MaskinportenTest)
    }

    /// The same, after the first refresh and the time in which a set is too young to be doubted.
    pub(crate) fn settle(self) -> Self {
        self.clock.advance(Duration::from_secs(10 * 60));
        self.requests();
        self
    }

    pub(crate) fn verifier(&self, rules: Rules) -> Verifier {
        Verifier::new(&self.refresher, rules).unwrap()
    }

    /// Returns the number of fetches that the provider has seen, each of two documents.
    pub(crate) fn requests(&self) -> usize {
        self.clock.advance(Duration::ZERO);
        self.provider.requests().len() / 2
    }
}

/// The rules of the program of most stories: ID tokens for its client, with the nonce of its log-in.
pub(crate) fn verify_id_token(jwt: &str) -> Result<Token<Claims>, VerifyError> {
    Story::idporten().verifier(Rules::id_token(CLIENT)).verify(jwt, &Expect::nonce(NONCE))
}

/// The rules of a resource server of Maskinporten.
pub(crate) fn verify_access_token(jwt: &str) -> Result<Token<Claims>, VerifyError> {
    Story::maskinporten().verifier(Rules::maskinporten(API)).verify(jwt, &Expect::none())
}

/// The claims of an ID token with nothing wrong.
pub(crate) fn id_claims() -> Value {
    json!({
        "iss": "https://test.idporten.no", "aud": CLIENT, "sub": "a-user", "acr": "idporten-loa-substantial",
        "nonce": NONCE, "iat": NOW, "auth_time": NOW, "exp": NOW + 120,
    })
}

/// The claims of an access token with nothing wrong.
pub(crate) fn access_claims() -> Value {
    json!({ "iss": "https://test.maskinporten.no/", "aud": API, "scope": "example:read example:write", "iat": NOW, "exp": NOW + 120 })
}

/// The claims of a log-out token with nothing wrong.
pub(crate) fn logout_claims() -> Value {
    json!({
        "iss": "https://test.idporten.no", "aud": CLIENT, "sub": "a-user", "jti": "a-token", "iat": NOW, "exp": NOW + 120,
        "events": { LOGOUT_EVENT: {} },
    })
}

/// These claims with one of them set to something else, or taken away by `null`.
pub(crate) fn with(mut claims: Value, name: &str, value: Value) -> Value {
    let members = claims.as_object_mut().unwrap();
    match value {
        Value::Null => drop(members.remove(name)),
        value => drop(members.insert(name.to_owned(), value)),
    }
    claims
}

/// An ID token with one claim set to something else, or taken away by `null`.
pub(crate) fn id_token_with(name: &str, value: Value) -> String {
    sign("one", 0, &with(id_claims(), name, value))
}

/// An ID token with nothing wrong but perhaps its header.
pub(crate) fn id_token_under(header: &str) -> String {
    sign_text(header, &id_claims().to_string(), 0)
}

/// Expects that a token was refused as not valid, for this reason.
#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(answer: Result<T, VerifyError>, wanted: &InvalidToken) {
    match answer {
        Err(VerifyError::Invalid(found)) => assert_eq!(found, *wanted),
        other => panic!("wanted {wanted:?}, found {other:?}"),
    }
}
