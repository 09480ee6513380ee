//! A manifest's text to a manifest, with every mistake found at once.

use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::{Entry, Manifest};
use crate::document::provider::{Description, Provider};
use crate::document::violation::{printable, quoted};
use crate::environment::nearest::nearest;
use crate::environment::{KnownEnvironment, Product, ProductName, SigningAlg};
use crate::project::finding::{Finding, Place};
use crate::project::requirement::{Expected, Requirement};

/// One stray bracket can make an error of every line after it.
const MAX_SYNTAX_ERRORS: usize = 10;
const TOP_KEYS: &[&str] = &["environments", "max-age", "require", "snapshots"];
const KNOWN_KEYS: &[&str] = &["bundled"];
/// What a product may be named.
const PRODUCT: &str =
    "`idporten`, `maskinporten`, `ansattporten`, or another name of lower-case letters, digits and hyphens";
const OWN_KEYS: &[&str] =
    &["based-on", "development", "endpoint-hosts", "issuer", "product", "signing-algs", "well-known-url"];

pub(super) fn manifest(text: &str, file: &str) -> (Manifest, Vec<Finding>) {
    let mut reader = Reader { text, file, findings: Vec::new() };
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors.iter().take(MAX_SYNTAX_ERRORS) {
        let place = error.span().map(|span| reader.place(&span));
        let finding = Finding::error(format!("not TOML: {}", error.message()), "correct the syntax at this line");
        reader.findings.push(finding.at(place.as_ref()));
    }
    let manifest = if errors.is_empty() { reader.manifest(document.get_ref()) } else { Manifest::default() };
    (manifest, reader.findings)
}

struct Reader<'a> {
    text: &'a str,
    file: &'a str,
    findings: Vec<Finding>,
}

type Table<'a> = DeTable<'a>;
type Item<'a> = Spanned<DeValue<'a>>;

