//! The rules that a document breaks: all of them at once, each with its place and reason.

use std::fmt;

/// One rule that a document breaks.
///
/// ```
/// use idporten_config::document::Rule;
/// use idporten_config::{KnownEnvironment, Snapshot};
///
/// let text = KnownEnvironment::IdportenTest.bundled_snapshot();
/// let text = text.replace("https://test.idporten.no/token", "http://test.idporten.no/token");
/// let error = Snapshot::parse(text).unwrap_err();
/// let mut violations = error.violations().iter();
/// let violation = violations.find(|violation| violation.place == "metadata.token_endpoint").expect("a violation");
/// assert_eq!(violation.rule, Rule::Url);
/// assert!(violation.reason.contains("plain http"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The place, as a path into the document: `metadata.token_endpoint`. Empty for the document as a whole.
    pub place: String,
    /// The kind of rule.
    pub rule: Rule,
    /// The mistake, and what would be correct. It never holds key material.
    pub reason: String,
}

/// The kinds of rules.
///
/// ```
/// use idporten_config::document::Rule;
///
/// assert_eq!(Rule::Type.as_str(), "wrong-type");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// A document must be JSON whose values can be kept exactly.
    Syntax,
    /// A snapshot file must have the format of this project.
    Format,
    /// A member name may be used once in an object.
    Duplicate,
    /// A required member must be present.
    Missing,
    /// A member must have its type.
    Type,
    /// The issuer must be the environment's, byte for byte.
    Issuer,
    /// An endpoint must be an absolute https URL.
    Url,
    /// An endpoint must be on a host of its environment.
    Host,
    /// A key set must hold a usable key, and at most as many entries as the limit allows.
    Keys,
    /// A key set must not publish private keys.
    Leaked,
}

impl Rule {
    /// Returns a stable name for programs: `wrong-type`.
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

    /// Makes the violation for a name that is used twice in one object. Parsers differ in which of the two they take, so neither
    /// is accepted.
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

impl std::error::Error for Violation {}

/// The number of violations that a message lists: a hostile document can break rules thousands of times.
const LISTED: usize = 12;

/// Formats violations as one line, cut after the first [`LISTED`].
pub(crate) fn listed(violations: &[Violation]) -> String {
    let shown: Vec<String> = violations.iter().take(LISTED).map(ToString::to_string).collect();
    let more = violations.len().saturating_sub(LISTED);
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    shown.join("; ") + &rest
}

/// Formats a value for messages: quoted, escaped, and cut if it is long.
pub(crate) fn quoted(value: &str) -> String {
    // A hostile value would otherwise fill a terminal or a log.
    match value.char_indices().nth(200) {
        None => format!("{value:?}"),
        Some((end, _)) => format!("{:?}… ({} bytes)", &value[..end], value.len()),
    }
}

/// Formats a name for messages: escaped, and cut if it is long.
#[must_use]
pub fn printable(name: &str) -> String {
    let quoted = quoted(name);
    match quoted.rfind('"') {
        Some(end) if end > 0 => format!("{}{}", quoted[1..end].replace("\\\"", "\""), &quoted[end + 1..]),
        _ => quoted,
    }
}
