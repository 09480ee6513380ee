//! The member `provider` of a snapshot file.

use super::{Description, Provider};
use crate::document::json::{Object, Value, object};
use crate::document::violation::{Rule, Violation, quoted};
use crate::environment::{ProductName, SigningAlg};

const MEMBERS: &[&str] = &["development", "endpoint_hosts", "issuer", "product", "signing_algs", "stage"];

impl Provider {
    /// Returns the snapshot's member `provider`, or `None` for an environment of the table, which already describes it.
    pub(crate) fn to_json(&self) -> Option<Object> {
        let algs: Vec<&str> = self.signing_algs.iter().map(|alg| alg.as_str()).collect();
        self.known.is_none().then(|| {
            object([
                ("development", self.development.into()),
                ("endpoint_hosts", self.endpoint_hosts.clone().into()),
                ("issuer", self.issuer.as_str().into()),
                ("product", self.product.as_str().into()),
                ("signing_algs", algs.into()),
                ("stage", self.stage.as_str().into()),
            ])
        })
    }

    /// Reads the provider that a snapshot's member `provider` describes.
    pub(crate) fn from_json(slug: &str, well_known_url: &str, json: &Object) -> Result<Self, Vec<Violation>> {
        let mut reader = Reader { json, violations: Vec::new() };
        reader.refuse_unknown();
        let issuer = reader.read("issuer", "a string", Value::as_str);
        let product =
            reader.read("product", "the name of a product", |value| value.as_str()?.parse::<ProductName>().ok());
        let stage = reader.read("stage", "a string", Value::as_str);
        let hosts = reader.read("endpoint_hosts", "a list of strings", Value::as_strings);
        let algs = reader.read("signing_algs", "a list of asymmetric signature algorithms", algorithms);
        let development = reader.read("development", "a boolean", Value::as_bool);
        let (Some(issuer), Some(product), Some(stage), Some(hosts), Some(algs), Some(development), []) =
            (issuer, product, stage, hosts, algs, development, &reader.violations[..])
        else {
            return Err(reader.violations);
        };
        let description = Description::new(slug, well_known_url, issuer)
            .with_product(product)
            .with_endpoint_hosts(hosts)
            .with_signing_algs(algs)
            .with_development(development);
        let provider = Self::describe(description).map_err(|error| error.violations)?;
        // The stage follows from the slug and the product. The file has it for its readers, whom a wrong one would mislead.
        if provider.stage != stage {
            let reason = format!("must be {}, as the slug says", quoted(&provider.stage));
            return Err(vec![Violation::new("provider.stage", Rule::Format, reason)]);
        }
        Ok(provider)
    }
}

fn algorithms(value: &Value) -> Option<Vec<SigningAlg>> {
    value.as_strings()?.iter().map(|alg| alg.parse().ok()).collect()
}

struct Reader<'a> {
    json: &'a Object,
    violations: Vec<Violation>,
}

impl<'a> Reader<'a> {
    fn refuse_unknown(&mut self) {
        for (name, _) in self.json.iter().filter(|(name, _)| !MEMBERS.contains(name)) {
            self.refuse(name, Rule::Format, "is not a member of the snapshot format; remove it".to_owned());
        }
    }

    fn read<T>(&mut self, name: &str, expected: &str, read: impl FnOnce(&'a Value) -> Option<T>) -> Option<T> {
        let Some(value) = self.json.get(name) else {
            self.refuse(name, Rule::Missing, format!("is required: {expected}"));
            return None;
        };
        let read = read(value);
        match (&read, value.as_str()) {
            (Some(_), _) => {}
            (None, Some(text)) => {
                self.refuse(name, Rule::Format, format!("must be {expected}, found {}", quoted(text)));
            }
            (None, None) => self.violations.push(Violation::wrong_type(format!("provider.{name}"), expected, value)),
        }
        read
    }

    fn refuse(&mut self, name: &str, rule: Rule, reason: String) {
        self.violations.push(Violation::new(format!("provider.{name}"), rule, reason));
    }
}
