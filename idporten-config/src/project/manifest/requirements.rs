//! The tables `[require.PRODUCT]`.

use toml_span::Value;
use toml_span::value::{Table, ValueInner};

use super::reader::{Reader, strings};
use super::{Environment, Manifest};
use crate::document::violation::printable;
use crate::environment::{Product, ProductName};
use crate::project::requirement::{Expected, Requirement};

impl Reader<'_> {
    pub(super) fn requirements(
        &mut self,
        products: &Table<'_>,
        manifest: &Manifest,
    ) -> Vec<(Option<ProductName>, Requirement)> {
        let known = Product::ALL.iter().map(|product| product.slug());
        let described = manifest.environments().iter().filter_map(Environment::described);
        let slugs: Vec<_> = known.chain(described.map(|provider| provider.product().as_str())).collect();
        self.check_keys(products, &slugs, "a product");
        let mut requirements = Vec::new();
        for (key, item) in products {
            let Ok(product) = key.name.parse::<ProductName>() else {
                continue;
            };
            let Some(members) = item.as_table() else {
                let help = format!("write `[require.{product}]` with a line for each member");
                self.error(key.span, format!("`require.{product}` is not a table"), help);
                continue;
            };
            for (member, value) in members {
                if let Some(expected) = self.expected(&member.name, value) {
                    let requirement = Requirement::new(member.name.clone(), expected);
                    requirements.push((Some(product.clone()), requirement.at(self.place(member.span))));
                }
            }
        }
        requirements.sort_by_key(|(_, requirement)| requirement.place().and_then(|place| place.line));
        requirements
    }

    fn expected(&mut self, member: &str, value: &Value<'_>) -> Option<Expected> {
        let expected = match value.as_ref() {
            ValueInner::Boolean(true) => Some(Expected::Present),
            ValueInner::String(text) => Some(Expected::Equal(text.clone().into_owned())),
            _ => strings(value).filter(|values| !values.is_empty()).map(Expected::Contains),
        };
        if expected.is_none() {
            let message = format!("`{}` must be `true`, a string or a list of strings", printable(member));
            let help = match value.as_ref() {
                ValueInner::Boolean(false) => {
                    "write `true` for a member that must be there, or remove this line: `false` would require nothing"
                }
                ValueInner::Array(values) if values.is_empty() => {
                    "name values that it must contain, or remove this line: an empty list would require nothing"
                }
                _ => "write `true` for a member that must be there, a string to be equal to, a list to be contained",
            };
            self.error(value.span, message, help);
        }
        expected
    }
}
