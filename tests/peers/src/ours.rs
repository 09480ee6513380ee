//! `idporten-config`: the whole provider behind a pointer that the refresher swaps.

use std::hint::black_box;
use std::time::SystemTime;

use idporten_config::refresh::{RefreshPolicy, Refresher};
use idporten_config::testing::{self, MemoryProvider};
use idporten_config::{KnownEnvironment, Snapshot};

use crate::contender::{Contender, Refreshing};
use crate::keys::{KIDS, KNOWN};

/// The refresher.
pub struct Ours(Refresher);

impl Ours {
    /// A refresher that makes no request.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn never_refreshing() -> Self {
        Self::with(RefreshPolicy::never())
    }

    /// A refresher as it is by default, with its provider in memory.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn refreshing() -> Self {
        Self::with(RefreshPolicy::default())
    }

    fn with(policy: RefreshPolicy) -> Self {
        let snapshot = snapshot();
        let provider = MemoryProvider::new(&snapshot);
        let builder = Refresher::builder(snapshot).expect("a seed").policy(policy);
        Self(builder.start_with(provider).expect("a refresher"))
    }
}

/// A baked snapshot, and the provider that it was taken from.
pub struct Baked {
    text: String,
    snapshot: Snapshot,
}

impl Baked {
    /// A snapshot of now.
    #[must_use]
    pub fn new() -> Self {
        let snapshot = snapshot();
        Self { text: snapshot.to_string(), snapshot }
    }

    /// The provider, which is asked nothing.
    #[must_use]
    pub fn provider(&self) -> MemoryProvider {
        MemoryProvider::new(&self.snapshot)
    }

    /// From the text in the program to the first key.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn start(&self, provider: MemoryProvider) -> Ours {
        let builder = Refresher::builder(self.text.as_str()).expect("a seed").policy(RefreshPolicy::never());
        let ours = Ours(builder.start_with(provider).expect("a refresher"));
        ours.find(KNOWN);
        ours
    }
}

impl Default for Baked {
    fn default() -> Self {
        Self::new()
    }
}

fn snapshot() -> Snapshot {
    testing::snapshot(KnownEnvironment::IdportenTest, SystemTime::now(), &KIDS)
}

impl Contender for Ours {
    fn find(&self, kid: &str) {
        let keys = self.0.find_keys(Some(kid), "RS256").expect("an answer");
        black_box(keys.iter().next().expect("the key"));
    }
}

impl Refreshing for Ours {
    fn refresh(&self) {
        self.0.refresh_now().expect("a refresh");
    }
}

/// The refresher's whole configuration, without looking for a key in it.
pub struct Current(pub Ours);

impl Contender for Current {
    fn find(&self, _: &str) {
        black_box(&*self.0.0.current().expect("a configuration"));
    }
}
