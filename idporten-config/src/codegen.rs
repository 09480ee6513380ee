//! Snapshots to Rust: constants, enums and products, as tokens. No I/O, no clock.
//!
//! ```
//! use idporten_config::codegen;
//! use idporten_config::internal::Source;
//! use idporten_config::KnownEnvironment;
//!
//! let source = Source::bundled(KnownEnvironment::IdportenTest)?;
//! let code = codegen::environment(&source).to_string();
//! assert!(code.contains("https://test.idporten.no/token"));
//! # Ok::<(), idporten_config::document::SnapshotError>(())
//! ```

mod constants;
mod enums;
#[cfg(feature = "build")]
pub mod format;
mod header;
mod model;
mod product;

use proc_macro2::{Literal, TokenStream};
use quote::quote;

pub use header::header;
use model::Module;
pub use model::Withdrawn;
pub use product::{Products, product_items, products};

use crate::document::json::{Object, Value};
use crate::project::sources::Source;

/// The items of one environment: its constants, and an enum for each list whose values are known by name.
#[must_use]
pub fn environment(source: &Source) -> TokenStream {
    constants::module_items(&Module::new(source, &[]), Allow::EachItem)
}

/// The constants of one environment, by the names that Rust code has for them, for programs in other languages. A list is an
/// array of its values, in the order published.
///
/// ```
/// use idporten_config::internal::Source;
/// use idporten_config::{KnownEnvironment, codegen};
///
/// let source = Source::bundled(KnownEnvironment::IdportenTest)?;
/// let values = codegen::values(&source);
/// assert_eq!(values.get("TOKEN_ENDPOINT"), Some(&"https://test.idporten.no/token".into()));
/// # Ok::<(), idporten_config::document::SnapshotError>(())
/// ```
#[must_use]
pub fn values(source: &Source) -> Object {
    let constants = Module::new(source, &[]).constants;
    constants.into_iter().map(|constant| (constant.name, value(constant.value))).collect()
}

fn value(value: model::Value<'_>) -> Value {
    match value {
        model::Value::Flag(flag) => flag.into(),
        model::Value::Text(text) => text.into(),
        model::Value::List(values) => values.into(),
        model::Value::Enum(values) => values.published().map(|variant| variant.value).collect::<Vec<_>>().into(),
    }
}

/// Which of the user's lints generated items turn off: what no program can mend in them.
#[derive(Debug, Clone, Copy)]
enum Allow {
    /// Items within a generated module, which turns the rest off.
    Module,
    /// Items that stand in the user's own module.
    EachItem,
}

impl Allow {
    fn attribute(self) -> TokenStream {
        match self {
            Self::Module => quote! { #[allow(dead_code)] },
            Self::EachItem => {
                quote! { #[allow(dead_code, unreachable_pub, clippy::doc_markdown, clippy::unicode_not_nfc)] }
            }
        }
    }
}

/// A string literal that shows every character a reader could miss as an escape.
fn string(text: &str) -> Literal {
    // As the compiler writes a string for debugging, every character that is not printable is escaped; a proc macro's own
    // literals leave that to the compiler's version.
    format!("{text:?}").parse().unwrap_or_else(|_| Literal::string(text))
}
