//! The requirements of a program on an environment, and the check that a snapshot meets them.

use crate::document::json::Value;
use crate::document::metadata::{self, MEMBERS};
use crate::document::snapshot::{Origin, Snapshot};
use crate::document::violation::{printable, quoted};
use crate::environment::nearest::nearest;
use crate::project::finding::{Finding, Place};

/// A requirement: a metadata member, and the value that it must have.
///
/// ```
/// use idporten_config::internal::Requirement;
/// use idporten_config::{KnownEnvironment, Snapshot};
///
/// let snapshot = Snapshot::parse(KnownEnvironment::IdportenTest.bundled_snapshot())?;
/// let requirement = Requirement::new("acr_values_supported", ["idporten-loa-hihg"]);
/// let findings = requirement.check(&snapshot);
/// assert_eq!(findings[0].help, "did you mean `idporten-loa-high`?");
/// # Ok::<(), idporten_config::document::SnapshotError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    member: String,
    expected: Expected,
    place: Option<Place>,
}

/// The value that a member must have.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// The member must be present; a boolean must be true.
    Present,
    /// The member must be equal to this string.
    Equal(String),
    /// The member must contain each of these values.
    Contains(Vec<String>),
    /// The requirement `false`, which is refused, since a requirement that always holds is a mistake.
    Nothing,
}

impl Requirement {
    /// Makes a requirement on a member, by its standard name: a string to be equal to, a list of values to contain, or
    /// [`Expected::Present`].
    #[must_use]
    pub fn new(member: impl Into<String>, expected: impl Into<Expected>) -> Self {
        Self { member: member.into(), expected: expected.into(), place: None }
    }

    /// Returns the name of the member.
    #[must_use]
    pub fn member(&self) -> &str {
        &self.member
    }

    #[cfg(feature = "codegen")]
    pub(crate) fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    #[cfg(feature = "codegen")]
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Returns a finding for each value that the snapshot lacks. If there is none, the snapshot meets the requirement.
    #[must_use]
    pub fn check(&self, snapshot: &Snapshot) -> Vec<Finding> {
        if self.expected == Expected::Contains(Vec::new()) || self.expected == Expected::Nothing {
            let message = format!("nothing is required of `{}`", printable(&self.member));
            let help = "name values that it must contain, or write `true` for a member that must be there";
            return vec![Finding::error(message, help).at(self.place.as_ref())];
        }
        let mut findings = match snapshot.metadata_json().get(&self.member) {
            None => vec![self.absent(snapshot)],
            Some(found) => self.compare(found, snapshot),
        };
        for finding in &mut findings {
            finding.environment = Some(snapshot.provider().slug().to_owned());
            finding.place.clone_from(&self.place);
        }
        findings
    }

    fn absent(&self, snapshot: &Snapshot) -> Finding {
        let (slug, member) = (snapshot.provider().slug(), printable(&self.member));
        let published = snapshot.metadata_json().iter().map(|(name, _)| name);
        if metadata::member(&self.member).is_none() {
            let known = MEMBERS.iter().map(|member| member.name).chain(published);
            let help = match nearest(&self.member, known) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("run `idporten-config show {slug}` to see what it publishes"),
            };
            return Finding::error(format!("{slug} does not publish a member `{member}`"), help);
        }
        let fetch = format!("run `idporten-config fetch {slug}` to take the live document, or remove the requirement");
        // Only a fetched document proves by its silence that the member is not published: a recording may be older, or not whole.
        match snapshot.origin() {
            Origin::Fetched => Finding::error(format!("{slug} does not publish `{member}`"), fetch),
            origin => {
                let message = format!("it is not known whether {slug} publishes `{member}`");
                Finding::error(message, fetch)
                    .note(format!("its snapshot is {origin}, of {}, and does not state it", snapshot.date()))
            }
        }
    }

    fn compare(&self, found: &Value, snapshot: &Snapshot) -> Vec<Finding> {
        let (slug, member) = (snapshot.provider().slug(), printable(&self.member));
        let form = |right: &str| {
            let message = format!("`{member}` of {slug} is {}, and the requirement is of another type", found.kind());
            vec![Finding::error(message, format!("write {right}"))]
        };
        match (&self.expected, found) {
            (Expected::Present, Value::Bool(false)) => {
                let help = format!("remove the requirement, or run `idporten-config fetch {slug}` if that has changed");
                vec![Finding::error(format!("{slug} publishes `{member}` as false"), help)]
            }
            (Expected::Present, _) => Vec::new(),
            // Byte for byte: an issuer that differs by a slash is another issuer.
            (Expected::Equal(expected), Value::String(found)) if **expected == **found => Vec::new(),
            (Expected::Equal(expected), Value::String(found)) => {
                let message = format!("{slug} publishes `{member}` as {}, not {}", quoted(found), quoted(expected));
                vec![Finding::error(message, format!("require {}", quoted(found)))]
            }
            (Expected::Contains(expected), Value::Array(found)) => {
                let published: Vec<&str> = found.iter().filter_map(Value::as_str).collect();
                let missing = expected.iter().filter(|value| !published.contains(&value.as_str()));
                missing.map(|value| lacks(slug, &member, value, &published)).collect()
            }
            (_, Value::Array(_)) => form("a list of strings"),
            (_, Value::String(_)) => form("a string, or `true`"),
            // Booleans, and values of types for which no other requirement can be written.
            _ => form("`true`"),
        }
    }
}

