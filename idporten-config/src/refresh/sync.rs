//! Threads and locks: those of the standard library, or of loom, under which the tests try every interleaving. Configurations
//! stay in an `Arc` of the standard library, since `arc-swap` and the public API take no other.

#[cfg(loom)]
pub(super) use loom::{
    sync::{Arc, Mutex, MutexGuard, atomic::AtomicBool},
    thread,
};
#[cfg(not(loom))]
pub(super) use std::{
    sync::{Arc, Mutex, MutexGuard, atomic::AtomicBool},
    thread,
};
