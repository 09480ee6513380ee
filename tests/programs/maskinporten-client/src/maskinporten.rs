//! Access tokens from Maskinporten: a signed assertion is exchanged for a token, which is kept until it expires.

use std::error::Error;
use std::time::{Duration, Instant, SystemTime};

use idporten_config::Refresher;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::providers::maskinporten::GrantType;

/// A token that expires within this time is not used any more: it must outlive the request that carries it.
const MARGIN: Duration = Duration::from_secs(10);
/// A token is used for at most this long, whatever the answer says.
const LONGEST_USE: Duration = Duration::from_secs(60 * 60);
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
    last: Mutex<Option<Token>>,
}

struct Token {
    text: String,
    expires: Instant,
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
        Self { refresher, http, client, last: Mutex::new(None) }
    }

    /// Returns a token that is valid for ten seconds or more.
    pub async fn get(&self) -> Result<String, Box<dyn Error>> {
        // Held while a token is bought, so that many requests at once buy one.
        let mut last = self.last.lock().await;
        if let Some(token) = last.as_ref().filter(|token| Instant::now() + MARGIN < token.expires) {
            return Ok(token.text.clone());
        }
        let asked = Instant::now();
        let response = self.buy().await?;
        let expires = asked + Duration::from_secs(response.expires_in).min(LONGEST_USE);
        *last = Some(Token { text: response.access_token.clone(), expires });
        Ok(response.access_token)
    }

    async fn buy(&self) -> Result<TokenResponse, Box<dyn Error>> {
        // The bundled snapshots of this program carry no keys, so that the first fetch must have succeeded.
        self.refresher.wait_ready_async(Duration::from_secs(10)).await?;
        let (issuer, endpoint) = {
            let config = self.refresher.current()?;
            (config.metadata().issuer().to_owned(), config.metadata().token_endpoint().to_owned())
        };
        let assertion = self.assertion(&issuer)?;
        let form = [("grant_type", GrantType::JwtBearer.as_str()), ("assertion", &assertion)];
        let response = self.http.post(endpoint).form(&form).send().await?;
        if response.status().is_success() {
            return Ok(response.json().await?);
        }
        let status = response.status();
        // A proxy in between answers in another form.
        let reason = match response.json::<ErrorResponse>().await {
            Ok(ErrorResponse { error, error_description }) => {
                format!(": {error}: {}", error_description.unwrap_or_default())
            }
            Err(_) => String::new(),
        };
        Err(format!("the token endpoint answered {status}{reason}").into())
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
