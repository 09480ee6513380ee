//! What a line speaks of.

use super::urls::Url;

/// What says, as part of any word, that a line is about an issuer.
const ISSUER_PARTS: &[&str] =
    &["issuer", "authority", "oidc", "provider", "well-known", "well_known", "wellknown", "discover", "audience"];
/// The same as whole words only: `idp` begins `idporten`.
const ISSUER_WORDS: &[&str] = &["iss", "idp", "aud"];
/// Ends of the names of what holds a link or an origin.
const LINKS: &[&str] = &["href", "src", "action", "origin", "origins"];

/// Whether a line is about an issuer.
pub(super) fn speaks_of_issuer(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    ISSUER_PARTS.iter().any(|part| lower.contains(part))
        || ISSUER_WORDS.iter().any(|word| {
            let mut places = lower.match_indices(word);
            places.any(|(at, _)| starts_word(line, at) && ends_word(line, at + word.len()))
        })
}

/// Whether a URL is the whole value of a key or variable that is not one for links: `url = "https://idporten.no/"`.
pub(super) fn is_value(line: &str, url: &Url) -> bool {
    let (before, after) = (&line[..url.start], &line[url.end..]);
    let quote = before.chars().next_back().filter(|c| "\"'`".contains(*c));
    let is_whole = match quote {
        Some(quote) => after.trim_start_matches('\\').starts_with(quote),
        None => after.trim_start().is_empty() || after.starts_with([',', ';', '&', '}']) || after.starts_with(" #"),
    };
    let before = before.trim_end_matches(['"', '\'', '`', '\\']).trim_end();
    if !is_whole || !(before.ends_with(['=', ':']) || before.ends_with("=>")) {
        return false;
    }
    let key = before.trim_end_matches(|c: char| !c.is_alphanumeric());
    !LINKS.iter().any(|link| ends_with_ignoring_case(key, link))
}

/// Whether a line is about `acr`, by itself or in `acr_values`, `acrValues`, `requestedAcr`.
pub(super) fn speaks_of_acr(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    lower.match_indices("acr").any(|(at, found)| {
        let end = at + found.len();
        // A vowel goes on with an English word: across, acre, acronym.
        let is_english = line[end..].starts_with(['a', 'e', 'i', 'o', 'u', 'y', 'A', 'E', 'I', 'O', 'U', 'Y']);
        starts_word(line, at) && (!is_english || ends_word(line, end))
    })
}

/// Whether a line ends in a key about `acr` whose value is still to come: `acr_values:`, `.acr_values(`, `"acr": [`.
pub(super) fn ends_in_acr_key(line: &str) -> bool {
    let key = line.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '_');
    let opens = line.trim_end().ends_with([':', '(', '[', '{', '=', ',', '>', '|', '-']);
    let last = key.rsplit(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).next();
    opens && last.is_some_and(speaks_of_acr)
}

fn starts_word(line: &str, at: usize) -> bool {
    let is_hump = line[at..].starts_with(|c: char| c.is_ascii_uppercase());
    let before = line[..at].chars().next_back().filter(char::is_ascii_alphabetic);
    before.is_none_or(|before| is_hump && before.is_ascii_lowercase())
}

fn ends_word(line: &str, at: usize) -> bool {
    let is_small = line[..at].ends_with(|c: char| c.is_ascii_lowercase());
    let after = line[at..].chars().next().filter(char::is_ascii_alphabetic);
    after.is_none_or(|after| is_small && after.is_ascii_uppercase())
}

fn ends_with_ignoring_case(text: &str, end: &str) -> bool {
    let start = text.len().checked_sub(end.len());
    start.and_then(|start| text.get(start..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}
