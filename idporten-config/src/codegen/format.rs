//! The text of a generated file.

use proc_macro2::TokenStream;

use super::enums::TRAITS_MACRO;

/// Formats generated items, below a header of comments.
///
/// # Errors
///
/// Returns [`NotRust`] for tokens that are not Rust items, which would be a bug of the generator.
///
/// ```
/// use idporten_config::codegen::{self, format};
/// use idporten_config::{KnownEnvironment, internal::Source};
///
/// let source = Source::bundled(KnownEnvironment::IdportenTest).unwrap();
/// let text = format::format("// Generated.", &codegen::environment(&source))?;
/// assert!(text.starts_with("// Generated.\n"));
/// # Ok::<(), format::NotRust>(())
/// ```
pub fn format(header: &str, tokens: &TokenStream) -> Result<String, NotRust> {
    // Not `TokenStream::to_string`, which writes one line: the file is committed and reviewed. Not `rustfmt` either, which a build
    // machine need not have.
    let file = syn::parse2(tokens.clone()).map_err(|error| NotRust(error.to_string()))?;
    Ok(format!("{header}\n{}", spaced(&with_macro(&prettyplease::unparse(&file)))))
}

/// Replaces the printed macro by its source text, since the printer has no layout for the tokens of a macro.
fn with_macro(code: &str) -> String {
    let head = TRAITS_MACRO.lines().next().unwrap_or_default();
    let mut out = String::with_capacity(code.len());
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        let Some(indent) = line.strip_suffix(head).filter(|indent| indent.trim().is_empty()) else {
            out.extend([line, "\n"]);
            continue;
        };
        for line in TRAITS_MACRO.lines() {
            out.extend([if line.is_empty() { "" } else { indent }, line, "\n"]);
        }
        // The printed macro ends at the first brace with the indentation of its head.
        lines.by_ref().find(|line| line.strip_prefix(indent) == Some("}"));
    }
    out
}

/// Puts an empty line between items, which the printer omits. No line of a snapshot's text starts like an item.
fn spaced(code: &str) -> String {
    let mut out = String::with_capacity(code.len() + code.len() / 16);
    let mut after_item = false;
    for line in code.lines() {
        let text = line.trim_start();
        let starts_item =
            ["///", "#[", "impl ", "fn ", "macro_rules! ", "pub mod "].iter().any(|start| text.starts_with(start));
        if after_item && starts_item {
            out.push('\n');
        }
        after_item = text.ends_with('}') || text.ends_with(';');
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// The error for tokens that are not Rust items.
///
/// ```
/// use idporten_config::codegen::format::format;
///
/// let error = format("", &"not an item".parse().unwrap()).unwrap_err();
/// assert!(error.to_string().starts_with("the generated code is not Rust"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRust(String);

impl std::fmt::Display for NotRust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the generated code is not Rust ({}): report this as a bug of idporten-config", self.0)
    }
}

impl std::error::Error for NotRust {}
