//! The tables `[environments.NAME]`.

use toml_span::value::Table;

use super::reader::{Reader, strings};
use super::{Environment, Manifest, unknown_environment};
use crate::document::provider::{Description, Provider};
use crate::document::violation::{printable, quoted};
use crate::environment::nearest::nearest;
use crate::environment::{KnownEnvironment, Product, ProductName, SigningAlg};
use crate::project::finding::{Finding, Place};

/// The keys of an environment of the table, which defines everything else.
const KNOWN_KEYS: &[&str] = &["bundled"];
/// The keys of any other environment.
const DESCRIBED_KEYS: &[&str] =
    &["based-on", "development", "endpoint-hosts", "issuer", "product", "signing-algs", "well-known-url"];
/// The help for a name that a product cannot have.
const PRODUCT: &str =
    "\"idporten\", \"maskinporten\", \"ansattporten\", or another name of lower-case letters, digits and hyphens";
const REQUIRED_KEYS: [&str; 3] = ["product", "well-known-url", "issuer"];

impl Reader<'_> {
    pub(super) fn environments(&mut self, tables: &Table<'_>, manifest: &mut Manifest) {
        let mut named: Vec<_> = tables.iter().collect();
        // The parser returns the tables sorted by name, but findings and generated code keep the order of the text.
        named.sort_unstable_by_key(|(slug, _)| slug.span.start);
        for (slug, item) in named {
            let place = self.place(slug.span);
            let slug = &*slug.name;
            match item.as_table() {
                Some(table) => self.environment(slug, table, place, manifest),
                None => {
                    let message = format!("`environments.{}` is not a table", printable(slug));
                    let help = format!("write `[environments.{}]`", printable(slug));
                    self.findings.push(Finding::error(message, help).at(Some(&place)));
                }
            }
        }
        self.check_bases(&manifest.environments);
    }

    fn environment(&mut self, slug: &str, table: &Table<'_>, place: Place, manifest: &mut Manifest) {
        let is_described = table.keys().any(|key| DESCRIBED_KEYS.contains(&&*key.name));
        match slug.parse::<KnownEnvironment>() {
            Ok(known) => {
                let bundled = self.known(slug, table);
                let path = manifest.usual_path(slug);
                let (slug, provider, place) = (slug.to_owned(), Some(Provider::from(known)), Some(place));
                let (based_on, fetched) = (None, None);
                manifest.environments.push(Environment { slug, provider, path, bundled, based_on, place, fetched });
            }
            Err(_) if is_described => {
                let path = manifest.usual_path(slug);
                manifest.environments.extend(self.described(slug, table, place, path));
            }
            // A table without any key of a description is a mistyped slug. As an incomplete description it would be answered with three
            // missing keys.
            Err(_) => self.findings.push(unknown_environment(slug).at(Some(&place))),
        }
    }

    /// Reads the key `bundled` of an environment of the table.
    fn known(&mut self, slug: &str, table: &Table<'_>) -> bool {
        for key in table.keys() {
            let name = &*key.name;
            if DESCRIBED_KEYS.contains(&name) {
                let message = format!("`{name}` of {slug} is given by this package's table of environments");
                let help = "remove this line, or describe another provider under a name of its own, such as \
                     `[environments.local]`";
                self.error(key.span, message, help);
            } else if !KNOWN_KEYS.contains(&name) {
                self.unknown_key(key, KNOWN_KEYS, "a key of an environment of the table");
            }
        }
        self.boolean(table, "bundled").unwrap_or_default()
    }

    fn described(&mut self, slug: &str, table: &Table<'_>, place: Place, path: String) -> Option<Environment> {
        self.check_keys(table, DESCRIBED_KEYS, "a key of a custom environment");
        let product = self.read(table, "product", PRODUCT, |value| value.as_str()?.parse::<ProductName>().ok());
        let well_known_url = self.string(table, "well-known-url");
        let issuer = self.string(table, "issuer");
        let endpoint_hosts = self.read(table, "endpoint-hosts", "a list of host names, such as [\"mock\"]", strings);
        let algs = "a list of asymmetric signature algorithms, such as [\"RS256\"]";
        let signing_algs = self.read(table, "signing-algs", algs, |value| {
            strings(value)?.iter().map(|alg| alg.parse::<SigningAlg>().ok()).collect::<Option<Vec<_>>>()
        });
        let development = self.boolean(table, "development").unwrap_or_default();
        let based_on = self.string(table, "based-on");
        for key in REQUIRED_KEYS.iter().filter(|key| !table.contains_key(**key)) {
            let message = format!("{}: `{key}` is missing", printable(slug));
            let help = format!("add `{key} = \"..\"` to `[environments.{}]`", printable(slug));
            self.findings.push(Finding::error(message, help).at(Some(&place)));
        }
        if let Some((key, _)) = table.get_key_value("based-on") {
            self.bases.push((slug.to_owned(), self.place(key.span)));
        }
        let product = product?;
        self.check_spelling(&product, table);
        let description = Description::new(slug, well_known_url?, issuer?)
            .with_product(product)
            .with_endpoint_hosts(endpoint_hosts.unwrap_or_default())
            .with_signing_algs(signing_algs.unwrap_or_default())
            .with_development(development);
        match Provider::describe(description) {
            Ok(provider) => {
                let (slug, provider, place) = (slug.to_owned(), Some(provider), Some(place));
                Some(Environment { slug, provider, path, bundled: false, based_on, place, fetched: None })
            }
            Err(error) => {
                for violation in error.violations() {
                    let key = violation.place.replace('_', "-");
                    let named = table.get_key_value(&*key);
                    let at = named.map_or_else(|| place.clone(), |(name, _)| self.place(name.span));
                    let message = format!("{}: `{key}`: {}", printable(slug), violation.reason);
                    self.findings.push(Finding::error(message, "correct this line").at(Some(&at)));
                }
                None
            }
        }
    }

    /// Warns of a product whose name is nearly that of a known one: any name is a product, so that a mistyped one would go unseen.
    fn check_spelling(&mut self, product: &ProductName, table: &Table<'_>) {
        let known = Product::ALL.iter().map(|product| product.slug());
        let Some(meant) = nearest(product.as_str(), known).filter(|_| product.known().is_none()) else { return };
        let place = table.get_key_value("product").map(|(key, _)| self.place(key.span));
        let message = format!("`{product}` is a product by itself, apart from `{meant}`");
        let help = format!("did you mean `product = \"{meant}\"`? if not, choose a name that differs more");
        self.findings.push(Finding::warning(message, help).at(place.as_ref()));
    }

    /// Checks that `based-on` names another environment of the manifest and the product, and is a key of an environment for
    /// development: a substitute for an unknown value must never reach production.
    ///
    /// These findings name the environment, so that the other environments, or this one's first snapshot, can still be fetched.
    fn check_bases(&mut self, environments: &[Environment]) {
        for environment in environments {
            let (Some(base), Some(own)) = (&environment.based_on, environment.described()) else {
                continue;
            };
            let slug = &environment.slug;
            let fetch = format!("remove `based-on` and run `idporten-config fetch {slug}`");
            let (problem, help) = match environments.iter().find(|other| other.slug == *base) {
                _ if !own.is_development() => {
                    ("is for environments with `development = true` alone", format!("add that line, or {fetch}"))
                }
                Some(other) if is_base_for(other, own) => continue,
                None => ("names no environment of this manifest", bases_for(base, own, environments) + &fetch),
                Some(other) if other.based_on.is_some() => (
                    "names an environment that is itself based on another",
                    bases_for(base, own, environments) + &fetch,
                ),
                Some(_) => ("names an environment of another product", bases_for(base, own, environments) + &fetch),
            };
            let finding = Finding::error(format!("{slug}: `based-on = {}` {problem}", quoted(base)), help);
            let place = self.bases.iter().find(|(name, _)| name == slug).map(|(_, place)| place);
            self.findings.push(finding.of(slug).at(place));
        }
    }
}

/// Returns the beginning of a help text, which lists the environments that `based-on` could name instead of `base`.
fn bases_for(base: &str, own: &Provider, environments: &[Environment]) -> String {
    let is_named = environments.iter().any(|other| other.slug == base);
    if !is_named && base.parse::<KnownEnvironment>().is_ok_and(|known| *own.product() == known.product()) {
        return format!("add `[environments.{base}]`, or ");
    }
    let fitting = environments.iter().filter(|other| is_base_for(other, own)).map(|other| other.slug.as_str());
    match nearest(base, fitting.clone()).or(fitting.clone().next()) {
        Some(slug) => format!("write `based-on = \"{slug}\"`, or "),
        None => format!("add an environment of {} and name it, or ", own.product()),
    }
}

/// Returns whether `own` may be based on the environment.
fn is_base_for(environment: &Environment, own: &Provider) -> bool {
    let is_of_product = environment.provider.as_ref().is_some_and(|provider| provider.product() == own.product());
    is_of_product && environment.based_on.is_none() && environment.slug != own.slug()
}
