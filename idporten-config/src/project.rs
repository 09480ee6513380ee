//! A project on disk: its manifest, what it requires, where its snapshots are, and what is wrong with them.

pub(crate) mod files;
pub(crate) mod finding;
pub(crate) mod manifest;
pub(crate) mod requirement;
pub(crate) mod shared;
pub(crate) mod sources;

pub use files::{Project, read};
pub use finding::{Finding, Place, Severity, harmless};
pub use manifest::*;
pub use requirement::{Expected, Requirement};
pub use shared::{Shared, SharedList};
pub use sources::*;
