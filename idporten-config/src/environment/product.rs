//! The products that environments belong to, and the kind of metadata each publishes.

use core::fmt;
use core::str::FromStr;

/// A product of Digdir's: a group of environments with one kind of metadata.
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

/// The specification that an environment's metadata follows.
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

    /// The name used in slugs, manifests and module names: `idporten`.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Idporten => "idporten",
            Self::Maskinporten => "maskinporten",
            Self::Ansattporten => "ansattporten",
        }
    }

    /// The name as people write it: `ID-porten`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idporten => "ID-porten",
            Self::Maskinporten => "Maskinporten",
            Self::Ansattporten => "Ansattporten",
        }
    }

    /// One line on what it is.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Idporten => "ID-porten, Norway's national log-in: OpenID Connect.",
            Self::Maskinporten => "Maskinporten, ID-porten's machine-to-machine sibling: OAuth 2.0.",
            Self::Ansattporten => "Ansattporten, ID-porten's sibling for employees: OpenID Connect.",
        }
    }

    /// The specification that the metadata of its environments follows.
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

/// The name is not that of a product: `idporten`, `maskinporten` or `ansattporten`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownProduct;

impl fmt::Display for UnknownProduct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a product; choose `idporten`, `maskinporten` or `ansattporten`")
    }
}

impl core::error::Error for UnknownProduct {}

impl Schema {
    /// The specification's name, with its section.
    #[must_use]
    pub const fn specification(self) -> &'static str {
        match self {
            Self::OpenIdConnectDiscovery => "OpenID Connect Discovery 1.0, section 3",
            Self::OAuthAuthorizationServer => "RFC 8414, section 2",
        }
    }

    /// The members that a complete document must have.
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
