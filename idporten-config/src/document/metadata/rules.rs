//! The rules that metadata must pass, the same for a build, the tool and a running program.

use super::members::missing;
use super::{MemberType, ProviderMetadata, member};
use crate::document::json::{Object, Value};
use crate::document::provider::Provider;
use crate::document::url::{self, on_or_below};
use crate::document::violation::{Rule, Violation, printable, quoted};
use crate::environment::KnownEnvironment;

/// Whether a document must have the members that its schema requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Completeness {
    /// Every required member must be there: what a provider serves.
    Complete,
    /// Members may be missing: what a recording or a documentation states.
    Partial,
}

impl ProviderMetadata {
    /// Reads a metadata document of `provider`.
    ///
    /// # Errors
    ///
    /// Every rule that the document breaks: a member name that is used twice, a missing member where `completeness` asks for
    /// all of them, a wrong type, an issuer that is not the provider's, an endpoint that is not an https URL on one of the
    /// provider's hosts.
    pub fn read(document: Object, provider: &Provider, completeness: Completeness) -> Result<Self, Vec<Violation>> {
        let violations = check(&document, provider, completeness);
        if violations.is_empty() { Ok(Self::from_checked(document, provider.schema())) } else { Err(violations) }
    }
}

fn check(metadata: &Object, provider: &Provider, completeness: Completeness) -> Vec<Violation> {
    let mut violations = Vec::new();
    if let Some(name) = metadata.duplicate() {
        violations.push(Violation::new(
            place(&name),
            Rule::Duplicate,
            "is there twice; which one counts would be a guess",
        ));
    }
    if completeness == Completeness::Complete {
        let schema = provider.schema();
        violations.extend(missing(metadata, schema).map(|name| {
            Violation::new(place(name), Rule::Missing, format!("is required by {}", schema.specification()))
        }));
    }
    for (name, value) in metadata.iter() {
        violations.extend(check_member(name, value, provider).err());
        if let ("mtls_endpoint_aliases", Value::Object(aliases)) = (name, value) {
            let aliased = aliases.iter().filter_map(|(alias, value)| check_member(alias, value, provider).err());
            violations.extend(aliased);
        }
    }
    violations
}

fn check_member(name: &str, value: &Value, provider: &Provider) -> Result<(), Violation> {
    let kind =
        member(name).map(|member| member.kind).or_else(|| name.ends_with("_endpoint").then_some(MemberType::Endpoint));
    let wrong_type = |expected| Err(Violation::wrong_type(place(name), expected, value));
    match kind {
        Some(MemberType::Issuer) => match value.as_str() {
            Some(issuer) => check_issuer(name, issuer, provider),
            None => wrong_type("a string"),
        },
        Some(MemberType::Endpoint) => match value.as_str() {
            Some(url) => check_endpoint(name, url, provider),
            None => wrong_type("a string"),
        },
        Some(MemberType::Text) if value.as_str().is_none() => wrong_type("a string"),
        Some(MemberType::Flag) if value.as_bool().is_none() => wrong_type("a boolean"),
        Some(MemberType::List | MemberType::SigningAlgs) if value.as_array().is_none() => {
            wrong_type("a list of strings")
        }
        Some(MemberType::List | MemberType::SigningAlgs) => check_strings(name, value.as_array().unwrap_or_default()),
        None | Some(MemberType::Text | MemberType::Flag) => Ok(()),
    }
}

fn check_strings(name: &str, values: &[Value]) -> Result<(), Violation> {
    match values.iter().enumerate().find(|(_, value)| value.as_str().is_none()) {
        Some((i, value)) => Err(Violation::wrong_type(format!("{}[{i}]", place(name)), "a string", value)),
        None => Ok(()),
    }
}

fn check_issuer(name: &str, issuer: &str, provider: &Provider) -> Result<(), Violation> {
    let expected = provider.issuer();
    if issuer == expected {
        return Ok(());
    }
    let slash = issuer.strip_suffix('/') == Some(expected) || expected.strip_suffix('/') == Some(issuer);
    let hint = if slash { " (differs only by a trailing slash)" } else { "" };
    let reason =
        format!("differs from the environment's: expected {}, found {}{hint}", quoted(expected), quoted(issuer));
    Err(Violation::new(place(name), Rule::Issuer, reason))
}

fn check_endpoint(name: &str, text: &str, provider: &Provider) -> Result<(), Violation> {
    let refuse = |rule, reason: String| Err(Violation::new(place(name), rule, format!("{} {reason}", quoted(text))));
    let host = match url::parse(text, provider.url_policy()) {
        Ok(url) => url.host,
        Err(reason) => return refuse(Rule::Url, reason.to_owned()),
    };
    let hosts = provider.endpoint_hosts();
    if !hosts.iter().any(|parent| on_or_below(host, parent)) {
        return refuse(Rule::Host, format!("is not on {} or below it", hosts.join(", ")));
    }
    if let Some(other) = belongs_to_another(host, provider) {
        return refuse(Rule::Host, format!("is on a host of another environment, {other}"));
    }
    if name == "jwks_uri" && !serves_keys(host, provider) {
        return refuse(Rule::Host, format!("must be on the issuer's own host, {}", hosts[0]));
    }
    Ok(())
}

