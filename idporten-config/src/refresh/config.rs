//! The served configuration: metadata and keys of one refresh, prepared so that a look-up only has to find its row.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::Guard;

use super::key_table::KeyTable;
use crate::document::json::{Value, object};
use crate::document::jwks::SigningKey;
use crate::document::metadata::CompleteMetadata;
use crate::document::provider::Provider;
use crate::document::snapshot::Snapshot;
use crate::environment::SigningAlg;

/// The metadata and keys of a provider at one moment. It never changes: a refresh puts another one in its place.
///
/// ```
/// use idporten_config::KnownEnvironment;
/// use idporten_config::refresh::Refresher;
/// use idporten_config::testing::{MemoryProvider, snapshot};
///
/// let seed = snapshot(KnownEnvironment::IdportenTest, std::time::SystemTime::now(), &["one", "two"]);
/// let refresher = Refresher::builder(seed.clone())?.start_with(MemoryProvider::new(&seed))?;
/// refresher.distrust("two");
///
/// let config = refresher.current()?;
/// assert_eq!(config.metadata().issuer, "https://test.idporten.no");
/// assert_eq!(config.find_keys(Some("one"), "RS256").len(), 1);
/// assert!(!config.jwks_json().contains("\"two\""), "a distrusted key is in nothing that is handed out");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ProviderConfig {
    /// The documents as accepted, with distrusted and rejected keys. They are handed out only after those are removed.
    pub(super) documents: Arc<Snapshot>,
    metadata: CompleteMetadata,
    keys: Vec<ServedKey>,
    pub(super) table: KeyTable,
    generation: u64,
}

#[derive(Clone)]
struct ServedKey {
    key: SigningKey,
    thumbprint: String,
    /// Computed at refresh, so that no look-up has to.
    #[cfg(feature = "jsonwebtoken-11")]
    decoding_key: Option<jsonwebtoken::DecodingKey>,
}

impl ProviderConfig {
    /// Prepares a snapshot to be served. `None` where it is incomplete or has no usable key.
    pub(super) fn new(documents: &Snapshot) -> Option<Self> {
        let keys = documents.jwks()?.keys().iter().map(ServedKey::new).collect();
        Self::of(Arc::new(documents.clone()), documents.complete_metadata()?, keys)
    }

    /// Removes the keys of these kids and thumbprints. `None` where no key is left.
    pub(super) fn without(self, distrusted: &[String]) -> Option<Self> {
        if distrusted.is_empty() {
            return Some(self);
        }
        let is_trusted = |key: &ServedKey| !distrusted.iter().any(|name| key.key.is_named(&key.thumbprint, name));
        let keys = self.keys.into_iter().filter(is_trusted).collect();
        Self::of(self.documents, self.metadata, keys)
    }

    /// Returns the documents to store: without distrusted keys, and `None` where no key is left.
    pub(super) fn storable(&self, distrusted: &[String]) -> Option<Snapshot> {
        let documents = self.documents.without(distrusted).unwrap_or_else(|| Snapshot::clone(&self.documents));
        documents.has_usable_keys().then_some(documents)
    }

    fn of(documents: Arc<Snapshot>, metadata: CompleteMetadata, keys: Vec<ServedKey>) -> Option<Self> {
        let signing_keys: Vec<_> = keys.iter().map(|key| &key.key).collect();
        let table = KeyTable::new(&signing_keys, &documents.signing_algs());
        // An empty set is not served: it would make every token invalid, and say that the provider has no such key.
        (!keys.is_empty()).then_some(Self { documents, metadata, keys, table, generation: 0 })
    }

    /// Numbers a configuration that takes the place of another: the same number where nothing but its age is different.
    pub(super) fn succeeding(mut self, last: Option<&Self>) -> Self {
        // The keys count beside the documents: `distrust` changes them without a refresh.
        let is_same = |last: &Self| {
            self.documents.metadata_json() == last.documents.metadata_json()
                && self.keys.iter().map(|key| &key.key).eq(last.keys.iter().map(|key| &key.key))
        };
        self.generation = last.map_or(1, |last| last.generation + u64::from(!is_same(last)));
        self
    }

    /// Returns the environment.
    #[must_use]
    pub fn provider(&self) -> &Provider {
        self.documents.provider()
    }

