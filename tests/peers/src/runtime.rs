//! The runtime that the peers' HTTP clients run on.

use tokio::runtime::{Builder, Runtime};

/// A runtime on the thread that waits for it, so that no thread beside it takes a core from those that are measured.
///
/// # Panics
///
/// If the system has no more files.
#[must_use]
pub fn start() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}
