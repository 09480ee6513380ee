//! Provider metadata: its members, and the rules that a document must pass.

mod members;
mod rules;

pub use members::usable;
pub use members::{CompleteMetadata, MEMBERS, Member, MemberType, ProviderMetadata, member};
pub use rules::Completeness;
