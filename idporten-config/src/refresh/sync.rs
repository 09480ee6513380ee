//! Threads and locks: the standard library's, or those under which the tests try every interleaving. What is
//! swapped and handed out stays in an `Arc` of the standard library's.

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
