//! The place of a value: the kind of file, the key it belongs to, and whether it is in a comment.
//!
//! This is a heuristic over lines, the same for each language. Parsers would be exact, but only for the languages they exist for,
//! and half of the values stand in configuration that is a template.

use std::ops::Range;

/// The number of lines above a value in which its key may stand.
const LINES_ABOVE: usize = 30;
/// The number of names before a value on its line that count: `const ISSUER: &'static str =` has four.
const NAMES: usize = 4;

/// The number of bytes before a value that are read.
const MAX_LEAD: usize = 400;

/// The words of a key that takes an issuer.
const ISSUER_WORDS: &[&str] =
    &["issuer", "issuers", "iss", "authority", "aud", "audience", "audiences", "idp", "discover", "discovery"];
/// The words of a key that takes a page, an origin or the beginning of a URL.
const PAGE_WORDS: &[&str] = &[
    "base",
    "login",
    "portal",
    "redirect",
    "return",
    "frontend",
    "homepage",
    "home",
    "csp",
    "ancestors",
    "cors",
    "origin",
    "origins",
    "documentation",
    "docs",
    "href",
    "src",
    "action",
    "link",
    "links",
    "referer",
    "referrer",
    "allowed",
    "host",
    "hosts",
    "logout",
    "callback",
    "help",
    "page",
    "server",
    "servers",
];

/// The spellings of `TokenX` in code; its service is Tokendings.
const TOKENX: &[&str] = &["tokenx", "token-x", "token_x", "tokendings"];

/// The kind of a file, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    /// Rust source: a constant is what to use.
    Rust,
    /// Source in another language.
    Source,
    /// Configuration, in which a value is right.
    Configuration,
    Prose,
}

/// A file as the rules see it.
#[derive(Debug)]
pub(super) struct File<'a> {
    pub(super) kind: FileKind,
    /// The flag that is true if the file's name speaks of production.
    pub(super) is_of_production: bool,
    /// The flag that is true if the file is about `TokenX`, whose tokens still have the old levels.
    pub(super) is_of_tokenx: bool,
    lines: Vec<&'a str>,
}

impl<'a> File<'a> {
    pub(super) fn new(name: &str, text: &'a str) -> Self {
        let file_name = name.rsplit(['/', '\\']).next().unwrap_or(name);
        Self {
            kind: FileKind::of(file_name),
            is_of_production: words(file_name).iter().any(|word| is_production(word)),
            is_of_tokenx: TOKENX.iter().any(|word| contains(name, word) || contains(text, word)),
            lines: text.lines().collect(),
        }
    }

    pub(super) fn line(&self, number: usize) -> &'a str {
        self.lines.get(number).copied().unwrap_or_default()
    }

    /// The place of a value on a line, which is counted from 0.
    pub(super) fn context(&self, number: usize, value: &Range<usize>) -> Context {
        let line = self.line(number);
        let before = tail(&line[..value.start]);
        let own = names(without_values(before));
        let is_comment = self.is_comment(line, before);
        let keys = match own.as_slice() {
            [] => self.key_above(number),
            [only] if only.eq_ignore_ascii_case("value") => self.name_beside(number).unwrap_or(own),
            // `level` alone says nothing; below `sidecar` it is the level to ask for.
            [only] if only.eq_ignore_ascii_case("level") => [self.key_above(number), own].concat(),
            _ => own,
        };
        Context { keys, is_comment, is_prose: self.kind == FileKind::Prose }
    }

    /// The names of the nearest line above that is indented less and opens a list or a block.
    fn key_above(&self, number: usize) -> Vec<String> {
        let own = indentation(self.line(number));
        let above = (number.saturating_sub(LINES_ABOVE)..number).rev().map(|above| self.line(above));
        let key = above.filter(|line| !line.trim().is_empty()).find(|line| {
            let opens = line.trim_end().ends_with([':', '[', '(', '{', '=', '>', '|', '-']);
            // A YAML list may stand at the indentation of its key.
            opens && (indentation(line) < own || (indentation(line) == own && line.trim_end().ends_with(':')))
        });
        key.map(names).unwrap_or_default()
    }

    /// The value of `name:` on the lines beside `value:`, as Kubernetes writes variables.
    fn name_beside(&self, number: usize) -> Option<Vec<String>> {
        let beside = [number.wrapping_sub(1), number + 1, number.wrapping_sub(2)];
        beside.into_iter().find_map(|number| {
            let line = self.line(number).trim().trim_start_matches("- ").trim_start_matches(['"', '\'']);
            let (key, name) = line.split_once([':', '='])?;
            let key = key.trim_end_matches(['"', '\'', ' ']);
            key.eq_ignore_ascii_case("name").then(|| names(name))
        })
    }

    fn is_comment(&self, line: &str, before: &str) -> bool {
        let start = line.trim_start();
        let opens_with = |marks: &[&str]| marks.iter().any(|mark| start.starts_with(mark));
        match self.kind {
            FileKind::Rust => opens_with(&["//", "/*", "* "]) || before.contains(" // "),
            FileKind::Source => {
                opens_with(&["//", "/*", "* ", "#", "<!--", "--"]) || before.contains(" // ") || before.contains(" # ")
            }
            FileKind::Configuration => opens_with(&["#", "//", "<!--", ";", "* "]) || before.contains(" #"),
            FileKind::Prose => false,
        }
    }
}

