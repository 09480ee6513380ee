//! The complete check of a token, in its order.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use jsonwebtoken::Algorithm;
use jsonwebtoken::crypto::CryptoProvider;
use serde_core::de::DeserializeOwned;

use super::backend::{BackEnd, algorithm};
use super::claims::Claims;
use super::error::{InvalidToken, VerifyError};
use super::expect::Expect;
use super::object::object;
use super::parts::{Header, Parts};
use super::rules::Rules;
use super::setup::SetupError;
use super::token::Token;
use crate::environment::SigningAlg;
use crate::refresh::{Keys, Refresher};

/// Verifies tokens of one provider for one program. Clones share their rules, and work on any thread.
///
/// Checks come in this order: size and form, header, issuer and expiry, key, signature, the other claims, the program's own type,
/// and finally whether the token is sufficient. Only a token whose issuer, algorithm and expiry fit can ask for a fetch.
///
/// See the [module](super) for an example.
#[derive(Clone)]
pub struct Verifier {
    refresher: Refresher,
    rules: Arc<Rules>,
    back_end: BackEnd,
}

/// A token that was read, and may be worth a signature check.
struct ReadToken<'a> {
    parts: &'a Parts<'a>,
    kid: Option<Cow<'a, str>>,
    alg: SigningAlg,
    algorithm: Algorithm,
    now: SystemTime,
}

impl Verifier {
    /// Makes a verifier with the back-end that the program chose for `jsonwebtoken`, by a feature of it or with
    /// `CryptoProvider::install_default`.
    ///
    /// One trial operation finds out whether there is a back-end; where there is none, the panic of `jsonwebtoken` that it
    /// catches is printed to standard error. With `panic = "abort"` the program ends here.
    ///
    /// # Errors
    ///
    /// See [`SetupError`].
    pub fn new(refresher: &Refresher, rules: Rules) -> Result<Self, SetupError> {
        Self::make(refresher, rules, BackEnd::OfProcess)
    }

    /// Makes a verifier with this back-end, regardless of the program's features.
    ///
    /// # Errors
    ///
    /// See [`SetupError`].
    pub fn with_provider(
        refresher: &Refresher,
        rules: Rules,
        provider: &'static CryptoProvider,
    ) -> Result<Self, SetupError> {
        Self::make(refresher, rules, BackEnd::Given(provider))
    }

    fn make(refresher: &Refresher, rules: Rules, back_end: BackEnd) -> Result<Self, SetupError> {
        rules.check(refresher.provider())?;
        if !back_end.works() {
            return Err(SetupError::BackEnd);
        }
        Ok(Self { refresher: refresher.clone(), rules: Arc::new(rules), back_end })
    }

    /// Verifies a token. It never waits: a key that is not in the set asks for a fetch, and is undetermined.
    ///
    /// # Errors
    ///
    /// See [`VerifyError`].
    pub fn verify<T: DeserializeOwned>(&self, jwt: &str, expect: &Expect) -> Result<Token<T>, VerifyError> {
        let parts = Parts::split(jwt)?;
        let token = self.read(&parts)?;
        let keys = self.refresher.find_keys(token.kid.as_deref(), token.alg)?;
        self.finish(token, &keys, expect)
    }

    /// Verifies a token, and waits for the fetch of a key that is not in the set: at most
    /// [`key_wait`](crate::RefreshPolicy::key_wait). It blocks this thread.
    ///
    /// # Errors
    ///
    /// See [`VerifyError`].
    pub fn verify_wait<T: DeserializeOwned>(&self, jwt: &str, expect: &Expect) -> Result<Token<T>, VerifyError> {
        let parts = Parts::split(jwt)?;
        let token = self.read(&parts)?;
        let keys = self.refresher.find_keys_wait(token.kid.as_deref(), token.alg)?;
        self.finish(token, &keys, expect)
    }

    /// Verifies a token as [`verify_wait`](Self::verify_wait), in a future, on any executor. The future may be dropped at any time.
    ///
    /// # Errors
    ///
    /// See [`VerifyError`].
    pub async fn verify_async<T: DeserializeOwned>(&self, jwt: &str, expect: &Expect) -> Result<Token<T>, VerifyError> {
        let parts = Parts::split(jwt)?;
        let token = self.read(&parts)?;
        let keys = self.refresher.find_keys_async(token.kid.as_deref(), token.alg).await?;
        self.finish(token, &keys, expect)
    }

    /// Makes the checks that need no key.
    fn read<'a>(&self, parts: &'a Parts<'a>) -> Result<ReadToken<'a>, InvalidToken> {
        let header = parts.header()?;
        let alg = header.alg.parse::<SigningAlg>().map_err(|_| InvalidToken::Algorithm)?;
        let algorithm = algorithm(alg).ok_or(InvalidToken::Algorithm)?;
        let claims = object(parts.claims())?;
        let now = self.refresher.wall();
        self.rules.check_unverified(&header, claims, self.refresher.provider().issuer(), now)?;
        let Header { kid, .. } = header;
        Ok(ReadToken { parts, kid, alg, algorithm, now })
    }

    /// Makes the checks that need a key, and all later ones.
    fn finish<T: DeserializeOwned>(
        &self,
        token: ReadToken<'_>,
        keys: &Keys,
        expect: &Expect,
    ) -> Result<Token<T>, VerifyError> {
        let ReadToken { parts, kid, alg, algorithm, now } = token;
        // Keys that `jsonwebtoken` cannot use, such as those of Ed448, say nothing of the signature.
        if keys.decoding_keys().next().is_none() {
            return Err(InvalidToken::Algorithm.into());
        }
        if !self.is_signed(parts, algorithm, keys) {
            // The provider may have put another key under this kid.
            if let Some(kid) = &kid {
                self.refresher.report_bad_signature(kid);
            }
            return Err(InvalidToken::Signature.into());
        }
        let claims = Claims::read(parts.claims())?;
        self.rules.check_verified(&claims, expect, now)?;
        let typed = serde_json::from_str(parts.claims()).map_err(|error| InvalidToken::Claims(place(&error)))?;
        self.rules.check_sufficient(&claims, expect, now)?;
        Ok(Token { claims: typed, kid: kid.map(Cow::into_owned), alg })
    }

    /// Returns whether one of the candidates signed the token: several keys may have its kid.
    fn is_signed(&self, parts: &Parts<'_>, algorithm: Algorithm, keys: &Keys) -> bool {
        let mut keys = keys.decoding_keys();
        keys.any(|key| self.back_end.verifies(parts.signature, parts.message, key, algorithm))
    }
}

/// Returns the place where the claims do not fit, without the words of `serde_json` that quote a value.
fn place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.strip_prefix("missing field `").and_then(|rest| rest.split_once('`')) {
        Some((name, _)) => format!("`{name}` is missing"),
        None => format!("line {}, column {} has another type or value", error.line(), error.column()),
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("refresher", &self.refresher)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}
