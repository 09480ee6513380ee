//! The rules that metadata must pass. They are the same for a build, the tool and a running program.

use super::members::missing;
use super::{MemberType, ProviderMetadata, member};
use crate::document::json::{Object, Value};
use crate::document::provider::{Provider, template_hint};
use crate::document::url::{self, on_or_below};
use crate::document::violation::{Rule, Violation, printable, quoted};
use crate::environment::KnownEnvironment;

/// The demand on a document to have the members that its schema requires.
///
/// ```
/// use idporten_config::KnownEnvironment;
/// use idporten_config::document::json::Object;
/// use idporten_config::document::{Completeness, ProviderMetadata};
///
/// let read = |completeness| {
///     ProviderMetadata::read(Object::default(), &KnownEnvironment::MaskinportenTest.into(), completeness)
/// };
/// assert!(read(Completeness::Partial).is_ok());
/// assert_eq!(read(Completeness::Complete).unwrap_err().len(), 3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Completeness {
    /// Every required member must be present, as in a document that a provider serves.
    Complete,
    /// Members may be missing, as in a recording or a documentation.
    Partial,
}

impl ProviderMetadata {
    /// Reads a metadata document of `provider`.
    ///
    /// # Errors
    ///
    /// Returns every rule that the document breaks: a member name that is used twice, a missing member if `completeness` requires
    /// all of them, a wrong type, an issuer that is not the provider's, an endpoint that is not an https URL on one of the
    /// provider's hosts.
    pub fn read(document: Object, provider: &Provider, completeness: Completeness) -> Result<Self, Vec<Violation>> {
        let violations = check(&document, provider, completeness);
        if violations.is_empty() { Ok(Self::from_checked(document, provider.schema())) } else { Err(violations) }
    }
}

fn check(metadata: &Object, provider: &Provider, completeness: Completeness) -> Vec<Violation> {
    let mut violations = Vec::new();
    // At every depth: a nested object, such as the aliases below, holds endpoints too.
    if let Some(name) = metadata.duplicate() {
        violations.push(Violation::duplicate(place(&name)));
    }
    if completeness == Completeness::Complete {
        let schema = provider.schema();
        violations.extend(missing(metadata, schema).map(|name| {
            Violation::new(place(name), Rule::Missing, format!("is required by {}", schema.specification()))
        }));
    }
    for (name, value) in metadata.iter() {
        violations.extend(check_member(place(name), name, value, provider).err());
        // RFC 8705, section 5: a client that uses mutual TLS sends its requests to an alias instead of the endpoint of the same
        // name, so that an alias is as sensitive as the endpoint itself.
        if let (ALIASES, Value::Object(aliases)) = (name, value) {
            let check = |(alias, value): (&str, &Value)| {
                check_member(format!("{}.{}", place(ALIASES), printable(alias)), alias, value, provider).err()
            };
            violations.extend(aliases.iter().filter_map(check));
        }
    }
    violations
}

const ALIASES: &str = "mtls_endpoint_aliases";

fn check_member(place: String, name: &str, value: &Value, provider: &Provider) -> Result<(), Violation> {
    // Not only the members of the table: an endpoint of a later specification may also receive secrets, so that it must pass the
    // same rules.
    let kind =
        member(name).map(|member| member.kind).or_else(|| name.ends_with("_endpoint").then_some(MemberType::Endpoint));
    let Some(kind) = kind else { return Ok(()) };
    match (kind, value) {
        (MemberType::Issuer, Value::String(issuer)) => check_issuer(place, issuer, provider),
        (MemberType::Endpoint, Value::String(url)) => check_endpoint(place, name, url, provider),
        (MemberType::Text, Value::String(_)) | (MemberType::Flag, Value::Bool(_)) => Ok(()),
        (MemberType::List | MemberType::SigningAlgs, Value::Array(values)) => check_strings(&place, values),
        (MemberType::Issuer | MemberType::Endpoint | MemberType::Text, _) => {
            Err(Violation::wrong_type(place, "a string", value))
        }
        (MemberType::Flag, _) => Err(Violation::wrong_type(place, "a boolean", value)),
        (MemberType::List | MemberType::SigningAlgs, _) => {
            Err(Violation::wrong_type(place, "a list of strings", value))
        }
    }
}

fn check_strings(place: &str, values: &[Value]) -> Result<(), Violation> {
    match values.iter().enumerate().find(|(_, value)| value.as_str().is_none()) {
        Some((i, value)) => Err(Violation::wrong_type(format!("{place}[{i}]"), "a string", value)),
        None => Ok(()),
    }
}

/// Checks that the issuer is exactly the expected one (OpenID Connect Discovery 1.0, section 4.3). Nothing is normalised, since
/// `iss` in tokens is compared byte for byte too.
fn check_issuer(place: String, issuer: &str, provider: &Provider) -> Result<(), Violation> {
    let expected = provider.issuer();
    // OpenID Connect Discovery 1.0, section 4.3, and RFC 8414, section 3.3: the two must be identical. Digdir's issuers differ in
    // their last slash from product to product, so that a reader that normalises accepts tokens that others refuse.
    if issuer == expected {
        return Ok(());
    }
    let slash = issuer.strip_suffix('/') == Some(expected) || expected.strip_suffix('/') == Some(issuer);
    let mut reason = format!("differs from the environment's: expected {}, found {}", quoted(expected), quoted(issuer));
    if slash {
        reason += " (differs only by a trailing slash)";
    }
    if let Some(hint) = template_hint(issuer) {
        reason += &format!("; it {hint} in the well-known URL");
    }
    Err(Violation::new(place, Rule::Issuer, reason))
}

