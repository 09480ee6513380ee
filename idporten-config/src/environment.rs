//! The table of known environments: what is certain of each without reading any document.

use core::fmt;
use core::str::FromStr;

use crate::algorithm::SigningAlg;
use crate::nearest::nearest;

/// An environment of ID-porten, Maskinporten or Ansattporten.
///
/// ```
/// use idporten_config::KnownEnvironment;
///
/// let environment: KnownEnvironment = "maskinporten-prod".parse()?;
/// assert_eq!(environment.issuer(), "https://maskinporten.no/");
/// # Ok::<(), idporten_config::environment::UnknownEnvironment>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KnownEnvironment {
    /// ID-porten TEST.
    IdportenTest,
    /// ID-porten PROD.
    IdportenProd,
    /// VER2 of ID-porten's old OIDC solution; retired.
    IdportenLegacyVer2,
    /// YT2 of ID-porten's old OIDC solution; retired.
    IdportenLegacyYt2,
    /// PROD of ID-porten's old OIDC solution; retired.
    IdportenLegacyProd,
    /// Maskinporten TEST.
    MaskinportenTest,
    /// Maskinporten PROD.
    MaskinportenProd,
    /// Maskinporten VER2; retired.
    MaskinportenLegacyVer2,
    /// Ansattporten TEST.
    AnsattportenTest,
    /// Ansattporten PROD.
    AnsattportenProd,
}

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

/// Whether an environment is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lifecycle {
    /// In use.
    Active,
    /// Switched off.
    #[non_exhaustive]
    Retired {
        /// The day it was switched off, `YYYY-MM-DD`, where that is certain.
        date: Option<&'static str>,
        /// What is known of when and why.
        reason: &'static str,
    },
}

impl KnownEnvironment {
    /// Every known environment, product by product.
    pub const ALL: &'static [Self] = &[
        Self::IdportenTest,
        Self::IdportenProd,
        Self::IdportenLegacyVer2,
        Self::IdportenLegacyYt2,
        Self::IdportenLegacyProd,
        Self::MaskinportenTest,
        Self::MaskinportenProd,
        Self::MaskinportenLegacyVer2,
        Self::AnsattportenTest,
        Self::AnsattportenProd,
    ];

    /// The name used in file names, manifests and commands: `idporten-test`.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        self.row().slug
    }

    /// The product it belongs to.
    #[must_use]
    pub const fn product(self) -> Product {
        self.row().product
    }

    /// Its name within the product: the slug without the product, such as `test` or `legacy-ver2`.
    #[must_use]
    pub const fn stage(self) -> &'static str {
        self.row().stage
    }

    /// The name as people write it: `ID-porten TEST`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// Whether it is in use.
    #[must_use]
    pub const fn lifecycle(self) -> Lifecycle {
        self.row().lifecycle
    }

    /// Where its metadata is published.
    #[must_use]
    pub const fn well_known_url(self) -> &'static str {
        self.row().well_known_url
    }

    /// Its issuer identifier, byte for byte. ID-porten's and Ansattporten's have no slash at the end; Maskinporten's and
    /// those of ID-porten's old solution have one.
    #[must_use]
    pub const fn issuer(self) -> &'static str {
        self.row().issuer
    }

    /// The specification its metadata follows.
    #[must_use]
    pub const fn schema(self) -> Schema {
        self.row().product.schema()
    }

    /// The hosts that its endpoints are on, or below; the first is the issuer's own.
    #[must_use]
    pub const fn endpoint_hosts(self) -> &'static [&'static str] {
        self.row().endpoint_hosts
    }

    /// The algorithms that its keys may serve where the metadata is silent.
    #[must_use]
    pub const fn signing_algs(self) -> &'static [SigningAlg] {
        &[SigningAlg::RS256]
    }

    /// The environment with this issuer, compared byte for byte.
    #[must_use]
    pub fn from_issuer(issuer: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|environment| environment.issuer() == issuer)
    }

    /// The environment that publishes its metadata at this URL, compared byte for byte.
    #[must_use]
    pub fn from_well_known_url(url: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|environment| environment.well_known_url() == url)
    }

    const fn row(self) -> &'static Row {
        match self {
            Self::IdportenTest => &IDPORTEN_TEST,
            Self::IdportenProd => &IDPORTEN_PROD,
            Self::IdportenLegacyVer2 => &IDPORTEN_LEGACY_VER2,
            Self::IdportenLegacyYt2 => &IDPORTEN_LEGACY_YT2,
            Self::IdportenLegacyProd => &IDPORTEN_LEGACY_PROD,
            Self::MaskinportenTest => &MASKINPORTEN_TEST,
            Self::MaskinportenProd => &MASKINPORTEN_PROD,
            Self::MaskinportenLegacyVer2 => &MASKINPORTEN_LEGACY_VER2,
            Self::AnsattportenTest => &ANSATTPORTEN_TEST,
            Self::AnsattportenProd => &ANSATTPORTEN_PROD,
        }
    }
}

