//! Who publishes a document: an environment of the table, or one that a program describes itself.

use crate::document::json::{Object, Value, object};
use crate::document::url::{self, UrlPolicy};
use crate::document::violation::{Rule, Violation, quoted};
use crate::environment::SigningAlg;
use crate::environment::{KnownEnvironment, Product, Schema};

/// An environment, known or a program's own: what its documents are held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    slug: String,
    product: Product,
    stage: String,
    issuer: String,
    well_known_url: String,
    endpoint_hosts: Vec<String>,
    signing_algs: Vec<SigningAlg>,
    development: bool,
    known: Option<KnownEnvironment>,
}

/// What a program says of an environment that is not in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its name in file names and manifests: lower-case letters, digits and hyphens.
    pub slug: String,
    /// The product whose place it takes.
    pub product: Product,
    /// Where its metadata is published.
    pub well_known_url: String,
    /// Its issuer identifier, byte for byte.
    pub issuer: String,
    /// Hosts, beside the issuer's own, that its endpoints may be on or below.
    pub endpoint_hosts: Vec<String>,
    /// The algorithms that its keys may serve where its metadata is silent; RS256 if empty.
    pub signing_algs: Vec<SigningAlg>,
    /// Whether it is for development: plain http and ports are allowed, and it takes no part in what is shared.
    pub development: bool,
}

impl Provider {
    /// The provider that a program describes.
    ///
    /// # Errors
    ///
    /// Every rule that the description breaks. A slug of the table is refused: the table wins.
    pub fn describe(description: Description) -> Result<Self, Vec<Violation>> {
        let violations = check(&description);
        if !violations.is_empty() {
            return Err(violations);
        }
        let policy = url_policy(description.development);
        let issuer_host = url::parse(&description.issuer, policy).map(|url| url.host.to_owned()).unwrap_or_default();
        let others = description.endpoint_hosts.into_iter().filter(|host| *host != issuer_host);
        let endpoint_hosts = std::iter::once(issuer_host.clone()).chain(others).collect();
        let mut signing_algs = description.signing_algs;
        if signing_algs.is_empty() {
            signing_algs.push(SigningAlg::RS256);
        }
        let prefix = format!("{}-", description.product);
        let stage = description.slug.strip_prefix(&prefix).unwrap_or(&description.slug).to_owned();
        Ok(Self {
            slug: description.slug,
            product: description.product,
            stage,
            issuer: description.issuer,
            well_known_url: description.well_known_url,
            endpoint_hosts,
            signing_algs,
            development: description.development,
            known: None,
        })
    }

    /// The name used in file names, manifests and commands.
    #[must_use]
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// The product it belongs to.
    #[must_use]
    pub fn product(&self) -> Product {
        self.product
    }

    /// Its name within the product.
    #[must_use]
    pub fn stage(&self) -> &str {
        &self.stage
    }

    /// Its issuer identifier, byte for byte.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where its metadata is published.
    #[must_use]
    pub fn well_known_url(&self) -> &str {
        &self.well_known_url
    }

    /// The specification its metadata follows.
    #[must_use]
    pub fn schema(&self) -> Schema {
        self.product.schema()
    }

    /// The hosts that its endpoints are on, or below; the first is the issuer's own.
    #[must_use]
    pub fn endpoint_hosts(&self) -> &[String] {
        &self.endpoint_hosts
    }

    /// The algorithms that its keys may serve where its metadata is silent.
    #[must_use]
    pub fn signing_algs(&self) -> &[SigningAlg] {
        &self.signing_algs
    }

    /// Whether it is for development only.
    #[must_use]
    pub fn is_development(&self) -> bool {
        self.development
    }

    /// Its row in the table, if it is one of those.
    #[must_use]
    pub fn known(&self) -> Option<KnownEnvironment> {
        self.known
    }

    /// The name as people write it: `ID-porten TEST`, or the slug.
    #[must_use]
    pub fn name(&self) -> &str {
        self.known.map_or(&self.slug, |known| known.name())
    }

    pub(crate) fn url_policy(&self) -> UrlPolicy {
        url_policy(self.development)
    }

    /// The snapshot's `provider` member; none where the table says it all.
    pub(crate) fn to_json(&self) -> Option<Object> {
        let algs: Vec<&str> = self.signing_algs.iter().map(|alg| alg.as_str()).collect();
        self.known.is_none().then(|| {
            object([
                ("development", self.development.into()),
                ("endpoint_hosts", self.endpoint_hosts.clone().into()),
                ("issuer", self.issuer.as_str().into()),
                ("product", self.product.slug().into()),
                ("signing_algs", algs.into()),
                ("stage", self.stage.as_str().into()),
            ])
        })
    }

