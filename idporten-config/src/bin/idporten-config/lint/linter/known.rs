//! What the environments of the table publish, and what is taken for it.

use std::collections::BTreeMap;

use super::{Kind, Mistake};
use idporten_config::document::Snapshot;
use idporten_config::document::json::Value;
use idporten_config::document::{MemberType, member};
use idporten_config::environment::{KnownEnvironment, Lifecycle, Product};
use idporten_config::internal::names;
use idporten_config::internal::url::on_or_below;

/// Last parts of paths, and the members they are meant for: the right ones, and those seen in their place.
const PATHS: &[(&str, &str)] = &[
    ("authorize", "authorization_endpoint"),
    ("authorization", "authorization_endpoint"),
    ("token", "token_endpoint"),
    ("jwk", "jwks_uri"),
    ("jwks", "jwks_uri"),
    ("jwk.json", "jwks_uri"),
    ("jwks.json", "jwks_uri"),
    ("endsession", "end_session_endpoint"),
    ("logout", "end_session_endpoint"),
    ("userinfo", "userinfo_endpoint"),
    ("par", "pushed_authorization_request_endpoint"),
    ("introspect", "introspection_endpoint"),
    ("tokeninfo", "introspection_endpoint"),
    ("revoke", "revocation_endpoint"),
];

/// Hosts of old solutions that no environment of the table has.
const GONE_HOSTS: &[(&str, KnownEnvironment)] = &[("oidc-yt2.difi.no", KnownEnvironment::IdportenLegacyYt2)];

#[derive(Debug)]
pub(super) struct Known {
    /// Each published URL, with its environment and member.
    values: BTreeMap<String, (KnownEnvironment, String)>,
}

impl Known {
    pub(super) fn bundled() -> Self {
        let mut values = BTreeMap::new();
        for &environment in KnownEnvironment::ALL.iter().filter(|environment| is_active(**environment)) {
            values.insert(environment.well_known_url().to_owned(), (environment, "well_known_url".to_owned()));
            let Ok(snapshot) = Snapshot::parse(environment.bundled_snapshot()) else { continue };
            for (name, value) in snapshot.metadata_json().iter() {
                let is_url = member(name).is_some_and(|m| matches!(m.kind, MemberType::Issuer | MemberType::Endpoint));
                if let (Value::String(url), true) = (value, is_url) {
                    values.insert(url.to_string(), (environment, name.to_owned()));
                }
            }
        }
        Self { values }
    }

    /// What is wrong with a URL, if it is one of a provider's. `names_issuer` says whether its place is one for an issuer.
    pub(super) fn judge(&self, url: &str, names_issuer: impl FnOnce() -> bool) -> Option<Mistake> {
        if let Some((environment, name)) = self.values.get(url) {
            return Some(Mistake::new(Kind::HardCoded, url, format!("use `{}`", constant(*environment, name))));
        }
        let host = host_of(url)?;
        if let Some(mistake) = switched_off(&host, url) {
            return Some(mistake);
        }
        let environment = owner(&host)?;
        if is_bare(url) && !names_issuer() {
            return None;
        }
        self.wrong(url, environment)
    }

    /// Why a URL on a host of an active environment is not what it is taken for. A page that is no part of the metadata is
    /// no mistake.
    fn wrong(&self, url: &str, environment: KnownEnvironment) -> Option<Mistake> {
        let (name, reason) = match path_of(url)? {
            "" => ("issuer", self.wrong_issuer(url, environment)),
            ".well-known/openid-configuration" | ".well-known/oauth-authorization-server" => {
                ("well_known_url", "its metadata is at")
            }
            path => (meant_by(path)?, purpose(meant_by(path)?)),
        };
        let right = self.value(environment, name)?;
        // A query after the right URL is a request that is put together by hand.
        if url.split(['?', '#']).next() == Some(right) {
            return Some(Mistake::new(Kind::HardCoded, url, format!("use `{}`", constant(environment, name))));
        }
        let advice = format!("{reason} \"{right}\"; use `{}`", constant(environment, name));
        Some(Mistake::new(Kind::Wrong, url, advice))
    }

