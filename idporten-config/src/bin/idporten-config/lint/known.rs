//! The values that the environments of the table publish, and those that are mistaken for them.

use std::collections::BTreeMap;

use idporten_config::document::json::Value;
use idporten_config::document::{MemberType, Snapshot, member};
use idporten_config::environment::{KnownEnvironment, Lifecycle, Product};
use idporten_config::internal::names;
use idporten_config::internal::url::on_or_below;

use super::context::{Context, File, FileKind, is_production};
use super::finding::{LintFinding, LintKind};

/// Last parts of paths, and the members they are meant for: the right ones, and those seen in their place.
const PATHS: &[(&str, &str)] = &[
    ("authorize", "authorization_endpoint"),
    ("authorization", "authorization_endpoint"),
    ("token", "token_endpoint"),
    ("jwk", "jwks_uri"),
    ("jwks", "jwks_uri"),
    ("jwk.json", "jwks_uri"),
    ("jwks.json", "jwks_uri"),
    ("certs", "jwks_uri"),
    ("keys", "jwks_uri"),
    ("endsession", "end_session_endpoint"),
    ("end_session", "end_session_endpoint"),
    ("end-session", "end_session_endpoint"),
    ("logout", "end_session_endpoint"),
    ("userinfo", "userinfo_endpoint"),
    ("par", "pushed_authorization_request_endpoint"),
    ("introspect", "introspection_endpoint"),
    ("introspection", "introspection_endpoint"),
    ("tokeninfo", "introspection_endpoint"),
    ("revoke", "revocation_endpoint"),
    ("revocation", "revocation_endpoint"),
];

/// Parts of paths that may stand before the last one. A path with any other part, such as `/hjelp/token`, is a page.
const TECHNICAL: &[&str] =
    &["oauth", "oauth2", "oidc", "openid", "connect", "protocol", "openid-connect", "token", "v1", "v2", OLD_PATH];

/// The path of the old service, below which its endpoints were.
const OLD_PATH: &str = "idporten-oidc-provider";

/// Hosts that were switched off, or never were, and that no environment of the table has.
const GONE_HOSTS: &[(&str, KnownEnvironment, LintKind)] = &[
    // The real one is on difi.eon.no.
    ("oidc-yt2.difi.no", KnownEnvironment::IdportenLegacyYt2, LintKind::Wrong),
    ("oidc-ver1.difi.no", KnownEnvironment::IdportenLegacyVer2, LintKind::Retired),
    ("oidc-test.difi.no", KnownEnvironment::IdportenLegacyVer2, LintKind::Retired),
    ("oidc-test1.difi.eon.no", KnownEnvironment::IdportenLegacyVer2, LintKind::Retired),
    ("idporten-ver2.difi.no", KnownEnvironment::IdportenLegacyVer2, LintKind::Retired),
    ("ver1.maskinporten.no", KnownEnvironment::MaskinportenLegacyVer2, LintKind::Retired),
];

#[derive(Debug)]
pub(super) struct Known {
    /// Each published URL, with its environment and member.
    values: BTreeMap<String, (KnownEnvironment, String)>,
}

/// A URL on a host of an active environment, in its place.
struct Found<'a> {
    url: &'a str,
    environment: KnownEnvironment,
    context: &'a Context,
    file: &'a File<'a>,
}

