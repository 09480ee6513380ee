//! The programs in `programs/`, against a real provider on loopback. They are built by `cargo build` in that directory.

mod idporten;
mod local_development;
mod maskinporten;
mod running;
