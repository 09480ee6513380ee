//! The rules for tokens of one kind, in one program.

use std::time::{Duration, SystemTime};

use super::claims::{Claims, Unverified};
use super::error::{Insufficient, InvalidToken, VerifyError};
use super::expect::{Expect, Nonce};
use super::parts::Header;
use super::setup::SetupError;
use crate::document::Provider;
use crate::environment::{Product, Schema, acr_at_least, acr_is_ranked};

/// The longest leeway, in seconds.
const MAX_LEEWAY: u64 = 5 * 60;

/// The rules that a token must meet in this program. Issuer, algorithms and keys are not part of them: the provider
/// defines these, and a program cannot weaken them.
///
/// ```
/// use idporten_config::idporten::AcrValue;
/// use idporten_config::interop::jsonwebtoken::Rules;
///
/// let rules = Rules::id_token("my-client-id").acr_at_least(AcrValue::IdportenLoaSubstantial);
/// let rules = Rules::maskinporten("https://api.example.no").scope("example:read");
/// ```
#[derive(Debug, Clone)]
pub struct Rules {
    kind: Kind,
    audience: String,
    trusted_audiences: Vec<String>,
    level: Level,
    scopes: Vec<String>,
    leeway: Duration,
}

/// The kinds of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    IdToken,
    AccessToken,
    Maskinporten,
    LogoutToken,
}

#[derive(Debug, Clone)]
enum Level {
    Any,
    AtLeast(String),
    OneOf(Vec<String>),
}

impl Rules {
    fn new(kind: Kind, audience: impl Into<String>) -> Self {
        Self {
            kind,
            audience: audience.into(),
            trusted_audiences: Vec::new(),
            level: Level::Any,
            scopes: Vec::new(),
            leeway: Duration::from_secs(60),
        }
    }

    /// Returns the rules for an ID token that was issued to this client (OpenID Connect Core 1.0, section 3.1.3.7).
    #[must_use]
    pub fn id_token(client_id: impl Into<String>) -> Self {
        Self::new(Kind::IdToken, client_id)
    }

    /// Returns the rules for an access token whose `aud` is this resource server, as in RFC 9068, section 4, except that `typ` may be
    /// absent or `JWT`. An ID token is then told apart by its `aud`: the audience must not be a client id.
    #[must_use]
    pub fn access_token(audience: impl Into<String>) -> Self {
        Self::new(Kind::AccessToken, audience)
    }

    /// Returns the rules for an access token of Maskinporten whose `aud` is this resource server. Digdir documents how a client asks
    /// for that; a token without `aud` is not valid.
    #[must_use]
    pub fn maskinporten(audience: impl Into<String>) -> Self {
        Self::new(Kind::Maskinporten, audience)
    }

    /// Returns the rules for a log-out token that was sent to this client (OpenID Connect Back-Channel Logout 1.0, section 2.6).
    /// The program has to check that its `jti` was not seen before.
    #[must_use]
    pub fn logout_token(client_id: impl Into<String>) -> Self {
        Self::new(Kind::LogoutToken, client_id)
    }

    /// Requires a log-in of this level or a higher one of the same family: see [`acr_at_least`]. A value that has no place in a
    /// documented order is refused by [`Verifier::new`](super::Verifier::new); name such values with
    /// [`acr_one_of`](Self::acr_one_of). The last call of the two counts.
    #[must_use]
    pub fn acr_at_least(self, level: impl AsRef<str>) -> Self {
        Self { level: Level::AtLeast(level.as_ref().to_owned()), ..self }
    }

    /// Requires an `acr` that is one of these, byte for byte. The last call of this and [`acr_at_least`](Self::acr_at_least) counts.
    #[must_use]
    pub fn acr_one_of<T: AsRef<str>>(self, values: impl IntoIterator<Item = T>) -> Self {
        Self { level: Level::OneOf(values.into_iter().map(|value| value.as_ref().to_owned()).collect()), ..self }
    }

    /// Requires this scope among those of the claim `scope`, a string in which they are separated by blanks (RFC 8693,
    /// section 4.2). Call it once for each scope that is required.
    #[must_use]
    pub fn scope(mut self, scope: impl AsRef<str>) -> Self {
        self.scopes.push(scope.as_ref().to_owned());
        self
    }

    /// Accepts tokens whose `aud` names this one too. Without it the program's own audience must be the only one.
    #[must_use]
    pub fn trusted_audience(mut self, audience: impl Into<String>) -> Self {
        self.trusted_audiences.push(audience.into());
        self
    }

