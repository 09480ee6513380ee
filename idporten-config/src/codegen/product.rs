//! The module of a product: its environments, the choice among them, and the values that they share.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::environment::module_of;
use super::model::{Module, ValueEnum};
use super::{Allow, allow, constants, enums, environment, errors, string, traits_macro};
use crate::document::markup;
use crate::document::names::{self, MAX_VARIANTS};
use crate::document::snapshot::Origin;
use crate::environment::{Lifecycle, Product};
use crate::project::finding::Finding;
use crate::project::shared::{Shared, SharedList};
use crate::project::source::Source;

/// The code of every product, and warnings about it.
///
/// ```
/// use idporten_config::{KnownEnvironment, codegen, internal::Source};
///
/// let products = codegen::products(&[Source::bundled(KnownEnvironment::MaskinportenTest)?]);
/// assert!(products.tokens.to_string().contains("pub mod maskinporten"));
/// assert!(products.findings.is_empty());
/// # Ok::<(), idporten_config::document::SnapshotError>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Products {
    /// A module for each product.
    pub tokens: TokenStream,
    /// Warnings: lists that not every snapshot states, lists without a shared value, and lists too long for an enum.
    pub findings: Vec<Finding>,
}

/// Returns a module for each product that a source belongs to: those of the table first, then others in the order of the sources.
#[must_use]
pub fn products(sources: &[Source]) -> Products {
    let mut products = Products { tokens: TokenStream::new(), findings: Vec::new() };
    // Not the order of the manifest alone: the module of a product of the table stays in its place when a custom one is added
    // before it.
    let mut slugs: Vec<&str> = Product::ALL.iter().map(|product| product.slug()).collect();
    slugs.extend(sources.iter().map(slug_of));
    for (i, slug) in slugs.iter().enumerate() {
        let own: Vec<&Source> = sources.iter().filter(|source| slug_of(source) == *slug).collect();
        if own.is_empty() || slugs[..i].contains(slug) {
            continue;
        }
        products.tokens.extend(product_module(slug, &own));
        products.findings.extend(own.iter().flat_map(|source| too_long(source)));
    }
    products
}

/// Returns the slug of the product that a source belongs to.
fn slug_of(source: &Source) -> &str {
    source.provider().product().as_str()
}

