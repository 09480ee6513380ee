//! Key sets (RFC 7517), read entry by entry: an invalid entry does not affect the valid ones.

mod key;

use crate::document::json::{Object, Value, distinct, object};
use crate::document::violation::{Rule, Violation, printable};
use crate::environment::SigningAlg;

#[cfg(feature = "refresh-core")]
pub(crate) use key::MAX_KID;
use key::Refusal;
pub use key::{KeyParameters, SigningKey};

/// The largest document that is read, in bytes.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// The number of entries that a key set may have at most.
pub const MAX_KEYS: usize = 100;
/// The number of different keys under one kid and algorithm at most.
pub(crate) const MAX_CANDIDATES: usize = 4;

/// The usable keys of a set, and the entries that are not used.
///
/// A key is usable if its form is right and it serves at least one algorithm: its own `alg`, or one that its type allows of
/// those published for the environment.
///
/// ```
/// use idporten_config::JwkSet;
/// use idporten_config::document::RejectionCause;
///
/// let ed25519 = r#"{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "one"}"#;
/// let set = JwkSet::parse(format!(r#"{{"keys": [{ed25519}, {{"kty": "oct", "k": "c2VjcmV0"}}]}}"#).as_bytes())?;
/// assert_eq!(set.keys()[0].kid(), Some("one"));
/// assert_eq!(set.rejected()[0].cause, RejectionCause::Symmetric);
/// # Ok::<(), idporten_config::document::Violation>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwkSet {
    keys: Vec<SigningKey>,
    rejected: Vec<RejectedKey>,
    /// The algorithms that a key without `alg` may serve.
    published: Vec<SigningAlg>,
}

/// An entry of a key set that is not used.
///
/// ```
/// use idporten_config::JwkSet;
///
/// let ed25519 = r#"{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// let short = r#"{"kty": "OKP", "crv": "Ed25519", "x": "AAAA", "kid": "short"}"#;
/// let set = JwkSet::parse(format!(r#"{{"keys": [{ed25519}, {short}]}}"#).as_bytes())?;
/// let rejected = &set.rejected()[0];
/// assert_eq!((rejected.index, rejected.kid.as_deref()), (1, Some("short")));
/// assert_eq!(rejected.reason, "`x` has 3 bytes; the curve has 32");
/// # Ok::<(), idporten_config::document::Violation>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RejectedKey {
    /// The index of the entry in `keys`, from 0.
    pub index: usize,
    /// The `kid` of the entry, if it is a string.
    pub kid: Option<String>,
    /// The member that is wrong, and the mistake in it. It never holds key material.
    pub reason: String,
    /// The kind of the reason.
    pub cause: RejectionCause,
}

/// The kinds of reasons for which an entry of a key set is not used.
///
/// ```
/// use idporten_config::document::RejectionCause;
///
/// assert_eq!(RejectionCause::NoAlgorithm.as_str(), "no-algorithm");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectionCause {
    /// The entry is not a public signature key of a type that this project supports.
    Unsuitable,
    /// The key is for encryption (`use` is `enc`). Many providers publish such keys beside their signing keys.
    Encryption,
    /// The key is a shared secret (`oct`), which is public now that the set is.
    Symmetric,
    /// The entry publishes a private key, which must be treated as known to everybody.
    Leaked,
    /// The key serves no algorithm published for the environment.
    NoAlgorithm,
    /// Too many other keys have the same kid and algorithm.
    Surplus,
}

/// The algorithms that keys without `alg` may serve in an environment.
#[derive(Clone, Copy)]
pub(crate) struct Published<'a> {
    pub(crate) algs: &'a [SigningAlg],
    /// The help for a set none of whose keys serves an algorithm.
    pub(crate) hint: &'a str,
}

impl JwkSet {
    /// Reads a JWK Set document.
    ///
    /// # Errors
    ///
    /// Returns an error for a document larger than 1 MiB, one that is not an object with a list `keys` of at most [`MAX_KEYS`]
    /// entries, one with a duplicate member outside of its entries, and one without a usable key. The error says what is wrong
    /// with each entry.
    pub fn parse(text: &[u8]) -> Result<Self, Violation> {
        if text.len() > MAX_BYTES {
            return Err(Violation::new("", Rule::Keys, format!("the key set is larger than {MAX_BYTES} bytes")));
        }
        let json = Value::parse(text).map_err(|error| Violation::new("", Rule::Syntax, error.to_string()))?;
        // Without metadata it is unknown which algorithms are published. With none, no key without `alg` would be usable.
        Self::from_json(&json, "", Published { algs: SigningAlg::ALL, hint: "" })
    }