    /// Returns the metadata: the endpoints to use, and what the provider supports.
    #[must_use]
    pub fn metadata(&self) -> &CompleteMetadata {
        &self.metadata
    }

    /// Returns the time at which the provider served these documents.
    #[must_use]
    pub fn as_of(&self) -> SystemTime {
        self.documents.as_of()
    }

    /// Returns the number of this configuration within its refresher, from 1. It increases exactly when metadata or served keys
    /// change, so that what a program derives from them needs to be derived again only then. A refresh that brings the same
    /// documents again keeps it, and so does a time in which nothing was served.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Returns these documents as a snapshot, the text of which is a snapshot file. Its key set has the entries of
    /// [`keys`](Self::keys) alone, each as the provider served it.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.documents.retaining(|key| self.keys.iter().any(|served| served.key == *key))
    }

    /// Returns the served keys as a JWK Set (RFC 7517 section 5): neither distrusted keys nor entries that no signature may be
    /// verified with, and of each key only what [`SigningKey::to_jwk`] writes.
    #[must_use]
    pub fn jwks_json(&self) -> String {
        let keys = self.keys.iter().map(|key| key.key.to_jwk()).collect::<Vec<_>>();
        Value::from(object([("keys", keys.into())])).to_string()
    }

    /// Returns the keys that signatures may be verified with, each with its RFC 7638 thumbprint, in the order served.
    #[must_use]
    pub fn keys(&self) -> impl ExactSizeIterator<Item = (&SigningKey, &str)> {
        self.keys.iter().map(|key| (&key.key, key.thumbprint.as_str()))
    }

    /// Returns the candidates for a token with this header. A kid matches byte for byte, and never a key without one. Without a
    /// kid there is a candidate only if exactly one key fits.
    #[must_use]
    pub fn find_keys(&self, kid: Option<&str>, alg: impl TryInto<SigningAlg>) -> Vec<&SigningKey> {
        let row = alg.try_into().ok().and_then(|alg| self.table.find(kid, alg));
        row.into_iter().flat_map(|row| self.row(row)).map(|served| &served.key).collect()
    }

    /// Returns the keys of a row of the table.
    #[inline]
    fn row(&self, row: usize) -> impl ExactSizeIterator<Item = &ServedKey> {
        self.table.keys(row).iter().map(|&index| &self.keys[index])
    }

    /// Returns whether the keys under this kid can never serve the algorithm: each names another `alg`, or is of a type that
    /// cannot. For a key without `alg` the metadata decides, and that may change with a refresh.
    pub(super) fn never_serves(&self, kid: &str, alg: SigningAlg) -> bool {
        let mut named = self.keys.iter().filter(|key| key.key.kid() == Some(kid)).peekable();
        named.peek().is_some() && named.all(|key| !key.key.serves(alg, SigningAlg::ALL))
    }

    /// Counts the keys that a kid or thumbprint names.
    pub(super) fn count_named(&self, name: &str) -> usize {
        self.keys.iter().filter(|key| key.key.is_named(&key.thumbprint, name)).count()
    }

    /// Returns whether another key may come under this kid of the set: it can unless the kid is the thumbprint of its key.
    pub(super) fn may_be_replaced(&self, kid: &str) -> bool {
        let mut named = self.keys.iter().filter(|key| key.key.kid() == Some(kid)).peekable();
        named.peek().is_some() && named.all(|key| key.thumbprint != kid)
    }
}

impl fmt::Debug for ProviderConfig {
    /// Writes the environment and the time, not the documents, which are too long for a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids: Vec<_> = self.keys.iter().map(|key| key.key.kid()).collect();
        f.debug_struct("ProviderConfig")
            .field("environment", &self.provider().slug())
            .field("as_of", &self.documents.timestamp())
            .field("generation", &self.generation)
            .field("kids", &kids)
            .finish_non_exhaustive()
    }
}

impl ServedKey {
    fn new(key: &SigningKey) -> Self {
        Self {
            key: key.clone(),
            thumbprint: key.thumbprint(),
            #[cfg(feature = "jsonwebtoken-11")]
            decoding_key: decoding_key(key),
        }
    }
}

