//! A relying party of ID-porten TEST, on a clock that moves when it is told to.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use idporten_config::KnownEnvironment::IdportenTest;
use idporten_config::Refresher;
use idporten_config::interop::openidconnect::{ClientCache, LoginError, ProviderMetadata, acr_at_least};
use idporten_config::testing::{MemoryProvider, VirtualClock, jwks, signing_key, snapshot_with_keys};
use openidconnect::core::{CoreClient, CoreIdToken};
use openidconnect::{ClaimsVerificationError, ClientId, EndpointMaybeSet, EndpointNotSet, EndpointSet, Nonce};
use serde_json::{Value, json};

/// The second since 1970 at which all stories begin.
pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const CLIENT: &str = "5f1e2d3c-client";
pub(crate) const NONCE: &str = "n-0S6_WzA2Mj";

/// A client made of discovered metadata.
pub(crate) type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

pub(crate) struct Story {
    pub(crate) clock: VirtualClock,
    pub(crate) provider: MemoryProvider,
    pub(crate) refresher: Refresher,
}

pub(crate) fn story() -> Story {
    let clock = VirtualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs()));
    let seed = snapshot_with_keys(IdportenTest, clock.now(), &jwks([signing_key("one", 0)]));
    let provider = MemoryProvider::new(&seed);
    let refresher = Refresher::builder(seed).unwrap().clock(&clock).start_with(provider.clone()).unwrap();
    clock.advance(Duration::from_secs(10 * 60));
    Story { clock, provider, refresher }
}

impl Story {
    pub(crate) fn clients(&self) -> ClientCache<Client> {
        ClientCache::new(&self.refresher, client)
    }

    /// Publishes these keys and refreshes.
    pub(crate) fn serve(&self, keys: impl IntoIterator<Item = idporten_config::document::json::Value>) {
        self.provider.publish_jwks(&jwks(keys));
        self.refresher.refresh_now().unwrap();
    }
}

pub(crate) fn client(metadata: ProviderMetadata) -> Client {
    CoreClient::from_provider_metadata(metadata, ClientId::new(CLIENT.to_owned()), None)
}

/// The check of an ID token by a relying party, at the time of the beginning.
pub(crate) fn check(client: &Client, jwt: &str) -> Result<String, ClaimsVerificationError> {
    let verifier = client
        .id_token_verifier()
        .set_time_fn(|| DateTime::<Utc>::from_timestamp(NOW, 0).unwrap())
        .set_auth_context_verifier_fn(acr_at_least("idporten-loa-substantial").unwrap());
    let token: CoreIdToken = jwt.parse().map_err(|error| ClaimsVerificationError::Other(format!("{error}")))?;
    let claims = token.claims(&verifier, &Nonce::new(NONCE.to_owned()))?;
    Ok(claims.subject().to_string())
}

pub(crate) fn verify(clients: &ClientCache<Client>, jwt: &str) -> Result<String, LoginError> {
    clients.verify_wait(jwt, |client| check(client, jwt))
}

/// The claims of an ID token with nothing wrong.
pub(crate) fn claims() -> Value {
    json!({
        "iss": "https://test.idporten.no", "aud": CLIENT, "sub": "a-user", "acr": "idporten-loa-substantial",
        "nonce": NONCE, "iat": NOW, "exp": NOW + 120,
    })
}

pub(crate) fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}
