//! What is served: metadata and keys of one refresh, prepared so that a look-up has nothing left to do.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::Guard;

use crate::document::jwks::{MAX_CANDIDATES, MAX_KEYS, SigningKey};
use crate::document::metadata::CompleteMetadata;
use crate::document::provider::Provider;
use crate::document::snapshot::Snapshot;
use crate::environment::SigningAlg;

/// The metadata and keys of a provider, as they were at one moment. It never changes: a refresh puts another in its place.
#[derive(Clone)]
pub struct ProviderConfig {
    snapshot: Arc<Snapshot>,
    metadata: CompleteMetadata,
    keys: Vec<Key>,
    /// What a look-up asks of each key, side by side in memory.
    index: Vec<Entry>,
}

#[derive(Clone)]
struct Key {
    key: SigningKey,
    thumbprint: String,
}

#[derive(Clone)]
struct Entry {
    kid: Option<Box<str>>,
    /// The end of the kid: where kids differ, they differ there.
    tail: u64,
    /// The algorithms that the key may serve, a bit for each.
    algs: u16,
}

impl ProviderConfig {
    /// What may be served of a snapshot: nothing, unless it is complete and has a usable key.
    pub(super) fn new(snapshot: &Snapshot) -> Option<Self> {
        let prepare = |key: &SigningKey| Key { key: key.clone(), thumbprint: key.thumbprint() };
        let keys = snapshot.jwks()?.keys().iter().map(prepare).collect();
        Self::of(Arc::new(snapshot.clone()), snapshot.complete_metadata()?, keys)
    }

    /// The same without the keys of these kids and thumbprints; nothing where no key is left.
    pub(super) fn without(mut self, distrusted: &[String]) -> Option<Self> {
        self.keys.retain(|key| !distrusted.iter().any(|name| key.is_named(name)));
        Self::of(self.snapshot, self.metadata, self.keys)
    }

    fn of(snapshot: Arc<Snapshot>, metadata: CompleteMetadata, keys: Vec<Key>) -> Option<Self> {
        let published = snapshot.signing_algs();
        let entry = |Key { key, .. }: &Key| {
            let served = SigningAlg::ALL.iter().filter(|alg| key.serves(**alg, &published));
            Entry {
                kid: key.kid().map(Box::from),
                tail: tail(key.kid()),
                algs: served.fold(0, |all, alg| all | bit(*alg)),
            }
        };
        let index = keys.iter().map(entry).collect();
        (!keys.is_empty()).then_some(Self { snapshot, metadata, keys, index })
    }

    /// The environment.
    #[must_use]
    pub fn provider(&self) -> &Provider {
        self.snapshot.provider()
    }

    /// The metadata: the endpoints to use, and what the provider supports.
    #[must_use]
    pub fn metadata(&self) -> &CompleteMetadata {
        &self.metadata
    }

    /// When the documents were as they are here.
    #[must_use]
    pub fn as_of(&self) -> SystemTime {
        self.snapshot.as_of()
    }

    /// The documents that this was made of, distrusted keys included; its text is a snapshot file.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The keys that signatures may be verified with, each with its RFC 7638 thumbprint, in the order served.
    #[must_use]
    pub fn keys(&self) -> impl ExactSizeIterator<Item = (&SigningKey, &str)> {
        self.keys.iter().map(|key| (&key.key, key.thumbprint.as_str()))
    }

    /// The candidates for a token with this header. The kid matches byte for byte, and never a key without one; without a kid
    /// there is a candidate only if exactly one key fits.
    #[must_use]
    pub fn find_keys(&self, kid: Option<&str>, alg: &str) -> Vec<&SigningKey> {
        self.find(kid, alg).into_iter().flat_map(|found| found.keys(self)).collect()
    }

