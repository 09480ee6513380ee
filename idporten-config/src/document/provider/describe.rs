//! The description of a provider that is not in the table, and the rules for it.

use super::{Provider, url_policy};
use crate::document::url::{self, UrlPolicy};
use crate::document::violation::{Rule, Violation, printable, quoted};
use crate::environment::{KnownEnvironment, ProductName, SigningAlg, is_slug};

/// A description of a provider that is not in the table of environments: a mock, or the provider of another organisation.
///
/// ```
/// use idporten_config::Product;
/// use idporten_config::document::{Description, Provider};
///
/// let description = Description::new(
///     "idporten-mock",
///     "http://localhost:8080/default/.well-known/openid-configuration",
///     "http://localhost:8080/default",
/// );
/// let mock = Provider::describe(description.with_product(Product::Idporten).with_development(true))?;
/// assert_eq!((mock.product().as_str(), mock.stage()), ("idporten", "mock"));
/// # Ok::<(), idporten_config::document::DescriptionError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    pub(super) slug: String,
    pub(super) product: Option<ProductName>,
    pub(super) well_known_url: String,
    pub(super) issuer: String,
    pub(super) endpoint_hosts: Vec<String>,
    pub(super) signing_algs: Vec<SigningAlg>,
    pub(super) development: bool,
}

impl Description {
    /// Describes a provider by its name in file names and manifests, the URL of its metadata, and its issuer, which is compared
    /// byte for byte.
    ///
    /// Without further settings it is a separate product, its endpoints are on the issuer's host or subdomains of it, its keys
    /// serve RS256 if neither they nor the metadata name an algorithm, and its URLs must be https on the default port.
    #[must_use]
    pub fn new(slug: impl Into<String>, well_known_url: impl Into<String>, issuer: impl Into<String>) -> Self {
        Self {
            slug: slug.into(),
            product: None,
            well_known_url: well_known_url.into(),
            issuer: issuer.into(),
            endpoint_hosts: Vec::new(),
            signing_algs: Vec::new(),
            development: false,
        }
    }

    /// Sets the product that the provider is grouped with. A product of the table decides which schema the metadata follows.
    #[must_use]
    pub fn with_product(mut self, product: impl Into<ProductName>) -> Self {
        self.product = Some(product.into());
        self
    }

