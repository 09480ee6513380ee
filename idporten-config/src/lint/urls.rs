//! URLs in a line of any language.

/// Each http or https URL that is written out, with where it starts. One that a program goes on to put together, such as
/// `https://{host}/` or `https://idporten.no/{path}`, is none.
pub(super) fn in_line(line: &str) -> Vec<(usize, &str)> {
    let mut urls = Vec::new();
    for (start, _) in line.match_indices("http").filter(|(start, _)| begins_a_scheme(line, *start)) {
        let rest = &line[start..];
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let after = &rest[end..];
        let is_template = after.starts_with(['{', '$', '%']) || (after.starts_with('<') && !after.starts_with("</"));
        let url = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '*']);
        if !is_template {
            urls.push((start, url));
        }
    }
    urls
}

fn begins_a_scheme(line: &str, start: usize) -> bool {
    let rest = &line[start..];
    (rest.starts_with("https://") || rest.starts_with("http://"))
        && !line[..start].ends_with(|c: char| c.is_alphanumeric())
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~:/?#@!&*+,;=".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_ends_where_its_language_ends_it() {
        let only = |line| in_line(line).into_iter().map(|(_, url)| url).collect::<Vec<_>>();
        for line in [
            r#"let a = "https://idporten.no/token";"#,
            "url: https://idporten.no/token",
            "URL='https://idporten.no/token'",
            "<a>https://idporten.no/token</a",
            "see https://idporten.no/token.",
            "(https://idporten.no/token)",
            "[x](https://idporten.no/token), y",
            "a=https://idporten.no/token; b",
            r#"{"u":"https://idporten.no/token\n"}"#,
        ] {
            assert_eq!(only(line), ["https://idporten.no/token"], "{line}");
        }
        assert_eq!(only("https://a.no https://b.no"), ["https://a.no", "https://b.no"]);
    }

    #[test]
    fn a_url_that_is_put_together_is_none() {
        for line in [
            "https://{host}/token",
            "https://idporten.no/{path}",
            "https://${HOST}",
            "https://%s/x",
            "xhttps://idporten.no",
        ] {
            assert!(in_line(line).iter().all(|(_, url)| !url.contains("idporten")), "{line}");
        }
    }
}
