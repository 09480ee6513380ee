//! The snapshot file: metadata and keys of one environment, with their origin and date.

mod error;
mod read;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::document::json::{self, Limits, Object, Value, object};
#[cfg(feature = "refresh-core")]
use crate::document::jwks::SigningKey;
use crate::document::jwks::{self, JwkSet, Published};
use crate::document::metadata::{CompleteMetadata, Completeness, ProviderMetadata};
use crate::document::provider::Provider;
use crate::document::violation::{Rule, Violation};
use crate::environment::SigningAlg;

pub use error::SnapshotError;

/// The file format that this version writes. It also reads every older format.
pub(crate) const FORMAT: u64 = 1;

/// The largest snapshot that is read, in bytes: the longest canonical text that two documents within their limits can have, so
/// that what is written can be read back. An escape is three times as long as its character, and a value at the deepest level,
/// with its brackets, takes up to 240 bytes of indentation: 15 MiB a document.
pub const MAX_BYTES: usize = 32 * jwks::MAX_BYTES;

/// The limits of a snapshot's text: two documents at theirs, one level below the top, and the file's own members.
const LIMITS: Limits = Limits { depth: json::MAX_DEPTH + 1, values: 2 * json::MAX_VALUES + 200 };

/// The first moment of the year 10000, which the file's time format cannot express.
const LAST_TIME: Duration = Duration::from_secs(253_402_300_800);

/// The metadata and keys of an environment at one moment, which passed every rule.
///
/// Its [`Display`](fmt::Display) form is the canonical text of the file: two snapshots with the same content have the same bytes.
///
/// ```
/// use idporten_config::{KnownEnvironment, Snapshot};
///
/// let snapshot = Snapshot::parse(KnownEnvironment::IdportenTest.bundled_snapshot())?;
/// assert_eq!(snapshot.metadata().token_endpoint.as_deref(), Some("https://test.idporten.no/token"));
/// assert!(snapshot.jwks().is_none());
/// # Ok::<(), idporten_config::document::SnapshotError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    provider: Provider,
    as_of: SystemTime,
    origin: Origin,
    metadata: Arc<ProviderMetadata>,
    // As served and as checked: the file keeps certificates, and entries that are not used.
    jwks: Option<(Value, JwkSet)>,
}

/// The origin of a snapshot's values.
///
/// ```
/// use idporten_config::document::Origin;
/// use idporten_config::{KnownEnvironment, Snapshot};
///
/// let snapshot = Snapshot::parse(KnownEnvironment::IdportenTest.bundled_snapshot())?;
/// assert_eq!(snapshot.origin(), Origin::Recorded);
/// assert_eq!(snapshot.origin().as_str(), "recorded");
/// # Ok::<(), idporten_config::document::SnapshotError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// The values were fetched from the provider by this project.
    Fetched,
    /// The values are a recording of the live document made by others.
    Recorded,
    /// The values are those that the provider's documentation states.
    Documented,
}

