//! A client that is rebuilt exactly when the configuration changes.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::CoreJsonWebKey;
use openidconnect::{ClaimsVerificationError, JsonWebKey, JsonWebKeySet, SignatureVerificationError};

use super::error::LoginError;
use super::metadata::{ProviderMetadata, provider_metadata};
use crate::refresh::{Keys, LookupError, Refresher};

/// A client of `openidconnect`, or another value that a program makes of the metadata, rebuilt exactly when the
/// [generation](crate::refresh::ProviderConfig::generation) of the configuration changes.
///
/// See the [module](super) for an example.
pub struct ClientCache<C> {
    refresher: Refresher,
    make: Box<dyn Fn(ProviderMetadata) -> C + Send + Sync>,
    last: Mutex<Option<Made<C>>>,
}

struct Made<C> {
    generation: u64,
    client: Arc<C>,
}

/// The outcome of a check by `openidconnect`.
type Checked<T> = Result<T, ClaimsVerificationError>;

impl<C> ClientCache<C> {
    /// Makes a cache. Nothing is made of the metadata before the first use.
    pub fn new(refresher: &Refresher, make: impl Fn(ProviderMetadata) -> C + Send + Sync + 'static) -> Self {
        Self { refresher: refresher.clone(), make: Box::new(make), last: Mutex::new(None) }
    }

    /// Returns the client for the configuration in force. It waits only for another thread that is making it.
    ///
    /// # Errors
    ///
    /// No configuration is served, or it cannot be used with `openidconnect`.
    pub fn get(&self) -> Result<Arc<C>, LoginError> {
        // The client is made under the lock, so that a slow thread cannot replace a newer client with an older one.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let config = self.refresher.current()?;
        if let Some(made) = last.as_ref().filter(|made| made.generation == config.generation()) {
            return Ok(Arc::clone(&made.client));
        }
        let client = Arc::new((self.make)(provider_metadata(&config)?));
        *last = Some(Made { generation: config.generation(), client: Arc::clone(&client) });
        Ok(client)
    }

    /// Verifies an ID token with `check`, and once more with a new client where the key was missing and a fetch found it. The
    /// fetch is within the budget of the [policy](crate::RefreshPolicy). It blocks this thread, at most for
    /// [`key_wait`](crate::RefreshPolicy::key_wait).
    ///
    /// `id_token` is the token's text; `check` calls `IdToken::claims` or `into_claims` with a verifier of the client.
    ///
    /// # Errors
    ///
    /// See [`LoginError`].
    pub fn verify_wait<T>(&self, id_token: &str, check: impl Fn(&C) -> Checked<T>) -> Result<T, LoginError> {
        match self.try_once(id_token, &check)? {
            Ok(claims) => Ok(claims),
            Err(missing) => {
                let found = self.refresher.find_keys_wait(missing.kid.as_deref(), missing.alg.as_str());
                self.try_again(id_token, found, &check)
            }
        }
    }

    /// Verifies an ID token as [`verify_wait`](Self::verify_wait), in a future.
    ///
    /// # Errors
    ///
    /// See [`LoginError`].
    pub async fn verify_async<T>(&self, id_token: &str, check: impl Fn(&C) -> Checked<T>) -> Result<T, LoginError> {
        match self.try_once(id_token, &check)? {
            Ok(claims) => Ok(claims),
            Err(missing) => {
                let found = self.refresher.find_keys_async(missing.kid.as_deref(), missing.alg.as_str()).await;
                self.try_again(id_token, found, &check)
            }
        }
    }

    /// Returns the claims, or the key that is missing.
    fn try_once<T>(&self, id_token: &str, check: &impl Fn(&C) -> Checked<T>) -> Result<Result<T, KeyName>, LoginError> {
        use SignatureVerificationError as Signature;
        let error = match check(&*self.get()?) {
            Ok(claims) => return Ok(Ok(claims)),
            Err(error) => error,
        };
        let (ClaimsVerificationError::SignatureVerification(reason), Some(name)) = (&error, KeyName::of(id_token))
        else {
            return Err(LoginError::Invalid(error));
        };
        match (reason, &name.kid) {
            (Signature::NoMatchingKey, _) => return Ok(Err(name)),
            (Signature::AmbiguousKeyId(_), Some(kid)) => {
                if let Some(outcome) = self.try_each_key(kid, check)? {
                    return outcome.map(Ok).map_err(LoginError::Invalid);
                }
                self.refresher.report_bad_signature(kid);
            }
            // The provider may have put another key under this kid.
            (Signature::CryptoError(_), Some(kid)) => drop(self.refresher.report_bad_signature(kid)),
            _ => {}
        }
        Err(LoginError::Invalid(error))
    }

    /// Checks with a client for each of the keys under a kid, where `openidconnect` takes none: a provider that puts a new key
    /// under its old kid publishes both for a while. Returns the outcome of the key that the signature fits, which may have found the
    /// claims wrong.
    fn try_each_key<T>(&self, kid: &str, check: &impl Fn(&C) -> Checked<T>) -> Result<Option<Checked<T>>, LoginError> {
        let metadata = provider_metadata(&*self.refresher.current()?)?;
        let has_kid = |key: &&CoreJsonWebKey| key.key_id().is_some_and(|id| id.as_str() == kid);
        let keys: Vec<_> = metadata.jwks().keys().iter().filter(has_kid).cloned().collect();
        let clients = keys.into_iter().map(|key| (self.make)(metadata.clone().set_jwks(JsonWebKeySet::new(vec![key]))));
        let fits = |outcome: &Checked<T>| !matches!(outcome, Err(ClaimsVerificationError::SignatureVerification(_)));
        Ok(clients.map(|client| check(&client)).find(fits))
    }

    fn try_again<T>(
        &self,
        id_token: &str,
        found: Result<Keys, LookupError>,
        check: &impl Fn(&C) -> Checked<T>,
    ) -> Result<T, LoginError> {
        let no_key = || {
            let reason = SignatureVerificationError::NoMatchingKey;
            LoginError::Invalid(ClaimsVerificationError::SignatureVerification(reason))
        };
        match found {
            Ok(_) => self.try_once(id_token, check)?.map_err(|_| no_key()),
            Err(LookupError::UnknownKey) => Err(no_key()),
            Err(LookupError::Undetermined { retry_after }) => Err(LoginError::Undetermined { retry_after }),
            Err(LookupError::Unavailable(unavailable)) => Err(LoginError::Unavailable(unavailable)),
        }
    }
}

/// The name of the key in the header of a token: `openidconnect` exposes nothing of a token that it did not verify.
struct KeyName {
    kid: Option<String>,
    alg: String,
}

impl KeyName {
    fn of(id_token: &str) -> Option<Self> {
        let header = URL_SAFE_NO_PAD.decode(id_token.split('.').next()?).ok()?;
        let header: serde_json::Value = serde_json::from_slice(&header).ok()?;
        let text = |name: &str| header.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
        Some(Self { kid: text("kid"), alg: text("alg")? })
    }
}

impl<C> fmt::Debug for ClientCache<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCache").field("refresher", &self.refresher).finish_non_exhaustive()
    }
}