    fn wrong_issuer(&self, url: &str, environment: KnownEnvironment) -> &'static str {
        match (self.value(environment, "issuer"), url.strip_suffix('/')) {
            (Some(issuer), Some(bare)) if bare == issuer => "the issuer has no slash at the end:",
            (Some(issuer), None) if issuer.strip_suffix('/') == Some(url) => "the issuer ends in a slash:",
            _ => "the issuer is",
        }
    }

    fn value(&self, environment: KnownEnvironment, name: &str) -> Option<&str> {
        self.values.iter().find(|(_, (own, member))| *own == environment && member == name).map(|(url, _)| url.as_str())
    }
}

/// The hosts that are switched off, or never were.
pub(super) fn hosts_switched_off() -> impl Iterator<Item = &'static str> {
    let retired = KnownEnvironment::ALL.iter().filter(|environment| !is_active(**environment));
    retired
        .flat_map(|environment| environment.endpoint_hosts())
        .copied()
        .chain(GONE_HOSTS.iter().map(|(host, _)| *host))
}

/// What is wrong with a value on a host that is switched off.
pub(super) fn switched_off(host: &str, value: &str) -> Option<Mistake> {
    if let Some((_, retired)) = GONE_HOSTS.iter().find(|(gone, _)| on_or_below(host, gone)) {
        let (name, issuer) = (retired.name(), retired.issuer());
        let advice = format!("there is no such host ({name} is \"{issuer}\"), and it is {}", successor(*retired));
        return Some(Mistake::new(Kind::Wrong, value, advice));
    }
    let environment = owner(host).filter(|environment| !is_active(*environment))?;
    Some(Mistake::new(Kind::Retired, value, successor(environment)))
}

fn is_bare(url: &str) -> bool {
    path_of(url).is_some_and(str::is_empty)
}

/// The path without the slashes around it.
fn path_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let before_query = rest.split(['?', '#']).next()?;
    Some(before_query.split_once('/').map_or("", |(_, path)| path).trim_end_matches('/'))
}

fn is_active(environment: KnownEnvironment) -> bool {
    environment.lifecycle() == Lifecycle::Active
}

/// The host in lower case, without port.
fn host_of(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    Some(host.to_ascii_lowercase())
}

/// The environment whose host, or a host below which, this is; the nearest one.
fn owner(host: &str) -> Option<KnownEnvironment> {
    let on = |environment: &KnownEnvironment| {
        let hosts = environment.endpoint_hosts().iter();
        hosts
            .filter(|own| **own == host || (on_or_below(host, own) && **own == environment.endpoint_hosts()[0]))
            .map(|own| own.len())
            .max()
    };
    let nearest = KnownEnvironment::ALL
        .iter()
        .filter_map(|environment| Some((on(environment)?, *environment)))
        .max_by_key(|(length, _)| *length);
    // What else lives below a production host (www, docs, ..) is not of the environment.
    nearest.map(|(_, environment)| environment).filter(|environment| environment.endpoint_hosts().contains(&host))
}

fn meant_by(path: &str) -> Option<&'static str> {
    let last = path.rsplit('/').next()?.to_ascii_lowercase();
    let known = PATHS.iter().find(|(part, _)| *part == last)?;
    // `/token/introspect` goes by its last part, a page such as `/hjelp/token` is none.
    let is_short = path.matches('/').count() <= 1;
    is_short.then_some(known.1)
}

fn purpose(name: &str) -> &'static str {
    match name {
        "authorization_endpoint" => "the browser is sent to",
        "token_endpoint" => "token requests go to",
        "jwks_uri" => "the keys are at",
        "end_session_endpoint" => "the browser is sent to log out to",
        _ => "the endpoint is",
    }
}

fn constant(environment: KnownEnvironment, name: &str) -> String {
    let module = environment.stage().replace('-', "_");
    let constant = if name == "well_known_url" { "WELL_KNOWN_URL".to_owned() } else { names::constant(name) };
    format!("{}::{module}::{constant}", environment.product())
}

/// What took the place of a retired environment.
fn successor(retired: KnownEnvironment) -> String {
    let active = match (retired.product(), retired) {
        (Product::Maskinporten, _) => KnownEnvironment::MaskinportenTest,
        (_, KnownEnvironment::IdportenLegacyProd) => KnownEnvironment::IdportenProd,
        _ => KnownEnvironment::IdportenTest,
    };
    format!("switched off; {} is \"{}\"", active.name(), active.issuer())
}