    /// The provider that a snapshot's `provider` member describes.
    pub(crate) fn from_json(slug: &str, well_known_url: &str, json: &Object) -> Result<Self, Vec<Violation>> {
        let mut violations = Vec::new();
        for (name, _) in json.iter() {
            if !["development", "endpoint_hosts", "issuer", "product", "signing_algs", "stage"].contains(&name) {
                violations.push(Violation::new(
                    format!("provider.{name}"),
                    Rule::Format,
                    "is not a member of the snapshot format",
                ));
            }
        }
        let mut get = |name: &str, expected: &str, fits: fn(&Value) -> bool| match json.get(name) {
            Some(value) if fits(value) => Some(value.clone()),
            Some(value) => {
                violations.push(Violation::wrong_type(format!("provider.{name}"), expected, value));
                None
            }
            None => {
                violations.push(Violation::new(format!("provider.{name}"), Rule::Missing, "is required"));
                None
            }
        };
        let is_string = |value: &Value| value.as_str().is_some();
        let is_strings = |value: &Value| value.as_strings().is_some();
        let issuer = get("issuer", "a string", is_string);
        let product = get("product", "the slug of a product", |value| {
            value.as_str().is_some_and(|slug| slug.parse::<Product>().is_ok())
        });
        let stage = get("stage", "a string", is_string);
        let hosts = get("endpoint_hosts", "a list of strings", is_strings);
        let algs = get("signing_algs", "a list of asymmetric signature algorithms", |value| {
            value.as_strings().is_some_and(|algs| algs.iter().all(|alg| alg.parse::<SigningAlg>().is_ok()))
        });
        let development = get("development", "a boolean", |value| value.as_bool().is_some());
        let (Some(issuer), Some(product), Some(stage), Some(hosts), Some(algs), Some(development)) =
            (issuer, product, stage, hosts, algs, development)
        else {
            return Err(violations);
        };
        if !violations.is_empty() {
            return Err(violations);
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let provider = Self::describe(Description {
            slug: slug.to_owned(),
            product: text(&product).parse().map_err(|_| Vec::new())?,
            well_known_url: well_known_url.to_owned(),
            issuer: text(&issuer),
            endpoint_hosts: hosts.as_strings().unwrap_or_default().into_iter().map(str::to_owned).collect(),
            signing_algs: algs.as_strings().unwrap_or_default().iter().filter_map(|alg| alg.parse().ok()).collect(),
            development: development == Value::Bool(true),
        })?;
        if provider.stage != text(&stage) {
            let reason = format!("must be {}, as the slug says", quoted(&provider.stage));
            return Err(vec![Violation::new("provider.stage", Rule::Format, reason)]);
        }
        Ok(provider)
    }
}

impl From<KnownEnvironment> for Provider {
    fn from(known: KnownEnvironment) -> Self {
        Self {
            slug: known.slug().to_owned(),
            product: known.product(),
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

fn url_policy(development: bool) -> UrlPolicy {
    if development { UrlPolicy::Development } else { UrlPolicy::Secure }
}

fn check(description: &Description) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut refuse = |place: &str, rule, reason: String| violations.push(Violation::new(place, rule, reason));
    let slug = &description.slug;
    if !is_slug(slug) {
        refuse(
            "environment",
            Rule::Format,
            format!(
                "{} is not a name: use lower-case letters, digits and single hyphens, a letter first, at most 64",
                quoted(slug)
            ),
        );
    }
    if slug.parse::<KnownEnvironment>().is_ok() {
        refuse(
            "provider",
            Rule::Format,
            format!("`{slug}` is in the table of environments, which says it all; leave this out"),
        );
    }
    for (place, value) in [("issuer", &description.issuer), ("well_known_url", &description.well_known_url)] {
        if let Err(reason) = url::parse(value, url_policy(description.development)) {
            let hint = if !description.development && value.starts_with("http://") {
                " unless `development` is set"
            } else {
                ""
            };
            refuse(place, Rule::Url, format!("{} {reason}{hint}", quoted(value)));
        } else if value.contains('?') {
            refuse(place, Rule::Url, format!("{} has a query", quoted(value)));
        }
    }
    let lone = description.endpoint_hosts.iter().find(|host| !description.development && !host.contains('.'));
    if let Some(host) = lone {
        refuse("endpoint_hosts", Rule::Host, format!("{} is a whole domain; name the hosts in it", quoted(host)));
    }
    for host in &description.endpoint_hosts {
        if !url::is_host(host) {
            refuse(
                "endpoint_hosts",
                Rule::Host,
                format!("{} is not a host name: leave out scheme, port and path", quoted(host)),
            );
        }
    }
    violations
}

/// Whether a text has the form of a slug: lower-case letters, digits and single hyphens, a letter first, at most 64.
#[must_use]
pub fn is_slug(slug: &str) -> bool {
    slug.len() <= 64
        && slug.starts_with(|c: char| c.is_ascii_lowercase())
        && slug
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}