impl FileKind {
    pub(super) fn of(name: &str) -> Self {
        if name.starts_with(".env") {
            return Self::Configuration;
        }
        match name.rsplit_once('.').map_or("", |(_, end)| end).to_ascii_lowercase().as_str() {
            "rs" => Self::Rust,
            "md" | "markdown" | "rst" | "adoc" | "txt" => Self::Prose,
            "yaml" | "yml" | "json" | "toml" | "env" | "properties" | "ini" | "conf" | "cfg" | "config" | "xml"
            | "tf" | "tfvars" | "hcl" | "json5" | "jsonc" | "bicep" | "tpl" | "" => Self::Configuration,
            _ => Self::Source,
        }
    }
}

/// The place of one value.
#[derive(Debug)]
pub(super) struct Context {
    /// The names before the value, the nearest last; or those of the key above it.
    pub(super) keys: Vec<String>,
    pub(super) is_comment: bool,
    pub(super) is_prose: bool,
}

impl Context {
    /// Returns whether the value stands where an issuer belongs. The nearest name that says something decides.
    pub(super) fn takes_issuer(&self) -> bool {
        if self.is_comment || self.is_prose {
            return false;
        }
        let said = self.keys.iter().rev().find_map(|key| {
            let words = words(key);
            let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
            if has(ISSUER_WORDS) { Some(true) } else { has(PAGE_WORDS).then_some(false) }
        });
        said.unwrap_or(false)
    }

    /// Returns whether the nearest name is that of an audience.
    pub(super) fn takes_audience(&self) -> bool {
        let words = self.keys.last().map(|key| words(key)).unwrap_or_default();
        let is_audience = words.iter().any(|word| matches!(word.as_str(), "aud" | "audience" | "audiences"));
        is_audience && !self.is_comment && !self.is_prose
    }

    /// Returns whether the nearest name is one of `acr`, or of the level that a sidecar asks for.
    pub(super) fn takes_acr(&self) -> bool {
        let speaks_of = |wanted: &str| self.keys.iter().any(|key| words(key).iter().any(|word| word == wanted));
        speaks_of("acr") || speaks_of("acrs") || (speaks_of("sidecar") && speaks_of("level"))
    }

    /// The words of the nearest name that has one of letters.
    pub(super) fn key_words(&self) -> Vec<String> {
        self.keys.iter().flat_map(|key| words(key)).collect()
    }
}

pub(super) fn is_production(word: &str) -> bool {
    matches!(word, "prod" | "production" | "prd" | "produksjon")
}

/// The text without what other values on the line hold: of `a: "x", b: "y"` only `b` is the key of `y`.
fn without_values(before: &str) -> &str {
    let cut = before.rfind([';', '{', '}']).map_or(0, |at| at + 1);
    &before[cut..]
}

/// The last identifiers of a text, in its order.
fn names(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-' || c == '.';
    let mut names: Vec<String> = text
        .split(|c: char| !is_part(c))
        .map(|name| name.trim_matches(['-', '.']))
        .filter(|name| name.contains(|c: char| c.is_alphabetic()))
        .map(str::to_owned)
        .collect();
    names.split_off(names.len().saturating_sub(NAMES))
}

/// The words of a name in lower case: `acr_values`, `acrValues` and `ACR-Values` are two words each.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous = ' ';
    for c in name.chars() {
        let is_hump = c.is_uppercase() && previous.is_lowercase();
        if !c.is_alphanumeric() || is_hump {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().into_iter().for_each(|word| word.extend(c.to_lowercase()));
        }
        previous = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The end of a text. A line may be as long as a file and hold thousands of values, so that no more of it is read for each.
fn tail(text: &str) -> &str {
    let start = (text.len().saturating_sub(MAX_LEAD)..=text.len()).find(|at| text.is_char_boundary(*at));
    &text[start.unwrap_or_default()..]
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Returns whether a text contains a word of ASCII letters, in any case.
fn contains(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(name: &str, text: &str, value: &str) -> Vec<String> {
        let file = File::new(name, text);
        let (number, start) =
            text.lines().enumerate().find_map(|(number, line)| Some((number, line.find(value)?))).unwrap();
        file.context(number, &(start..start + value.len())).keys
    }

    #[test]
    fn the_key_of_a_value_is_the_name_before_it() {
        assert_eq!(keys("a.rs", "const ISSUER: &'static str = \"V\";", "V"), ["const", "ISSUER", "static", "str"]);
        assert_eq!(keys("a.json", r#"{"base": "x", "issuer": "V"}"#, "V").last().unwrap(), "issuer");
        assert_eq!(keys("a.env", "IDPORTEN_ISSUER=V", "V"), ["IDPORTEN_ISSUER"]);
    }

    #[test]
    fn the_key_of_a_list_stands_above_it() {
        assert_eq!(keys("a.yaml", "issuers:\n  - x\n  - V", "V"), ["issuers"]);
        assert_eq!(keys("a.yaml", "issuers:\n- V", "V"), ["issuers"]);
        assert_eq!(keys("a.ts", "const issuers = [\n  \"V\",\n];", "V"), ["const", "issuers"]);
    }

    #[test]
    fn the_key_of_a_variable_is_its_name() {
        assert_eq!(keys("a.yaml", "- name: IDPORTEN_ISSUER\n  value: V", "V"), ["IDPORTEN_ISSUER"]);
        assert_eq!(keys("a.yaml", "- value: V\n  name: \"A_B\"", "V"), ["A_B"]);
    }

    #[test]
    fn a_name_has_the_same_words_in_each_style() {
        for name in ["acr_values", "acrValues", "ACR-Values", "Acr.values"] {
            assert_eq!(words(name), ["acr", "values"], "{name}");
        }
    }
}
