//! URLs in a line of any language.

use std::ops::Range;

/// A URL that is written out.
#[derive(Debug)]
pub(super) struct Url {
    /// The offset in the line at which it starts; `end` is where it ends.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The URL without the escapes of its language.
    pub(super) text: String,
}

/// Nobody writes a longer one by hand.
const MAX_BYTES: usize = 2048;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Authority,
    Path,
    Query,
}

/// Each http or https URL that is written out. One that a program goes on to put together, such as `https://{host}/` or
/// `https://idporten.no/{path}`, is none; where only its query is put together, it ends before that.
pub(super) fn in_line(line: &str) -> Vec<Url> {
    let mut urls = Vec::new();
    let mut from = 0;
    while let Some((start, scheme)) = (from..line.len()).find_map(|at| Some((at, scheme_length(line, at)?))) {
        // Each byte is read once: a line may be as long as a file.
        from = end_of(line, start, start + scheme);
        urls.extend(written_out(line, start, from));
    }
    urls
}

/// The URL of a line that a place belongs to. The URLs are in the order of the line.
pub(super) fn at(urls: &[Range<usize>], place: usize) -> Option<&Range<usize>> {
    urls.get(urls.partition_point(|url| url.end <= place)).filter(|url| url.start <= place)
}

/// Returns the length of the `https://` that begins here: in any case, and with the backslashes of properties and JSON.
fn scheme_length(line: &str, start: usize) -> Option<usize> {
    let bytes = &line.as_bytes()[start..];
    if !bytes.get(..4)?.eq_ignore_ascii_case(b"http") || line[..start].ends_with(char::is_alphanumeric) {
        return None;
    }
    let mut at = 4 + usize::from(matches!(bytes.get(4), Some(b's' | b'S')));
    for wanted in b"://" {
        at += usize::from(bytes.get(at) == Some(&b'\\'));
        if bytes.get(at) != Some(wanted) {
            return None;
        }
        at += 1;
    }
    Some(at)
}

fn end_of(line: &str, start: usize, authority: usize) -> usize {
    let bytes = line.as_bytes();
    let (mut at, mut part) = (authority, Part::Authority);
    while at < bytes.len().min(start + MAX_BYTES) {
        let escape = usize::from(bytes[at] == b'\\' && matches!(bytes.get(at + 1), Some(b'/' | b':')));
        let byte = bytes[at + escape];
        // What follows without a space is the next URL of a list, or one in the query, and has to be seen too.
        if !part.has(byte) || is_entity(&line[at..]) || scheme_length(line, at).is_some() {
            break;
        }
        part = part.after(byte);
        at += 1 + escape;
    }
    at
}

fn written_out(line: &str, start: usize, end: usize) -> Option<Url> {
    let mut text = line[start..end].replace("\\/", "/").replace("\\:", ":");
    let rest = &line[end..];
    if is_template(rest) || end - start >= MAX_BYTES {
        // `#{` is where Ruby goes on, and no fragment.
        let fixed = if rest.starts_with('{') { text.trim_end_matches('#') } else { &text };
        let query = fixed.find(['?', '#'])?;
        text.truncate(query);
    }
    let length = text.trim_end_matches(['.', ',', ';', ':', '!', '?', '*']).len();
    let end = end - (text.len() - length);
    text.truncate(length);
    Some(Url { start, end, text })
}

fn is_template(rest: &str) -> bool {
    let opens = |bracket: &str| rest.strip_prefix(bracket).is_some_and(|rest| !rest.starts_with('/'));
    rest.starts_with(['{', '$', '%']) || rest.starts_with("\\(") || opens("<") || opens("&lt;")
}

fn is_entity(rest: &str) -> bool {
    ["&quot;", "&apos;", "&lt;", "&gt;", "&#"].iter().any(|entity| rest.starts_with(entity))
}

impl Part {
    /// Returns whether a byte belongs to a URL here. Before the query, what separates the values of a list does not.
    fn has(self, byte: u8) -> bool {
        let separators: &[u8] = match self {
            Self::Authority => b",;&*",
            Self::Path => b",;&",
            Self::Query => b"",
        };
        (byte.is_ascii_alphanumeric() || b"-._~:/?#@!&*+,;=".contains(&byte)) && !separators.contains(&byte)
    }

    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Authority, b'/') => Self::Path,
            (_, b'?' | b'#') => Self::Query,
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_ends_where_its_language_ends_it() {
        let only = |line: &str| in_line(line).into_iter().map(|url| url.text).collect::<Vec<_>>();
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
            "https://idporten.no/#{path}",
            "https://idporten.no/\\(path)",
            "https://idporten.no/&lt;path&gt;",
        ] {
            assert!(in_line(line).iter().all(|url| !url.text.contains("idporten")), "{line}");
        }
    }

    #[test]
    fn a_url_whose_query_is_put_together_ends_before_it() {
        for line in [
            r#"format!("https://idporten.no/token?client_id={id}&x={x}")"#,
            "`https://idporten.no/token?client_id=${id}`",
            r#"fmt.Sprintf("https://idporten.no/token?x=%s", x)"#,
            "\"https://idporten.no/token?x=#{id}\"",
            "https://idporten.no/token#a=$b",
        ] {
            assert_eq!(in_line(line)[0].text, "https://idporten.no/token", "{line}");
        }
    }

    #[test]
    fn a_url_in_a_list_ends_at_the_separator() {
        for line in [
            "https://idporten.no,https://x.no",
            "https://idporten.no;y",
            "https://idporten.no&b",
            "https://idporten.no*",
            "&quot;https://idporten.no&quot;",
            "&lt;a&gt;https://idporten.no&lt;/a&gt;",
            "https://idporten.no&#34;",
        ] {
            assert_eq!(in_line(line)[0].text, "https://idporten.no", "{line}");
        }
        assert_eq!(in_line("https://a.no/x?a=b&amp;c&quot;")[0].text, "https://a.no/x?a=b&amp;c");
        let nested = in_line("https://a.no/?u=https://b.no/x,https://c.no");
        assert_eq!(nested.iter().map(|url| url.start).collect::<Vec<_>>(), [0, 16, 31]);
    }

    #[test]
    fn a_scheme_may_be_escaped_and_in_any_case() {
        for line in [r"https\://idporten.no/token", r"https:\/\/idporten.no\/token", r"https\:\/\/idporten.no/token"] {
            let url = &in_line(line)[0];
            assert_eq!((url.text.as_str(), url.end), ("https://idporten.no/token", line.len()));
        }
        assert_eq!(in_line("HTTPS://idporten.no")[0].text, "HTTPS://idporten.no");
        assert!(in_line("https:/idporten.no http æhttps://a.no").is_empty());
    }

    #[test]
    fn a_url_is_read_to_a_bound() {
        let path = "a".repeat(1 << 20);
        assert!(in_line(&format!("https://idporten.no/{path}")).is_empty());
        assert_eq!(in_line(&format!("https://idporten.no/token?{path}"))[0].text, "https://idporten.no/token");
    }
}
