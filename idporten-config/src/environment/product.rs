//! The products that environments belong to, and the kind of metadata that each publishes.

use core::fmt;
use core::str::FromStr;

/// A product of Digdir: a group of environments with one kind of metadata.
///
/// ```
/// use idporten_config::Product;
///
/// assert_eq!("maskinporten".parse(), Ok(Product::Maskinporten));
/// assert_eq!(Product::Idporten.name(), "ID-porten");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Product {
    /// ID-porten, the national log-in.
    Idporten,
    /// Maskinporten, its machine-to-machine sibling.
    Maskinporten,
    /// Ansattporten, its sibling for employees.
    Ansattporten,
}

/// The name of the product that a provider belongs to: one of the table's, or any other.
///
/// Generated code groups environments by product, in a module of this name. The name has the form of a slug: lower-case
/// letters, digits and single hyphens, a letter first, at most 64 bytes.
///
/// ```
/// use idporten_config::Product;
/// use idporten_config::environment::ProductName;
///
/// let custom: ProductName = "keycloak".parse()?;
/// assert_eq!((custom.as_str(), custom.known()), ("keycloak", None));
/// assert_eq!("idporten".parse::<ProductName>()?.known(), Some(Product::Idporten));
/// # Ok::<(), idporten_config::environment::InvalidProductName>(())
/// ```
// A known product is always stored as `Known`, so that the derived equality holds whether it was made from text or from
// `Product`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProductName(Name);

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Name {
    Known(Product),
    Custom(String),
}

/// The specification that an environment's metadata follows.
///
/// ```
/// use idporten_config::environment::Schema;
///
/// assert_eq!(Schema::OAuthAuthorizationServer.required_members(), ["issuer", "token_endpoint", "jwks_uri"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Schema {
    /// OpenID Connect Discovery 1.0, section 3.
    OpenIdConnectDiscovery,
    /// RFC 8414, OAuth 2.0 Authorization Server Metadata, section 2.
    OAuthAuthorizationServer,
}

impl Product {
    /// Every product.
    pub const ALL: &'static [Self] = &[Self::Idporten, Self::Maskinporten, Self::Ansattporten];

    /// Returns the name used in slugs, manifests and module names: `idporten`.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Idporten => "idporten",
            Self::Maskinporten => "maskinporten",
            Self::Ansattporten => "ansattporten",
        }
    }

    /// Returns the display name: `ID-porten`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idporten => "ID-porten",
            Self::Maskinporten => "Maskinporten",
            Self::Ansattporten => "Ansattporten",
        }
    }

    /// Returns a one-line description.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Idporten => "ID-porten, Norway's national log-in: OpenID Connect.",
            Self::Maskinporten => "Maskinporten, ID-porten's machine-to-machine sibling: OAuth 2.0.",
            Self::Ansattporten => "Ansattporten, ID-porten's sibling for employees: OpenID Connect.",
        }
    }

    /// Returns the specification that the metadata of its environments follows.
    #[must_use]
    pub const fn schema(self) -> Schema {
        match self {
            Self::Idporten | Self::Ansattporten => Schema::OpenIdConnectDiscovery,
            Self::Maskinporten => Schema::OAuthAuthorizationServer,
        }
    }
}

impl fmt::Display for Product {
    /// Writes the slug.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

impl FromStr for Product {
    type Err = UnknownProduct;

    /// Finds a product by its slug.
    fn from_str(slug: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|product| product.slug() == slug).ok_or(UnknownProduct)
    }
}

/// The error for a name that is not that of a product: `idporten`, `maskinporten` or `ansattporten`.
///
/// ```
/// use idporten_config::Product;
///
/// let error = "altinn".parse::<Product>().unwrap_err();
/// assert_eq!(error.to_string(), "not a product; choose `idporten`, `maskinporten` or `ansattporten`");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownProduct;

impl fmt::Display for UnknownProduct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a product; choose `idporten`, `maskinporten` or `ansattporten`")
    }
}

impl core::error::Error for UnknownProduct {}

impl ProductName {
    /// Returns the name used in slugs, manifests and module names.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Name::Known(product) => product.slug(),
            Name::Custom(name) => name,
        }
    }

    /// Returns the product of the table with this name, if there is one.
    #[must_use]
    pub fn known(&self) -> Option<Product> {
        match self.0 {
            Name::Known(product) => Some(product),
            Name::Custom(_) => None,
        }
    }

    /// Returns the display name: `ID-porten`, or a custom product's name unchanged.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.0 {
            Name::Known(product) => product.name(),
            Name::Custom(name) => name,
        }
    }
}