fn check_endpoint(place: String, name: &str, text: &str, provider: &Provider) -> Result<(), Violation> {
    let refuse = |rule, reason: String| Err(Violation::new(place, rule, format!("{} {reason}", quoted(text))));
    let host = match url::parse(text, provider.url_policy()) {
        Ok(url) => url.host,
        Err(reason) => return refuse(Rule::Url, format!("{reason}{}", provider.url_hint(text))),
    };
    let hosts = provider.endpoint_hosts();
    if !hosts.iter().any(|parent| on_or_below(host, parent)) {
        return refuse(Rule::Host, format!("is not on {} or below it{}", hosts.join(", "), host_hint(provider)));
    }
    // After the list of hosts, which a test environment's host can pass: it may be a subdomain of production's.
    if let Some(other) = belongs_to_another(host, provider) {
        return refuse(Rule::Host, format!("is on a host of another environment, {other}"));
    }
    if name == "jwks_uri" && !serves_keys(host, provider) {
        let allowed = match provider.known() {
            Some(_) => format!("the issuer's own host, {}", hosts[0]),
            None => format!("one of the hosts {} itself", hosts.join(", ")),
        };
        return refuse(Rule::Host, format!("must be on {allowed}{}", host_hint(provider)));
    }
    Ok(())
}

/// Returns the help for a host that the rules refuse. It is empty for an environment of the table, whose hosts are fixed.
fn host_hint(provider: &Provider) -> &'static str {
    match provider.known() {
        Some(_) => "",
        None => "; if the provider uses this host, name it in `endpoint-hosts`",
    }
}

/// Returns the environment of the table that the host belongs to, if it is not this one. `test.idporten.no` is a subdomain of
/// production's `idporten.no`, but production must not trust documents of the test environment.
fn belongs_to_another(host: &str, provider: &Provider) -> Option<KnownEnvironment> {
    let issuer_host = &provider.endpoint_hosts()[0];
    KnownEnvironment::ALL.iter().copied().find(|other| {
        let theirs = other.endpoint_hosts()[0];
        on_or_below(host, theirs) && !on_or_below(issuer_host, theirs)
    })
}

/// Returns whether keys may come from the host. The server of the keys decides which tokens are valid, so that a subdomain of the
/// issuer's host, which another party may operate, is not accepted.
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
    use crate::document::provider::Description;

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
        for other in ["https://idporten.no/pathname", "HTTPS://IDPORTEN.NO", "https://IDporten.no"] {
            assert!(!one(&format!(r#"{{"issuer": "{other}"}}"#)).contains("slash)"), "{other}");
        }
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
        assert!(violations(KnownEnvironment::IdportenProd, r#"{"some_new_uri": "http://example.org"}"#).is_empty());
    }

    #[test]
    fn a_provider_of_several_hosts_takes_keys_from_these_hosts_alone() {
        let description = |development| {
            Description::new("acme", "https://acme.no/.well-known/openid-configuration", "https://acme.no")
                .with_endpoint_hosts(["acme.no", "keys.acme.no", "api.acme.example", "idporten.no"])
                .with_development(development)
        };
        let found = |development, member: &str, url: &str| {
            let provider = Provider::describe(description(development)).unwrap();
            let metadata = Value::parse(format!(r#"{{"{member}": "{url}"}}"#).as_bytes()).unwrap();
            let all = check(metadata.as_object().unwrap(), &provider, Completeness::Partial);
            all.iter().map(ToString::to_string).collect::<String>()
        };
        assert_eq!(found(false, "jwks_uri", "https://keys.acme.no/jwks"), "");
        assert_eq!(found(false, "token_endpoint", "https://eu.api.acme.example/token"), "");
        for host in ["www.acme.no", "eu.api.acme.example"] {
            let said = found(false, "jwks_uri", &format!("https://{host}/jwks"));
            assert!(said.contains("must be on one of the hosts"), "{host}: {said}");
        }
        let said = found(false, "token_endpoint", "https://login.idporten.no/token");
        assert!(said.contains("is on a host of another environment, idporten-prod"), "{said}");
        assert_eq!(found(true, "token_endpoint", "http://acme.no:8080/token"), "");
        assert!(found(false, "token_endpoint", "http://acme.no/token").contains("plain http"));
    }

    #[test]
    fn endpoints_for_client_certificates_are_held_to_the_same_rules() {
        assert!(one(r#"{"mtls_endpoint_aliases": {"token_endpoint": "http://evil.no/x"}}"#).contains("plain http"));
        assert!(one(r#"{"mtls_endpoint_aliases": {"token_endpoint": "https://evil.no/x"}}"#).contains("is not on"));
        let second = r#""par_endpoint": "https://idporten.no/par", "token_endpoint": "https://evil.no/x""#;
        assert!(one(&format!(r#"{{"mtls_endpoint_aliases": {{{second}}}}}"#)).contains("is not on"));
        assert!(one(r#"{"mtls_endpoint_aliases": {"new": 1, "new": 2}}"#).contains("twice"));
        assert!(
            one(r#"{"mtls_endpoint_aliases": {"token_endpoint": 1}}"#)
                .starts_with("`metadata.mtls_endpoint_aliases.token_endpoint`: must be a string")
        );
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
        assert!(
            one(r#"{"id_token_signing_alg_values_supported": ["RS256", null]}"#)
                .contains("`metadata.id_token_signing_alg_values_supported[1]`: must be a string")
        );
        assert!(one(r#"{"op_policy_uri": 1}"#).contains("must be a string"));
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
