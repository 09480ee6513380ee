//! The claims that the rules check. Only their types are checked here.

use std::borrow::Cow;

use super::error::InvalidToken;
use super::object::{Field, members};

/// The event of a log-out token (OpenID Connect Back-Channel Logout 1.0, section 2.4).
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Claims of RFC 7519, OpenID Connect Core 1.0, RFC 8693 and Back-Channel Logout 1.0. Times are seconds since 1970.
pub(super) struct Claims<'a> {
    pub(super) iss: Option<Cow<'a, str>>,
    pub(super) aud: Audiences<'a>,
    pub(super) sub: Option<Cow<'a, str>>,
    pub(super) azp: Option<Cow<'a, str>>,
    pub(super) nonce: Option<Cow<'a, str>>,
    pub(super) acr: Option<Cow<'a, str>>,
    /// Its type is checked where a scope is asked for: other products put lists here.
    pub(super) scope: Field<'a>,
    pub(super) jti: Option<Cow<'a, str>>,
    pub(super) sid: Option<Cow<'a, str>>,
    pub(super) exp: Option<f64>,
    pub(super) nbf: Option<f64>,
    pub(super) iat: Option<f64>,
    pub(super) auth_time: Option<f64>,
    pub(super) events: Option<Events>,
    pub(super) has_at_hash: bool,
}

/// The audiences of a token. A single audience, the usual case, costs no allocation.
pub(super) enum Audiences<'a> {
    One(Cow<'a, str>),
    Many(Vec<Cow<'a, str>>),
}

impl<'a> Audiences<'a> {
    pub(super) fn as_slice(&self) -> &[Cow<'a, str>] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(all) => all,
        }
    }
}

/// The events of a token.
pub(super) struct Events {
    pub(super) is_logout: bool,
}

impl<'a> Claims<'a> {
    /// Reads the claims; a claim of the wrong type is an error, never an absent one.
    pub(super) fn read(json: &'a str) -> Result<Self, InvalidToken> {
        let names = [
            "iss",
            "aud",
            "sub",
            "azp",
            "nonce",
            "acr",
            "scope",
            "jti",
            "sid",
            "exp",
            "nbf",
            "iat",
            "auth_time",
            "events",
            "at_hash",
        ];
        let fields = members(json, names).ok_or(InvalidToken::Malformed)?;
        let [iss, aud, sub, azp, nonce, acr, scope, jti, sid, exp, nbf, iat, auth_time, events, at_hash] = fields;
        Ok(Self {
            iss: iss.text("iss")?,
            aud: audiences(aud)?,
            sub: sub.text("sub")?,
            azp: azp.text("azp")?,
            nonce: nonce.text("nonce")?,
            acr: acr.text("acr")?,
            scope,
            jti: jti.text("jti")?,
            sid: sid.text("sid")?,
            exp: exp.number("exp")?,
            nbf: nbf.number("nbf")?,
            iat: iat.number("iat")?,
            auth_time: auth_time.number("auth_time")?,
            events: events_of(events)?,
            has_at_hash: !matches!(at_hash, Field::Absent),
        })
    }
}

/// The audiences: one string, or an array of strings (RFC 7519, section 4.1.3).
fn audiences(field: Field<'_>) -> Result<Audiences<'_>, InvalidToken> {
    match field {
        Field::Absent => Ok(Audiences::Many(Vec::new())),
        Field::Text(one) => Ok(Audiences::One(one)),
        Field::Texts(all) => Ok(Audiences::Many(all)),
        _ => Err(InvalidToken::WrongType("aud")),
    }
}

fn events_of(field: Field<'_>) -> Result<Option<Events>, InvalidToken> {
    match field {
        Field::Absent => Ok(None),
        Field::Object(members) => {
            let is_logout = members.iter().any(|(name, is_object)| name == LOGOUT_EVENT && *is_object);
            Ok(Some(Events { is_logout }))
        }
        _ => Err(InvalidToken::WrongType("events")),
    }
}