impl From<Product> for ProductName {
    fn from(product: Product) -> Self {
        Self(Name::Known(product))
    }
}

impl PartialEq<Product> for ProductName {
    fn eq(&self, product: &Product) -> bool {
        self.known() == Some(*product)
    }
}

/// Lets `provider.product() == Product::Idporten` compile, whose left side is a reference.
impl PartialEq<Product> for &ProductName {
    fn eq(&self, product: &Product) -> bool {
        **self == *product
    }
}

impl fmt::Display for ProductName {
    /// Writes the name used in slugs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ProductName {
    type Err = InvalidProductName;

    /// Checks a name and takes it.
    ///
    /// # Errors
    ///
    /// [`InvalidProductName`] for a text that does not have the form of a slug.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name.parse::<Product>() {
            Ok(product) => Ok(product.into()),
            Err(_) if is_slug(name) => Ok(Self(Name::Custom(name.to_owned()))),
            Err(_) => Err(InvalidProductName),
        }
    }
}

/// The error for a text that cannot be the name of a product.
///
/// ```
/// use idporten_config::environment::ProductName;
///
/// let error = "ID-porten".parse::<ProductName>().unwrap_err();
/// assert!(error.to_string().starts_with("not the name of a product"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidProductName;

impl fmt::Display for InvalidProductName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not the name of a product; use lower-case letters, digits and single hyphens, a letter first, at most 64",
        )
    }
}

impl core::error::Error for InvalidProductName {}

/// Returns whether a text has the form of a slug: lower-case letters, digits and single hyphens, a letter first, at most 64.
#[must_use]
#[allow(unreachable_pub, reason = "public in `internal`, with the feature `snapshot`")]
pub fn is_slug(text: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.len() <= 64 && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.split('-').all(is_part)
}

impl Schema {
    /// Returns the schema of the metadata at a well-known URL, for a product that does not determine it: RFC 8414, section 3, and
    /// `OpenID` Connect Discovery 1.0, section 4, differ in the last part.
    #[cfg(feature = "document")]
    pub(crate) fn of_well_known_url(url: &str) -> Self {
        // Not `ends_with`: RFC 8414 puts the path of the issuer, if it has one, after the well-known part.
        if url.contains("/.well-known/oauth-authorization-server") {
            Self::OAuthAuthorizationServer
        } else {
            Self::OpenIdConnectDiscovery
        }
    }

    /// Returns the name of the specification, with the section.
    #[must_use]
    pub const fn specification(self) -> &'static str {
        match self {
            Self::OpenIdConnectDiscovery => "OpenID Connect Discovery 1.0, section 3",
            Self::OAuthAuthorizationServer => "RFC 8414, section 2",
        }
    }

    /// Returns the members that a complete document must have.
    #[must_use]
    pub const fn required_members(self) -> &'static [&'static str] {
        match self {
            Self::OpenIdConnectDiscovery => &[
                "issuer",
                "authorization_endpoint",
                "token_endpoint",
                "jwks_uri",
                "response_types_supported",
                "subject_types_supported",
                "id_token_signing_alg_values_supported",
            ],
            Self::OAuthAuthorizationServer => &["issuer", "token_endpoint", "jwks_uri"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_name_is_that_of_the_table_or_any_slug() {
        assert_eq!("ansattporten".parse::<ProductName>().unwrap(), Product::Ansattporten);
        assert_eq!("other-name".parse::<ProductName>().unwrap().to_string(), "other-name");
        for name in ["", "ID-porten", "a--b", "-a", "a-", "2a", "a_b", "a b", "æ", &"x".repeat(65)] {
            assert_eq!(name.parse::<ProductName>(), Err(InvalidProductName), "{name:?}");
        }
    }

    #[test]
    fn products_of_the_table_come_before_others() {
        let mut names: Vec<ProductName> =
            ["zoo", "maskinporten", "acme", "idporten"].iter().map(|name| name.parse().unwrap()).collect();
        names.sort();
        assert_eq!(
            names.iter().map(ProductName::as_str).collect::<Vec<_>>(),
            ["idporten", "maskinporten", "acme", "zoo"]
        );
    }
}
