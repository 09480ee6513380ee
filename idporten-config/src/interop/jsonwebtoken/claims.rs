//! The claims that the rules check: those that come before the key, and the others.

use std::borrow::Cow;

use serde::Deserialize;

use super::error::InvalidToken;
use super::object::{Field, object};

/// The event of a log-out token (OpenID Connect Back-Channel Logout 1.0, section 2.4).
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The claims that decide whether a token is worth a key and a signature check. A stranger may send any number of tokens, so that
/// nothing else is read of them.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Unverified<'a> {
    pub(super) iss: Field<'a>,
    pub(super) exp: Field<'a>,
}

/// Claims of RFC 7519, OpenID Connect Core 1.0, RFC 8693 and Back-Channel Logout 1.0. Times are seconds since 1970.
pub(super) struct Claims<'a> {
    pub(super) aud: Audiences<'a>,
    pub(super) sub: Option<Cow<'a, str>>,
    pub(super) azp: Option<Cow<'a, str>>,
    pub(super) nonce: Option<Cow<'a, str>>,
    pub(super) acr: Option<Cow<'a, str>>,
    /// Its type is checked where a scope is asked for: other products put lists here.
    pub(super) scope: Field<'a>,
    pub(super) jti: Option<Cow<'a, str>>,
    pub(super) sid: Option<Cow<'a, str>>,
    pub(super) nbf: Option<f64>,
    pub(super) iat: Option<f64>,
    pub(super) auth_time: Option<f64>,
    /// Whether the event of a log-out is among `events`, if it is there.
    pub(super) has_logout_event: Option<bool>,
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

/// The claims as they come.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Members<'a> {
    aud: Field<'a>,
    sub: Field<'a>,
    azp: Field<'a>,
    nonce: Field<'a>,
    acr: Field<'a>,
    scope: Field<'a>,
    jti: Field<'a>,
    sid: Field<'a>,
    nbf: Field<'a>,
    iat: Field<'a>,
    auth_time: Field<'a>,
    events: Field<'a>,
    at_hash: Field<'a>,
}

impl<'a> Claims<'a> {
    /// Reads the claims; a claim of the wrong type is an error, never an absent one.
    pub(super) fn read(json: &'a str) -> Result<Self, InvalidToken> {
        let members = object::<Members>(json)?;
        Ok(Self {
            aud: audiences(members.aud)?,
            sub: members.sub.text("sub")?,
            azp: members.azp.text("azp")?,
            nonce: members.nonce.text("nonce")?,
            acr: members.acr.text("acr")?,
            scope: members.scope,
            jti: members.jti.text("jti")?,
            sid: members.sid.text("sid")?,
            nbf: members.nbf.number("nbf")?,
            iat: members.iat.number("iat")?,
            auth_time: members.auth_time.number("auth_time")?,
            has_logout_event: has_logout_event(members.events)?,
            has_at_hash: !matches!(members.at_hash, Field::Absent),
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

fn has_logout_event(events: Field<'_>) -> Result<Option<bool>, InvalidToken> {
    match events {
        Field::Absent => Ok(None),
        Field::Object(members) => Ok(Some(members.iter().any(|(name, is_object)| name == LOGOUT_EVENT && *is_object))),
        _ => Err(InvalidToken::WrongType("events")),
    }
}
