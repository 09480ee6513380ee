//! Levels of assurance: the old service's names, and values that no provider publishes.

use std::ops::Range;

use idporten_config::internal::{edit_distance, names};

use super::finding::{LintFinding, LintKind};
use super::linter::Line;
use super::urls;

/// The names of the old service, and of the new one. `TokenX` still has the old ones.
const OLD: &[(&str, &str, &str)] = &[
    ("Level3", "idporten-loa-substantial", "IdportenLoaSubstantial"),
    ("Level4", "idporten-loa-high", "IdportenLoaHigh"),
];

/// The values that are published or documented.
const LEVELS: &[&str] = &[
    "idporten-loa-low",
    "idporten-loa-substantial",
    "idporten-loa-high",
    "eidas-loa-low",
    "eidas-loa-substantial",
    "eidas-loa-high",
];

/// The length of the longest word that may be a level.
const MAX_LEVEL: usize = 64;

/// The number of edits within which a value is taken for a level outside of a key of `acr`.
const NEAR: usize = 3;

pub(super) fn in_line(line: &Line<'_>, urls: &[Range<usize>]) -> Vec<(usize, LintFinding)> {
    let mut found: Vec<_> = OLD.iter().flat_map(|old| old_level(line, old)).collect();
    found.extend(unpublished(line));
    found.retain(|(start, _)| urls::at(urls, *start).is_none_or(|url| is_query(line.text, url, *start)));
    found
}

/// Returns whether a place is in the query of a URL, where `acr_values` may stand.
fn is_query(text: &str, url: &Range<usize>, start: usize) -> bool {
    text[url.start..start].contains('?')
}

/// An old name where a request is made to ID-porten or a claim of its token is read.
fn old_level(line: &Line<'_>, (old, new, variant): &(&str, &str, &str)) -> Vec<(usize, LintFinding)> {
    let text = line.text;
    // A map from one name to the other is right, and so is all that is about TokenX.
    let is_map = text.contains("loa-");
    if is_map || (line.file.is_of_tokenx && !text.contains("acr_values")) {
        return Vec::new();
    }
    let places = text.match_indices(old).map(|(start, _)| start..start + old.len());
    let here = places.filter(|place| is_word(text, place)).filter(|place| {
        let context = line.context(place);
        !context.is_comment && !context.is_prose && context.takes_acr()
    });
    here.map(|place| {
        let advice = format!("became \"{new}\"; use `idporten::AcrValue::{variant}`");
        (place.start, LintFinding::new(LintKind::Wrong, old, advice))
    })
    .collect()
}

/// Values that look like a level and are none: `idporten-loa-hihg`, `idporten-level-4`, and `loa-high` under a key of `acr`.
fn unpublished(line: &Line<'_>) -> Vec<(usize, LintFinding)> {
    values(line.text).into_iter().filter_map(|place| Some((place.start, check(line, &place)?))).collect()
}

fn check(line: &Line<'_>, place: &Range<usize>) -> Option<LintFinding> {
    let value = &line.text[place.clone()];
    let lower = value.to_ascii_lowercase();
    if LEVELS.contains(&value) || value.len() > MAX_LEVEL || !is_quoted(line.text, place) {
        return None;
    }
    let context = line.context(place);
    if context.is_comment || context.is_prose {
        return None;
    }
    let (distance, nearest) = LEVELS.iter().map(|level| (edit_distance(&lower, level), *level)).min()?;
    let is_level = ["idporten-loa-", "eidas-loa-"].iter().any(|prefix| lower.starts_with(prefix));
    let nearest = match lower.as_str() {
        _ if is_level && (distance <= NEAR || context.takes_acr()) => nearest,
        "idporten-level-3" | "idporten-level3" => LEVELS[1],
        "idporten-level-4" | "idporten-level4" => LEVELS[2],
        "loa-low" | "loa-substantial" | "loa-high" if context.takes_acr() => {
            LEVELS.iter().copied().find(|level| level.ends_with(&lower))?
        }
        _ => return None,
    };
    let variant = names::variant(nearest);
    let advice =
        format!("no provider publishes this level; did you mean \"{nearest}\"?; use `idporten::AcrValue::{variant}`");
    Some(LintFinding::new(LintKind::Wrong, value, advice))
}

/// The words of a line that could be levels: letters, digits and hyphens around `loa-` or `level`.
fn values(text: &str) -> Vec<Range<usize>> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut places: Vec<Range<usize>> = Vec::new();
    let lower = text.to_ascii_lowercase();
    for needle in ["loa-", "idporten-level"] {
        let mut read = 0;
        for (at, _) in lower.match_indices(needle) {
            if at < read {
                continue;
            }
            let start = text[..at].rfind(|c| !is_part(c)).map_or(0, |before| before + char_len(text, before));
            let end = text[at..].find(|c| !is_part(c)).map_or(text.len(), |after| at + after);
            read = end;
            places.push(start..end);
        }
    }
    places.sort_by_key(|place| place.start);
    places.dedup();
    places
}

fn char_len(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(0, char::len_utf8)
}

/// Returns whether a value stands alone: in quotes, or between the separators of a list or of a key and its value.
fn is_quoted(text: &str, place: &Range<usize>) -> bool {
    let (before, after) = (&text[..place.start], &text[place.end..]);
    let opens = before.is_empty() || before.ends_with(['"', '\'', '`', '=', ' ', ',', '[', '\t', '(', '+', '>']);
    let closes =
        after.is_empty() || after.starts_with(['"', '\'', '`', ',', ' ', ']', ')', '&', ';', '\\', '+', '<', '}']);
    opens && closes
}

fn is_word(text: &str, place: &Range<usize>) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    !text[..place.start].ends_with(is_part) && !text[place.end..].starts_with(is_part)
}
