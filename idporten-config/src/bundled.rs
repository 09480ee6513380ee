//! The constants of the bundled snapshots: generated, committed, and compared with a fresh generation by
//! `cargo test -p idporten-config-tests --test bundled`, which also rewrites them.

/// Ansattporten, ID-porten's sibling for employees: the constants of the bundled snapshots.
#[rustfmt::skip]
pub mod ansattporten;
/// ID-porten, Norway's national log-in: the constants of the bundled snapshots. The modules of its old solution are deprecated.
#[rustfmt::skip]
pub mod idporten;
/// Maskinporten, ID-porten's machine-to-machine sibling: the constants of the bundled snapshots.
#[rustfmt::skip]
pub mod maskinporten;
