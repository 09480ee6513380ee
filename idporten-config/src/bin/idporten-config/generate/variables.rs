//! The variables that NAV's platform (nais) hands to a program, as far as metadata determines their values.

use idporten_config::Product;
use idporten_config::document::Provider;
use idporten_config::environment::ProductName;
use idporten_config::internal::{Finding, Source};

use crate::command::{command, quoted};
use crate::output::{Output, VerbError};

/// A line for each variable. A note says which values the snapshot does not state, and which environments have no variables.
pub(super) fn lines(sources: &[Source], output: &mut Output) -> Result<String, VerbError> {
    let (named, nameless): (Vec<&Source>, Vec<&Source>) =
        sources.iter().partition(|source| prefix(provider(source).product()).is_some());
    let clashes: Vec<_> = Product::ALL.iter().filter_map(|product| clash(*product, &named)).collect();
    if !clashes.is_empty() {
        return Err(clashes.into());
    }
    if named.is_empty() {
        return Err(nameless.into_iter().map(no_names).collect::<Vec<_>>().into());
    }
    for source in nameless {
        let Finding { message, help, .. } = no_names(source);
        output.note(&format!("{message}; {help}"));
    }
    Ok(named.into_iter().flat_map(|source| lines_of(source, output)).collect())
}

fn lines_of(source: &Source, output: &mut Output) -> Vec<String> {
    let slug = provider(source).slug();
    let mut lines = Vec::new();
    for (name, member, value) in variables(source) {
        match value {
            Some(value) => lines.push(format!("{name}={}\n", quoted(value))),
            None => output.note(&format!(
                "{slug}: no {name}: the snapshot ({}) does not state `{member}`; run `idporten-config fetch {slug}`",
                source.provenance()
            )),
        }
    }
    lines
}

/// Name, member and value. The values of the environment that another one is based on are not used: with its keys, a program would
/// accept tokens of the other environment.
fn variables(source: &Source) -> Vec<(String, &'static str, Option<&str>)> {
    let metadata = source.snapshot().metadata();
    let prefix = prefix(provider(source).product()).unwrap_or_default();
    [
        ("well_known_url", Some(provider(source).well_known_url())),
        ("issuer", Some(provider(source).issuer())),
        ("jwks_uri", metadata.jwks_uri.as_deref()),
        ("token_endpoint", metadata.token_endpoint.as_deref()),
    ]
    .into_iter()
    .map(|(member, value)| (format!("{prefix}_{}", member.to_uppercase()), member, value))
    .collect()
}

fn provider(source: &Source) -> &Provider {
    source.snapshot().provider()
}

/// The first word of a product's variables. The platform names none for other products, and none are made up here.
fn prefix(product: &ProductName) -> Option<&'static str> {
    match product.known()? {
        Product::Idporten => Some("IDPORTEN"),
        Product::Maskinporten => Some("MASKINPORTEN"),
        _ => None,
    }
}

fn no_names(source: &Source) -> Finding {
    let slug = provider(source).slug();
    let message = format!("{slug}: no platform names variables for {}", provider(source).product());
    Finding::error(message, "use `--format json`, which has every value").of(slug)
}

/// The finding where two environments of a product would have the same names.
fn clash(product: Product, sources: &[&Source]) -> Option<Finding> {
    let own = sources.iter().map(|source| provider(source)).filter(|provider| provider.product() == product);
    let own: Vec<&str> = own.map(Provider::slug).collect();
    let [first, _, ..] = own.as_slice() else { return None };
    let message = format!("{} share the name `{}_ISSUER`", own.join(" and "), prefix(&product.into())?);
    let help = format!("name one environment of each product: `{}`", command(["generate", "--format", "env", first]));
    Some(Finding::error(message, help))
}
