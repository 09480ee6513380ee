//! Turns snapshots into Rust: constants, enums and products, as tokens. This module does no I/O and reads no clock.
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
mod environment;
mod errors;
#[cfg(feature = "build")]
pub mod format;
mod header;
mod model;
mod product;

use proc_macro2::{Literal, TokenStream};
use quote::quote;

pub use header::header;
use model::Module;
pub use product::{Products, product_items, products};

use crate::document::json::{Object, Value};
use crate::project::source::Source;

/// The items of one environment: its constants, and an enum for each list whose values have names.
#[must_use]
pub fn environment(source: &Source) -> TokenStream {
    let module = Module::new(source);
    let items = constants::module_items(&module, Allow::EachItem);
    if module.enums().next().is_none() {
        return items;
    }
    let (traits, error) = (traits_macro(), errors::unknown_value(Allow::EachItem));
    quote! { #traits #items #error }
}

/// The macro that enums use, which must stand before them.
fn traits_macro() -> TokenStream {
    parsed(enums::TRAITS_MACRO)
}

/// Items that are the same in all generated code. They are kept as text, since `quote!` compiles to a call for each token.
fn parsed(items: &str) -> TokenStream {
    items.parse().unwrap_or_default()
}

/// The constants of one environment under their names in Rust, for programs in other languages. A list is an array of its
/// values, in the order published.
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
    let constants = Module::new(source).constants;
    constants.into_iter().map(|constant| (constant.name, value(constant.value))).collect()
}

fn value(value: model::Value<'_>) -> Value {
    match value {
        model::Value::Flag(flag) => flag.into(),
        model::Value::Text(text) => text.into(),
        model::Value::List(values) => values.into(),
        model::Value::Enum(values) => {
            values.variants.into_iter().map(|variant| variant.value).collect::<Vec<_>>().into()
        }
    }
}

/// The place of generated items, which decides where the user's lints are turned off.
#[derive(Debug, Clone, Copy)]
enum Allow {
    /// A generated module, whose own attribute covers every item.
    Module,
    /// The user's module, as the macro `environment!` has it: nothing above an item could carry the attribute.
    EachItem,
}

impl Allow {
    /// The attribute of one item.
    fn on_item(self) -> TokenStream {
        match self {
            Self::Module => TokenStream::new(),
            Self::EachItem => allow(),
        }
    }
}

/// Turns off the lints on what depends on the provider's values, or on what a program uses: the user can change neither.
fn allow() -> TokenStream {
    parsed(
        "#[allow(dead_code, unreachable_pub, clippy::doc_markdown, clippy::enum_variant_names, clippy::module_inception, \
        clippy::too_many_lines, clippy::unicode_not_nfc, clippy::upper_case_acronyms)]",
    )
}

/// A string literal that shows every character a reader could miss as an escape.
fn string(text: &str) -> Literal {
    // `Literal::string` of a proc macro leaves it to the compiler's version which characters are escaped; `Debug` escapes every
    // one that is not printable.
    format!("{text:?}").parse().unwrap_or_else(|_| Literal::string(text))
}
