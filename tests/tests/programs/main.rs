//! The programs in `programs/`, against a real provider on loopback, or against one that answers
//! wrongly when a test says so. They are built by `cargo build` in that directory.

// They are asked to end by a signal.
#![cfg(unix)]

mod idporten;
mod local_development;
mod maskinporten;
mod pages;
mod relying_party;
mod running;
mod stand_in;
