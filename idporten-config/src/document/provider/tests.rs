//! Stories of described providers.

use super::*;
use crate::document::json::Value;
use crate::document::metadata::{Completeness, ProviderMetadata};
use crate::environment::Product;

const URL: &str = "https://login.acme.no/.well-known/openid-configuration";
const ISSUER: &str = "https://login.acme.no";

fn acme() -> Description {
    Description::new("acme-test", URL, ISSUER)
}

#[track_caller]
fn refused(description: Description, message: &str) {
    let error = Provider::describe(description).unwrap_err().to_string();
    assert!(error.contains(message), "wanted {message:?}, found {error:?}");
}

/// The violations of metadata that the provider serves.
fn violations(provider: &Provider, metadata: &str) -> String {
    let metadata = Value::parse(metadata.as_bytes()).unwrap();
    let metadata = metadata.as_object().unwrap().clone();
    let found = ProviderMetadata::read(metadata, provider, Completeness::Partial).unwrap_err();
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn three_facts_describe_a_provider_and_the_rest_has_defaults() {
    let provider = Provider::custom("acme-test", URL, ISSUER).unwrap();
    assert_eq!(
        (provider.slug(), provider.product().as_str(), provider.stage()),
        ("acme-test", "acme-test", "acme-test")
    );
    assert_eq!((provider.issuer(), provider.well_known_url()), (ISSUER, URL));
    assert_eq!(provider.endpoint_hosts(), ["login.acme.no"]);
    assert_eq!(provider.signing_algs(), [SigningAlg::RS256]);
    assert!(!provider.is_development());
}

#[test]
fn a_custom_product_groups_by_itself_and_its_url_tells_the_schema() {
    let product = |product: &str| acme().with_product(product.parse::<ProductName>().unwrap());
    let provider = Provider::describe(product("acme")).unwrap();
    assert_eq!((provider.product().as_str(), provider.stage()), ("acme", "test"));
    assert_eq!(provider.schema(), Schema::OpenIdConnectDiscovery);
    let well_known_url = "https://login.acme.no/.well-known/oauth-authorization-server/tenant";
    let provider =
        Provider::describe(Description { well_known_url: well_known_url.into(), ..product("acme") }).unwrap();
    assert_eq!(provider.schema(), Schema::OAuthAuthorizationServer);
    let known = Provider::describe(acme().with_product(Product::Maskinporten)).unwrap();
    assert_eq!(known.schema(), Schema::OAuthAuthorizationServer, "a product of the table decides");
}

#[test]
fn an_issuer_may_name_the_default_port_and_endpoints_may_not() {
    let provider = Provider::custom("acme", URL, "https://login.acme.no:443/").unwrap();
    assert_eq!(provider.endpoint_hosts(), ["login.acme.no"]);
    let found = violations(&provider, r#"{"issuer": "https://login.acme.no/"}"#);
    assert!(found.contains(r#"expected "https://login.acme.no:443/", found "https://login.acme.no/""#), "{found}");
    let found = violations(&provider, r#"{"token_endpoint": "https://login.acme.no:443/token"}"#);
    assert!(found.contains("has a port"), "{found}");
    refused(Description::new("acme", URL, "https://login.acme.no:443@evil.no"), "user information");
    refused(Description::new("acme", URL, "https://login.acme.no:8443"), "has a port");
    let local = "http://localhost:80/x";
    assert!(Provider::describe(Description::new("local", "http://localhost/x", local).with_development(true)).is_ok());
}

#[test]
fn a_template_is_refused_in_words_that_fit() {
    let issuer = "https://login.acme.no/{tenantid}/v2.0";
    refused(
        Description::new("acme", URL, issuer),
        "is a template, not an issuer: put the tenant's id in place of `{tenantid}`",
    );
    refused(Description::new("acme", URL, "https://{host}/"), "put the value that it stands for in place of `{host}`");
    let provider = Provider::custom("acme", URL, "https://login.acme.no/common/v2.0").unwrap();
    let found = violations(&provider, &format!(r#"{{"issuer": "{issuer}"}}"#));
    assert!(found.contains("put the tenant's id in place of `{tenantid}` in the well-known URL"), "{found}");
}

#[test]
fn what_development_would_allow_says_so_and_nothing_else_does() {
    let hint = "set `development = true` if the provider is for development only";
    refused(Description::new("acme", "https://login.acme.no:8443/x", ISSUER), hint);
    refused(Description::new("acme", URL, "http://login.acme.no"), hint);
    let provider = Provider::custom("acme", URL, ISSUER).unwrap();
    let found = violations(&provider, r#"{"token_endpoint": "https://login.acme.no:8443/token"}"#);
    assert!(found.contains("has a port; only the default port is accepted") && found.contains(hint), "{found}");
    let known = Provider::from(KnownEnvironment::IdportenTest);
    for (provider, url) in [(&provider, "https://u@login.acme.no/"), (&known, "https://test.idporten.no:8443/")] {
        let found = violations(provider, &format!(r#"{{"token_endpoint": "{url}"}}"#));
        assert!(!found.contains("development"), "{found}");
    }
}

#[test]
fn a_host_that_may_be_allowed_names_the_key_that_allows_it() {
    let hint = "if the provider uses this host, name it in `endpoint-hosts`";
    let provider = Provider::custom("acme", URL, ISSUER).unwrap();
    for member in ["token_endpoint", "jwks_uri"] {
        let found = violations(&provider, &format!(r#"{{"{member}": "https://api.acme.no/x"}}"#));
        assert!(found.contains("is not on login.acme.no or below it") && found.ends_with(hint), "{found}");
    }
    let found = violations(&provider, r#"{"jwks_uri": "https://keys.login.acme.no/x"}"#);
    assert!(found.contains("must be on one of the hosts login.acme.no itself") && found.ends_with(hint), "{found}");
    let found = violations(&KnownEnvironment::IdportenProd.into(), r#"{"token_endpoint": "https://acme.no/x"}"#);
    assert!(!found.contains("endpoint-hosts"), "{found}");
}

#[test]
fn an_issuer_and_a_well_known_url_of_two_environments_are_refused() {
    let url = KnownEnvironment::MaskinportenTest.well_known_url();
    refused(
        Description::new("own", url, "https://test.maskinporten.no"),
        r#"is not the issuer of maskinporten-test, which publishes at this well-known URL; it is "https://test.maskinporten.no/""#,
    );
    assert!(Provider::custom("own", url, "https://test.maskinporten.no/").is_ok());
}

#[test]
fn every_rule_that_a_description_breaks_is_reported_at_once() {
    let description = Description::new("Acme", "ftp://x", "https://login.acme.no?x").with_endpoint_hosts(["no", "a/b"]);
    let error = Provider::describe(description).unwrap_err();
    let places: Vec<_> = error.violations().iter().map(|violation| violation.place.as_str()).collect();
    assert_eq!(places, ["environment", "issuer", "well_known_url", "endpoint_hosts", "endpoint_hosts"], "{error}");
    refused(Description::new("idporten-prod", URL, ISSUER), "is in the table of environments, which describes it");
}
