//! The error for a text that is not a usable snapshot.

use std::fmt;

use crate::document::provider::Provider;
use crate::document::violation::{Rule, Violation, listed, printable};

/// The error for a text that is not a usable snapshot. It holds every rule that the text breaks.
///
/// ```
/// use idporten_config::document::Rule;
/// use idporten_config::{KnownEnvironment, Snapshot};
///
/// let text = KnownEnvironment::IdportenTest.bundled_snapshot();
/// let text = text.replace("\"https://test.idporten.no\"", "\"https://test.idporten.no/\"");
/// let error = Snapshot::parse(text.replace("https://test.idporten.no/token", "/token")).unwrap_err();
/// assert_eq!(error.environment(), Some("idporten-test"));
/// let breaks = |rule| error.violations().iter().any(|violation| violation.rule == rule);
/// assert!(breaks(Rule::Issuer) && breaks(Rule::Url));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotError {
    pub(super) environment: Option<String>,
    /// The flag that is true if the environment is not in the table: a description then decides what its documents may say.
    pub(super) is_described: bool,
    pub(super) violations: Vec<Violation>,
}

impl SnapshotError {
    pub(super) fn of(provider: &Provider, violations: Vec<Violation>) -> Self {
        let is_described = provider.known().is_none();
        Self { environment: Some(provider.slug().to_owned()), is_described, violations }
    }

    /// Returns the slug that the file names, if it could be read.
    #[must_use]
    pub fn environment(&self) -> Option<&str> {
        self.environment.as_deref()
    }

    /// Returns every broken rule, in the order of the file's parts.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: not a snapshot that may be used: ", printable(self.environment().unwrap_or("snapshot")))?;
        f.write_str(&listed(&self.violations))?;
        // Another fetch would break a rule that the description sets once more.
        let is_of_description = |violation: &Violation| matches!(violation.rule, Rule::Host | Rule::Issuer | Rule::Url);
        match self.environment().map(printable) {
            Some(slug) if self.is_described && self.violations.iter().any(is_of_description) => write!(
                f,
                "; correct the description of the provider, `[environments.{slug}]` in a manifest, or take it again with `idporten-config fetch {slug}`"
            ),
            _ => f.write_str("; take it again with `idporten-config fetch`"),
        }
    }
}

impl std::error::Error for SnapshotError {}
