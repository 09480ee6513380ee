//! An axum extractor: a bearer token in, typed claims out, and the right answer where there are none.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use idporten_config::interop::jsonwebtoken::{Expect, Token, Verifier, VerifyError};
use serde::de::DeserializeOwned;

/// The verified token of a request. The router's state must be a [`Verifier`], or hold one (`FromRef`).
pub struct Bearer<T>(pub Token<T>);

/// The reason why a request is refused.
pub enum Refusal {
    /// There is no token.
    Missing,
    /// There is more than one token, or something that is none.
    Malformed,
    /// The token is not accepted, or it cannot be told now.
    Refused(VerifyError),
}

impl<S, T> FromRequestParts<S> for Bearer<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
    Verifier: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let jwt = bearer_token(&parts.headers)?;
        let verifier = Verifier::from_ref(state);
        verifier.verify_async(jwt, &Expect::none()).await.map(Self).map_err(Refusal::Refused)
    }
}

/// Returns the token of the one `Authorization` header (RFC 6750, section 2.1). The scheme's name has no case (RFC 9110,
/// section 11.1).
fn bearer_token(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Refusal::Missing)?;
    if values.next().is_some() {
        return Err(Refusal::Malformed);
    }
    let (scheme, token) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or(Refusal::Malformed)?;
    if scheme.eq_ignore_ascii_case("Bearer") { Ok(token.trim_start_matches(' ')) } else { Err(Refusal::Missing) }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, challenge, retry_after) = match self {
            // Without a token there is no error to name (RFC 6750, section 3.1), and a challenge has a parameter (section 3).
            Self::Missing => (401, Some("Bearer realm=\"api\"".to_owned()), None),
            Self::Malformed => (400, Some("Bearer error=\"invalid_request\"".to_owned()), None),
            Self::Refused(error) => (error.status(), error.www_authenticate(), error.retry_after()),
        };
        let mut response = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE).into_response();
        let headers = response.headers_mut();
        headers.extend(challenge.and_then(|it| HeaderValue::try_from(it).ok()).map(|it| (WWW_AUTHENTICATE, it)));
        headers.extend(retry_after.map(|time| (RETRY_AFTER, HeaderValue::from(time.as_secs()))));
        response
    }
}