    /// Reads a key set that stands at `place` in a document.
    pub(crate) fn from_json(json: &Value, place: &str, published: Published<'_>) -> Result<Self, Violation> {
        let refuse = |rule, reason: String| Violation::new(place, rule, reason);
        let set = json.as_object().ok_or_else(|| {
            refuse(Rule::Type, format!("the top level of a key set must be an object, found {}", json.kind()))
        })?;
        if let Some(name) = duplicate_outside_of_keys(set) {
            let reason = format!("the member `{}` is there twice; remove one of the two", printable(&name));
            return Err(refuse(Rule::Duplicate, reason));
        }
        let entries = match set.get("keys") {
            Some(Value::Array(entries)) => entries,
            Some(other) => {
                return Err(refuse(Rule::Type, format!("`keys` must be a list, found {}", other.kind())));
            }
            None => return Err(refuse(Rule::Missing, "a key set must have a list `keys`".to_owned())),
        };
        // Before any entry is read, so that rejected entries count too: reading them is the cost that the limit bounds.
        if entries.len() > MAX_KEYS {
            return Err(refuse(Rule::Keys, format!("{} keys; at most {MAX_KEYS} are accepted", entries.len())));
        }
        let set = Self::from_entries(entries, published.algs);
        // RFC 7517, section 5: entries that are not understood are ignored. The set is refused only if no entry is left.
        if set.keys.is_empty() {
            let rule = if set.is_leaked() { Rule::Leaked } else { Rule::Keys };
            return Err(refuse(rule, format!("the key set has no usable key{}", set.reasons(published.hint))));
        }
        Ok(set)
    }

    fn from_entries(entries: &[Value], published: &[SigningAlg]) -> Self {
        let mut set = Self { keys: Vec::new(), rejected: Vec::new(), published: published.to_vec() };
        for (index, entry) in entries.iter().enumerate() {
            let read = SigningKey::from_json(entry).and_then(|key| set.usable(key));
            match read {
                // Equal entries are one key. Kept twice, they would make their kid ambiguous and count twice against the limit of
                // candidates.
                Ok(key) if set.keys.contains(&key) => {}
                Ok(key) => set.keys.push(key),
                Err(Refusal { reason, cause }) => {
                    let kid = entry.as_object().and_then(|entry| entry.get("kid")?.as_str()).map(str::to_owned);
                    set.rejected.push(RejectedKey { index, kid, reason, cause });
                }
            }
        }
        set
    }

    fn usable(&self, key: SigningKey) -> Result<SigningKey, Refusal> {
        if !self.serves_any(&key) {
            let algs: Vec<_> = self.published.iter().map(|alg| alg.as_str()).collect();
            let among = if algs.is_empty() { "none are".to_owned() } else { algs.join(", ") };
            let reason = format!("names no `alg`, and its type serves none of the published algorithms ({among})");
            return Err(Refusal { reason, cause: RejectionCause::NoAlgorithm });
        }
        // Each candidate costs a signature check for every token with its kid, including forged ones. Without a limit, one
        // request could cost as many checks as the set has keys.
        if !self.keys.contains(&key) && self.rivals(&key) >= MAX_CANDIDATES {
            let reason = format!("is one of more than {MAX_CANDIDATES} different keys under one kid and algorithm");
            return Err(Refusal { reason, cause: RejectionCause::Surplus });
        }
        Ok(key)
    }

    fn serves_any(&self, key: &SigningKey) -> bool {
        SigningAlg::ALL.iter().any(|&alg| key.serves(alg, &self.published))
    }

    /// Returns the usable entries of a key set that `keep` selects, as they were served, and the set that they make.
    #[cfg(feature = "refresh-core")]
    pub(crate) fn retaining(&self, json: &Value, keep: impl Fn(&SigningKey) -> bool) -> (Value, Self) {
        self.filtered(json, |entry| {
            SigningKey::from_json(entry).is_ok_and(|key| self.keys.contains(&key) && keep(&key))
        })
    }

    /// Returns the entries of a key set but for the keys that `leaves_out` selects, and the set that they make. `None` where that
    /// is all of them.
    #[cfg(feature = "refresh-core")]
    pub(crate) fn without(&self, json: &Value, leaves_out: impl Fn(&SigningKey) -> bool) -> Option<(Value, Self)> {
        let is_left_out = |entry: &Value| SigningKey::from_json(entry).is_ok_and(|key| leaves_out(&key));
        entries_of(json).iter().any(is_left_out).then(|| self.filtered(json, |entry| !is_left_out(entry)))
    }

    #[cfg(feature = "refresh-core")]
    fn filtered(&self, json: &Value, keep: impl Fn(&Value) -> bool) -> (Value, Self) {
        // The entries as served rather than the checked keys, so that certificates stay with their keys.
        let entries: Vec<Value> = entries_of(json).iter().filter(|entry| keep(entry)).cloned().collect();
        let set = Self::from_entries(&entries, &self.published);
        (object([("keys", entries.into())]).into(), set)
    }

