//! The documents that a provider publishes, its metadata and its keys: as JSON, as checked types, and as a snapshot file.
//!
//! One parser reads every document, so that a build, the tool and the refresher accept and refuse the same ones.

#[cfg(feature = "snapshot")]
pub(crate) mod compare;
pub mod json;
pub(crate) mod jwks;
pub(crate) mod markup;
pub(crate) mod metadata;
pub(crate) mod names;
pub(crate) mod provider;
pub(crate) mod snapshot;
pub(crate) mod url;
pub(crate) mod violation;

#[cfg(feature = "snapshot")]
pub use compare::{Change, ChangeKind, Comparison, Subject, compare};
pub use jwks::{JwkSet, KeyParameters, MAX_KEYS, RejectedKey, RejectionCause, SigningKey};
pub use metadata::{CompleteMetadata, Completeness, MEMBERS, Member, MemberType, ProviderMetadata, member};
pub use provider::{Description, DescriptionError, Provider};
pub use snapshot::{Origin, Snapshot, SnapshotError};
pub use violation::{Rule, Violation};
