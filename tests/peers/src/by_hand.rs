//! The code that a program would write by hand, and the lower bound for all contenders.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{Arc, RwLock};

use arc_swap::ArcSwap;

use crate::contender::{Contender, Refreshing};
use crate::keys::{self, KIDS, Key};

static KEYS: [(&str, Key); 3] = [(KIDS[0], Key::numbered(0)), (KIDS[1], Key::numbered(1)), (KIDS[2], Key::numbered(2))];

/// Keys in the program itself: nothing is loaded, shared or kept current.
pub struct StaticArray;

impl Contender for StaticArray {
    fn find(&self, kid: &str) {
        // The optimiser must not know what the array holds.
        let keys = black_box(&KEYS);
        black_box(keys.iter().find(|(known, _)| *known == kid).expect("the key"));
    }
}

/// A list behind a pointer that is swapped, and nothing else: the least that a lock-free reader can cost.
pub struct ArcSwapScan(ArcSwap<Vec<(String, Key)>>);

impl ArcSwapScan {
    /// With the keys that all have.
    #[must_use]
    pub fn new() -> Self {
        Self(ArcSwap::from_pointee(keys::read(&keys::jwks())))
    }
}

impl Default for ArcSwapScan {
    fn default() -> Self {
        Self::new()
    }
}

impl Contender for ArcSwapScan {
    fn find(&self, kid: &str) {
        let keys = self.0.load();
        black_box(keys.iter().find(|(known, _)| known == kid).expect("the key"));
    }
}

impl Refreshing for ArcSwapScan {
    fn refresh(&self) {
        self.0.store(Arc::new(keys::read(&keys::jwks())));
    }
}

/// A map behind a lock, each key shared: what is mostly written first.
pub struct RwLockMap(RwLock<HashMap<String, Arc<Key>>>);

impl RwLockMap {
    /// With the keys that all have.
    #[must_use]
    pub fn new() -> Self {
        Self(RwLock::new(Self::map()))
    }

    fn map() -> HashMap<String, Arc<Key>> {
        keys::read(&keys::jwks()).into_iter().map(|(kid, key)| (kid, Arc::new(key))).collect()
    }
}

impl Default for RwLockMap {
    fn default() -> Self {
        Self::new()
    }
}

impl Contender for RwLockMap {
    fn find(&self, kid: &str) {
        // The key outlives the lock, so it is cloned out.
        let key = self.0.read().expect("a lock").get(kid).map(Arc::clone);
        black_box(key.expect("the key"));
    }
}

impl Refreshing for RwLockMap {
    fn refresh(&self) {
        let map = Self::map();
        *self.0.write().expect("a lock") = map;
    }
}