impl Found<'_> {
    /// A right value is a fault only where a constant could stand in its place.
    fn hard_coded(&self, name: &str) -> Option<LintFinding> {
        let advice = || format!("use `{}`", constant(self.environment, name));
        let is_code = self.file.kind == FileKind::Rust && !self.context.is_comment;
        is_code.then(|| LintFinding::new(LintKind::HardCoded, self.url, advice()))
    }
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

    /// Returns the finding of a URL in its place, if it is one of a provider's and wrong there.
    pub(super) fn check(&self, url: &str, context: &Context, file: &File<'_>) -> Option<LintFinding> {
        let host = host_of(url)?;
        if let Some(finding) = switched_off(&host, url) {
            return Some(finding);
        }
        let environment = owner(host.strip_prefix("www.").unwrap_or(&host))?;
        let found = Found { url, environment, context, file };
        if let Some((_, name)) = self.values.get(url) {
            let wrong = self.misplaced(&found, name).or_else(|| self.audience(&found, name));
            return wrong.or_else(|| found.hard_coded(name));
        }
        if is_bare(url) && !context.takes_issuer() {
            return None;
        }
        self.wrong(&found)
    }

    /// The value that a mistaken URL stands for, and its constant.
    pub(super) fn meant_by(&self, url: &str) -> Option<(&str, String)> {
        let host = host_of(url)?;
        let environment = owner(host.strip_prefix("www.").unwrap_or(&host))?;
        let name = match self.values.get(url) {
            Some((_, name)) => name,
            None => meant_by(path_of(url)?)?,
        };
        Some((self.value(environment, name)?, constant(environment, name)))
    }

    /// The reason why a URL on a host of an active environment is not what it is taken for. A page that is no part of the
    /// metadata is no mistake.
    fn wrong(&self, found: &Found<'_>) -> Option<LintFinding> {
        let &Found { url, environment, .. } = found;
        let path = path_of(url)?;
        let name = meant_by(path)?;
        let Some(right) = self.value(environment, name) else {
            return lacks(environment, name).then(|| {
                let product = environment.name().split(' ').next().unwrap_or_default();
                let advice = format!("{product} has no {}: only a token endpoint and keys", spoken(name));
                LintFinding::new(LintKind::Wrong, url, advice)
            });
        };
        // A query after the right URL is a request that is put together by hand.
        if url.split(['?', '#']).next() == Some(right) {
            return found.hard_coded(name);
        }
        let reason = match name {
            "issuer" => self.wrong_issuer(url, environment),
            "well_known_url" => "its metadata is at",
            name => purpose(name),
        };
        let advice = format!("{reason} \"{right}\"; use `{}`", constant(environment, name));
        Some(LintFinding::new(LintKind::Wrong, url, advice))
    }

    fn wrong_issuer(&self, url: &str, environment: KnownEnvironment) -> &'static str {
        match (self.value(environment, "issuer"), url.strip_suffix('/')) {
            (Some(issuer), Some(bare)) if bare == issuer => "the issuer has no slash at the end:",
            (Some(issuer), None) if issuer.strip_suffix('/') == Some(url) => "the issuer ends in a slash:",
            _ => "the issuer is",
        }
    }

    /// The finding of a published value where the key speaks of another product, or key or file of another stage.
    fn misplaced(&self, found: &Found<'_>, name: &str) -> Option<LintFinding> {
        let &Found { url, environment, context, file } = found;
        if context.is_comment || context.is_prose {
            return None;
        }
        let words = context.key_words();
        let product = product_of(&words).unwrap_or(environment.product());
        let stage = stage_of(&words, product_of(&words).is_some()).or_else(|| stage_of_file(file));
        let stage = stage.unwrap_or(environment.stage());
        if (product, stage) == (environment.product(), environment.stage()) {
            return None;
        }
        let wanted = KnownEnvironment::ALL.iter().find(|other| other.product() == product && other.stage() == stage)?;
        let mut advice = format!("this is {}'s, and its place speaks of {}", environment.name(), wanted.name());
        if let Some(right) = self.value(*wanted, name) {
            advice += &format!(", which has \"{right}\"; use `{}`", constant(*wanted, name));
        }
        Some(LintFinding::new(LintKind::Wrong, url, advice))
    }

    /// The finding of a token endpoint as the audience of a client assertion, which Maskinporten took in former times. ID-porten's
    /// present rule is not known.
    fn audience(&self, found: &Found<'_>, name: &str) -> Option<LintFinding> {
        let &Found { url, environment, context, .. } = found;
        if name != "token_endpoint" || environment.product() != Product::Maskinporten || !context.takes_audience() {
            return None;
        }
        let (issuer, constant) = (self.value(environment, "issuer")?, constant(environment, "issuer"));
        let advice = format!("the audience of an assertion is the issuer alone: \"{issuer}\"; use `{constant}`");
        Some(LintFinding::new(LintKind::Wrong, url, advice))
    }

    fn value(&self, environment: KnownEnvironment, name: &str) -> Option<&str> {
        self.values.iter().find(|(_, (own, member))| *own == environment && member == name).map(|(url, _)| url.as_str())
    }
}

/// The hosts that are switched off, or never were.
pub(super) fn hosts_switched_off() -> impl Iterator<Item = &'static str> {
    let retired = KnownEnvironment::ALL.iter().filter(|environment| !is_active(**environment));
    retired.flat_map(|environment| environment.endpoint_hosts()).copied().chain(GONE_HOSTS.iter().map(|gone| gone.0))
}

