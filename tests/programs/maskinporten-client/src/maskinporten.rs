//! Access tokens from Maskinporten: a signed assertion is exchanged for a token.

use std::error::Error;
use std::time::{Duration, Instant, SystemTime};

use idporten_config::Refresher;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};

use crate::cache::{Cache, Token, TokenError};
use crate::providers::maskinporten::GrantType;

/// The life of an assertion, in seconds.
const ASSERTION_LIFE: u64 = 60;

/// A client that is registered with Maskinporten.
pub struct Client {
    pub id: String,
    pub key_id: String,
    pub key: EncodingKey,
    pub scopes: String,
    /// The API that the token is for: it becomes the token's `aud`.
    pub resource: String,
}

/// Buys tokens, and keeps the last one.
pub struct TokenSource {
    refresher: Refresher,
    http: reqwest::Client,
    client: Client,
    cache: Cache,
}

/// The claims of an assertion (RFC 7523, section 3).
#[derive(Serialize)]
struct Assertion<'a> {
    iss: &'a str,
    /// Maskinporten's issuer, and nothing beside it: the URL of the token endpoint is not valid here.
    aud: &'a str,
    scope: &'a str,
    resource: &'a str,
    iat: u64,
    exp: u64,
    jti: String,
}

/// The answer of the token endpoint (RFC 6749, section 5.1).
#[derive(Deserialize)]
struct TokenResponse {
    access_token: String,
    expires_in: u64,
}

/// The error of the token endpoint (RFC 6749, section 5.2).
#[derive(Deserialize)]
struct ErrorResponse {
    error: String,
    error_description: Option<String>,
}

impl TokenSource {
    pub fn new(refresher: Refresher, http: reqwest::Client, client: Client) -> Self {
        Self { refresher, http, client, cache: Cache::default() }
    }

    /// Returns a token that is valid for ten seconds or more.
    pub async fn get(&self) -> Result<String, TokenError> {
        self.cache.get(self.buy()).await
    }

    async fn buy(&self) -> Result<Token, TokenError> {
        // The bundled snapshots of this program carry no keys, so that the first fetch must have succeeded.
        self.refresher.wait_ready_async(Duration::from_secs(10)).await.map_err(failed)?;
        let config = self.refresher.current().map_err(failed)?.to_arc();
        let metadata = config.metadata();
        let assertion = self.assertion(metadata.issuer()).map_err(failed)?;
        let form = [("grant_type", GrantType::JwtBearer.as_str()), ("assertion", &assertion)];
        let asked = (Instant::now(), SystemTime::now());
        let request = self.http.post(metadata.token_endpoint()).form(&form);
        let response = request.send().await.map_err(|error| failed(causes(&error)))?;
        if !response.status().is_success() {
            return Err(refused(response).await);
        }
        // Without causes: those of a body that does not fit quote it.
        let TokenResponse { access_token, expires_in } = response.json().await.map_err(failed)?;
        Ok(Token::new(access_token, asked, expires_in))
    }

    fn assertion(&self, issuer: &str) -> Result<String, Box<dyn Error>> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
        let claims = Assertion {
            iss: &self.client.id,
            aud: issuer,
            scope: &self.client.scopes,
            resource: &self.client.resource,
            iat: now,
            exp: now + ASSERTION_LIFE,
            jti: uuid::Uuid::new_v4().to_string(),
        };
        let header = Header { kid: Some(self.client.key_id.clone()), ..Header::new(Algorithm::RS256) };
        Ok(jsonwebtoken::encode(&header, &claims, &self.client.key)?)
    }
}

async fn refused(response: reqwest::Response) -> TokenError {
    let status = response.status();
    // A proxy in between answers in another form.
    let reason = match response.json::<ErrorResponse>().await {
        Ok(ErrorResponse { error, error_description }) => {
            format!(": {error}: {}", error_description.unwrap_or_default())
        }
        Err(_) => String::new(),
    };
    TokenError(format!("the token endpoint answered {status}{reason}"))
}

fn failed(error: impl ToString) -> TokenError {
    TokenError(error.to_string())
}

/// Returns the error with its causes: reqwest's own text does not say why a connection failed.
fn causes(error: &dyn Error) -> String {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
