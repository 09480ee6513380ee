//! The constants in the module of one environment.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::model::{Constant, Module, Value, ValueEnum};
use super::{Allow, enums, string};
use crate::document::markup;

/// Returns the items in the module of an environment, without the error and the macro that its enums use.
pub(super) fn module_items(module: &Module<'_>, allow: Allow) -> TokenStream {
    let constants = module.constants.iter().map(|constant| constant_item(constant, module, allow));
    let about = about_the_snapshot(module, allow);
    let of = format!("of {} as of {}", module.provider().slug(), module.snapshot().date());
    let enums = module.enums().map(|values| enums::item(values, allow));
    let traits = module.enums().map(|values| enums::traits(values, &of, &[]));
    quote! { #(#constants)* #about #(#enums)* #(#traits)* }
}

fn constant_item(constant: &Constant<'_>, module: &Module<'_>, allow: Allow) -> TokenStream {
    let name = format_ident!("{}", constant.name);
    let doc = doc(constant, module);
    let item = match &constant.value {
        Value::Flag(flag) => quote! { pub const #name: bool = #flag; },
        Value::Text(text) => {
            let text = string(text);
            quote! { pub const #name: &str = #text; }
        }
        Value::List(values) => list_item(&constant.name, values),
        Value::Enum(ValueEnum { name: type_name, .. }) => {
            let type_name = format_ident!("{type_name}");
            // The enum's own list: written out, each value would stand in the code a second time.
            quote! { pub const #name: &[#type_name] = #type_name::ALL; }
        }
    };
    let allow = allow.on_item();
    quote! { #[doc = #doc] #allow #item }
}

/// Returns the constant of a list of strings, without its documentation.
pub(super) fn list_item(name: &str, values: &[&str]) -> TokenStream {
    let name = format_ident!("{name}");
    let values = values.iter().map(|value| string(value));
    quote! { pub const #name: &[&str] = &[#(#values),*]; }
}

fn doc(constant: &Constant<'_>, module: &Module<'_>) -> String {
    let order = if matches!(constant.value, Value::List(_) | Value::Enum(_)) { ", in the order published" } else { "" };
    let about = match constant.known {
        Some(known) => format!("{} ({}){order}.", known.summary, known.specification_in(module.provider().schema())),
        None => {
            let version = env!("CARGO_PKG_VERSION");
            format!(
                "{}, a member that idporten-config {version} does not know by name{order}.",
                markup::code(constant.member)
            )
        }
    };
    match module.source.based_on() {
        // The issuer is the only value that is this environment's own where another stands in for it.
        Some(base) if constant.member != "issuer" => format!(" {about} The value is that of {base}."),
        _ => format!(" {about}"),
    }
}

fn about_the_snapshot(module: &Module<'_>, allow: Allow) -> TokenStream {
    let allow = allow.on_item();
    let snapshot = module.snapshot();
    let file = snapshot.to_json();
    let as_of = string(file.as_object().and_then(|file| file.get("as_of")?.as_str()).unwrap_or_default());
    let origin = string(snapshot.origin().as_str());
    let url = string(module.provider().well_known_url());
    let text = raw_string(&file.to_string());
    quote! {
        /// The URL at which the metadata is published.
        #allow
        pub const WELL_KNOWN_URL: &str = #url;

        /// The time at which the provider published these values (RFC 3339).
        #allow
        pub const SNAPSHOT_AS_OF: &str = #as_of;

        /// The origin of the values: `fetched` from the provider, `recorded` by others, or `documented`.
        #allow
        pub const SNAPSHOT_ORIGIN: &str = #origin;

        /// The whole snapshot as canonical JSON, from which a refresher starts.
        #allow
        pub const SNAPSHOT: &str = #text;
    }
}

/// Returns a raw string literal, which a reviewer can read line by line. Canonical JSON has no control characters except
/// newlines, so that nothing in it needs an escape.
fn raw_string(text: &str) -> TokenStream {
    // A raw string ends at a quote with as many `#` as it started with, so that it needs one more than any quote in it has.
    let longest = text.split('"').skip(1).map(|rest| rest.len() - rest.trim_start_matches('#').len()).max();
    let hashes = "#".repeat(longest.unwrap_or_default() + 1);
    format!("r{hashes}\"{text}\"{hashes}").parse().unwrap_or_else(|_| {
        let text = string(text);
        quote! { #text }
    })
}