impl Snapshot {
    /// Reads a snapshot file.
    ///
    /// # Errors
    ///
    /// Returns every rule that the text breaks, each with its place. A private key among the keys is not an error if another
    /// key is usable (see [`JwkSet::is_leaked`]): a running program continues with the other keys, while a build refuses the
    /// file.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, SnapshotError> {
        let text = text.as_ref();
        let refuse = |violation| SnapshotError { environment: None, is_described: false, violations: vec![violation] };
        // Before the text is parsed, since a tree takes more memory than its text.
        if text.len() > MAX_BYTES {
            return Err(refuse(Violation::new("", Rule::Format, format!("is larger than {MAX_BYTES} bytes"))));
        }
        match Value::parse_within(text, LIMITS) {
            Ok(Value::Object(file)) => read::snapshot(&file),
            Ok(other) => Err(refuse(Violation::wrong_type("", "an object, the snapshot", &other))),
            Err(error) => Err(refuse(Violation::new("", Rule::Syntax, error.to_string()))),
        }
    }

    /// Makes a snapshot from documents as they were served.
    ///
    /// # Errors
    ///
    /// Returns every rule that the documents break.
    pub fn new(
        provider: Provider,
        as_of: SystemTime,
        origin: Origin,
        metadata: Object,
        jwks: Option<Value>,
    ) -> Result<Self, SnapshotError> {
        let completeness = match origin {
            Origin::Fetched => Completeness::Complete,
            Origin::Recorded | Origin::Documented => Completeness::Partial,
        };
        match ProviderMetadata::read(metadata, &provider, completeness) {
            Ok(metadata) => Self::of(provider, as_of, origin, metadata, jwks),
            Err(mut violations) => {
                // The metadata was refused, so its algorithms are unknown. Every algorithm is accepted, so that no key is
                // reported for a fault of the metadata.
                let published = Published { algs: SigningAlg::ALL, hint: "" };
                violations.extend(check(as_of, origin, jwks, published).err().into_iter().flatten());
                Err(SnapshotError::of(&provider, violations))
            }
        }
    }

    /// Makes a snapshot from metadata that was read for `provider`, with the completeness that `origin` requires.
    pub(crate) fn of(
        provider: Provider,
        as_of: SystemTime,
        origin: Origin,
        metadata: ProviderMetadata,
        jwks: Option<Value>,
    ) -> Result<Self, SnapshotError> {
        let algs = signing_algs(&provider, &metadata);
        let published = Published { algs: &algs, hint: algorithm_hint(&provider, &metadata) };
        match check(as_of, origin, jwks, published) {
            Ok(jwks) => Ok(Self { provider, as_of, origin, metadata: Arc::new(metadata), jwks }),
            Err(violations) => Err(SnapshotError::of(&provider, violations)),
        }
    }

    /// Returns the snapshot with only the keys that `keep` selects, and without rejected entries.
    #[cfg(feature = "refresh-core")]
    pub(crate) fn retaining(&self, keep: impl Fn(&SigningKey) -> bool) -> Self {
        let jwks = self.jwks.as_ref().map(|(json, set)| set.retaining(json, keep));
        Self { jwks, ..self.clone() }
    }

    /// Returns the snapshot without the keys of these kids and thumbprints, or `None` if it has none of them. Entries that are not
    /// usable stay, among them those that show a leak.
    #[cfg(feature = "refresh-core")]
    pub(crate) fn without(&self, distrusted: &[String]) -> Option<Self> {
        let (json, set) = self.jwks.as_ref()?;
        let is_distrusted = |key: &SigningKey| {
            let thumbprint = key.thumbprint();
            distrusted.iter().any(|name| key.is_named(&thumbprint, name))
        };
        let jwks = set.without(json, is_distrusted)?;
        Some(Self { jwks: Some(jwks), ..self.clone() })
    }

    /// Returns whether a key of the set may verify signatures.
    #[cfg(feature = "refresh-core")]
    pub(crate) fn has_usable_keys(&self) -> bool {
        self.jwks().is_some_and(|set| !set.keys().is_empty())
    }

    /// Replaces the time at which the documents were served.
    #[cfg(feature = "refresh-core")]
    pub(crate) fn dated(self, as_of: SystemTime) -> Self {
        Self { as_of, ..self }
    }

    /// Returns the content of the file as a tree.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut file = object([
            ("as_of", format_time(self.as_of).into()),
            ("environment", self.provider.slug().into()),
            ("format", FORMAT.into()),
            ("jwks", self.jwks_json().cloned().into()),
            ("metadata", self.metadata_json().clone().into()),
            ("origin", self.origin.as_str().into()),
            ("well_known_url", self.provider.well_known_url().into()),
        ]);
        if let Some(provider) = self.provider.to_json() {
            file.set("provider", provider.into());
        }
        file.into()
    }

    /// Returns the environment that the documents belong to.
    #[must_use]
    pub fn provider(&self) -> &Provider {
        &self.provider
    }

    /// Returns the time at which the provider published these documents.
    #[must_use]
    pub fn as_of(&self) -> SystemTime {
        self.as_of
    }

    /// Returns [`as_of`](Self::as_of) in the format of the file, `YYYY-MM-DDTHH:MM:SSZ`.
    #[must_use]
    pub fn timestamp(&self) -> String {
        format_time(self.as_of)
    }

    /// Returns the day of [`as_of`](Self::as_of), `YYYY-MM-DD`.
    #[must_use]
    pub fn date(&self) -> String {
        format_time(self.as_of)[..10].to_owned()
    }

    /// Returns the time from [`as_of`](Self::as_of) to `now`, or zero for a snapshot dated in the future.
    #[must_use]
    pub fn age(&self, now: SystemTime) -> Duration {
        now.duration_since(self.as_of).unwrap_or_default()
    }

    /// Returns the origin of the values.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Returns the metadata, with a field for each known member.
    #[must_use]
    pub fn metadata(&self) -> &ProviderMetadata {
        &self.metadata
    }

    /// Returns the metadata, if it has every member that its schema requires.
    #[must_use]
    pub fn complete_metadata(&self) -> Option<CompleteMetadata> {
        CompleteMetadata::new(Arc::clone(&self.metadata))
    }

    /// Returns the members that the schema requires and the metadata lacks.
    #[must_use]
    pub fn missing_members(&self) -> Vec<&'static str> {
        self.metadata.missing_members()
    }

    /// Returns the metadata as it was served.
    #[must_use]
    pub fn metadata_json(&self) -> &Object {
        self.metadata.document()
    }

    /// Returns the keys, if they are known.
    #[must_use]
    pub fn jwks(&self) -> Option<&JwkSet> {
        self.jwks.as_ref().map(|(_, set)| set)
    }

    /// Returns the key set as it was served, if it is known.
    #[must_use]
    pub fn jwks_json(&self) -> Option<&Value> {
        self.jwks.as_ref().map(|(json, _)| json)
    }

    /// Returns the algorithms that a key without `alg` may serve: those published for ID tokens or, if the metadata lists none,
    /// those of the environment. `none` and `HS*` are never among them.
    #[must_use]
    pub fn signing_algs(&self) -> Vec<SigningAlg> {
        signing_algs(&self.provider, &self.metadata)
    }
}

