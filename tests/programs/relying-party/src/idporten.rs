//! The requests to ID-porten, and the verification of what comes back.

use std::error::Error;
use std::time::{Duration, SystemTime};

pub use idporten_config::interop::jsonwebtoken::VerifyError;
use idporten_config::interop::jsonwebtoken::{Expect, Insufficient, InvalidToken, Rules, Token, Verifier};
use idporten_config::{ProviderMetadata, Refresher};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Url;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::answer;
use crate::error::{LoginError, RETRY, causes, unavailable};
use crate::providers::idporten::{AcrValue, CodeChallengeMethod, GrantType, ResponseType, Scope};
use crate::random;
use crate::sessions::{Login, User};

/// The level that users of this site log in at, or above.
const LEVEL: AcrValue = AcrValue::IdportenLoaSubstantial;
/// The life of a client assertion, in seconds.
const ASSERTION_LIFE: u64 = 60;

/// This site, as it is registered with ID-porten.
pub struct Client {
    pub id: String,
    pub key_id: String,
    pub key: EncodingKey,
    pub redirect_uri: String,
}

pub struct Idporten {
    refresher: Refresher,
    http: reqwest::Client,
    client: Client,
    id_tokens: Verifier,
    logout_tokens: Verifier,
}

/// The claims of an ID token that this site reads. Issuer, audience, times, nonce and level are checked before.
#[derive(Deserialize)]
struct IdClaims {
    sub: String,
    sid: Option<String>,
    acr: String,
}

/// The claims of a log-out token.
#[derive(Deserialize)]
pub struct LogoutClaims {
    pub jti: String,
    pub exp: f64,
    pub sub: Option<String>,
    pub sid: Option<String>,
}

/// The claims of a client assertion (RFC 7523, section 3).
#[derive(Serialize)]
struct Assertion<'a> {
    iss: &'a str,
    sub: &'a str,
    /// The issuer, which serves for the token endpoint and for pushed requests.
    aud: &'a str,
    iat: u64,
    exp: u64,
    jti: String,
}

/// The answer to a pushed request (RFC 9126, section 2.2).
#[derive(Deserialize)]
struct Pushed {
    request_uri: String,
}

/// The part of the token endpoint's answer that this site uses.
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// The error code of ID-porten (RFC 6749, section 5.2).
#[derive(Deserialize)]
struct ErrorAnswer {
    error: String,
}

impl Idporten {
    pub fn new(refresher: Refresher, client: Client) -> Result<Self, Box<dyn Error>> {
        let http = reqwest::Client::builder();
        let http = http.timeout(Duration::from_secs(10)).redirect(reqwest::redirect::Policy::none()).build()?;
        let id_tokens = Verifier::new(&refresher, Rules::id_token(&client.id).acr_at_least(LEVEL))?;
        let logout_tokens = Verifier::new(&refresher, Rules::logout_token(&client.id))?;
        Ok(Self { refresher, http, client, id_tokens, logout_tokens })
    }

    /// Returns whether users can log in.
    pub fn is_ready(&self) -> bool {
        self.refresher.current().is_ok_and(|config| endpoints(config.metadata()).is_some())
    }

    /// Pushes an authorization request (RFC 9126), and returns where to send the browser.
    pub async fn authorize(&self, login: &Login) -> Result<Url, LoginError> {
        let metadata = self.refresher.current().map_err(unavailable)?.to_arc();
        let metadata = metadata.metadata();
        let Some((authorize, push)) = endpoints(metadata) else {
            return Err(unavailable("the provider publishes no endpoint for pushed requests"));
        };
        let request = [
            ("response_type", ResponseType::Code.as_str()),
            ("redirect_uri", &self.client.redirect_uri),
            ("scope", Scope::Openid.as_str()),
            ("acr_values", LEVEL.as_str()),
            ("state", &login.state),
            ("nonce", &login.nonce),
            ("code_challenge", &random::challenge(&login.code_verifier)),
            ("code_challenge_method", CodeChallengeMethod::S256.as_str()),
        ];
        let Pushed { request_uri } = self.post(push, metadata.issuer(), &request).await?;
        let query = [("client_id", &self.client.id), ("request_uri", &request_uri)];
        Url::parse_with_params(authorize, query).map_err(unavailable)
    }

    /// Compares the `iss` of an authorization response with the issuer (RFC 9207, section 2.4): a code of another provider
    /// is not to be sent to this one.
    pub fn check_issuer(&self, iss: Option<&str>) -> Result<(), LoginError> {
        let config = self.refresher.current().map_err(unavailable)?;
        let metadata = config.metadata();
        let required = metadata.authorization_response_iss_parameter_supported == Some(true);
        match iss {
            Some(iss) if iss == metadata.issuer() => Ok(()),
            None if !required => Ok(()),
            _ => Err(LoginError::Refused("the response is not of this provider".to_owned())),
        }
    }

