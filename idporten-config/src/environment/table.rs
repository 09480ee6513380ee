//! The table itself: a row for each environment.

use super::{KnownEnvironment, Lifecycle, Product};

/// The row of an environment.
pub(super) struct Row {
    pub(super) slug: &'static str,
    pub(super) product: Product,
    pub(super) stage: &'static str,
    pub(super) name: &'static str,
    pub(super) lifecycle: Lifecycle,
    pub(super) well_known_url: &'static str,
    pub(super) issuer: &'static str,
    pub(super) endpoint_hosts: &'static [&'static str],
}

impl Row {
    pub(super) const fn of(environment: KnownEnvironment) -> &'static Self {
        use KnownEnvironment as E;
        match environment {
            E::IdportenTest => &IDPORTEN_TEST,
            E::IdportenProd => &IDPORTEN_PROD,
            E::IdportenLegacyVer2 => &IDPORTEN_LEGACY_VER2,
            E::IdportenLegacyYt2 => &IDPORTEN_LEGACY_YT2,
            E::IdportenLegacyProd => &IDPORTEN_LEGACY_PROD,
            E::MaskinportenTest => &MASKINPORTEN_TEST,
            E::MaskinportenProd => &MASKINPORTEN_PROD,
            E::MaskinportenLegacyVer2 => &MASKINPORTEN_LEGACY_VER2,
            E::AnsattportenTest => &ANSATTPORTEN_TEST,
            E::AnsattportenProd => &ANSATTPORTEN_PROD,
        }
    }
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
    // The host really is difi.eon.no, not difi.no.
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