fn product_module(slug: &str, sources: &[&Source]) -> TokenStream {
    let name = format_ident!("{}", names::module(slug));
    let doc = match slug.parse::<Product>() {
        Ok(product) => format!(" {}", product.description()),
        Err(_) => format!(" The environments of {}.", markup::code(slug)),
    };
    let (allow, items) = (allow(), product_items(sources, &[]));
    quote! { #[doc = #doc] #allow pub mod #name { #items } }
}

/// Returns the items in the module of a product, which must have at least one source. `retired` environments only get modules,
/// marked as deprecated.
#[must_use]
pub fn product_items(sources: &[&Source], retired: &[&Source]) -> TokenStream {
    let modules: Vec<_> = sources.iter().map(|source| Module::new(source)).collect();
    let retired: Vec<_> = retired.iter().map(|source| Module::new(source)).collect();
    let environments = modules.iter().map(|module| environment_module(module, false));
    let retired_environments = retired.iter().map(|module| environment_module(module, true));
    let slug = sources.first().copied().map_or("", slug_of);
    let name = slug.parse::<Product>().map_or(slug, |product| product.name());
    let choice = environment::items(name, &modules);
    let shared = Shared::of(sources);
    let shared_enums: Vec<_> =
        shared.lists().iter().filter_map(|list| ValueEnum::new(list.member, &list.values)).collect();
    let mut with_enums = modules.iter().chain(&retired).filter(|module| module.enums().next().is_some());
    // A macro that nothing uses is a warning.
    let traits = (with_enums.next().is_some() || !shared_enums.is_empty()).then(traits_macro);
    let (shared, error) = (shared_items(&shared, &shared_enums, &modules), errors::unknown_value(Allow::Module));
    quote! { #traits #(#environments)* #(#retired_environments)* #choice #shared #error }
}

fn environment_module(module: &Module<'_>, deprecate: bool) -> TokenStream {
    let (name, provider) = (module_of(module), module.provider());
    let doc = format!(" {}, `{}`, {}.", names::capitalised(provider.name()), provider.issuer(), provenance(module));
    let reason = match provider.known().map(crate::KnownEnvironment::lifecycle) {
        Some(Lifecycle::Retired { reason, .. }) if deprecate => Some(string(reason)),
        _ => None,
    };
    let deprecated = reason.map(|reason| quote! { #[deprecated(note = #reason)] });
    // The environments of a product share one error type, so that its code is in the program once.
    let error = module.enums().next().map(|_| quote! { pub use super::UnknownValue; });
    let items = constants::module_items(module, Allow::Module);
    quote! { #[doc = #doc] #deprecated pub mod #name { #error #items } }
}

fn provenance(module: &Module<'_>) -> String {
    let (origin, date) = (module.snapshot().origin(), module.snapshot().date());
    match module.source.based_on() {
        Some(base) => format!("with the values of {base}, endpoints included, since it has no snapshot"),
        None if origin == Origin::Documented => format!("as documented of {date}"),
        None => format!("as {origin} on {date}"),
    }
}

/// Returns the items for the shared values: an enum for each list, with conversions to and from the enums of the environments.
fn shared_items(shared: &Shared<'_>, enums: &[ValueEnum<'_>], modules: &[Module<'_>]) -> TokenStream {
    let slugs: Vec<_> = shared.environments().iter().map(|source| source.provider().slug()).collect();
    let of = format!("that all of these publish: {}", slugs.join(", "));
    let items = enums.iter().map(|values| enums::item(values, Allow::Module));
    let from_shared = enums.iter().map(|values| from_shared(values, shared, modules));
    let traits = enums.iter().map(|values| enums::traits(values, &of, &with_enum(modules, values)));
    let long_lists = shared.lists().iter().filter(|list| list.values.len() > MAX_VARIANTS).map(long_list);
    quote! { #(#long_lists)* #(#items #from_shared)* #(#traits)* }
}

/// Returns the modules of the environments that have the same enum.
fn with_enum(modules: &[Module<'_>], values: &ValueEnum<'_>) -> Vec<Ident> {
    let with_enum = modules.iter().filter(|module| module.enums().any(|own| own.member == values.member));
    with_enum.map(module_of).collect()
}

fn from_shared(values: &ValueEnum<'_>, shared: &Shared<'_>, modules: &[Module<'_>]) -> TokenStream {
    let conversions = modules.iter().filter_map(|module| {
        let own = module.enums().find(|own| own.member == values.member)?;
        let takes_part = shared.environments().iter().any(|source| source.provider() == module.provider());
        Some(enums::from_shared(own, &module_of(module), values, takes_part))
    });
    conversions.collect()
}

/// Returns the constant for the shared values of a list that is too long for an enum.
fn long_list(list: &SharedList<'_>) -> TokenStream {
    let (known, item) = (list.member, constants::list_item(&names::constant(list.member.name), &list.values));
    let doc = format!(" {}, of which every environment publishes these.", known.summary);
    quote! { #[doc = #doc] #item }
}

/// Returns a warning for each list of a source that has no enum because of its length.
fn too_long(source: &Source) -> Vec<Finding> {
    let slug = source.provider().slug();
    let module = Module::new(source);
    let findings = module.too_long().map(|(constant, count)| {
        let message = format!(
            "{slug}: `{}` has {count} values, and an enum at most {MAX_VARIANTS}: it is a list of strings instead",
            constant.member
        );
        let help = format!("use the strings of the constant `{}`", constant.name);
        Finding::warning(message, help).of(slug)
    });
    findings.collect()
}
