//! The code generator: snapshots to Rust constants, enums and products, as tokens. This module does no I/O and reads no clock.
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

/// Returns the items of one environment: its constants, and an enum for each list whose values have names.
///
/// ```
/// use idporten_config::internal::Source;
/// use idporten_config::{KnownEnvironment, codegen};
///
/// let code = codegen::environment(&Source::bundled(KnownEnvironment::IdportenTest)?).to_string();
/// assert!(code.contains("pub const TOKEN_ENDPOINT"));
/// assert!(code.contains("pub enum AcrValue"));
/// # Ok::<(), idporten_config::document::SnapshotError>(())
/// ```
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

/// Returns the macro that enums use. It must precede them, since `macro_rules!` is visible only after its definition.
fn traits_macro() -> TokenStream {
    parsed(enums::TRAITS_MACRO)
}

/// Parses items that are the same in all generated code. They are kept as text rather than in `quote!`, which compiles to a call
/// for each token.
fn parsed(items: &str) -> TokenStream {
    // The texts are constants, and the tests compile what is generated: a mistake shows there. An `unwrap` would be a panic in a
    // build script, and an error a `Result` in every function above.
    items.parse().unwrap_or_default()
}

/// Returns the constants of one environment under their Rust names, for programs in other languages. A list is an array of its
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

/// The place of generated items, which determines where the user's lints are turned off.
#[derive(Debug, Clone, Copy)]
enum Allow {
    /// A generated module, whose own attribute covers every item.
    Module,
    /// The user's module, as for the macro `environment!`: nothing above the items could carry the attribute.
    EachItem,
}

impl Allow {
    /// Returns the attribute of one item.
    fn on_item(self) -> TokenStream {
        match self {
            Self::Module => TokenStream::new(),
            Self::EachItem => allow(),
        }
    }
}

/// Turns off the lints that depend on the provider's values or on which items the program uses: the user cannot fix them in
/// generated code.
fn allow() -> TokenStream {
    parsed(
        "#[allow(dead_code, unreachable_pub, clippy::doc_markdown, clippy::enum_variant_names, clippy::module_inception, \
        clippy::too_many_lines, clippy::unicode_not_nfc, clippy::upper_case_acronyms)]",
    )
}

/// Returns a string literal in which every character that a reader could miss is escaped.
fn string(text: &str) -> Literal {
    // Not `Literal::string`: in a macro it escapes the characters that the compiler's version chooses, while `Debug` escapes
    // every one that is not printable.
    format!("{text:?}").parse().unwrap_or_else(|_| Literal::string(text))
}
