//! What a document breaks: every rule at once, each with its place and reason.

use std::fmt;

/// One rule that a document breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// Where, as a path into the document: `metadata.token_endpoint`. Empty for the document as a whole.
    pub place: String,
    /// Which rule.
    pub rule: Rule,
    /// What is wrong and what would be right; never holds key material.
    pub reason: String,
}

/// The kinds of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// It must be JSON that can be kept exactly.
    Syntax,
    /// It must have the snapshot's file format.
    Format,
    /// A member name may be used once in an object.
    Duplicate,
    /// A required member must be there.
    Missing,
    /// A member must have its type.
    Type,
    /// The issuer must be the environment's, byte for byte.
    Issuer,
    /// An endpoint must be an absolute https URL.
    Url,
    /// An endpoint must be on a host of its environment.
    Host,
    /// A key set must hold a usable key, and not too many.
    Keys,
    /// A key set must not publish private keys.
    Leaked,
}

impl Rule {
    /// A name for machines: `wrong-type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Format => "format",
            Self::Duplicate => "duplicate",
            Self::Missing => "missing",
            Self::Type => "wrong-type",
            Self::Issuer => "issuer",
            Self::Url => "url",
            Self::Host => "host",
            Self::Keys => "keys",
            Self::Leaked => "leaked",
        }
    }
}

impl Violation {
    pub(crate) fn new(place: impl Into<String>, rule: Rule, reason: impl Into<String>) -> Self {
        Self { place: place.into(), rule, reason: reason.into() }
    }

    /// A name that is used twice in one object. Readers differ in which of the two they take, so that neither is.
    pub(crate) fn duplicate(place: impl Into<String>) -> Self {
        Self::new(place, Rule::Duplicate, "is there twice; remove one of the two")
    }

    pub(crate) fn wrong_type(place: impl Into<String>, expected: &str, found: &crate::document::json::Value) -> Self {
        Self::new(place, Rule::Type, format!("must be {expected}, found {}", found.kind()))
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "`{}`: ", printable(&self.place))?;
        }
        f.write_str(&self.reason)
    }
}

/// How many violations a message lists: a hostile document breaks rules by the thousand.
const LISTED: usize = 12;

/// Violations in a line, the first of them where there are many.
pub(crate) fn listed(violations: &[Violation]) -> String {
    let shown: Vec<String> = violations.iter().take(LISTED).map(ToString::to_string).collect();
    let more = violations.len().saturating_sub(LISTED);
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    shown.join("; ") + &rest
}

/// A value as it stands in messages: quoted, escaped, cut where it is long.
pub(crate) fn quoted(value: &str) -> String {
    match value.char_indices().nth(200) {
        None => format!("{value:?}"),
        Some((end, _)) => format!("{:?}… ({} bytes)", &value[..end], value.len()),
    }
}

/// A name as it stands in messages: escaped, cut where it is long.
#[must_use]
pub fn printable(name: &str) -> String {
    let quoted = quoted(name);
    match quoted.rfind('"') {
        Some(end) if end > 0 => format!("{}{}", quoted[1..end].replace("\\\"", "\""), &quoted[end + 1..]),
        _ => quoted,
    }
}