    /// Sets the hosts, besides the issuer's, that endpoints may be on, or on subdomains of.
    #[must_use]
    pub fn with_endpoint_hosts<T: Into<String>>(mut self, hosts: impl IntoIterator<Item = T>) -> Self {
        self.endpoint_hosts = hosts.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the algorithms that a key without `alg` may serve if the metadata lists none.
    #[must_use]
    pub fn with_signing_algs(mut self, algs: impl IntoIterator<Item = SigningAlg>) -> Self {
        self.signing_algs = algs.into_iter().collect();
        self
    }

    /// Sets whether the provider is for development only. Plain http and ports are then allowed, and generated code ignores the
    /// provider when it determines the values that the environments of a product share.
    #[must_use]
    pub fn with_development(mut self, development: bool) -> Self {
        self.development = development;
        self
    }

    /// Returns the provider of a description that passed the rules. `own_product` is its product if none is set.
    pub(super) fn into_provider(self, own_product: ProductName) -> Provider {
        let issuer = url::parse_issuer(&self.issuer, url_policy(self.development));
        let issuer_host = issuer.map(|url| url.host.to_owned()).unwrap_or_default();
        let others = self.endpoint_hosts.into_iter().filter(|host| *host != issuer_host);
        // The issuer's host comes first, as in the table of environments: the rules compare it with the hosts of other environments.
        let endpoint_hosts = std::iter::once(issuer_host.clone()).chain(others).collect();
        // OpenID Connect Core 1.0, section 15.1, makes RS256 mandatory for providers, so that it is the likeliest of all.
        let signing_algs = if self.signing_algs.is_empty() { vec![SigningAlg::RS256] } else { self.signing_algs };
        let product = self.product.unwrap_or(own_product);
        let stage = self.slug.strip_prefix(product.as_str()).and_then(|rest| rest.strip_prefix('-'));
        Provider {
            stage: stage.unwrap_or(&self.slug).to_owned(),
            slug: self.slug,
            product,
            issuer: self.issuer,
            well_known_url: self.well_known_url,
            endpoint_hosts,
            signing_algs,
            development: self.development,
            known: None,
        }
    }
}

/// Returns every rule that a description breaks.
pub(super) fn check(description: &Description) -> Vec<Violation> {
    let mut violations = Vec::new();
    violations.extend(check_slug(&description.slug).err());
    violations.extend(check_issuer(description).err());
    violations.extend(check_well_known_url(description).err());
    let hosts = description.endpoint_hosts.iter();
    violations.extend(hosts.filter_map(|host| check_host(host, description.development).err()));
    violations
}

fn check_slug(slug: &str) -> Result<(), Violation> {
    if !is_slug(slug) {
        let reason = "is not a name; use lower-case letters, digits and single hyphens, a letter first, at most 64";
        return Err(Violation::new("environment", Rule::Format, format!("{} {reason}", quoted(slug))));
    }
    if slug.parse::<KnownEnvironment>().is_ok() {
        let reason = format!("`{slug}` is in the table of environments, which describes it; remove the description");
        return Err(Violation::new("provider", Rule::Format, reason));
    }
    Ok(())
}

fn check_issuer(description: &Description) -> Result<(), Violation> {
    let issuer = &description.issuer;
    check_url("issuer", issuer, description.development, url::parse_issuer)?;
    // A description with the URL of one environment and the issuer of another would be refused only once its document is read.
    match KnownEnvironment::from_well_known_url(&description.well_known_url) {
        Some(known) if known.issuer() != issuer => {
            let reason = format!(
                "{} is not the issuer of {known}, which publishes at this well-known URL; it is {}",
                quoted(issuer),
                quoted(known.issuer())
            );
            Err(Violation::new("issuer", Rule::Issuer, reason))
        }
        _ => Ok(()),
    }
}

fn check_well_known_url(description: &Description) -> Result<(), Violation> {
    check_url("well_known_url", &description.well_known_url, description.development, url::parse)
}

type Parse = for<'a> fn(&'a str, UrlPolicy) -> Result<url::Url<'a>, &'static str>;

fn check_url(place: &str, text: &str, development: bool, parse: Parse) -> Result<(), Violation> {
    let refuse = |reason: String| Err(Violation::new(place, Rule::Url, format!("{} {reason}", quoted(text))));
    if let Some(hint) = template_hint(text) {
        return refuse(hint);
    }
    match parse(text, url_policy(development)) {
        Err(reason) => refuse(format!("{reason}{}", development_hint(text, development))),
        // OpenID Connect Discovery 1.0, section 3, and RFC 8414, section 2: an issuer has no query, and the well-known URL is
        // derived from the issuer.
        Ok(_) if text.contains('?') => refuse("has a query; remove it".to_owned()),
        Ok(_) => Ok(()),
    }
}

fn check_host(host: &str, development: bool) -> Result<(), Violation> {
    let refuse = |reason: &str| Err(Violation::new("endpoint_hosts", Rule::Host, format!("{} {reason}", quoted(host))));
    if !url::is_host(host) {
        return refuse("is not a host name; remove scheme, port and path");
    }
    // A top-level domain would accept every host below it.
    if !development && !host.contains('.') {
        return refuse("is a whole domain; name the hosts in it");
    }
    Ok(())
}

/// Returns the help for a URL that is still a template: `https://login.microsoftonline.com/{tenantid}/v2.0`.
pub(crate) fn template_hint(text: &str) -> Option<String> {
    let start = text.find('{')?;
    let end = start + text[start..].find('}')?;
    let (placeholder, name) = (&text[start..=end], text[start + 1..end].to_ascii_lowercase());
    let value = if name.starts_with("tenant") { "the tenant's id" } else { "the value that it stands for" };
    Some(format!("is a template, not an issuer: put {value} in place of `{}`", printable(placeholder)))
}

/// Returns the help for a URL that is refused only because its environment is not for development.
pub(super) fn development_hint(text: &str, development: bool) -> &'static str {
    if !development && url::parse(text, UrlPolicy::Development).is_ok() {
        "; set `development = true` if the provider is for development only"
    } else {
        ""
    }
}