    /// Returns the number of keys in the set that a token with the kid and algorithm of `key` could mean.
    fn rivals(&self, key: &SigningKey) -> usize {
        self.keys.iter().filter(|other| other.is_rival_of(key, &self.published)).count()
    }

    fn reasons(&self, hint: &str) -> String {
        let reason = |rejected: &RejectedKey| format!("; entry {}: {}", rejected.index, rejected.reason);
        let reasons: String = self.rejected.iter().map(reason).collect();
        let is_hint_of_use = self.rejected.iter().any(|rejected| rejected.cause == RejectionCause::NoAlgorithm);
        if is_hint_of_use && !hint.is_empty() { format!("{reasons}; {hint}") } else { reasons }
    }

    /// Returns the usable keys in the order served, without duplicates.
    #[must_use]
    pub fn keys(&self) -> &[SigningKey] {
        &self.keys
    }

    /// Returns the entries that are not used, each with its reason.
    #[must_use]
    pub fn rejected(&self) -> &[RejectedKey] {
        &self.rejected
    }

    /// Returns whether the set publishes a private key.
    #[must_use]
    pub fn is_leaked(&self) -> bool {
        self.rejected.iter().any(RejectedKey::is_leaked)
    }

    /// Returns the kids under which several keys serve one algorithm: a token that names one of them means any of those keys.
    #[must_use]
    pub fn ambiguous_kids(&self) -> Vec<&str> {
        distinct(self.keys.iter().filter(|key| self.rivals(key) > 1).filter_map(SigningKey::kid).collect())
    }

    /// Returns the algorithms that a key of the set serves.
    #[must_use]
    pub fn algs_of(&self, key: &SigningKey) -> Vec<SigningAlg> {
        SigningAlg::ALL.iter().copied().filter(|&alg| key.serves(alg, &self.published)).collect()
    }

    /// Returns the usable keys as a key set, each as [`SigningKey::to_jwk`] writes it.
    ///
    /// ```
    /// use idporten_config::JwkSet;
    ///
    /// let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    /// let published = format!(r#"{{"keys": [{{"kty": "OKP", "crv": "Ed25519", "x": "{x}", "x5t": "AQ"}}, null]}}"#);
    /// let written = JwkSet::parse(published.as_bytes())?.to_json();
    /// let wanted = format!(r#"{{"keys": [{{"kty": "OKP", "crv": "Ed25519", "x": "{x}", "use": "sig"}}]}}"#);
    /// assert_eq!(written.to_string(), idporten_config::document::json::Value::parse(wanted.as_bytes()).unwrap().to_string());
    /// # Ok::<(), idporten_config::document::Violation>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> Value {
        object([("keys", self.keys.iter().map(SigningKey::to_jwk).collect::<Vec<_>>().into())]).into()
    }
}

impl RejectedKey {
    /// Returns whether the entry publishes a private key, which must be treated as known to everybody.
    #[must_use]
    pub fn is_leaked(&self) -> bool {
        self.cause == RejectionCause::Leaked
    }
}

impl RejectionCause {
    /// Returns a stable name for programs: `no-algorithm`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unsuitable => "unsuitable",
            Self::Encryption => "encryption",
            Self::Symmetric => "symmetric",
            Self::Leaked => "leaked",
            Self::NoAlgorithm => "no-algorithm",
            Self::Surplus => "surplus",
        }
    }
}

#[cfg(feature = "refresh-core")]
fn entries_of(json: &Value) -> &[Value] {
    json.as_object().and_then(|set| set.get("keys")?.as_array()).unwrap_or_default()
}

/// Returns a key set as it was served, with private and symmetric key material replaced by empty strings. The entries stay, so
/// that the leak is reported; the material itself must reach no disk and no log.
#[cfg(any(feature = "fetch", feature = "refresh-core"))]
pub(crate) fn without_secrets(jwks: &Value) -> Value {
    match jwks {
        Value::Array(values) => Value::Array(values.iter().map(without_secrets).collect()),
        Value::Object(object) => {
            let blank = |(name, value): (&str, &Value)| {
                let value = if key::is_secret(name) { "".into() } else { without_secrets(value) };
                (name.to_owned(), value)
            };
            Value::Object(object.iter().map(blank).collect())
        }
        other => other.clone(),
    }
}

/// Returns a member name that is used twice outside of the entries. `Value::duplicate` on the whole set would refuse every key
/// for a duplicate in one entry; such an entry is rejected alone.
fn duplicate_outside_of_keys(set: &Object) -> Option<String> {
    set.own_duplicate()
        .map(str::to_owned)
        .or_else(|| set.iter().filter(|(name, _)| *name != "keys").find_map(|(_, value)| value.duplicate()))
}

#[cfg(test)]
mod tests;
