//! Rust names for any string that a provider may publish. They are valid, distinct, and the same on every run.

use std::collections::BTreeMap;

use crate::document::json::distinct;

/// The number of variants that an enum may have. A list of 20,000 values produced 8 MB of Rust, which the compiler did not
/// finish; no list of a real provider comes near this limit.
pub const MAX_VARIANTS: usize = 1_000;

/// The number of constants that may get the name of another one with underscores. Each has one more than the last, so that the names
/// of ten thousand would fill the memory.
#[cfg(feature = "codegen")]
const MAX_NAMESAKES: usize = 8;

/// The keywords of all editions, including those reserved for later ones.
const KEYWORDS: &[&str] = &[
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

// One type of map, and sorted slices: in a build script each other type of map, set or sort adds about 1 % to the machine code of
// the library.

/// Returns the variants of an enum in the order of its values, which must be distinct.
///
/// If two values would have the same name, neither gets it: each name carries the bytes of its value. A value that is published
/// later can thus never take a name that code already uses for another value.
#[must_use]
pub fn variants<'a>(values: &[&'a str]) -> Vec<(String, &'a str)> {
    let mut users: BTreeMap<String, usize> = BTreeMap::new();
    for value in values {
        *users.entry(variant(value)).or_default() += 1;
    }
    let mut used = UsedNames::new(&[]);
    // Names are assigned in the byte order of the values, so that they do not depend on the order published.
    let sorted = distinct(values.to_vec());
    let mut names = Vec::new();
    for value in &sorted {
        let base = variant(value);
        // A keyword's name ends in an underscore, which in the middle of a name would be against the language's style.
        let name = if users[&base] == 1 { base } else { with_bytes(base.trim_end_matches('_'), value) };
        names.push(used.unused(name));
    }
    let name = |value: &&str| sorted.binary_search(value).map(|i| names[i].clone()).unwrap_or_default();
    values.iter().map(|value| (name(value), *value)).collect()
}

/// Returns distinct names of constants for members, in the order of `first` and `others`.
///
/// The members in `first` are named first, then those spelled as members usually are, so that an unusual member that is published
/// later takes no name that code already uses. A member whose name is taken gets underscores, or no name after `MAX_NAMESAKES`.
#[cfg(feature = "codegen")]
#[must_use]
pub fn constants(first: &[&str], others: &[&str], reserved: &[&str]) -> Vec<Option<String>> {
    let mut used = UsedNames::new(reserved);
    let mut names: Vec<_> = first.iter().map(|member| Some(used.unused(constant(member)))).collect();
    names.resize(first.len() + others.len(), None);
    for usual in [true, false] {
        for (i, member) in others.iter().enumerate() {
            let name = constant(member);
            let is_usual = name.to_ascii_lowercase() == *member;
            if is_usual == usual && used.namesakes(&name) <= MAX_NAMESAKES {
                names[first.len() + i] = Some(used.unused(name));
            }
        }
    }
    names
}

/// Returns the name of a variant: `IdportenLoaHigh` for `idporten-loa-high`, `RS256` for `RS256`; for a URN that of its last
/// part.
pub fn variant(value: &str) -> String {
    let value = match value.strip_prefix("urn:").and_then(|urn| urn.rsplit(':').next()) {
        Some(last) if last.chars().any(|c| c.is_ascii_alphanumeric()) => last,
        _ => value,
    };
    let words = spelled(value);
    let name: String = words.split('_').map(capitalised).collect();
    match name.chars().next() {
        None => unnameable(value),
        Some(first) if first.is_ascii_digit() => format!("V{name}"),
        // The constant with an enum's values has this name.
        Some(_) if name == "ALL" => name + "_",
        Some(_) => not_keyword(name),
    }
}

/// Returns the name of a constant: `TOKEN_ENDPOINT` for `token_endpoint`.
#[must_use]
pub fn constant(member: &str) -> String {
    let name = spelled(member).to_ascii_uppercase();
    match name.chars().find(|c| *c != '_') {
        None => unnameable(member).to_ascii_uppercase(),
        Some(_) if name.starts_with(|c: char| c.is_ascii_digit()) => format!("_{name}"),
        Some(_) => name,
    }
}

/// Returns the name of a module: `legacy_ver2` for `legacy-ver2`.
#[cfg(feature = "codegen")]
#[must_use]
pub fn module(stage: &str) -> String {
    let name = spelled(stage).to_ascii_lowercase();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("v{name}") } else { not_keyword(name) }
}

/// Spells a text with ASCII letters and digits unchanged, other ASCII as `_`, and everything else as its code point.
fn spelled(text: &str) -> String {
    text.chars().fold(String::new(), |mut name, c| {
        match c {
            c if c.is_ascii_alphanumeric() => name.push(c),
            c if c.is_ascii() => name.push('_'),
            c => name.push_str(&format!("_U{:04X}", u32::from(c))),
        }
        name
    })
}

/// Returns a text with its first letter in upper case.
#[must_use]
pub fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}

