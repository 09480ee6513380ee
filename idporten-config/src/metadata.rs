//! Provider metadata: its members, and the rules a document must pass.

mod members;
mod rules;

pub(crate) use members::{Kind, MEMBERS, Member, member};
pub use members::{PartialMetadata, ProviderMetadata};
pub(crate) use rules::check;
