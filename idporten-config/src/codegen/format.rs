//! Tokens to the text of a file.

use proc_macro2::TokenStream;

/// Lays generated items out, below a header of comments.
///
/// # Errors
///
/// Tokens that are not Rust items, which would be a mistake of the generator's.
pub fn format(header: &str, tokens: &TokenStream) -> Result<String, NotRust> {
    let file = syn::parse2(tokens.clone()).map_err(|error| NotRust(error.to_string()))?;
    Ok(format!("{header}\n{}", spaced(&prettyplease::unparse(&file))))
}

/// An empty line between items, which the printer leaves out. No line of a snapshot's text starts like an item.
fn spaced(code: &str) -> String {
    let mut out = String::with_capacity(code.len() + code.len() / 16);
    let mut after_item = false;
    for line in code.lines() {
        let text = line.trim_start();
        let starts_item = ["///", "#[", "impl ", "fn "].iter().any(|start| text.starts_with(start));
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