    /// Sets how far the clocks of this machine and of the provider may differ where times are compared: 60 seconds by default,
    /// at most 5 minutes.
    #[must_use]
    pub fn leeway(self, leeway: Duration) -> Self {
        Self { leeway, ..self }
    }

    /// Finds contradictions, before the first token comes.
    pub(super) fn check(&self, provider: &Provider) -> Result<(), SetupError> {
        let is_empty = |text: &String| text.trim().is_empty();
        if is_empty(&self.audience) || self.trusted_audiences.iter().any(is_empty) {
            return Err(SetupError::EmptyAudience);
        }
        if self.leeway > Duration::from_secs(MAX_LEEWAY) {
            return Err(SetupError::Leeway(self.leeway));
        }
        if let Some(scope) = self.scopes.iter().find(|scope| is_empty(scope) || scope.contains(char::is_whitespace)) {
            return Err(SetupError::Scope(scope.clone()));
        }
        if self.kind == Kind::LogoutToken && !self.scopes.is_empty() {
            return Err(SetupError::NoScope);
        }
        match &self.level {
            Level::AtLeast(level) if !acr_is_ranked(level) => return Err(SetupError::Level(level.clone())),
            Level::OneOf(values) if values.is_empty() => return Err(SetupError::Level(String::new())),
            Level::Any => {}
            _ if matches!(self.kind, Kind::LogoutToken | Kind::Maskinporten) => return Err(SetupError::NoLevel),
            _ => {}
        }
        let fits = match self.kind {
            Kind::IdToken | Kind::LogoutToken => provider.schema() == Schema::OpenIdConnectDiscovery,
            Kind::Maskinporten => provider.product() == Product::Maskinporten,
            Kind::AccessToken => true,
        };
        if fits { Ok(()) } else { Err(SetupError::Product(provider.slug().to_owned())) }
    }

    /// Makes the checks that need no key. They save the signature check, and a fetch for a key that nobody publishes. An attacker
    /// learns nothing from their result: the issuer and the time are public.
    pub(super) fn check_unverified(
        &self,
        header: &Header<'_>,
        claims: Unverified<'_>,
        issuer: &str,
        now: SystemTime,
    ) -> Result<(), InvalidToken> {
        let (iss, exp) = (claims.iss.text("iss")?, claims.exp.number("exp")?);
        self.check_type(header.typ.as_deref())?;
        match iss.as_deref() {
            None => return Err(InvalidToken::Missing("iss")),
            Some(iss) if iss != issuer => return Err(InvalidToken::Issuer),
            Some(_) => {}
        }
        let exp = exp.ok_or(InvalidToken::Missing("exp"))?;
        if exp <= seconds(now) - self.leeway.as_secs_f64() {
            return Err(InvalidToken::Expired);
        }
        Ok(())
    }

    /// Checks `typ`. The media type is compared without its prefix and without case (RFC 7515, section 4.1.9). A token without `typ` may be of
    /// any kind.
    fn check_type(&self, typ: Option<&str>) -> Result<(), InvalidToken> {
        let Some(typ) = typ else { return Ok(()) };
        let prefix = "application/";
        let typ = match typ.get(..prefix.len()) {
            Some(start) if start.eq_ignore_ascii_case(prefix) => &typ[prefix.len()..],
            _ => typ,
        };
        let own = match self.kind {
            Kind::IdToken => "JWT",
            Kind::AccessToken | Kind::Maskinporten => "at+jwt",
            Kind::LogoutToken => "logout+jwt",
        };
        let fits = typ.eq_ignore_ascii_case("JWT") || typ.eq_ignore_ascii_case(own);
        if fits { Ok(()) } else { Err(InvalidToken::Type) }
    }

    /// Makes the checks on the claims of a token whose signature was verified, and whose issuer and expiry were checked.
    pub(super) fn check_verified(
        &self,
        claims: &Claims<'_>,
        expect: &Expect,
        now: SystemTime,
    ) -> Result<(), InvalidToken> {
        self.check_audience(claims)?;
        self.check_times(claims, now)?;
        self.check_kind(claims)?;
        if self.kind == Kind::IdToken { check_nonce(claims.nonce.as_deref(), &expect.nonce) } else { Ok(()) }
    }

