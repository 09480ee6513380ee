//! Commands in messages, quoted so that they can be pasted into a shell.

/// A command of this tool, with quotes where a shell needs them.
pub(crate) fn command<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().fold("idporten-config".to_owned(), |command, word| command + " " + &quoted(word))
}

/// A word that a shell, or a reader of `NAME=value` lines, reads as it stands.
pub(crate) fn quoted(word: &str) -> String {
    // `~` is not plain: a shell expands it after `=` and `:`.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/%+,@".contains(&byte);
    match word {
        "" => "''".to_owned(),
        word if word.bytes().all(is_plain) => word.to_owned(),
        word => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_only_if_a_shell_needs_it() {
        assert_eq!(quoted("https://test.idporten.no/jwks.json"), "https://test.idporten.no/jwks.json");
        assert_eq!(quoted("https://a.no/$(b)?c=d&e"), "'https://a.no/$(b)?c=d&e'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("https://a.no/~b"), "'https://a.no/~b'");
        assert_eq!(command(["check", "", "a b"]), "idporten-config check '' 'a b'");
    }
}
