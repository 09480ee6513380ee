//! A module of a product: its environments, which of them this program is built for, and the values they share.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::model::{Module, ValueEnum, Withdrawn};
use super::{Allow, constants, enums, string};
use crate::document::markup;
use crate::document::metadata::{MemberType, member};
use crate::document::names;
use crate::document::snapshot::Origin;
use crate::environment::{Lifecycle, Product};
use crate::project::finding::Finding;
use crate::project::shared::Shared;
use crate::project::sources::Source;

/// The code of every product, and what is worth knowing of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Products {
    /// A module for each product.
    pub tokens: TokenStream,
    /// Warnings: lists that not every snapshot states, and lists without a shared value.
    pub findings: Vec<Finding>,
}

/// A module for each product that a source is of, in the order of the products.
#[must_use]
pub fn products(sources: &[Source]) -> Products {
    let mut products = Products { tokens: TokenStream::new(), findings: Vec::new() };
    for &product in Product::ALL {
        let own: Vec<&Source> = sources.iter().filter(|source| source.provider().product() == product).collect();
        if own.is_empty() {
            continue;
        }
        let name = format_ident!("{}", names::module(product.slug()));
        let doc = format!(" {}", product.description());
        let items = product_items(product, &own, &[], &[]);
        products
            .tokens
            .extend(quote! { #[doc = #doc] #[allow(dead_code, unreachable_pub, clippy::doc_markdown, clippy::module_inception, clippy::unicode_not_nfc)] pub mod #name { #items } });
        products.findings.extend(Shared::of(&own).findings());
    }
    products
}

/// The items in the module of a product. `retired` environments have modules, marked as deprecated, and take no part in the rest.
#[must_use]
pub fn product_items(
    product: Product,
    sources: &[&Source],
    retired: &[&Source],
    withdrawn: &[Withdrawn<'_>],
) -> TokenStream {
    let modules: Vec<_> = sources.iter().map(|source| Module::new(source, withdrawn)).collect();
    let retired: Vec<_> = retired.iter().map(|source| Module::new(source, withdrawn)).collect();
    let module_items = modules.iter().map(|module| environment_module(module, false));
    let retired_items = retired.iter().map(|module| environment_module(module, true));
    let environment = environment_enum(product, &modules);
    let shared = Shared::of(sources);
    let shared_enums = shared_enums(&shared, withdrawn);
    let enums = shared_enums.iter().map(|values| enums::items(values, Allow::Module));
    let slugs: Vec<_> = shared.environments().iter().map(|source| source.provider().slug()).collect();
    let error = enums::unknown_value(
        !shared_enums.is_empty(),
        Allow::Module,
        &format!("that all of these publish: {}", slugs.join(", ")),
    );
    quote! { #(#module_items)* #(#retired_items)* #environment #(#enums)* #error }
}

fn environment_module(module: &Module<'_>, deprecate: bool) -> TokenStream {
    let (provider, snapshot) = (module.provider(), module.snapshot());
    let name = format_ident!("{}", names::module(provider.stage()));
    let origin = match (module.source.based_on(), snapshot.origin()) {
        (Some(base), _) => format!("with the values of {base}, endpoints included: it has no snapshot of its own"),
        (None, Origin::Documented) => format!("as documented, of {}", snapshot.date()),
        (None, origin) => format!("as {origin} on {}", snapshot.date()),
    };
    let doc = format!(" {}, `{}`, {origin}.", sentence(provider.name()), provider.issuer());
    let reason = match provider.known().map(crate::KnownEnvironment::lifecycle) {
        Some(Lifecycle::Retired { reason, .. }) if deprecate => Some(string(reason)),
        _ => None,
    };
    let deprecated = reason.map(|reason| quote! { #[deprecated(note = #reason)] });
    let items = constants::module_items(module, Allow::Module);
    quote! { #[doc = #doc] #deprecated #[allow(dead_code)] pub mod #name { #items } }
}

fn environment_enum(product: Product, modules: &[Module<'_>]) -> TokenStream {
    let doc = format!(" An environment of {} that this program is built for.", product.name());
    let variants: Vec<_> = modules.iter().map(|module| variant_of(module)).collect();
    let paths: Vec<_> =
        modules.iter().map(|module| format_ident!("{}", names::module(module.provider().stage()))).collect();
    let variant_docs = modules.iter().map(|module| format!(" {}.", sentence(module.provider().name())));
    let slugs: Vec<_> = modules.iter().map(|module| string(module.provider().slug())).collect();
    let stages: Vec<_> = modules.iter().map(|module| string(module.provider().stage())).collect();
    let endpoints = endpoint_accessors(product, modules);
    let error = unknown_environment(product, modules);
    quote! {
        #[doc = #doc]
        #[allow(dead_code, clippy::enum_variant_names)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Environment {
            #(#[doc = #variant_docs] #variants,)*
        }

        #[allow(dead_code)]
        impl Environment {
            /// Every environment that this program is built for.
            pub const ALL: &'static [Self] = &[#(Self::#variants),*];

            /// The name used in file names and manifests.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { #(Self::#variants => #slugs,)* }
            }

            /// The name within the product.
            #[must_use]
            pub const fn stage(self) -> &'static str {
                match self { #(Self::#variants => #stages,)* }
            }

            /// The issuer identifier: equal to a token's `iss`, byte for byte.
            #[must_use]
            pub const fn issuer(self) -> &'static str {
                match self { #(Self::#variants => #paths::ISSUER,)* }
            }

            /// Where the metadata is published.
            #[must_use]
            pub const fn well_known_url(self) -> &'static str {
                match self { #(Self::#variants => #paths::WELL_KNOWN_URL,)* }
            }

            /// The whole snapshot as canonical JSON: what a refresher starts from.
            #[must_use]
            pub const fn snapshot(self) -> &'static str {
                match self { #(Self::#variants => #paths::SNAPSHOT,)* }
            }

            #endpoints

            /// The environment with this issuer, compared byte for byte; the first, where environments share it.
            #[must_use]
            pub fn from_issuer(issuer: &str) -> ::core::option::Option<Self> {
                Self::ALL.iter().copied().find(|environment| environment.issuer() == issuer)
            }

            /// The environment that publishes its metadata at this URL, compared byte for byte.
            #[must_use]
            pub fn from_well_known_url(url: &str) -> ::core::option::Option<Self> {
                Self::ALL.iter().copied().find(|environment| environment.well_known_url() == url)
            }
        }

        impl ::core::fmt::Display for Environment {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.slug())
            }
        }

        impl ::core::str::FromStr for Environment {
            type Err = UnknownEnvironment;

            /// Finds an environment by its slug or its stage.
            fn from_str(name: &str) -> ::core::result::Result<Self, UnknownEnvironment> {
                let mut all = Self::ALL.iter().copied();
                let by_slug = all.clone().find(|environment| environment.slug() == name);
                by_slug.or_else(|| all.find(|environment| environment.stage() == name)).ok_or(UnknownEnvironment)
            }
        }

        #error
    }
}

fn variant_of(module: &Module<'_>) -> proc_macro2::Ident {
    format_ident!("{}", names::variant(module.provider().stage()))
}

fn unknown_environment(product: Product, modules: &[Module<'_>]) -> TokenStream {
    let choices: Vec<_> =
        modules.iter().map(|module| format!("{} ({})", module.provider().slug(), module.provider().stage())).collect();
    let text = format!(
        "not an environment of {} that this program is built for; choose one of {}",
        product.name(),
        choices.join(", ")
    );
    let text = string(&text);
    quote! {
        /// The name is not that of an environment this program is built for.
        #[allow(dead_code)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct UnknownEnvironment;

        impl ::core::fmt::Display for UnknownEnvironment {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(#text)
            }
        }

        impl ::core::error::Error for UnknownEnvironment {}
    }
}

/// A method for each endpoint that any of the environments has.
fn endpoint_accessors(product: Product, modules: &[Module<'_>]) -> TokenStream {
    let mut endpoints: Vec<&str> = Vec::new();
    for constant in modules.iter().flat_map(|module| &module.constants) {
        let is_endpoint = match constant.known {
            Some(known) => known.kind == MemberType::Endpoint,
            None => is_plain_endpoint(constant.member),
        };
        if is_endpoint && constant.withdrawn.is_none() && !endpoints.contains(&constant.member) {
            endpoints.push(constant.member);
        }
    }
    endpoints.iter().map(|endpoint| endpoint_accessor(endpoint, product, modules)).collect()
}

fn is_plain_endpoint(name: &str) -> bool {
    name.ends_with("_endpoint")
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn endpoint_accessor(endpoint: &str, product: Product, modules: &[Module<'_>]) -> TokenStream {
    let name = format_ident!("{endpoint}");
    // By the member rather than by its usual name: another member may have taken that.
    let path = |module: &Module<'_>| {
        let own = module.constants.iter().find(|own| own.member == endpoint && own.withdrawn.is_none())?;
        let (stage, constant) = (names::module(module.provider().stage()), &own.name);
        let (stage, constant) = (format_ident!("{stage}"), format_ident!("{constant}"));
        Some(quote! { #stage::#constant })
    };
    let (with, without): (Vec<_>, Vec<_>) = modules.iter().partition(|module| path(module).is_some());
    let variants: Vec<_> = with.iter().map(|module| variant_of(module)).collect();
    let paths: Vec<_> = with.iter().filter_map(|module| path(module)).collect();
    let summary = member(endpoint).map_or_else(
        || format!(" {}.", markup::code(endpoint)),
        |known| format!(" {} ({}).", known.summary, known.specification_in(product.schema())),
    );
    if without.is_empty() {
        return quote! {
            #[doc = #summary]
            #[must_use]
            pub const fn #name(self) -> &'static str {
                match self { #(Self::#variants => #paths,)* }
            }
        };
    }
    let absent = without.iter().map(|module| variant_of(module));
    let doc = format!("{summary} Not every environment publishes it.");
    quote! {
        #[doc = #doc]
        #[must_use]
        pub const fn #name(self) -> ::core::option::Option<&'static str> {
            match self {
                #(Self::#variants => ::core::option::Option::Some(#paths),)*
                #(Self::#absent)|* => ::core::option::Option::None,
            }
        }
    }
}

/// An enum for each list, of the values that every environment publishes.
fn shared_enums<'a>(shared: &Shared<'a>, withdrawn: &'a [Withdrawn<'a>]) -> Vec<ValueEnum<'a>> {
    let slugs: Vec<_> = shared.environments().iter().map(|source| source.provider().slug()).collect();
    let enums = shared.lists().iter().filter_map(|list| {
        let gone: Vec<_> = withdrawn
            .iter()
            .filter(|gone| gone.member == list.member.name && slugs.contains(&gone.environment))
            .collect();
        let mut seen = Vec::new();
        let gone: Vec<_> = gone
            .into_iter()
            .filter(|gone| {
                !seen.contains(&gone.value) && {
                    seen.push(gone.value);
                    true
                }
            })
            .collect();
        ValueEnum::new(list.member, list.member.name, &list.values, &gone)
    });
    enums.collect()
}

/// A first capital, for a sentence.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}