    fn check_audience(&self, claims: &Claims<'_>) -> Result<(), InvalidToken> {
        let audiences = claims.aud.as_slice();
        if audiences.is_empty() {
            return Err(InvalidToken::Missing("aud"));
        }
        let is_ours = |audience: &str| audience == self.audience;
        let is_trusted = |audience: &str| is_ours(audience) || self.trusted_audiences.iter().any(|it| it == audience);
        if !audiences.iter().any(|it| is_ours(it)) || !audiences.iter().all(|it| is_trusted(it)) {
            return Err(InvalidToken::Audience);
        }
        if self.kind != Kind::IdToken {
            return Ok(());
        }
        match claims.azp.as_deref() {
            Some(azp) if azp != self.audience => Err(InvalidToken::AuthorizedParty),
            // With several audiences only `azp` says to which of them the token was issued.
            None if audiences.len() > 1 => Err(InvalidToken::Missing("azp")),
            _ => Ok(()),
        }
    }

    fn check_times(&self, claims: &Claims<'_>, now: SystemTime) -> Result<(), InvalidToken> {
        let latest = seconds(now) + self.leeway.as_secs_f64();
        if claims.nbf.is_some_and(|nbf| nbf > latest) {
            return Err(InvalidToken::NotYetValid);
        }
        if claims.iat.is_some_and(|iat| iat > latest) || claims.auth_time.is_some_and(|time| time > latest) {
            return Err(InvalidToken::IssuedInFuture);
        }
        Ok(())
    }

    /// Distinguishes the kinds of tokens by their claims, since `typ` may be missing.
    fn check_kind(&self, claims: &Claims<'_>) -> Result<(), InvalidToken> {
        let require = |there: bool, name| if there { Ok(()) } else { Err(InvalidToken::Missing(name)) };
        match self.kind {
            Kind::IdToken => {
                require(claims.sub.is_some(), "sub")?;
                require(claims.iat.is_some(), "iat")?;
            }
            Kind::AccessToken | Kind::Maskinporten if claims.has_at_hash => return Err(InvalidToken::Kind),
            Kind::AccessToken | Kind::Maskinporten => {}
            Kind::LogoutToken => {
                require(claims.iat.is_some(), "iat")?;
                require(claims.jti.is_some(), "jti")?;
                require(claims.sub.is_some() || claims.sid.is_some(), "sub")?;
                require(claims.has_logout_event.is_some(), "events")?;
                // A nonce is prohibited so that no log-out token passes for an ID token (section 2.4).
                if claims.nonce.is_some() {
                    return Err(InvalidToken::Kind);
                }
            }
        }
        let is_logout = claims.has_logout_event == Some(true);
        if is_logout == (self.kind == Kind::LogoutToken) { Ok(()) } else { Err(InvalidToken::Kind) }
    }

    /// Checks that a valid token is sufficient.
    pub(super) fn check_sufficient(
        &self,
        claims: &Claims<'_>,
        expect: &Expect,
        now: SystemTime,
    ) -> Result<(), VerifyError> {
        let acr = claims.acr.as_deref();
        match &self.level {
            Level::AtLeast(level) if !acr.is_some_and(|acr| acr_at_least(acr, level)) => {
                return Err(Insufficient::Level(level.clone()).into());
            }
            Level::OneOf(values) if !acr.is_some_and(|acr| values.iter().any(|value| value == acr)) => {
                return Err(Insufficient::Level(values.join(" ")).into());
            }
            _ => {}
        }
        if !self.scopes.is_empty() {
            let scope = claims.scope.as_text("scope")?.unwrap_or_default();
            if !self.scopes.iter().all(|wanted| scope.split(' ').any(|it| it == wanted)) {
                return Err(Insufficient::Scope(self.scopes.join(" ")).into());
            }
        }
        self.check_age(claims, expect, now)
    }

    fn check_age(&self, claims: &Claims<'_>, expect: &Expect, now: SystemTime) -> Result<(), VerifyError> {
        let Some(max_age) = expect.max_age else { return Ok(()) };
        let auth_time = claims.auth_time.ok_or(InvalidToken::Missing("auth_time"))?;
        let allowed = max_age.saturating_add(self.leeway).as_secs_f64();
        if seconds(now) - auth_time > allowed { Err(Insufficient::Age(max_age).into()) } else { Ok(()) }
    }
}

fn check_nonce(found: Option<&str>, expected: &Nonce) -> Result<(), InvalidToken> {
    let fits = match (expected, found) {
        (Nonce::Any, _) | (Nonce::Absent, None) => true,
        (Nonce::Equal(expected), Some(found)) => !expected.is_empty() && expected == found,
        (Nonce::Absent, Some(_)) | (Nonce::Equal(_), None) => false,
    };
    if fits { Ok(()) } else { Err(InvalidToken::Nonce) }
}

/// Returns the time in seconds since 1970, as in a token. A clock before 1970 counts as of 1970.
fn seconds(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
