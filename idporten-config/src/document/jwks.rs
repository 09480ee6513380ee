//! Key sets (RFC 7517), read entry by entry: one bad entry never costs a good one.

mod key;

#[cfg(feature = "refresh-core")]
use crate::document::json::object;
use crate::document::json::{Object, Value};
use crate::document::violation::{Rule, Violation, printable};
use crate::environment::SigningAlg;

pub use key::{KeyParameters, SigningKey};

/// The largest document that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// The most entries a key set may have.
pub const MAX_KEYS: usize = 100;
/// The most different keys under one kid and algorithm.
pub(crate) const MAX_CANDIDATES: usize = 4;

/// The keys of a set that may verify signatures, and why the others may not.
///
/// ```
/// use idporten_config::JwkSet;
///
/// let error = JwkSet::parse(br#"{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}"#).unwrap_err();
/// assert!(error.to_string().contains("`kty` is not RSA, EC or OKP"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwkSet {
    keys: Vec<SigningKey>,
    rejected: Vec<RejectedKey>,
}

/// An entry of a key set that is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RejectedKey {
    /// Which entry of `keys`, from 0.
    pub index: usize,
    /// Its `kid`, where that is a string.
    pub kid: Option<String>,
    /// Which member is wrong, and how; never holds key material.
    pub reason: String,
    /// Whether the entry publishes a private key, which must then be taken as known to everybody.
    pub leaked: bool,
}

impl JwkSet {
    /// Reads a JWK Set document.
    ///
    /// # Errors
    ///
    /// A document over [`MAX_BYTES`], one that is not an object with a list `keys` of at most [`MAX_KEYS`] entries, one with
    /// a duplicate member outside of its entries, and one without a usable key. The error says what is wrong with each entry.
    pub fn parse(text: &[u8]) -> Result<Self, Violation> {
        if text.len() > MAX_BYTES {
            return Err(Violation::new("", Rule::Keys, format!("the key set is larger than {MAX_BYTES} bytes")));
        }
        let json = Value::parse(text).map_err(|error| Violation::new("", Rule::Syntax, error.to_string()))?;
        Self::from_json(&json, "")
    }

    /// Reads a key set that stands at `place` in a document.
    pub(crate) fn from_json(json: &Value, place: &str) -> Result<Self, Violation> {
        let refuse = |rule, reason: String| Violation::new(place, rule, reason);
        let set = json.as_object().ok_or_else(|| {
            refuse(Rule::Type, format!("the top level of a key set must be an object, found {}", json.kind()))
        })?;
        if let Some(name) = duplicate_outside_of_keys(set) {
            return Err(refuse(Rule::Duplicate, format!("the member `{}` is there twice", printable(&name))));
        }
        let entries = match set.get("keys") {
            Some(Value::Array(entries)) => entries,
            Some(other) => {
                return Err(refuse(Rule::Type, format!("`keys` must be a list, found {}", other.kind())));
            }
            None => return Err(refuse(Rule::Missing, "a key set must have a list `keys`".to_owned())),
        };
        if entries.len() > MAX_KEYS {
            return Err(refuse(Rule::Keys, format!("{} keys; at most {MAX_KEYS} are accepted", entries.len())));
        }
        let set = Self::from_entries(entries);
        if set.keys.is_empty() {
            let rule = if set.is_leaked() { Rule::Leaked } else { Rule::Keys };
            return Err(refuse(rule, format!("the key set has no usable key{}", set.reasons())));
        }
        Ok(set)
    }

    fn from_entries(entries: &[Value]) -> Self {
        let mut set = Self { keys: Vec::new(), rejected: Vec::new() };
        for (index, entry) in entries.iter().enumerate() {
            match SigningKey::from_json(entry) {
                Ok(key) if set.keys.contains(&key) => {}
                Ok(key) if set.rivals(&key) >= MAX_CANDIDATES => {
                    let reason = format!("more than {MAX_CANDIDATES} different keys under one kid and algorithm");
                    set.rejected.push(RejectedKey { index, kid: key.kid().map(str::to_owned), reason, leaked: false });
                }
                Ok(key) => set.keys.push(key),
                Err(refusal) => set.rejected.push(RejectedKey {
                    index,
                    kid: entry.as_object().and_then(|entry| entry.get("kid")?.as_str()).map(str::to_owned),
                    reason: refusal.reason,
                    leaked: refusal.leaked,
                }),
            }
        }
        set
    }