/// Makes a key as the crate `jsonwebtoken` takes it, from its numbers: the `JwkSet` of that crate fails as a whole on one bad entry,
/// and takes symmetric keys. `None` for a curve that it lacks; it would read an Ed448 key as an Ed25519 key.
#[cfg(feature = "jsonwebtoken-11")]
fn decoding_key(key: &SigningKey) -> Option<jsonwebtoken::DecodingKey> {
    use jsonwebtoken::DecodingKey;

    use crate::document::jwks::KeyParameters;

    match key.parameters() {
        KeyParameters::Rsa { n, e, .. } => DecodingKey::from_rsa_components(n, e).ok(),
        KeyParameters::Ec { crv: "P-256" | "P-384", x, y } => DecodingKey::from_ec_components(x, y).ok(),
        KeyParameters::Okp { crv: "Ed25519", x } => DecodingKey::from_ed_components(x).ok(),
        KeyParameters::Ec { .. } | KeyParameters::Okp { .. } => None,
    }
}

/// The configuration in force: a short-lived guard, to be held for one piece of work. It does not change while it is held; to
/// keep the configuration longer, use [`to_arc`](Self::to_arc).
///
/// ```
/// # use idporten_config::KnownEnvironment;
/// # use idporten_config::refresh::Refresher;
/// # use idporten_config::testing::{MemoryProvider, snapshot};
/// # let seed = snapshot(KnownEnvironment::IdportenTest, std::time::SystemTime::now(), &["one"]);
/// # let refresher = Refresher::builder(seed.clone())?.start_with(MemoryProvider::new(&seed))?;
/// let current = refresher.current()?;
/// assert_eq!(current.metadata().token_endpoint, "https://test.idporten.no/token");
/// let kept = current.to_arc();
/// std::thread::spawn(move || assert_eq!(kept.keys().len(), 1)).join().unwrap();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Current(pub(super) Guard<Option<Arc<ProviderConfig>>>);

impl Current {
    /// Returns the configuration as a shared pointer to keep. It stays as it is, while the refresher goes on to later ones.
    #[must_use]
    pub fn to_arc(&self) -> Arc<ProviderConfig> {
        self.0.as_ref().map_or_else(|| unreachable!("a guard is made of something"), Arc::clone)
    }
}

impl Deref for Current {
    type Target = ProviderConfig;

    #[inline]
    fn deref(&self) -> &ProviderConfig {
        self.0.as_deref().unwrap_or_else(|| unreachable!("a guard is made of something"))
    }
}

/// The keys that may verify a token: at least one, and up to four where the provider publishes several under one kid. Try each.
/// A short-lived guard, as [`Current`].
///
/// ```
/// # use idporten_config::KnownEnvironment;
/// # use idporten_config::refresh::Refresher;
/// # use idporten_config::testing::{MemoryProvider, snapshot};
/// # let seed = snapshot(KnownEnvironment::IdportenTest, std::time::SystemTime::now(), &["one"]);
/// # let refresher = Refresher::builder(seed.clone())?.start_with(MemoryProvider::new(&seed))?;
/// let keys = refresher.find_keys(Some("one"), "RS256")?;
/// for key in keys.iter() {
///     assert_eq!((key.kid(), key.key_type()), (Some("one"), "RSA"));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Keys {
    pub(super) config: Current,
    /// The row of the configuration's table. It is a whole word: a smaller value is written and read in different sizes on its
    /// way to the caller, which stalls the processor.
    pub(super) row: usize,
}

impl Keys {
    /// Returns the keys, in the order served.
    #[inline]
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &SigningKey> {
        self.config.row(self.row).map(|served| &served.key)
    }

    /// Returns the keys that `jsonwebtoken` can verify with, as it takes them.
    #[cfg(feature = "jsonwebtoken-11")]
    #[inline]
    pub(crate) fn decoding_keys(&self) -> impl Iterator<Item = &jsonwebtoken::DecodingKey> {
        self.config.row(self.row).filter_map(|served| served.decoding_key.as_ref())
    }

    /// Returns the configuration that the keys belong to.
    #[must_use]
    pub fn config(&self) -> &ProviderConfig {
        &self.config
    }

    /// Returns that configuration as a shared pointer to keep; [`ProviderConfig::find_keys`] finds the keys in it.
    #[must_use]
    pub fn to_arc(&self) -> Arc<ProviderConfig> {
        self.config.to_arc()
    }
}
