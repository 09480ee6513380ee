//! Access tokens from Maskinporten: a signed assertion is exchanged for a token.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use idporten_config::Refresher;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};

use crate::answer;
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
    /// The API that the token is for, if it asks for an `aud` of its own.
    pub resource: Option<String>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a str>,
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

    /// Returns the last token, or a new one if it ends within ten seconds.
    pub async fn get(self: &Arc<Self>) -> Result<String, TokenError> {
        let source = Arc::clone(self);
        self.cache.get(async move { source.buy().await }).await
    }

    /// Drops a token that the API did not accept. Returns whether it is worth getting another one.
    pub async fn forget(&self, token: &str) -> bool {
        self.cache.forget(token).await
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
        let TokenResponse { access_token, expires_in } = answer::json(response).await.map_err(failed)?;
        Ok(Token::new(access_token, asked, expires_in))
    }

    fn assertion(&self, issuer: &str) -> Result<String, Box<dyn Error>> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
        let claims = Assertion {
            iss: &self.client.id,
            aud: issuer,
            scope: &self.client.scopes,
            resource: self.client.resource.as_deref(),
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
    let reason =
        answer::json(response).await.map_or_else(|_| String::new(), |error: ErrorResponse| error.for_the_log());
    TokenError(format!("the token endpoint answered {status}{reason}"))
}

impl ErrorResponse {
    /// Returns its texts as far as they are printable, so that they cannot forge a line of the log or drive a terminal.
    fn for_the_log(self) -> String {
        let text = format!(": {}: {}", self.error, self.error_description.unwrap_or_default());
        text.chars().filter(|c| matches!(c, ' '..='~')).take(200).collect()
    }
}

fn failed(error: impl ToString) -> TokenError {
    TokenError(error.to_string())
}

/// Returns the error with its causes: reqwest's own text does not say why a connection failed.
pub fn causes(error: &dyn Error) -> String {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_cannot_forge_a_line_of_the_log() {
        let error = ErrorResponse {
            error: "invalid_grant".to_owned(),
            error_description: Some("no\n\u{1b}[2Kerror: \u{202e}forged\u{e6}".to_owned()),
        };
        assert_eq!(error.for_the_log(), ": invalid_grant: no[2Kerror: forged");
        let error = ErrorResponse { error: "x".repeat(10_000), error_description: None };
        assert_eq!(error.for_the_log().len(), 200);
    }
}
