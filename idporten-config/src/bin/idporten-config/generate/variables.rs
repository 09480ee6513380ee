//! The variables that NAV's platform (nais) hands to a program, as far as metadata determines them.

use std::collections::BTreeSet;

use idporten_config::Product;
use idporten_config::document::Provider;
use idporten_config::environment::ProductName;
use idporten_config::internal::Finding;
use idporten_config::internal::Source;

use crate::command::{command, quoted};
use crate::output::{Output, VerbError};

/// A line for each variable. What a snapshot does not state is left out, and noted.
pub(super) fn lines(sources: &[Source], output: &mut Output) -> Result<String, VerbError> {
    let products: BTreeSet<_> = sources.iter().map(|source| source.snapshot().provider().product()).collect();
    let clashes: Vec<_> = products.into_iter().filter_map(|product| clash(product, sources)).collect();
    if !clashes.is_empty() {
        return Err(clashes.into());
    }
    let mut lines = String::new();
    for source in sources {
        let slug = source.snapshot().provider().slug();
        for (name, member, value) in variables(source) {
            match value {
                Some(value) => lines += &format!("{name}={}\n", quoted(value)),
                None => output.note(&format!(
                    "{slug}: no {name}, for the snapshot ({}) does not state `{member}`; run `idporten-config fetch {slug}`",
                    source.provenance()
                )),
            }
        }
    }
    Ok(lines)
}

/// Name, member and value. An environment that borrows values has no others of its own than these: a token checked with the
/// keys of another environment would be another environment's.
fn variables(source: &Source) -> Vec<(String, &'static str, Option<&str>)> {
    let (provider, metadata) = (source.snapshot().provider(), source.snapshot().metadata());
    let product = provider.product();
    let mut variables = vec![
        ("well_known_url", Some(provider.well_known_url())),
        ("issuer", Some(provider.issuer())),
        ("jwks_uri", metadata.jwks_uri.as_deref()),
    ];
    if product == Product::Maskinporten {
        variables.push(("token_endpoint", metadata.token_endpoint.as_deref()));
    }
    variables.into_iter().map(|(member, value)| (name(product, member), member, value)).collect()
}

fn name(product: &ProductName, member: &str) -> String {
    format!("{product}_{member}").to_uppercase().replace('-', "_")
}

/// Two environments of a product would give the same names.
fn clash(product: &ProductName, sources: &[Source]) -> Option<Finding> {
    let providers = sources.iter().map(|source| source.snapshot().provider());
    let own: Vec<&str> = providers.filter(|provider| provider.product() == product).map(Provider::slug).collect();
    let [first, _, ..] = own.as_slice() else { return None };
    let message = format!("{} share the name `{}`", own.join(" and "), name(product, "issuer"));
    let help = format!("name one environment of each product: `{}`", command(["generate", "--format", "env", first]));
    Some(Finding::error(message, help))
}