impl Reader<'_> {
    fn manifest(&mut self, document: &Table<'_>) -> Manifest {
        let mut manifest = Manifest::default();
        self.check_keys(document, TOP_KEYS, "a key of the manifest");
        if let Some(directory) = self.string(document, "snapshots") {
            manifest.snapshots = directory;
        }
        if let Some(age) = self.read(document, "max-age", "a duration above zero, such as \"30d\"", duration) {
            manifest.max_age = age;
        }
        match self.table(document, "environments") {
            Some(environments) if !environments.is_empty() => manifest.entries = self.entries(environments),
            _ => {
                let help = "add one, for example `[environments.idporten-test]`";
                self.findings.push(Finding::error("the manifest names no environment", help).at(Some(&self.start())));
            }
        }
        self.check_bases(&manifest.entries);
        if let Some(products) = self.table(document, "require") {
            manifest.requirements = self.requirements(products, &manifest.entries);
        }
        manifest
    }

    fn entries(&mut self, environments: &Table<'_>) -> Vec<Entry> {
        let mut named: Vec<_> = environments.iter().collect();
        named.sort_by_key(|(slug, _)| slug.span().start);
        let mut entries = Vec::new();
        for (slug, item) in named {
            let place = self.place(&slug.span());
            match item.get_ref().as_table() {
                Some(table) => entries.extend(self.entry(slug.get_ref(), table, place)),
                None => {
                    let message = format!("`environments.{}` is not a table", printable(slug.get_ref()));
                    let help = format!("write `[environments.{}]`", printable(slug.get_ref()));
                    self.findings.push(Finding::error(message, help).at(Some(&place)));
                }
            }
        }
        entries
    }

    fn entry(&mut self, slug: &str, table: &Table<'_>, place: Place) -> Option<Entry> {
        match slug.parse::<KnownEnvironment>() {
            Ok(_) => {
                for (key, _) in table.iter().filter(|(key, _)| OWN_KEYS.contains(&key.get_ref().as_ref())) {
                    let message = format!("`{key}` of {slug} is in the table of environments", key = key.get_ref());
                    self.error(&key.span(), message, "remove this line; for another provider, use another name");
                }
                let typos = table.keys().filter(|key| !OWN_KEYS.contains(&key.get_ref().as_ref()));
                self.check_each(typos, KNOWN_KEYS, "a key of an environment of the table");
                let bundled = self.boolean(table, "bundled").unwrap_or_default();
                Some(Entry { bundled, place: Some(place), ..Entry::new(slug) })
            }
            Err(unknown) if !table.keys().any(|key| OWN_KEYS.contains(&key.get_ref().as_ref())) => {
                let keys = "`product`, `well-known-url` and `issuer`";
                let help = match unknown.suggestion() {
                    Some(near) => format!("did you mean `{near}`? An environment of one's own has {keys}"),
                    None => format!("describe an environment of one's own with {keys}"),
                };
                let known: Vec<_> = KnownEnvironment::ALL.iter().map(|known| known.slug()).collect();
                let finding = Finding::error(format!("unknown environment `{}`", printable(slug)), help);
                self.findings.push(finding.at(Some(&place)).note(format!("known: {}", known.join(", "))));
                None
            }
            Err(_) => self.own_entry(slug, table, place),
        }
    }

    fn own_entry(&mut self, slug: &str, table: &Table<'_>, place: Place) -> Option<Entry> {
        self.check_keys(table, OWN_KEYS, "a key of an environment of one's own");
        let product = self.read(table, "product", PRODUCT, |value| value.as_str()?.parse::<ProductName>().ok());
        let well_known_url = self.string(table, "well-known-url");
        let issuer = self.string(table, "issuer");
        let endpoint_hosts = self.read(table, "endpoint-hosts", "a list of host names", strings);
        let signing_algs =
            self.read(table, "signing-algs", "a list of asymmetric signature algorithms, such as \"RS256\"", |value| {
                strings(value)?.iter().map(|alg| alg.parse::<SigningAlg>().ok()).collect::<Option<Vec<_>>>()
            });
        let development = self.boolean(table, "development").unwrap_or_default();
        let based_on = self.string(table, "based-on");
        for key in ["product", "well-known-url", "issuer"] {
            if !table.contains_key(key) {
                let help = format!("add `{key}` to `[environments.{}]`", printable(slug));
                let finding = Finding::error(format!("{}: `{key}` is missing", printable(slug)), help);
                self.findings.push(finding.at(Some(&place)));
            }
        }
        let description = Description::new(slug, well_known_url?, issuer?)
            .with_product(product?)
            .with_endpoint_hosts(endpoint_hosts.unwrap_or_default())
            .with_signing_algs(signing_algs.unwrap_or_default())
            .with_development(development);
        match Provider::describe(description) {
            Ok(provider) => Some(Entry { described: Some(provider), based_on, place: Some(place), ..Entry::new(slug) }),
            Err(error) => {
                for violation in error.violations() {
                    let key = violation.place.replace('_', "-");
                    let span = table.iter().find(|(name, _)| name.get_ref() == &key).map(|(name, _)| name.span());
                    let at = span.map_or_else(|| place.clone(), |span| self.place(&span));
                    let message = format!("{}: `{key}`: {}", printable(slug), violation.reason);
                    self.findings.push(Finding::error(message, "correct this line").at(Some(&at)));
                }
                None
            }
        }
    }

    /// `based-on` names another environment of the manifest and of the product, and is for development alone: what stands in
    /// for an unknown value must never reach production.
    fn check_bases(&mut self, entries: &[Entry]) {
        for entry in entries {
            let (Some(base), Some(own)) = (&entry.based_on, &entry.described) else {
                continue;
            };
            let problem = match entries.iter().find(|other| other.slug == *base) {
                _ if !own.is_development() => "is for environments with `development = true` alone",
                None => "does not name an environment of this manifest",
                Some(other) if other.based_on.is_some() => "names an environment that is itself based on another",
                Some(other) if product_of(other).as_ref() != Some(own.product()) => {
                    "names an environment of another product"
                }
                Some(_) => continue,
            };
            let help = format!(
                "name another environment of {}, or run `idporten-config fetch {}` and remove it",
                own.product(),
                entry.slug
            );
            let finding = Finding::error(format!("{}: `based-on = {}` {problem}", entry.slug, quoted(base)), help);
            self.findings.push(finding.at(entry.place.as_ref()));
        }
    }

    fn requirements(&mut self, products: &Table<'_>, entries: &[Entry]) -> Vec<(Option<ProductName>, Requirement)> {
        let known = Product::ALL.iter().map(|product| product.slug());
        let described = entries.iter().filter_map(|entry| Some(entry.described.as_ref()?.product().as_str()));
        let slugs: Vec<_> = known.chain(described).collect();
        self.check_keys(products, &slugs, "a product");
        let mut requirements = Vec::new();
        for (product, item) in products {
            let Ok(product_known) = product.get_ref().parse::<ProductName>() else {
                continue;
            };
            let Some(members) = item.get_ref().as_table() else {
                let help = format!("write `[require.{product_known}]` with a line for each member");
                self.error(&product.span(), format!("`require.{product_known}` is not a table"), help);
                continue;
            };
            for (member, value) in members {
                let place = self.place(&member.span());
                if let Some(expected) = self.expected(member.get_ref(), value) {
                    requirements.push((
                        Some(product_known.clone()),
                        Requirement::new(member.get_ref().clone(), expected).at(place),
                    ));
                }
            }
        }
        requirements
            .sort_by_key(|(_, requirement): &(_, Requirement)| requirement.place().and_then(|place| place.line));
        requirements
    }

    fn expected(&mut self, member: &str, value: &Item<'_>) -> Option<Expected> {
        let expected = match value.get_ref() {
            DeValue::Boolean(true) => Some(Expected::Present),
            DeValue::String(text) => Some(Expected::Equal(text.clone().into_owned())),
            other => strings(other).map(Expected::Contains),
        };
        if expected.is_none() {
            let message = format!("`{}` must be `true`, a string or a list of strings", printable(member));
            let help = if matches!(value.get_ref(), DeValue::Boolean(false)) {
                "remove it: `false` would require nothing"
            } else {
                "write `true` for a member that must be there, a string to be equal to, a list to be contained"
            };
            self.error(&value.span(), message, help);
        }
        expected
    }

    fn check_keys(&mut self, table: &Table<'_>, known: &[&str], what: &str) {
        self.check_each(table.keys(), known, what);
    }

    fn check_each<'t, 'i: 't>(
        &mut self,
        keys: impl Iterator<Item = &'t Spanned<DeString<'i>>>,
        known: &[&str],
        what: &str,
    ) {
        for key in keys.filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let help = match nearest(key.get_ref(), known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known: {}", known.join(", ")),
            };
            self.error(&key.span(), format!("`{}` is not {what}", printable(key.get_ref())), help);
        }
    }

    fn string(&mut self, table: &Table<'_>, key: &str) -> Option<String> {
        self.read(table, key, "a string", |value| value.as_str().map(str::to_owned))
    }

    fn boolean(&mut self, table: &Table<'_>, key: &str) -> Option<bool> {
        self.read(table, key, "`true` or `false`", |value: &DeValue<'_>| value.as_bool())
    }

    fn table<'t, 'i>(&mut self, table: &'t Table<'i>, key: &str) -> Option<&'t Table<'i>> {
        let item = table.get(key)?;
        if !item.get_ref().is_table() {
            let help = format!("write `[{key}.NAME]` tables");
            self.error(&item.span(), format!("`{key}` must be a table"), help);
        }
        item.get_ref().as_table()
    }

    fn read<T>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        expected: &str,
        read: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> Option<T> {
        let item = table.get(key)?;
        let value = read(item.get_ref());
        if value.is_none() {
            self.error(&item.span(), format!("`{key}` must be {expected}"), "correct this line");
        }
        value
    }

    fn error(&mut self, span: &Range<usize>, message: String, help: impl Into<String>) {
        let place = self.place(span);
        self.findings.push(Finding::error(message, help).at(Some(&place)));
    }

    fn place(&self, span: &Range<usize>) -> Place {
        Place::in_text(self.file, self.text, span.start)
    }

    fn start(&self) -> Place {
        Place { file: self.file.to_owned(), line: None, text: String::new() }
    }
}

fn product_of(entry: &Entry) -> Option<ProductName> {
    let described = entry.described.as_ref().map(|provider| provider.product().clone());
    entry.known().map(|known| known.product().into()).or(described)
}

fn strings(value: &DeValue<'_>) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
}

fn duration(value: &DeValue<'_>) -> Option<Duration> {
    value.as_str().and_then(|text| humantime::parse_duration(text).ok()).filter(|duration| !duration.is_zero())
}
