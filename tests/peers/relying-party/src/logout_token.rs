//! The check of a log-out token (OpenID Connect Back-Channel Logout 1.0, section 2.6), for which `openidconnect` has no type.

use std::fmt;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::JsonWebKey;
use openidconnect::core::CoreJwsSigningAlgorithm;
use serde::Deserialize;

use crate::idporten::{Metadata, payload};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
const LEEWAY: f64 = 60.0;

/// The claims of a log-out token.
#[derive(Deserialize)]
pub struct LogoutClaims {
    iss: String,
    aud: serde_json::Value,
    iat: f64,
    pub exp: f64,
    pub jti: String,
    pub sub: Option<String>,
    pub sid: Option<String>,
    nonce: Option<String>,
    events: serde_json::Map<String, serde_json::Value>,
}

/// The reason why a log-out token is not accepted.
pub struct VerifyError;

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<serde_json::Value>,
}

impl VerifyError {
    pub fn status(&self) -> u16 {
        401
    }

    pub fn retry_after(&self) -> Option<Duration> {
        None
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is no log-out token of the provider")
    }
}

pub fn verify(jwt: &str, metadata: &Metadata, client_id: &str) -> Option<LogoutClaims> {
    let (message, signature) = jwt.rsplit_once('.')?;
    let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(message.split('.').next()?).ok()?).ok()?;
    let typ = header.typ.as_deref().unwrap_or("JWT");
    if header.alg != "RS256" || header.crit.is_some() || !["JWT", "logout+jwt"].contains(&typ) {
        return None;
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    let algorithm = CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256;
    let mut keys =
        metadata.jwks().keys().iter().filter(|key| key.key_id().map(|kid| kid.as_str()) == header.kid.as_deref());
    if !keys.any(|key| key.verify_signature(&algorithm, message.as_bytes(), &signature).is_ok()) {
        return None;
    }
    let claims: LogoutClaims = payload(jwt)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs_f64();
    let is_ours = claims.iss == metadata.issuer().as_str() && claims.aud == client_id;
    let is_timely = claims.exp > now - LEEWAY && claims.iat < now + LEEWAY;
    let is_logout = claims.events.get(EVENT).is_some_and(serde_json::Value::is_object) && claims.nonce.is_none();
    (is_ours && is_timely && is_logout && (claims.sub.is_some() || claims.sid.is_some())).then_some(claims)
}
