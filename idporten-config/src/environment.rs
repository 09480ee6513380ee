//! The table of known environments: the facts about each that hold without reading any document.

mod algorithm;
mod assurance;
pub(crate) mod nearest;
mod product;
mod table;

use core::fmt;
use core::str::FromStr;

use nearest::nearest;

pub use algorithm::{SigningAlg, UnknownSigningAlg};
pub use assurance::{ACR_ORDERS, acr_at_least, acr_is_ranked};
#[cfg(feature = "document")]
#[doc(hidden)]
pub use product::is_slug;
pub use product::{InvalidProductName, Product, ProductName, Schema, UnknownProduct};
use table::Row;

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

/// The state of an environment: in use, or switched off.
///
/// ```
/// use idporten_config::KnownEnvironment;
/// use idporten_config::environment::Lifecycle;
///
/// assert_eq!(KnownEnvironment::IdportenProd.lifecycle(), Lifecycle::Active);
/// let retired = KnownEnvironment::MaskinportenLegacyVer2.lifecycle();
/// assert!(matches!(retired, Lifecycle::Retired { date: Some("2024-06-10"), .. }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lifecycle {
    /// In use.
    Active,
    /// Switched off.
    #[non_exhaustive]
    Retired {
        /// The day on which it was switched off, `YYYY-MM-DD`, if that is certain.
        date: Option<&'static str>,
        /// The known facts about its retirement, as a sentence for messages.
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

    /// Returns the name used in file names, manifests and commands: `idporten-test`.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        Row::of(self).slug
    }

    /// Returns the product that the environment belongs to.
    #[must_use]
    pub const fn product(self) -> Product {
        Row::of(self).product
    }

    /// Returns the name within the product: the slug without the product, such as `test` or `legacy-ver2`.
    #[must_use]
    pub const fn stage(self) -> &'static str {
        Row::of(self).stage
    }

    /// Returns the display name: `ID-porten TEST`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Row::of(self).name
    }

    /// Returns whether the environment is in use.
    #[must_use]
    pub const fn lifecycle(self) -> Lifecycle {
        Row::of(self).lifecycle
    }

    /// Returns the URL at which the metadata is published.
    #[must_use]
    pub const fn well_known_url(self) -> &'static str {
        Row::of(self).well_known_url
    }

    /// Returns the issuer identifier, to be compared byte for byte. The issuers of ID-porten and Ansattporten have no trailing
    /// slash; those of Maskinporten and of ID-porten's old solution have one.
    #[must_use]
    pub const fn issuer(self) -> &'static str {
        Row::of(self).issuer
    }

    /// Returns the specification that the metadata follows.
    #[must_use]
    pub const fn schema(self) -> Schema {
        Row::of(self).product.schema()
    }

    /// Returns the hosts that endpoints are on, or on subdomains of. The first is the issuer's host.
    #[must_use]
    pub const fn endpoint_hosts(self) -> &'static [&'static str] {
        Row::of(self).endpoint_hosts
    }

    /// Returns the algorithms that a key without `alg` may serve if the metadata lists none.
    #[must_use]
    pub const fn signing_algs(self) -> &'static [SigningAlg] {
        &[SigningAlg::RS256]
    }

    /// Returns the environment with this issuer, compared byte for byte.
    #[must_use]
    pub fn from_issuer(issuer: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|environment| environment.issuer() == issuer)
    }

    /// Returns the environment that publishes its metadata at this URL, compared byte for byte.
    #[must_use]
    pub fn from_well_known_url(url: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|environment| environment.well_known_url() == url)
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

/// The error for a slug that no environment of the table has.
///
/// ```
/// use idporten_config::KnownEnvironment;
///
/// let error = "idporten-tset".parse::<KnownEnvironment>().unwrap_err();
/// assert_eq!(error.slug(), "idporten-tset");
/// assert_eq!(error.suggestion(), Some(KnownEnvironment::IdportenTest));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownEnvironment {
    slug: String,
}

impl UnknownEnvironment {
    /// Returns the slug that was asked for.
    #[must_use]
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// Returns the known environment with the most similar slug, if one is similar enough to suggest.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slug_is_product_and_stage_and_round_trips() {
        for &environment in KnownEnvironment::ALL {
            assert_eq!(environment.slug(), format!("{}-{}", environment.product(), environment.stage()));
            assert_eq!(environment.slug().parse(), Ok(environment));
            assert_eq!(KnownEnvironment::from_issuer(environment.issuer()), Some(environment));
            assert_eq!(KnownEnvironment::from_well_known_url(environment.well_known_url()), Some(environment));
        }
        assert_eq!(KnownEnvironment::ALL.len(), 10);
    }

    #[test]
    fn the_well_known_url_is_issuer_and_schema_suffix() {
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
    fn only_maskinporten_and_the_old_solution_end_issuers_with_a_slash() {
        for &environment in KnownEnvironment::ALL {
            let slash =
                environment.product() == Product::Maskinporten || environment.slug().starts_with("idporten-legacy");
            assert_eq!(environment.issuer().ends_with('/'), slash, "{environment}");
        }
        assert_eq!(KnownEnvironment::from_issuer("https://maskinporten.no"), None);
    }

    #[test]
    fn a_mistyped_slug_is_an_error_with_the_nearest_one() {
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