    /// Exchanges a code for an ID token, and verifies it.
    pub async fn redeem(&self, code: &str, login: &Login) -> Result<User, LoginError> {
        let config = self.refresher.current().map_err(unavailable)?.to_arc();
        let metadata = config.metadata();
        let request = [
            ("grant_type", GrantType::AuthorizationCode.as_str()),
            ("code", code),
            ("redirect_uri", &self.client.redirect_uri),
            ("code_verifier", &login.code_verifier),
        ];
        let Tokens { id_token } = self.post(metadata.token_endpoint(), metadata.issuer(), &request).await?;
        let expect = Expect::nonce(&*login.nonce);
        let Token { claims: IdClaims { sub, sid, acr }, .. } =
            self.id_tokens.verify_async(&id_token, &expect).await.map_err(not_accepted)?;
        Ok(User { sub, sid, acr, id_token })
    }

    /// Verifies a log-out token.
    pub async fn logged_out(&self, logout_token: &str) -> Result<LogoutClaims, VerifyError> {
        Ok(self.logout_tokens.verify_async(logout_token, &Expect::none()).await?.claims)
    }

    /// Returns where to send the browser of a user who logs out, so that ID-porten ends its session too (OpenID Connect
    /// RP-Initiated Logout 1.0, section 2). The hint is the user's ID token. Without one, the client's id says who asks, and the
    /// browser may stay at the provider (section 3).
    pub fn end_session(&self, id_token_hint: Option<&str>, back_to: &str) -> Option<Url> {
        let config = self.refresher.current().ok()?;
        let endpoint = config.metadata().end_session_endpoint.as_ref()?;
        let query = [("client_id", &*self.client.id), ("post_logout_redirect_uri", back_to)];
        let hint = id_token_hint.map(|hint| ("id_token_hint", hint));
        Url::parse_with_params(endpoint, query.into_iter().chain(hint)).ok()
    }

    /// Posts a form, authenticated by `private_key_jwt` (OpenID Connect Core 1.0, section 9).
    async fn post<T: DeserializeOwned>(&self, url: &str, issuer: &str, form: &[(&str, &str)]) -> Result<T, LoginError> {
        let assertion = self.assertion(issuer).map_err(unavailable)?;
        let authentication = [
            ("client_id", self.client.id.as_str()),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &assertion),
        ];
        let request = self.http.post(url).form(&[form, &authentication].concat());
        let response = request.send().await.map_err(|error| unavailable(causes(&error)))?;
        let status = response.status();
        if status.is_success() {
            return answer::json(response).await.map_err(unavailable);
        }
        // A proxy in between answers in another form.
        let error =
            answer::json(response).await.map_or_else(|_| "no error code".to_owned(), |ErrorAnswer { error }| error);
        match LoginError::from_error_code(&error) {
            // The code or its verifier was wrong. Any other error is one of this site or of ID-porten.
            refused if error == "invalid_grant" => Err(refused),
            other => Err(unavailable(format!("{other} with {status} at {url}"))),
        }
    }

    fn assertion(&self, issuer: &str) -> Result<String, Box<dyn Error>> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
        let (id, jti) = (self.client.id.as_str(), random::secret());
        let claims = Assertion { iss: id, sub: id, aud: issuer, iat: now, exp: now + ASSERTION_LIFE, jti };
        let header = Header { kid: Some(self.client.key_id.clone()), ..Header::new(Algorithm::RS256) };
        Ok(jsonwebtoken::encode(&header, &claims, &self.client.key)?)
    }
}

/// Returns where the browser goes, and where the request is pushed before.
fn endpoints(metadata: &ProviderMetadata) -> Option<(&String, &String)> {
    metadata.authorization_endpoint.as_ref().zip(metadata.pushed_authorization_request_endpoint.as_ref())
}

/// Only the nonce and the level of an ID token depend on the user's log-in. The token comes from ID-porten itself, so that anything
/// else is a fault at ID-porten or here, which alerts on the status 503 must see.
fn not_accepted(error: VerifyError) -> LoginError {
    let reason = format!("ID token: {error}");
    match error {
        VerifyError::Invalid(InvalidToken::Nonce) => LoginError::Refused(reason),
        VerifyError::Insufficient(Insufficient::Level(_)) => LoginError::Level(reason),
        _ => LoginError::Unavailable(reason, error.retry_after().unwrap_or(RETRY)),
    }
}