/// The environment of the table that the host is nearer to than to this one: production must not trust what test publishes.
fn belongs_to_another(host: &str, provider: &Provider) -> Option<KnownEnvironment> {
    let issuer_host = &provider.endpoint_hosts()[0];
    KnownEnvironment::ALL.iter().copied().filter(|other| Some(*other) != provider.known()).find(|other| {
        let theirs = other.endpoint_hosts()[0];
        on_or_below(host, theirs) && !on_or_below(issuer_host, theirs)
    })
}

/// Keys come from the issuer's own host; a program's own environment may name further hosts, and they are meant literally.
fn serves_keys(host: &str, provider: &Provider) -> bool {
    match provider.known() {
        Some(_) => host == provider.endpoint_hosts()[0],
        None => provider.endpoint_hosts().iter().any(|own| own == host),
    }
}

fn place(name: &str) -> String {
    format!("metadata.{}", printable(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(environment: KnownEnvironment, metadata: &str) -> Vec<String> {
        let metadata = Value::parse(metadata.as_bytes()).unwrap();
        let metadata = metadata.as_object().unwrap();
        check(metadata, &environment.into(), Completeness::Partial).iter().map(ToString::to_string).collect()
    }

    fn one(metadata: &str) -> String {
        let mut all = violations(KnownEnvironment::IdportenProd, metadata);
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    #[test]
    fn an_issuer_that_differs_is_shown_beside_the_expected_one() {
        assert_eq!(
            one(r#"{"issuer": "https://idporten.no/"}"#),
            "`metadata.issuer`: differs from the environment's: expected \"https://idporten.no\", found \"https://idporten.no/\" \
             (differs only by a trailing slash)"
        );
        assert!(!one(r#"{"issuer": "https://idporten.no/pathname"}"#).contains("slash)"));
        assert!(one(r#"{"issuer": null}"#).contains("must be a string, found null"));
        assert!(
            violations(KnownEnvironment::MaskinportenProd, r#"{"issuer": "https://maskinporten.no"}"#)[0]
                .contains("trailing slash")
        );
    }

    #[test]
    fn production_never_takes_an_endpoint_or_keys_of_test() {
        assert!(
            one(r#"{"token_endpoint": "https://test.idporten.no/token"}"#)
                .contains("another environment, idporten-test")
        );
        assert!(
            one(r#"{"jwks_uri": "https://login.test.idporten.no/x"}"#).contains("another environment, idporten-test")
        );
        assert_eq!(
            violations(KnownEnvironment::IdportenTest, r#"{"token_endpoint": "https://test.idporten.no/token"}"#).len(),
            0
        );
        assert!(
            violations(KnownEnvironment::IdportenTest, r#"{"token_endpoint": "https://idporten.no/token"}"#)[0]
                .contains("is not on test.idporten.no")
        );
    }

    #[test]
    fn the_browser_host_is_accepted_for_endpoints_and_refused_for_keys() {
        assert!(
            violations(
                KnownEnvironment::IdportenProd,
                r#"{"authorization_endpoint": "https://login.idporten.no/authorize"}"#
            )
            .is_empty()
        );
        assert!(
            one(r#"{"jwks_uri": "https://login.idporten.no/jwks.json"}"#).contains("issuer's own host, idporten.no")
        );
        assert!(one(r#"{"token_endpoint": "https://evilidporten.no/token"}"#).contains("is not on idporten.no"));
        assert!(one(r#"{"some_new_endpoint": "http://idporten.no/x"}"#).contains("plain http"));
        assert!(one(r#"{"some_new_endpoint": 5}"#).contains("must be a string, found a number"));
    }

    #[test]
    fn endpoints_for_client_certificates_are_held_to_the_same_rules() {
        assert!(one(r#"{"mtls_endpoint_aliases": {"token_endpoint": "http://evil.no/x"}}"#).contains("plain http"));
        assert!(one(r#"{"mtls_endpoint_aliases": {"token_endpoint": "https://evil.no/x"}}"#).contains("is not on"));
    }

    #[test]
    fn a_wrong_type_is_named_with_its_member() {
        assert!(
            one(r#"{"scopes_supported": "openid"}"#)
                .contains("`metadata.scopes_supported`: must be a list of strings, found a string")
        );
        assert!(
            one(r#"{"scopes_supported": ["openid", 1]}"#).contains("`metadata.scopes_supported[1]`: must be a string")
        );
        assert!(one(r#"{"frontchannel_logout_supported": "true"}"#).contains("must be a boolean"));
        assert!(violations(KnownEnvironment::IdportenProd, r#"{"new": {"a": [null]}, "other": 1.5}"#).is_empty());
    }

    #[test]
    fn every_violation_is_reported_at_once() {
        let document = r#"{"issuer": 1, "jwks_uri": "x", "scopes_supported": {}, "new": 1, "new": 2}"#;
        assert_eq!(violations(KnownEnvironment::IdportenProd, document).len(), 4);
        let metadata = Object::default();
        assert_eq!(check(&metadata, &KnownEnvironment::IdportenProd.into(), Completeness::Complete).len(), 7);
        assert_eq!(check(&metadata, &KnownEnvironment::MaskinportenProd.into(), Completeness::Complete).len(), 3);
    }
}