impl fmt::Display for KnownEnvironment {
    /// Writes the slug.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

impl FromStr for KnownEnvironment {
    type Err = UnknownEnvironment;

    /// Finds an environment by its slug.
    ///
    /// # Errors
    ///
    /// [`UnknownEnvironment`], which suggests the nearest slug and lists all of them.
    fn from_str(slug: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|environment| environment.slug() == slug)
            .ok_or_else(|| UnknownEnvironment { slug: slug.to_owned() })
    }
}

/// No environment of the table has this slug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownEnvironment {
    slug: String,
}

impl UnknownEnvironment {
    /// The slug that was asked for.
    #[must_use]
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// The known environment with the nearest slug, if one is near.
    #[must_use]
    pub fn suggestion(&self) -> Option<KnownEnvironment> {
        nearest(&self.slug, KnownEnvironment::ALL.iter().map(|environment| environment.slug()))
            .and_then(|slug| slug.parse().ok())
    }
}

impl fmt::Display for UnknownEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown environment `{}`; ", self.slug.escape_debug())?;
        if let Some(suggestion) = self.suggestion() {
            write!(f, "did you mean `{suggestion}`? ")?;
        }
        f.write_str("known: ")?;
        for (i, environment) in KnownEnvironment::ALL.iter().enumerate() {
            write!(f, "{}{environment}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl core::error::Error for UnknownEnvironment {}

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

struct Row {
    slug: &'static str,
    product: Product,
    stage: &'static str,
    name: &'static str,
    lifecycle: Lifecycle,
    well_known_url: &'static str,
    issuer: &'static str,
    endpoint_hosts: &'static [&'static str],
}

const IDPORTEN_TEST: Row = Row {
    slug: "idporten-test",
    product: Product::Idporten,
    stage: "test",
    name: "ID-porten TEST",
    lifecycle: Lifecycle::Active,
    well_known_url: "https://test.idporten.no/.well-known/openid-configuration",
    issuer: "https://test.idporten.no",
    endpoint_hosts: &["test.idporten.no", "login.test.idporten.no"],
};

const IDPORTEN_PROD: Row = Row {
    slug: "idporten-prod",
    product: Product::Idporten,
    stage: "prod",
    name: "ID-porten PROD",
    lifecycle: Lifecycle::Active,
    well_known_url: "https://idporten.no/.well-known/openid-configuration",
    issuer: "https://idporten.no",
    endpoint_hosts: &["idporten.no", "login.idporten.no"],
};

const IDPORTEN_LEGACY_VER2: Row = Row {
    slug: "idporten-legacy-ver2",
    product: Product::Idporten,
    stage: "legacy-ver2",
    name: "ID-porten VER2 (old OIDC solution)",
    lifecycle: Lifecycle::Retired {
        date: None,
        reason: "the old OIDC solution is retired; its documentation was removed on 2024-03-13, the exact date is unknown",
    },
    well_known_url: "https://oidc-ver2.difi.no/idporten-oidc-provider/.well-known/openid-configuration",
    issuer: "https://oidc-ver2.difi.no/idporten-oidc-provider/",
    endpoint_hosts: &["oidc-ver2.difi.no"],
};

const IDPORTEN_LEGACY_YT2: Row = Row {
    slug: "idporten-legacy-yt2",
    product: Product::Idporten,
    stage: "legacy-yt2",
    name: "ID-porten YT2 (old OIDC solution)",
    lifecycle: Lifecycle::Retired {
        date: None,
        reason: "the old OIDC solution is retired; its documentation was removed on 2024-03-13, the exact date is unknown",
    },
    // The host really is difi.eon.no.
    well_known_url: "https://oidc-yt2.difi.eon.no/idporten-oidc-provider/.well-known/openid-configuration",
    issuer: "https://oidc-yt2.difi.eon.no/idporten-oidc-provider/",
    endpoint_hosts: &["oidc-yt2.difi.eon.no"],
};

const IDPORTEN_LEGACY_PROD: Row = Row {
    slug: "idporten-legacy-prod",
    product: Product::Idporten,
    stage: "legacy-prod",
    name: "ID-porten PROD (old OIDC solution)",
    lifecycle: Lifecycle::Retired {
        date: None,
        reason: "the old OIDC solution is retired; its switch-off was planned for 2024-02-23",
    },
    well_known_url: "https://oidc.difi.no/idporten-oidc-provider/.well-known/openid-configuration",
    issuer: "https://oidc.difi.no/idporten-oidc-provider/",
    endpoint_hosts: &["oidc.difi.no"],
};

const MASKINPORTEN_TEST: Row = Row {
    slug: "maskinporten-test",
    product: Product::Maskinporten,
    stage: "test",
    name: "Maskinporten TEST",
    lifecycle: Lifecycle::Active,
    well_known_url: "https://test.maskinporten.no/.well-known/oauth-authorization-server",
    issuer: "https://test.maskinporten.no/",
    endpoint_hosts: &["test.maskinporten.no"],
};

const MASKINPORTEN_PROD: Row = Row {
    slug: "maskinporten-prod",
    product: Product::Maskinporten,
    stage: "prod",
    name: "Maskinporten PROD",
    lifecycle: Lifecycle::Active,
    well_known_url: "https://maskinporten.no/.well-known/oauth-authorization-server",
    issuer: "https://maskinporten.no/",
    endpoint_hosts: &["maskinporten.no"],
};

const MASKINPORTEN_LEGACY_VER2: Row = Row {
    slug: "maskinporten-legacy-ver2",
    product: Product::Maskinporten,
    stage: "legacy-ver2",
    name: "Maskinporten VER2",
    lifecycle: Lifecycle::Retired { date: Some("2024-06-10"), reason: "VER2 was retired on 2024-06-10" },
    well_known_url: "https://ver2.maskinporten.no/.well-known/oauth-authorization-server",
    issuer: "https://ver2.maskinporten.no/",
    endpoint_hosts: &["ver2.maskinporten.no"],
};

const ANSATTPORTEN_TEST: Row = Row {
    slug: "ansattporten-test",
    product: Product::Ansattporten,
    stage: "test",
    name: "Ansattporten TEST",
    lifecycle: Lifecycle::Active,
    well_known_url: "https://test.ansattporten.no/.well-known/openid-configuration",
    issuer: "https://test.ansattporten.no",
    endpoint_hosts: &["test.ansattporten.no", "login.test.ansattporten.no"],
};

const ANSATTPORTEN_PROD: Row = Row {
    slug: "ansattporten-prod",
    product: Product::Ansattporten,
    stage: "prod",
    name: "Ansattporten PROD",
    lifecycle: Lifecycle::Active,
    well_known_url: "https://ansattporten.no/.well-known/openid-configuration",
    issuer: "https://ansattporten.no",
    endpoint_hosts: &["ansattporten.no", "login.ansattporten.no"],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slug_is_its_product_and_its_stage_and_leads_back_to_its_environment() {
        for &environment in KnownEnvironment::ALL {
            assert_eq!(environment.slug(), format!("{}-{}", environment.product(), environment.stage()));
            assert_eq!(environment.slug().parse(), Ok(environment));
            assert_eq!(KnownEnvironment::from_issuer(environment.issuer()), Some(environment));
            assert_eq!(KnownEnvironment::from_well_known_url(environment.well_known_url()), Some(environment));
        }
        assert_eq!(KnownEnvironment::ALL.len(), 10);
    }

    #[test]
    fn the_well_known_url_is_the_issuer_and_the_suffix_of_its_schema() {
        for &environment in KnownEnvironment::ALL {
            let suffix = match environment.schema() {
                Schema::OpenIdConnectDiscovery => "openid-configuration",
                Schema::OAuthAuthorizationServer => "oauth-authorization-server",
            };
            let issuer = environment.issuer().trim_end_matches('/');
            assert_eq!(environment.well_known_url(), format!("{issuer}/.well-known/{suffix}"));
            assert!(issuer["https://".len()..].starts_with(environment.endpoint_hosts()[0]));
        }
    }

    #[test]
    fn only_maskinporten_and_the_old_solution_have_a_slash_at_the_end_of_the_issuer() {
        for &environment in KnownEnvironment::ALL {
            let slash =
                environment.product() == Product::Maskinporten || environment.slug().starts_with("idporten-legacy");
            assert_eq!(environment.issuer().ends_with('/'), slash, "{environment}");
        }
        assert_eq!(KnownEnvironment::from_issuer("https://maskinporten.no"), None);
    }

    #[test]
    fn a_mistyped_slug_is_answered_with_the_nearest_one_and_the_whole_list() {
        let error = "idporten-tset".parse::<KnownEnvironment>().unwrap_err();
        assert_eq!(error.suggestion(), Some(KnownEnvironment::IdportenTest));
        let text = error.to_string();
        assert!(
            text.starts_with(
                "unknown environment `idporten-tset`; did you mean `idporten-test`? known: idporten-test, "
            )
        );
        assert!("Idporten\n".parse::<KnownEnvironment>().unwrap_err().to_string().contains(r"`Idporten\n`"));
    }
}