impl TryFrom<&str> for Snapshot {
    type Error = SnapshotError;

    /// Reads a snapshot file's text, as [`parse`](Self::parse).
    fn try_from(text: &str) -> Result<Self, SnapshotError> {
        Self::parse(text)
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_json().fmt(f)
    }
}

impl Origin {
    /// Returns the name used in the file: `fetched`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fetched => "fetched",
            Self::Recorded => "recorded",
            Self::Documented => "documented",
        }
    }

    fn from_json(value: &Value) -> Option<Self> {
        [Self::Fetched, Self::Recorded, Self::Documented]
            .into_iter()
            .find(|origin| Some(origin.as_str()) == value.as_str())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Returns the algorithms of [`Snapshot::signing_algs`]. `token_endpoint_auth_signing_alg_values_supported` is ignored, since it
/// concerns the assertions of clients.
fn signing_algs(provider: &Provider, metadata: &ProviderMetadata) -> Vec<SigningAlg> {
    match &metadata.id_token_signing_alg_values_supported {
        // Each once: a list that repeats one ten thousand times would stand in the reason of each rejected key.
        Some(names) => names.iter().filter_map(|name| name.parse().ok()).fold(Vec::new(), |mut algs, alg| {
            if !algs.contains(&alg) {
                algs.push(alg);
            }
            algs
        }),
        None => provider.signing_algs().to_vec(),
    }
}

/// Returns the help for a key set none of whose keys serves an algorithm.
fn algorithm_hint(provider: &Provider, metadata: &ProviderMetadata) -> &'static str {
    match (&metadata.id_token_signing_alg_values_supported, provider.known()) {
        (Some(_), _) => {
            "the provider must list an algorithm of its keys in `id_token_signing_alg_values_supported`, or name it in their `alg`"
        }
        (None, Some(_)) => "the provider must name the algorithm of its keys in their `alg`",
        (None, None) => "name the algorithm of the keys in `signing-algs`",
    }
}

/// Reads the keys and checks every rule of a snapshot except those for its metadata.
fn check(
    as_of: SystemTime,
    origin: Origin,
    jwks: Option<Value>,
    published: Published<'_>,
) -> Result<Option<(Value, JwkSet)>, Vec<Violation>> {
    let mut violations = Vec::new();
    if origin == Origin::Fetched && jwks.is_none() {
        violations.push(Violation::new("jwks", Rule::Missing, "is null; a fetched snapshot has its keys"));
    }
    if !can_write(as_of) {
        violations.push(Violation::new("as_of", Rule::Format, "is not between 1970 and 9999"));
    }
    let read = |jwks| match JwkSet::from_json(&jwks, "jwks", published) {
        Ok(set) => Some((jwks, set)),
        Err(violation) => {
            violations.push(violation);
            None
        }
    };
    let keys = jwks.and_then(read);
    if violations.is_empty() { Ok(keys) } else { Err(violations) }
}

/// Reads `YYYY-MM-DDTHH:MM:SSZ` and no other format, so that equal times have equal texts.
fn parse_time(text: &str) -> Option<SystemTime> {
    let time = humantime::parse_rfc3339(text).ok()?;
    (format_time(time) == text).then_some(time)
}

/// Returns whether the file's time format can express the time.
pub(crate) fn can_write(time: SystemTime) -> bool {
    (SystemTime::UNIX_EPOCH..SystemTime::UNIX_EPOCH + LAST_TIME).contains(&time)
}

fn format_time(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

#[cfg(test)]
mod tests;