fn lacks(slug: &str, member: &str, value: &str, published: &[&str]) -> Finding {
    let shown: Vec<String> = published.iter().map(|value| printable(value)).collect();
    let help = match nearest(value, published.iter().copied()) {
        Some(near) => format!("did you mean `{}`?", printable(near)),
        None => format!("require one of those, or run `idporten-config fetch {slug}` if it was added since"),
    };
    Finding::error(format!("{slug} does not publish `{}` in `{member}`", printable(value)), help).note(
        if shown.is_empty() {
            "it publishes no strings there".to_owned()
        } else {
            format!("it publishes: {}", shown.join(", "))
        },
    )
}

impl From<bool> for Expected {
    fn from(present: bool) -> Self {
        if present { Self::Present } else { Self::Nothing }
    }
}

impl From<&str> for Expected {
    fn from(value: &str) -> Self {
        Self::Equal(value.to_owned())
    }
}

impl From<String> for Expected {
    fn from(value: String) -> Self {
        Self::Equal(value)
    }
}

impl<T: Into<String>> From<Vec<T>> for Expected {
    fn from(values: Vec<T>) -> Self {
        Self::Contains(values.into_iter().map(Into::into).collect())
    }
}

impl<T: AsRef<str>> From<&[T]> for Expected {
    fn from(values: &[T]) -> Self {
        Self::Contains(values.iter().map(|value| value.as_ref().to_owned()).collect())
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for Expected {
    fn from(values: [T; N]) -> Self {
        Self::Contains(values.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::KnownEnvironment;

    #[track_caller]
    fn unmet(environment: KnownEnvironment, member: &str, expected: impl Into<Expected>) -> Finding {
        let snapshot = Snapshot::parse(environment.bundled_snapshot()).unwrap();
        let mut findings = Requirement::new(member, expected).check(&snapshot);
        assert_eq!(findings.len(), 1, "{findings:?}");
        findings.remove(0)
    }

    #[test]
    fn what_is_published_meets_the_requirement() {
        let snapshot = Snapshot::parse(KnownEnvironment::IdportenTest.bundled_snapshot()).unwrap();
        for requirement in [
            Requirement::new("acr_values_supported", ["idporten-loa-high", "eidas-loa-low"]),
            Requirement::new("issuer", "https://test.idporten.no"),
            Requirement::new("frontchannel_logout_supported", Expected::Present),
            Requirement::new("pushed_authorization_request_endpoint", Expected::Present),
            Requirement::new("scopes_supported", Expected::Present),
        ] {
            assert_eq!(requirement.check(&snapshot), [], "{requirement:?}");
        }
    }

    #[test]
    fn a_mistyped_value_is_answered_with_the_published_ones_and_the_nearest() {
        let finding =
            unmet(KnownEnvironment::IdportenTest, "acr_values_supported", ["idporten-loa-high", "idporten-loa-hihg"]);
        assert_eq!(
            finding.to_string(),
            "idporten-test does not publish `idporten-loa-hihg` in `acr_values_supported`\n  it publishes: idporten-loa-low, \
             idporten-loa-substantial, idporten-loa-high, eidas-loa-low, eidas-loa-substantial, eidas-loa-high\n  help: did you mean \
             `idporten-loa-high`?"
        );
    }

    #[test]
    fn a_member_that_the_snapshot_omits_is_unknown() {
        let finding = unmet(KnownEnvironment::IdportenProd, "dpop_signing_alg_values_supported", Expected::Present);
        assert!(finding.message.starts_with("it is not known whether idporten-prod publishes"), "{finding}");
        assert!(finding.help.contains("idporten-config fetch idporten-prod"));
        let finding = unmet(KnownEnvironment::IdportenProd, "acr_value_supported", ["x"]);
        assert_eq!(finding.help, "did you mean `acr_values_supported`?");
    }

    #[test]
    fn a_list_of_nothing_requires_nothing_and_is_refused() {
        let none: [&str; 0] = [];
        for expected in [Expected::from(none), Expected::from(false)] {
            let message = unmet(KnownEnvironment::IdportenTest, "scopes_supported", expected).message;
            assert_eq!(message, "nothing is required of `scopes_supported`");
        }
    }

    #[test]
    fn a_list_that_also_holds_other_values_contains_its_strings() {
        let text = KnownEnvironment::IdportenTest.bundled_snapshot();
        let snapshot = |list: &str| {
            Snapshot::parse(text.replace("\"issuer\"", &format!("\"levels\": {list}, \"issuer\""))).unwrap()
        };
        let requirement = Requirement::new("levels", ["three"]);
        assert_eq!(requirement.check(&snapshot(r#"[3, "three"]"#)), []);
        for list in ["[3]", "[]"] {
            assert_eq!(requirement.check(&snapshot(list))[0].notes, ["it publishes no strings there"], "{list}");
        }
    }

    #[test]
    fn a_requirement_of_the_wrong_form_names_the_right_one() {
        assert!(unmet(KnownEnvironment::IdportenTest, "scopes_supported", "openid").help.contains("a list of strings"));
        assert!(unmet(KnownEnvironment::IdportenTest, "issuer", ["x"]).help.contains("a string, or `true`"));
        assert!(unmet(KnownEnvironment::IdportenTest, "request_parameter_supported", "yes").help.contains("`true`"));
        assert!(
            unmet(KnownEnvironment::IdportenTest, "request_parameter_supported", Expected::Present)
                .message
                .contains("as false")
        );
        assert!(
            unmet(KnownEnvironment::IdportenTest, "issuer", "https://test.idporten.no/")
                .message
                .contains("not \"https://test.idporten.no/\"")
        );
    }
}
