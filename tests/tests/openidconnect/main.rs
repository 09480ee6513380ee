//! Log-in by the crate `openidconnect`, on metadata and keys that a refresher keeps current.

mod client;
mod metadata;
mod story;
mod upstream;
