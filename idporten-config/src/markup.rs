//! Text of a provider's in documentation and in pull requests: nothing of it may become markup, a link, or a line of its own.

/// A value as inline code.
pub(crate) fn code(value: &str) -> String {
    let shown: String = value.chars().take(200).collect();
    let cut = if shown.len() < value.len() { "…" } else { "" };
    match shown.as_str() {
        "" => "the empty string".to_owned(),
        shown => format!(
            "`{}{cut}`",
            shown.escape_debug().to_string().replace("\\'", "'").replace("\\\"", "\"").replace('`', "\\u{60}")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_leave_its_code_span() {
        assert_eq!(code("idporten-loa-high"), "`idporten-loa-high`");
        assert_eq!(code("` <script> [x](y) */ \n\u{202e}'\""), "`\\u{60} <script> [x](y) */ \\n\\u{202e}'\"`");
        assert_eq!(code(""), "the empty string");
        assert!(code(&"x".repeat(1000)).ends_with("x…`"));
    }
}
