//! The parts of a token: its header, its claims, and the signed text. Nothing in them is trusted.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::error::InvalidToken;
use super::object::{Field, object};

/// Tokens of more bytes are refused unread. Servers limit a whole request head to 8 or 16 KiB.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// The parts of a token in the compact serialization (RFC 7515, section 3.1).
pub(super) struct Parts<'a> {
    /// The header and the claims, as signed.
    pub(super) message: &'a str,
    pub(super) signature: &'a str,
    /// The JSON of both, one after the other: one allocation serves a whole verification.
    json: String,
    header_length: usize,
}

/// The members of the header that are checked.
pub(super) struct Header<'a> {
    pub(super) alg: Cow<'a, str>,
    pub(super) kid: Option<Cow<'a, str>>,
    pub(super) typ: Option<Cow<'a, str>>,
}

/// Those members as they come.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Members<'a> {
    alg: Field<'a>,
    kid: Field<'a>,
    typ: Field<'a>,
    crit: Field<'a>,
}

impl<'a> Parts<'a> {
    pub(super) fn split(jwt: &'a str) -> Result<Self, InvalidToken> {
        if jwt.len() > MAX_TOKEN_BYTES {
            return Err(InvalidToken::TooLong);
        }
        let (message, signature) = jwt.rsplit_once('.').ok_or(InvalidToken::Malformed)?;
        // A further dot, as in an encrypted token, is no letter of base64url and is refused below.
        let (header, claims) = message.split_once('.').ok_or(InvalidToken::Malformed)?;
        let mut json = Vec::with_capacity(message.len());
        let mut decode = |part: &str| {
            let decoded = URL_SAFE_NO_PAD.decode_vec(part, &mut json);
            decoded.map(|()| json.len()).map_err(|_| InvalidToken::Malformed)
        };
        let header_length = decode(header)?;
        decode(claims)?;
        let json = String::from_utf8(json).map_err(|_| InvalidToken::Malformed)?;
        if !json.is_char_boundary(header_length) {
            return Err(InvalidToken::Malformed);
        }
        Ok(Self { message, signature, json, header_length })
    }

    /// Reads the header.
    pub(super) fn header(&self) -> Result<Header<'_>, InvalidToken> {
        let Members { alg, kid, typ, crit } = object(&self.json[..self.header_length])?;
        // A token whose `crit` lists an unsupported extension must be refused (RFC 7515, section 4.1.11); none is supported here.
        if !matches!(crit, Field::Absent) {
            return Err(InvalidToken::Critical);
        }
        let alg = alg.text("alg")?.ok_or(InvalidToken::Malformed)?;
        Ok(Header { alg, kid: kid.text("kid")?, typ: typ.text("typ")? })
    }

    /// Returns the JSON of the claims.
    pub(super) fn claims(&self) -> &str {
        &self.json[self.header_length..]
    }
}