/// The hosts of the environments in use.
pub(super) fn active_hosts() -> impl Iterator<Item = &'static str> {
    let active = KnownEnvironment::ALL.iter().filter(|environment| is_active(**environment));
    active.flat_map(|environment| environment.endpoint_hosts()).copied()
}

/// The finding of a value on a host that is switched off.
pub(super) fn switched_off(host: &str, value: &str) -> Option<LintFinding> {
    if let Some((_, retired, kind)) = GONE_HOSTS.iter().find(|(gone, _, _)| on_or_below(host, gone)) {
        let advice = match kind {
            LintKind::Wrong => {
                let (name, issuer) = (retired.name(), retired.issuer());
                format!("there is no such host ({name} is \"{issuer}\"), and it is {}", successor(*retired))
            }
            _ => successor(*retired),
        };
        return Some(LintFinding::new(*kind, value, advice));
    }
    let environment = owner(host).filter(|environment| !is_active(*environment))?;
    Some(LintFinding::new(LintKind::Retired, value, successor(environment)))
}

/// The one product that the words of a key name.
fn product_of(words: &[String]) -> Option<Product> {
    let named = |name: &str| words.iter().any(|word| word == name);
    let products = [Product::Idporten, Product::Maskinporten, Product::Ansattporten];
    let mut found = products.into_iter().filter(|product| named(product.slug()));
    found.next().filter(|_| found.next().is_none())
}

/// The stage that the words of a key name. `test` alone is also a word for tests, and counts beside a product.
fn stage_of(words: &[String], beside_product: bool) -> Option<&'static str> {
    match (words.iter().any(|word| is_production(word)), words.iter().any(|word| word == "test") && beside_product) {
        (true, false) => Some("prod"),
        (false, true) => Some("test"),
        _ => None,
    }
}

/// The stage of a file of configuration. Only production is certain: a file of tests may well hold values of production.
fn stage_of_file(file: &File<'_>) -> Option<&'static str> {
    (file.kind == FileKind::Configuration && file.is_of_production).then_some("prod")
}

/// Returns whether a product certainly has no such endpoint. Maskinporten's document was recorded whole; of the others, an unknown member
/// may be there.
fn lacks(environment: KnownEnvironment, name: &str) -> bool {
    environment.product() == Product::Maskinporten && name.ends_with("_endpoint")
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

/// The environment that has this host, or one above it; the nearest one.
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
    // Other hosts below one of production (docs, ..) do not belong to the environment.
    nearest.map(|(_, environment)| environment).filter(|environment| environment.endpoint_hosts().contains(&host))
}

/// The member that a path is meant for: by its last part, where all before it are technical.
fn meant_by(path: &str) -> Option<&'static str> {
    if path.is_empty() || path == OLD_PATH {
        return Some("issuer");
    }
    if path.ends_with(".well-known/openid-configuration") || path.ends_with(".well-known/oauth-authorization-server") {
        return Some("well_known_url");
    }
    let lower = path.to_ascii_lowercase();
    let mut parts = lower.rsplit('/');
    let last = parts.next()?;
    let known = PATHS.iter().find(|(part, _)| *part == last)?;
    parts.all(|part| TECHNICAL.contains(&part)).then_some(known.1)
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

/// A member's name in words: `authorization endpoint`.
fn spoken(name: &str) -> String {
    name.replace('_', " ")
}

fn constant(environment: KnownEnvironment, name: &str) -> String {
    let [product, stage] = [environment.product().slug(), environment.stage()].map(names::module);
    let constant = if name == "well_known_url" { "WELL_KNOWN_URL".to_owned() } else { names::constant(name) };
    format!("{product}::{stage}::{constant}")
}

/// Returns the advice that names the successor of a retired environment.
fn successor(retired: KnownEnvironment) -> String {
    let active = match (retired.product(), retired) {
        (Product::Maskinporten, _) => KnownEnvironment::MaskinportenTest,
        (_, KnownEnvironment::IdportenLegacyProd) => KnownEnvironment::IdportenProd,
        _ => KnownEnvironment::IdportenTest,
    };
    format!("switched off; {} is \"{}\"", active.name(), active.issuer())
}
