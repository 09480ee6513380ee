//! Provider metadata: its members, and the rules a document must pass.

mod members;
mod rules;

#[cfg(any(feature = "codegen", feature = "thumbprint"))]
pub(crate) use members::usable;
pub use members::{Kind, MEMBERS, Member, PartialMetadata, ProviderMetadata, member};
pub(crate) use rules::check;
