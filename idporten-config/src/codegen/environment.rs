//! The enum `Environment` of a product: the environments that a program is built for, of which it chooses one when it starts.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::model::{Constant, Module, Value};
use super::{errors, parsed, string};
use crate::document::markup;
use crate::document::metadata::{MemberType, member};
use crate::document::names;
use crate::document::provider::Provider;
use crate::environment::Schema;

/// Returns the enum and its error. `product` is the product's display name.
pub(super) fn items(product: &str, modules: &[Module<'_>]) -> TokenStream {
    let doc = format!(" An environment of {product} that this program is built for.");
    let variants: Vec<_> = modules.iter().map(variant_of).collect();
    let variant_docs = modules.iter().map(|module| format!(" {}.", names::capitalised(module.provider().name())));
    let accessors = accessors(modules, &variants);
    let endpoints = endpoint_accessors(modules);
    let (lookups, traits) = (parsed(LOOKUPS), parsed(TRAITS));
    // Slug and stage, since `FromStr` takes both.
    let choices = modules.iter().map(|module| format!("{} ({})", module.provider().slug(), module.provider().stage()));
    let choices = choices.collect::<Vec<_>>().join(", ");
    let error =
        errors::unknown_environment(&format!("{product} that this program is built for; choose one of {choices}"));
    quote! {
        #[doc = #doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Environment {
            #(#[doc = #variant_docs] #variants,)*
        }

        impl Environment {
            /// Every environment that this program is built for.
            pub const ALL: &'static [Self] = &[#(Self::#variants),*];

            #accessors
            #lookups
            #endpoints
        }

        #traits
        #error
    }
}

/// Returns the methods that every environment has.
fn accessors(modules: &[Module<'_>], variants: &[Ident]) -> TokenStream {
    let text = |text: fn(&Provider) -> &str| {
        let texts = modules.iter().map(|module| string(text(module.provider())));
        texts.map(|text| quote! { #text }).collect::<Vec<_>>()
    };
    let constant = |name: &str| {
        let (name, paths) = (format_ident!("{name}"), modules.iter().map(module_of));
        paths.map(|module| quote! { #module::#name }).collect::<Vec<_>>()
    };
    let accessors = [
        (" The name used in file names and manifests.", "slug", text(Provider::slug)),
        (" The name within the product.", "stage", text(Provider::stage)),
        (" The issuer identifier: equal to a token's `iss`, byte for byte.", "issuer", constant("ISSUER")),
        (" The URL at which the metadata is published.", "well_known_url", constant("WELL_KNOWN_URL")),
        (" The whole snapshot as canonical JSON, from which a refresher starts.", "snapshot", constant("SNAPSHOT")),
    ];
    accessors.iter().map(|(doc, name, values)| accessor(doc, name, variants, values)).collect()
}

/// Returns a method with a value for each variant. `doc` is the text of its documentation.
fn accessor(doc: &str, name: &str, variants: &[Ident], values: &[TokenStream]) -> TokenStream {
    let name = format_ident!("{name}");
    quote! {
        #[doc = #doc]
        #[inline]
        #[must_use]
        pub const fn #name(self) -> &'static str {
            match self { #(Self::#variants => #values,)* }
        }
    }
}

const LOOKUPS: &str = "
/// Finds the environment with this issuer, compared byte for byte. Of environments that share it, the first is found.
#[inline]
#[must_use]
pub fn from_issuer(issuer: &str) -> ::core::option::Option<Self> {
    Self::ALL.iter().copied().find(|environment| environment.issuer() == issuer)
}

/// Finds the environment that publishes its metadata at this URL, compared byte for byte.
#[inline]
#[must_use]
pub fn from_well_known_url(url: &str) -> ::core::option::Option<Self> {
    Self::ALL.iter().copied().find(|environment| environment.well_known_url() == url)
}
";

const TRAITS: &str = "
impl ::core::fmt::Display for Environment {
    #[inline]
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.pad(self.slug())
    }
}

impl ::core::str::FromStr for Environment {
    type Err = UnknownEnvironment;

    /// Finds an environment by its slug or its stage, in upper or lower case.
    #[inline]
    fn from_str(name: &str) -> ::core::result::Result<Self, UnknownEnvironment> {
        let mut all = Self::ALL.iter().copied();
        let by_slug = all.clone().find(|environment| environment.slug().eq_ignore_ascii_case(name));
        by_slug
            .or_else(|| all.find(|environment| environment.stage().eq_ignore_ascii_case(name)))
            .ok_or_else(|| UnknownEnvironment { name: Excerpt::new(name) })
    }
}
";

/// Returns a method for each endpoint that at least one of the environments has.
fn endpoint_accessors(modules: &[Module<'_>]) -> TokenStream {
    // A list rather than a set, which would sort the methods: they stand in the order of the constants.
    let mut endpoints: Vec<&str> = Vec::new();
    for constant in modules.iter().flat_map(|module| &module.constants) {
        if is_endpoint(constant) && !endpoints.contains(&constant.member) {
            endpoints.push(constant.member);
        }
    }
    endpoints.iter().map(|endpoint| endpoint_accessor(endpoint, modules)).collect()
}

/// Returns whether a constant is an endpoint. A member that is not in the table is one if its name ends in `_endpoint` and can
/// be the name of a method unchanged.
fn is_endpoint(constant: &Constant<'_>) -> bool {
    let name = constant.member;
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    match (&constant.value, constant.known) {
        (Value::Text(_), Some(known)) => known.kind == MemberType::Endpoint,
        (Value::Text(_), None) => is_plain && name.ends_with("_endpoint"),
        _ => false,
    }
}

fn endpoint_accessor(endpoint: &str, modules: &[Module<'_>]) -> TokenStream {
    let doc = endpoint_doc(endpoint, modules[0].provider().schema());
    // A constant is found by its member, since another member may have taken the usual name.
    let constant = |module: &Module<'_>| module.constants.iter().position(|constant| constant.member == endpoint);
    let (with, without): (Vec<_>, Vec<_>) = modules.iter().partition(|module| constant(module).is_some());
    let variants: Vec<_> = with.iter().map(|module| variant_of(module)).collect();
    let paths = with.iter().filter_map(|module| {
        let (module_name, constant) =
            (module_of(module), format_ident!("{}", module.constants[constant(module)?].name));
        Some(quote! { #module_name::#constant })
    });
    let paths: Vec<_> = paths.collect();
    if without.is_empty() {
        return accessor(&doc, endpoint, &variants, &paths);
    }
    let absent = without.iter().map(|module| variant_of(module));
    let (doc, name) = (format!("{doc} Not every environment publishes it."), format_ident!("{endpoint}"));
    quote! {
        #[doc = #doc]
        #[inline]
        #[must_use]
        pub const fn #name(self) -> ::core::option::Option<&'static str> {
            match self {
                #(Self::#variants => ::core::option::Option::Some(#paths),)*
                #(Self::#absent)|* => ::core::option::Option::None,
            }
        }
    }
}

fn endpoint_doc(endpoint: &str, schema: Schema) -> String {
    member(endpoint).map_or_else(
        || format!(" {}.", markup::code(endpoint)),
        |known| format!(" {} ({}).", known.summary, known.specification_in(schema)),
    )
}

fn variant_of(module: &Module<'_>) -> Ident {
    format_ident!("{}", names::variant(module.provider().stage()))
}

/// Returns the name of the module that holds an environment's constants.
pub(super) fn module_of(module: &Module<'_>) -> Ident {
    format_ident!("{}", names::module(module.provider().stage()))
}
