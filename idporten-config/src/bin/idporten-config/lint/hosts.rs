//! Providers' hosts that stand in a line without a scheme.

use std::ops::Range;

use super::finding::{LintFinding, LintKind};
use super::known::{self, Known};
use super::linter::Line;
use super::urls;

pub(super) fn without_scheme(known: &Known, line: &Line<'_>, urls: &[Range<usize>]) -> Vec<(usize, LintFinding)> {
    let mut found = switched_off(line, urls);
    found.extend(active(known, line, urls));
    found
}

/// Hosts that are switched off, such as in `host: oidc-ver2.difi.no`.
fn switched_off(line: &Line<'_>, urls: &[Range<usize>]) -> Vec<(usize, LintFinding)> {
    let places = known::hosts_switched_off().flat_map(|host| places(line.text, host, urls));
    let finding = |place: Range<usize>| {
        let shown = &line.text[place.clone()];
        Some((place.start, known::switched_off(&shown.to_ascii_lowercase(), shown)?))
    };
    places.filter_map(finding).collect()
}

/// Endpoints and issuers of active environments that lack their scheme: `issuer=idporten.no`, `login.idporten.no/token`.
fn active(known: &Known, line: &Line<'_>, urls: &[Range<usize>]) -> Vec<(usize, LintFinding)> {
    let mut found = Vec::new();
    for host in known::active_hosts() {
        for place in places(line.text, host, urls) {
            let rest = &line.text[place.end..];
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "/-._".contains(c))).unwrap_or(rest.len());
            let place = place.start..place.end + end;
            let context = line.context(&place);
            // A host alone is right as a host; only a key of an issuer needs the whole URL.
            let is_whole = !context.is_comment && !context.is_prose && (end > 1 || context.takes_issuer());
            if is_whole && is_value(line.text, &place) {
                let shown = &line.text[place.clone()];
                found.extend(without(known, shown).map(|finding| (place.start, finding)));
            }
        }
    }
    found
}

/// The finding of the same value with its scheme, said of the value as it stands.
fn without(known: &Known, shown: &str) -> Option<LintFinding> {
    let right = known.meant_by(&format!("https://{shown}"))?;
    Some(LintFinding::new(LintKind::Wrong, shown, format!("the scheme is missing: \"{}\"; use `{}`", right.0, right.1)))
}

/// Returns whether a value fills its quotes or its side of a `=` or `:`. A host in a sentence is no value.
fn is_value(text: &str, place: &Range<usize>) -> bool {
    let (before, after) = (&text[..place.start], &text[place.end..]);
    let quoted = before.ends_with(['"', '\'', '`']) && after.starts_with(['"', '\'', '`']);
    let bare = before.trim_end().ends_with(['=', ':']) && after.trim().is_empty();
    quoted || bare
}

/// The places of a host as a whole, with a `www.` before it, outside of the URLs.
fn places(text: &str, host: &'static str, urls: &[Range<usize>]) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let all = lower.match_indices(host).map(|(start, _)| {
        let end = start + host.len();
        lower[..start].strip_suffix("www.").map_or(start, str::len)..end
    });
    all.filter(|place| is_whole(text, place) && urls::at(urls, place.start).is_none()).collect()
}

fn is_whole(text: &str, place: &Range<usize>) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let after = &text[place.end..];
    // A dot at the end of a sentence is no part of the name.
    let goes_on = after.starts_with(is_part) || after.strip_prefix('.').is_some_and(|rest| rest.starts_with(is_part));
    !goes_on && !text[..place.start].ends_with(|c: char| is_part(c) || c == '.' || c == '@')
}