/// Names a text without a letter or digit.
fn unnameable(text: &str) -> String {
    if text.is_empty() { "Empty".to_owned() } else { text.chars().map(|c| format!("U{:04X}", u32::from(c))).collect() }
}

fn with_bytes(name: &str, value: &str) -> String {
    value.bytes().fold(format!("{name}X"), |name, byte| name + &format!("{byte:02X}"))
}

fn not_keyword(name: String) -> String {
    if KEYWORDS.contains(&name.as_str()) { name + "_" } else { name }
}

/// The names that are in use, each with the number of underscores to start with for the next equal name. Starting from none would
/// take quadratic time for many equal names.
struct UsedNames(BTreeMap<String, usize>);

impl UsedNames {
    fn new(reserved: &[&str]) -> Self {
        let mut names = BTreeMap::new();
        for name in reserved {
            names.insert((*name).to_owned(), 1);
        }
        Self(names)
    }

    /// Returns the number of underscores that the next equal name starts with.
    fn namesakes(&self, name: &str) -> usize {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// Returns the name with as many underscores as make it unique.
    fn unused(&mut self, name: String) -> String {
        let mut underscores = self.namesakes(&name);
        let mut candidate = name.clone() + &"_".repeat(underscores);
        while self.0.contains_key(&candidate) {
            candidate.push('_');
            underscores += 1;
        }
        self.0.insert(candidate.clone(), 1);
        self.0.insert(name, underscores + 1);
        candidate
    }
}

#[cfg(all(test, feature = "codegen"))]
mod tests {
    use super::*;

    #[test]
    fn the_values_in_use_have_the_names_one_would_guess() {
        for (value, name) in [
            ("idporten-loa-high", "IdportenLoaHigh"),
            ("selfregistered-email", "SelfregisteredEmail"),
            ("RS256", "RS256"),
            ("S256", "S256"),
            ("Level3", "Level3"),
            ("query.jwt", "QueryJwt"),
            ("client_secret_basic", "ClientSecretBasic"),
            ("id_token token", "IdTokenToken"),
            ("urn:ietf:params:oauth:grant-type:jwt-bearer", "JwtBearer"),
            ("urn:altinn:systemuser", "Systemuser"),
            ("none", "None"),
            ("nb", "Nb"),
        ] {
            assert_eq!(variant(value), name);
        }
        assert_eq!(constant("token_endpoint"), "TOKEN_ENDPOINT");
        assert_eq!(module("legacy-ver2"), "legacy_ver2");
    }

    #[test]
    fn strings_that_are_no_words_still_have_names() {
        for (value, name) in [
            ("", "Empty"),
            ("*", "U002A"),
            ("---", "U002DU002DU002D"),
            ("2fa", "V2fa"),
            ("self", "Self_"),
            ("ALL", "ALL_"),
            ("blå", "BlU00E5"),
            ("😀", "U1F600"),
            ("urn:", "Urn"),
            ("urn:x:*", "UrnX"),
            ("a\u{202e}b", "AU202Eb"),
            ("\0", "U0000"),
        ] {
            assert_eq!(variant(value), name, "{value:?}");
        }
        assert_eq!(constant(""), "EMPTY");
        assert_eq!(constant("_"), "U005F");
        assert_eq!(constant("2fa"), "_2FA");
        assert_eq!(module("try"), "try_");
        assert_eq!((module("2fa").as_str(), variant("2fa").as_str()), ("v2fa", "V2fa"));
    }

    #[test]
    fn values_with_colliding_names_carry_their_bytes_in_any_order() {
        assert_eq!(
            variants(&["a-b", "x", "a.b"]),
            [("ABX612D62".into(), "a-b"), ("X".into(), "x"), ("ABX612E62".into(), "a.b")]
        );
        assert_eq!(
            variants(&["a.b", "a-b", "x"]),
            [("ABX612E62".into(), "a.b"), ("ABX612D62".into(), "a-b"), ("X".into(), "x")]
        );
        assert_eq!(variants(&["self", "Self"]), [("SelfX73656C66".into(), "self"), ("SelfX53656C66".into(), "Self")]);
        assert_eq!(variants(&["a-b", "a.b", "ABX612D62"])[2], ("ABX612D62".into(), "ABX612D62"));
        assert_eq!(variants(&["a-b", "a.b", "ABX612D62"])[0], ("ABX612D62_".into(), "a-b"));
    }

    #[test]
    fn members_with_colliding_names_get_underscores_unless_known() {
        let names = constants(&["issuer"], &["Issuer", "a-b", "a.b", "snapshot"], &["SNAPSHOT"]);
        assert_eq!(names, ["ISSUER", "ISSUER_", "A_B", "A_B_", "SNAPSHOT_"].map(|name| Some(name.to_owned())));
        let names = constants(&[], &["A_B", "a-b", "a_b"], &[]);
        assert_eq!(names, ["A_B_", "A_B__", "A_B"].map(|name| Some(name.to_owned())));
    }
}
