//! Turns tokens into the text of a file.

use proc_macro2::TokenStream;

use super::enums::TRAITS_MACRO;

/// Formats generated items, below a header of comments.
///
/// # Errors
///
/// [`NotRust`] for tokens that are not Rust items, which would be a bug of the generator.
pub fn format(header: &str, tokens: &TokenStream) -> Result<String, NotRust> {
    let file = syn::parse2(tokens.clone()).map_err(|error| NotRust(error.to_string()))?;
    Ok(format!("{header}\n{}", spaced(&with_macro(&prettyplease::unparse(&file)))))
}

/// The code with its macro as it was written: the printer knows no layout for the tokens of a macro.
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
        // The printed one ends at the first brace that is indented as little as its head.
        lines.by_ref().find(|line| line.strip_prefix(indent) == Some("}"));
    }
    out
}

/// Puts an empty line between items, which the printer leaves out. No line of a snapshot's text starts like an item.
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

/// The tokens are not Rust items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRust(String);

impl std::fmt::Display for NotRust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the generated code is not Rust ({}): report this as a bug of idporten-config", self.0)
    }
}

impl std::error::Error for NotRust {}
