//! The requests to ID-porten, and the verification of what comes back.

use std::error::Error;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode,
    CoreResponseType, CoreRsaPrivateSigningKey, CoreSubjectIdentifierType,
};
use openidconnect::url::Url;
use openidconnect::{
    AdditionalProviderMetadata, AuthorizationCode, ClaimsVerificationError, ClientId, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, IssuerUrl, Nonce, PkceCodeVerifier, PrivateSigningKey, ProviderMetadata, RedirectUrl, TokenResponse,
    reqwest,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{LoginError, causes, unavailable};
pub use crate::logout_token::VerifyError;
use crate::logout_token::{self, LogoutClaims};
use crate::random;
use crate::sessions::{Login, User};

/// The level that users of this site log in at, or above: these values.
const LEVELS: [&str; 2] = ["idporten-loa-substantial", "idporten-loa-high"];
/// The life of a client assertion, in seconds.
const ASSERTION_LIFE: u64 = 60;
/// The most bytes of an answer.
const MAX_ANSWER: usize = 256 * 1024;
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The members of the metadata that `openidconnect` has no field for.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Others {
    pushed_authorization_request_endpoint: Option<Url>,
    end_session_endpoint: Option<Url>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Others {}

pub type Metadata = ProviderMetadata<
    Others,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type Oidc = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// This site, as it is registered with ID-porten.
pub struct Client {
    pub id: String,
    pub key_id: String,
    pub key: CoreRsaPrivateSigningKey,
    pub redirect_uri: String,
}

pub struct Idporten {
    http: reqwest::Client,
    client: Client,
    metadata: Metadata,
    oidc: Oidc,
}

/// The header and claims of a client assertion (RFC 7523, section 3).
#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    kid: &'a str,
}

#[derive(Serialize)]
struct Assertion<'a> {
    iss: &'a str,
    sub: &'a str,
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

/// The claim that `openidconnect` has no field for.
#[derive(Deserialize)]
struct Session {
    sid: Option<String>,
}

/// The error code of ID-porten (RFC 6749, section 5.2).
#[derive(Deserialize)]
struct ErrorAnswer {
    error: String,
}

impl Idporten {
    pub async fn new(issuer: IssuerUrl, client: Client) -> Result<Self, Box<dyn Error>> {
        let http = reqwest::Client::builder();
        let http = http.timeout(Duration::from_secs(10)).redirect(reqwest::redirect::Policy::none()).build()?;
        let metadata = Metadata::discover_async(issuer, &http).await?;
        let oidc = CoreClient::from_provider_metadata(metadata.clone(), ClientId::new(client.id.clone()), None);
        let oidc = oidc.set_redirect_uri(RedirectUrl::new(client.redirect_uri.clone())?);
        Ok(Self { http, client, metadata, oidc })
    }

    pub fn is_ready(&self) -> bool {
        self.metadata.additional_metadata().pushed_authorization_request_endpoint.is_some()
    }

    /// Pushes an authorization request (RFC 9126), and returns where to send the browser.
    pub async fn authorize(&self, login: &Login) -> Result<Url, LoginError> {
        let Some(push) = &self.metadata.additional_metadata().pushed_authorization_request_endpoint else {
            return Err(unavailable("the provider publishes no endpoint for pushed requests"));
        };
        let request = [
            ("response_type", "code"),
            ("redirect_uri", &self.client.redirect_uri),
            ("scope", "openid"),
            ("acr_values", LEVELS[0]),
            ("state", &login.state),
            ("nonce", &login.nonce),
            ("code_challenge", &random::challenge(&login.code_verifier)),
            ("code_challenge_method", "S256"),
        ];
        let Pushed { request_uri } = self.post(push, &request).await?;
        let query = [("client_id", &self.client.id), ("request_uri", &request_uri)];
        Url::parse_with_params(self.metadata.authorization_endpoint().as_str(), query).map_err(unavailable)
    }

    /// Compares the `iss` of an authorization response with the issuer (RFC 9207, section 2.4).
    pub fn check_issuer(&self, iss: Option<&str>) -> Result<(), LoginError> {
        let required = self.metadata.additional_metadata().authorization_response_iss_parameter_supported;
        match iss {
            Some(iss) if iss == self.metadata.issuer().as_str() => Ok(()),
            None if !required => Ok(()),
            _ => Err(LoginError::Refused("the response is not of this provider".to_owned())),
        }
    }

    /// Exchanges a code for an ID token, and verifies it.
    pub async fn redeem(&self, code: &str, login: &Login) -> Result<User, LoginError> {
        let assertion = self.assertion().map_err(unavailable)?;
        let request = self.oidc.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(unavailable)?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(login.code_verifier.clone()));
        let request = request.add_extra_param("client_assertion_type", ASSERTION_TYPE);
        let request = request.add_extra_param("client_assertion", assertion);
        let response = request.request_async(&self.http).await.map_err(unavailable)?;
        let token = response.id_token().ok_or_else(|| unavailable("no ID token"))?;
        let verifier = self.oidc.id_token_verifier().set_auth_context_verifier_fn(|acr| match acr {
            Some(acr) if LEVELS.contains(&acr.as_str()) => Ok(()),
            _ => Err("the level is too low".to_owned()),
        });
        let claims = token.claims(&verifier, &Nonce::new(login.nonce.clone())).map_err(|error| match error {
            ClaimsVerificationError::InvalidNonce(reason) => LoginError::Refused(reason),
            ClaimsVerificationError::InvalidAuthContext(reason) => LoginError::Level(reason),
            other => unavailable(other),
        })?;
        let id_token = token.to_string();
        let Session { sid } = payload(&id_token).ok_or_else(|| unavailable("no claims"))?;
        let acr = claims.auth_context_ref().map(|acr| acr.to_string()).unwrap_or_default();
        Ok(User { sub: claims.subject().to_string(), sid, acr, id_token })
    }

    /// Verifies a log-out token.
    pub async fn logged_out(&self, logout_token: &str) -> Result<LogoutClaims, VerifyError> {
        logout_token::verify(logout_token, &self.metadata, &self.client.id).ok_or(VerifyError)
    }

    /// Returns where to send the browser of a user who logs out, so that ID-porten ends its session too.
    pub fn end_session(&self, id_token_hint: Option<&str>, back_to: &str) -> Option<Url> {
        let endpoint = self.metadata.additional_metadata().end_session_endpoint.as_ref()?;
        let query = [("client_id", &*self.client.id), ("post_logout_redirect_uri", back_to)];
        let hint = id_token_hint.map(|hint| ("id_token_hint", hint));
        Url::parse_with_params(endpoint.as_str(), query.into_iter().chain(hint)).ok()
    }

    /// Posts a form, authenticated by `private_key_jwt` (OpenID Connect Core 1.0, section 9).
    async fn post<T: DeserializeOwned>(&self, url: &Url, form: &[(&str, &str)]) -> Result<T, LoginError> {
        let assertion = self.assertion().map_err(unavailable)?;
        let authentication = [
            ("client_id", self.client.id.as_str()),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", &assertion),
        ];
        let request = self.http.post(url.clone()).form(&[form, &authentication].concat());
        let mut response = request.send().await.map_err(|error| unavailable(causes(&error)))?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unavailable(causes(&error)))? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(unavailable("the answer is too large"));
            }
            body.extend_from_slice(&chunk);
        }
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|_| unavailable("the answer cannot be read"));
        }
        let code = serde_json::from_slice(&body);
        let code = code.map_or_else(|_| "no error code".to_owned(), |ErrorAnswer { error }| error);
        let answered = LoginError::answered(&code);
        Err(unavailable(format!("{answered} with {status} at {url}")))
    }

    fn assertion(&self) -> Result<String, Box<dyn Error>> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
        let (id, aud) = (self.client.id.as_str(), self.metadata.issuer().as_str());
        let claims = Assertion { iss: id, sub: id, aud, iat: now, exp: now + ASSERTION_LIFE, jti: random::secret() };
        let header = Header { alg: "RS256", kid: &self.client.key_id };
        let message = format!("{}.{}", encode(&serde_json::to_vec(&header)?), encode(&serde_json::to_vec(&claims)?));
        let signature = self.client.key.sign(&CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, message.as_bytes())?;
        Ok(format!("{message}.{}", encode(&signature)))
    }
}

/// The claims of a token, unverified.
pub fn payload<T: DeserializeOwned>(jwt: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1)?).ok()?).ok()
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