    #[inline]
    pub(super) fn find(&self, kid: Option<&str>, alg: &str) -> Option<Found> {
        let (alg, tail) = (bit(alg.parse().ok()?), tail(kid));
        let mut found = Found(0);
        // At most 100 keys are in a set.
        for (place, entry) in (0..).zip(&self.index) {
            if entry.algs & alg != 0 && (kid.is_none() || entry.tail == tail && entry.kid.as_deref() == kid) {
                found.add(place);
            }
        }
        let is_answer = if kid.is_some() { found.count() > 0 } else { found.count() == 1 };
        is_answer.then_some(found)
    }

    pub(super) fn has_kid(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.key.kid() == Some(kid))
    }

    /// How many keys a name means.
    pub(super) fn count_named(&self, name: &str) -> usize {
        self.keys.iter().filter(|key| key.is_named(name)).count()
    }

    /// Whether this kid is the thumbprint of its key, which then can be no other key's.
    pub(super) fn is_thumbprint(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.key.kid() == Some(kid) && key.thumbprint == kid)
    }
}

impl fmt::Debug for ProviderConfig {
    /// Writes which one it is: the documents are long, and in a log they say no more.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids: Vec<_> = self.index.iter().map(|entry| entry.kid.as_deref()).collect();
        f.debug_struct("ProviderConfig")
            .field("environment", &self.provider().slug())
            .field("as_of", &self.snapshot.timestamp())
            .field("kids", &kids)
            .finish_non_exhaustive()
    }
}

impl Key {
    fn is_named(&self, name: &str) -> bool {
        self.key.kid() == Some(name) || self.thumbprint == name
    }
}

/// The last eight bytes, of a kid that has so many.
#[inline]
fn tail(kid: Option<&str>) -> u64 {
    kid.and_then(|kid| kid.as_bytes().last_chunk()).map_or(0, |tail| u64::from_ne_bytes(*tail))
}

fn bit(alg: SigningAlg) -> u16 {
    1 << alg as u16
}

/// Which keys of a set fit: their places, counted from 1, a byte for each. No more of one kid and algorithm are in a set than
/// fit. It is one whole word: a smaller one is written and read in different sizes on its way, and the processor waits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found(u64);

const _: () = assert!(MAX_CANDIDATES <= 8 && MAX_KEYS < 256);

impl Found {
    #[inline]
    fn add(&mut self, place: u64) {
        self.0 = self.0 << 8 | (place + 1);
    }

    #[inline]
    fn count(self) -> u32 {
        (u64::BITS - self.0.leading_zeros()).div_ceil(8)
    }

    /// The keys, in the order served.
    #[inline]
    fn keys(self, config: &ProviderConfig) -> impl ExactSizeIterator<Item = &SigningKey> {
        let place = move |i: u32| (self.0 >> (8 * i) & 0xff) as usize - 1;
        (0..self.count()).rev().map(move |i| &config.keys[place(i)].key)
    }
}

pub(super) type Live = Guard<Option<Arc<ProviderConfig>>>;

/// The configuration in force: a short-lived guard, for as long as one piece of work takes. It does not change under its
/// holder; keep it with [`to_arc`](Self::to_arc).
pub struct Current(Live);

impl Current {
    /// The guard of something.
    #[inline]
    pub(super) fn new(live: Live) -> Self {
        debug_assert!(live.is_some());
        Self(live)
    }

    /// The configuration, to be kept: it will not change, and grow old.
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

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// The keys that may verify a token, one at the least: as a rule one, and more where the provider has several under one kid. Try
/// each. A short-lived guard, as [`Current`].
#[derive(Debug)]
pub struct Keys {
    config: Current,
    found: Found,
}

impl Keys {
    #[inline]
    pub(super) fn new(config: Current, found: Found) -> Self {
        Self { config, found }
    }

    /// The keys.
    #[inline]
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &SigningKey> {
        self.found.keys(&self.config)
    }

    /// The configuration that they are of.
    #[must_use]
    pub fn config(&self) -> &ProviderConfig {
        &self.config
    }

    /// The configuration that they are of, to be kept; [`ProviderConfig::find_keys`] finds them in it.
    #[must_use]
    pub fn to_arc(&self) -> Arc<ProviderConfig> {
        self.config.to_arc()
    }
}
