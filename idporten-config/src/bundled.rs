//! The constants of the bundled snapshots: generated, committed, and compared with a fresh generation by
//! `cargo test -p idporten-config-tests --test bundled`, which also rewrites them.

// The attribute that codegen puts on the module of a product, which here is a file.
#![allow(clippy::doc_markdown, clippy::enum_variant_names, clippy::upper_case_acronyms)]

/// Ansattporten, ID-porten's sibling for employees: the constants of the bundled snapshots.
#[rustfmt::skip]
pub mod ansattporten;
/// ID-porten, Norway's national log-in: the constants of the bundled snapshots. The modules of its old solution are deprecated.
#[rustfmt::skip]
pub mod idporten;
/// Maskinporten, ID-porten's machine-to-machine sibling: the constants of the bundled snapshots.
#[rustfmt::skip]
pub mod maskinporten;

#[cfg(feature = "document")]
impl crate::KnownEnvironment {
    /// Returns the text of the snapshot that this version of the package brings. Its members state how old it is, and it has no
    /// keys.
    #[must_use]
    pub const fn bundled_snapshot(self) -> &'static str {
        match self {
            Self::IdportenTest => include_str!("../snapshots/idporten-test.json"),
            Self::IdportenProd => include_str!("../snapshots/idporten-prod.json"),
            Self::IdportenLegacyVer2 => include_str!("../snapshots/idporten-legacy-ver2.json"),
            Self::IdportenLegacyYt2 => include_str!("../snapshots/idporten-legacy-yt2.json"),
            Self::IdportenLegacyProd => include_str!("../snapshots/idporten-legacy-prod.json"),
            Self::MaskinportenTest => include_str!("../snapshots/maskinporten-test.json"),
            Self::MaskinportenProd => include_str!("../snapshots/maskinporten-prod.json"),
            Self::MaskinportenLegacyVer2 => include_str!("../snapshots/maskinporten-legacy-ver2.json"),
            Self::AnsattportenTest => include_str!("../snapshots/ansattporten-test.json"),
            Self::AnsattportenProd => include_str!("../snapshots/ansattporten-prod.json"),
        }
    }
}