    /// Returns the entries of a key set that can be used and that `keep` names, as they were served, and what was read of them.
    #[cfg(feature = "refresh-core")]
    pub(crate) fn retaining(json: &Value, keep: impl Fn(&SigningKey) -> bool) -> (Value, Self) {
        let entries = json.as_object().and_then(|set| set.get("keys")?.as_array()).unwrap_or_default();
        let kept = |entry: &&Value| SigningKey::from_json(entry).is_ok_and(|key| keep(&key));
        let entries: Vec<Value> = entries.iter().filter(kept).cloned().collect();
        let set = Self::from_entries(&entries);
        (object([("keys", Value::Array(entries))]).into(), set)
    }

    /// How many keys of the set a token could mean by the kid and algorithm of `key`.
    fn rivals(&self, key: &SigningKey) -> usize {
        self.keys.iter().filter(|other| other.is_rival_of(key)).count()
    }

    fn reasons(&self) -> String {
        self.rejected.iter().map(|rejected| format!("; entry {}: {}", rejected.index, rejected.reason)).collect()
    }

    /// The usable keys, in the order served, equal ones merged.
    #[must_use]
    pub fn keys(&self) -> &[SigningKey] {
        &self.keys
    }

    /// The entries that are not used.
    #[must_use]
    pub fn rejected(&self) -> &[RejectedKey] {
        &self.rejected
    }

    /// Whether the set publishes a private key.
    #[must_use]
    pub fn is_leaked(&self) -> bool {
        self.rejected.iter().any(|rejected| rejected.leaked)
    }

    /// The kids under which different keys of one algorithm stand: a token that names one of them means any of those keys.
    #[must_use]
    pub fn ambiguous_kids(&self) -> Vec<&str> {
        let mut kids: Vec<&str> =
            self.keys.iter().filter(|key| self.rivals(key) > 1).filter_map(SigningKey::kid).collect();
        kids.sort_unstable();
        kids.dedup();
        kids
    }

    /// The keys that may verify a token with this header. `published` are the algorithms that a key without `alg` may serve.
    ///
    /// A kid matches byte for byte, and never a key without one. Without a kid there is an answer only if exactly one key
    /// fits.
    #[must_use]
    pub fn candidates(&self, kid: Option<&str>, alg: SigningAlg, published: &[SigningAlg]) -> Vec<&SigningKey> {
        let fitting = self.keys.iter().filter(|key| key.serves(alg, published));
        match kid {
            Some(kid) => fitting.filter(|key| key.kid() == Some(kid)).collect(),
            None => {
                let fitting: Vec<_> = fitting.collect();
                if fitting.len() == 1 { fitting } else { Vec::new() }
            }
        }
    }
}

/// A key set as it was served, with nothing in the place of private and symmetric keys: who published them is to be told of, and
/// they themselves are to be on no disk and in no log.
#[cfg(any(feature = "fetch", feature = "refresh-core"))]
pub(crate) fn without_secrets(jwks: Value) -> Value {
    match jwks {
        Value::Array(values) => Value::Array(values.into_iter().map(without_secrets).collect()),
        Value::Object(object) => {
            let blank = |(name, value): (&str, &Value)| {
                let value = if key::is_secret(name) { "".into() } else { without_secrets(value.clone()) };
                (name.to_owned(), value)
            };
            Value::Object(object.iter().map(blank).collect())
        }
        other => other,
    }
}

/// A duplicate within an entry costs that entry alone; it is found there.
fn duplicate_outside_of_keys(set: &Object) -> Option<String> {
    set.own_duplicate()
        .map(str::to_owned)
        .or_else(|| set.iter().filter(|(name, _)| *name != "keys").find_map(|(_, value)| value.duplicate()))
}

#[cfg(test)]
mod tests;
