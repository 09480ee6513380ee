//! Provider metadata: its members, and the rules a document must pass.

mod members;
mod rules;

#[cfg(feature = "snapshot")]
pub use members::usable;
pub use members::{MEMBERS, Member, MemberType, PartialMetadata, ProviderMetadata, member};
pub(crate) use rules::check;
