//! Text from a provider in documentation and pull requests: it must not become markup, a link, or a line of its own.

use crate::document::json::is_invisible;

/// Formats a value as inline code.
#[must_use]
pub(crate) fn code(value: &str) -> String {
    // By characters: a cut within one is not UTF-8.
    let shown: String = value.chars().take(200).collect();
    let cut = if shown.len() < value.len() { "…" } else { "" };
    match shown.as_str() {
        "" => "the empty string".to_owned(),
        shown => format!("`{}{cut}`", shown.chars().map(visible).collect::<String>()),
    }
}

/// Formats a value as a cell of a table, which a bar would end even within a code span.
#[must_use]
pub fn cell(value: &str) -> String {
    code(value).replace('|', "\\|")
}

/// Formats a character for a code span: escaped if it is invisible or would end the span.
fn visible(c: char) -> String {
    match c {
        '`' => "\\u{60}".to_owned(),
        '\'' | '"' => c.to_string(),
        c if is_invisible(c) && !c.is_ascii() => c.escape_unicode().to_string(),
        c => c.escape_debug().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_leave_its_code_span() {
        assert_eq!(code("idporten-loa-high"), "`idporten-loa-high`");
        assert_eq!(code("` <script> [x](y) */ \n\u{202e}'\""), "`\\u{60} <script> [x](y) */ \\n\\u{202e}'\"`");
        assert_eq!(code("o\u{34f}p\u{fe0f}e\u{3164}n"), "`o\\u{34f}p\\u{fe0f}e\\u{3164}n`");
        assert_eq!(code(""), "the empty string");
        assert!(code(&"x".repeat(1000)).ends_with("x…`"));
    }

    #[test]
    fn a_value_cannot_leave_its_cell() {
        assert_eq!(cell("a | b"), "`a \\| b`");
    }
}
