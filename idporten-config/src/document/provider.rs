//! The publisher of a document: an environment of the table, or one that a program describes.

mod describe;
mod json;

use std::fmt;

pub use describe::Description;
pub(crate) use describe::template_hint;

use crate::document::url::UrlPolicy;
use crate::document::violation::{Violation, listed, printable};
use crate::environment::{KnownEnvironment, ProductName, Schema, SigningAlg};

/// An environment whose documents are read, with the facts that they are checked against.
///
/// ```
/// use idporten_config::KnownEnvironment;
/// use idporten_config::document::Provider;
///
/// let known = Provider::from(KnownEnvironment::IdportenProd);
/// assert_eq!(known.issuer(), "https://idporten.no");
///
/// let custom = Provider::custom(
///     "acme",
///     "https://login.acme.no/.well-known/openid-configuration",
///     "https://login.acme.no",
/// )?;
/// assert_eq!(custom.endpoint_hosts(), ["login.acme.no"]);
/// # Ok::<(), idporten_config::document::DescriptionError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    slug: String,
    product: ProductName,
    stage: String,
    issuer: String,
    well_known_url: String,
    endpoint_hosts: Vec<String>,
    signing_algs: Vec<SigningAlg>,
    development: bool,
    known: Option<KnownEnvironment>,
}

/// The rules that a description of a provider breaks.
///
/// ```
/// use idporten_config::document::{Provider, Rule};
///
/// let url = "https://login.acme.no/.well-known/openid-configuration";
/// let error = Provider::custom("acme", url, "login.acme.no").unwrap_err();
/// assert!(error.violations().iter().any(|violation| violation.rule == Rule::Url));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescriptionError {
    slug: String,
    violations: Vec<Violation>,
}

impl Provider {
    /// Returns the provider that a description describes.
    ///
    /// # Errors
    ///
    /// Returns every rule that the description breaks. A slug of the table is refused, since the table already describes it.
    pub fn describe(description: Description) -> Result<Self, DescriptionError> {
        let violations = describe::check(&description);
        match description.slug.parse() {
            Ok(own_product) if violations.is_empty() => Ok(description.into_provider(own_product)),
            _ => Err(DescriptionError { slug: description.slug, violations }),
        }
    }

    /// Returns a provider that is known only at run time, by its well-known URL and its issuer.
    ///
    /// Its endpoints must be on the issuer's host or a subdomain, and its URLs must be https; [`Description`] has settings that
    /// relax both rules.
    ///
    /// # Errors
    ///
    /// Returns every rule that the description breaks.
    ///
    /// ```
    /// use idporten_config::document::Provider;
    ///
    /// let error = Provider::custom("acme", "http://acme.no/.well-known/openid-configuration", "https://acme.no").unwrap_err();
    /// assert!(error.to_string().contains("is plain http"));
    /// ```
    pub fn custom(
        slug: impl Into<String>,
        well_known_url: impl Into<String>,
        issuer: impl Into<String>,
    ) -> Result<Self, DescriptionError> {
        Self::describe(Description::new(slug, well_known_url, issuer))
    }

    /// Returns the name used in file names, manifests and commands.
    #[must_use]
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// Returns the product that the environment belongs to.
    #[must_use]
    pub fn product(&self) -> &ProductName {
        &self.product
    }

    /// Returns the name within the product.
    #[must_use]
    pub fn stage(&self) -> &str {
        &self.stage
    }

    /// Returns the issuer identifier, to be compared byte for byte.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the URL at which the metadata is published.
    #[must_use]
    pub fn well_known_url(&self) -> &str {
        &self.well_known_url
    }

    /// Returns the specification that the metadata follows: the product's, or for a custom product the one that defines the
    /// well-known URL.
    #[must_use]
    pub fn schema(&self) -> Schema {
        // A custom product has no schema of its own. The path tells it: OpenID Connect Discovery 1.0, section 4, and RFC 8414, section
        // 3, define different ones.
        match self.product.known() {
            Some(product) => product.schema(),
            None => Schema::of_well_known_url(&self.well_known_url),
        }
    }

    /// Returns the hosts that endpoints are on, or on subdomains of. The first is the issuer's host.
    #[must_use]
    pub fn endpoint_hosts(&self) -> &[String] {
        &self.endpoint_hosts
    }

    /// Returns the algorithms that a key without `alg` may serve if the metadata lists none.
    #[must_use]
    pub fn signing_algs(&self) -> &[SigningAlg] {
        &self.signing_algs
    }

    /// Returns whether the environment is for development only.
    #[must_use]
    pub fn is_development(&self) -> bool {
        self.development
    }

    /// Returns the environment of the table, if this is one.
    #[must_use]
    pub fn known(&self) -> Option<KnownEnvironment> {
        self.known
    }

    /// Returns the display name: `ID-porten TEST`, or the slug.
    #[must_use]
    pub fn name(&self) -> &str {
        self.known.map_or(&self.slug, |known| known.name())
    }

    pub(crate) fn url_policy(&self) -> UrlPolicy {
        url_policy(self.development)
    }

    /// Returns the help for a URL that the rules refuse. It is empty unless a setting of the description would allow the URL.
    pub(crate) fn url_hint(&self, url: &str) -> &'static str {
        if self.known.is_some() { "" } else { describe::development_hint(url, self.development) }
    }
}

impl From<KnownEnvironment> for Provider {
    fn from(known: KnownEnvironment) -> Self {
        Self {
            slug: known.slug().to_owned(),
            product: known.product().into(),
            stage: known.stage().to_owned(),
            issuer: known.issuer().to_owned(),
            well_known_url: known.well_known_url().to_owned(),
            endpoint_hosts: known.endpoint_hosts().iter().map(|&host| host.to_owned()).collect(),
            signing_algs: known.signing_algs().to_vec(),
            development: false,
            known: Some(known),
        }
    }
}

impl DescriptionError {
    /// Returns every rule that is broken.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

impl fmt::Display for DescriptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: not a provider that can be used: {}", printable(&self.slug), listed(&self.violations))
    }
}

impl std::error::Error for DescriptionError {}

fn url_policy(development: bool) -> UrlPolicy {
    if development { UrlPolicy::Development } else { UrlPolicy::Secure }
}

#[cfg(test)]
mod tests;
