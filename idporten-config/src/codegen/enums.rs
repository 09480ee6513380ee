//! Enums of published values.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::model::ValueEnum;
use super::{Allow, string};
use crate::document::markup;

/// An enum and its implementations.
pub(super) fn items(values: &ValueEnum<'_>, allow: Allow) -> TokenStream {
    let name = format_ident!("{}", values.name);
    let doc = format!(" A value of `{}`: {}.", values.member, values.summary);
    let member = string(values.member);
    let variants: Vec<_> = values.variants.iter().map(|variant| format_ident!("{}", variant.name)).collect();
    let texts: Vec<_> = values.variants.iter().map(|variant| string(variant.value)).collect();
    let variant_docs = values.variants.iter().map(|variant| format!(" {}", markup::code(variant.value)));
    let notes = values.variants.iter().map(|variant| variant.withdrawn.map(deprecated));
    let published: Vec<_> = values.published().map(|variant| format_ident!("{}", variant.name)).collect();
    let published_texts = values.published().map(|variant| string(variant.value));
    let allow_deprecated =
        values.variants.iter().any(|variant| variant.withdrawn.is_some()).then(|| quote! { #[allow(deprecated)] });
    let allow = allow.attribute();
    quote! {
        #[doc = #doc]
        #allow
        #[allow(clippy::enum_variant_names, clippy::upper_case_acronyms)]
        #allow_deprecated
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum #name {
            #(#[doc = #variant_docs] #notes #variants,)*
        }

        #allow
        #allow_deprecated
        impl #name {
            /// Every value, in the order published.
            pub const ALL: &'static [Self] = &[#(Self::#published),*];

            /// The value as it is written in requests and tokens.
            #[must_use]
            #[allow(clippy::too_many_lines)]
            pub const fn as_str(self) -> &'static str {
                match self {
                    #(Self::#variants => #texts,)*
                }
            }
        }

        impl ::core::fmt::Display for #name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::core::convert::AsRef<str> for #name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl ::core::str::FromStr for #name {
            type Err = UnknownValue;

            #[allow(clippy::too_many_lines)]
            fn from_str(value: &str) -> ::core::result::Result<Self, UnknownValue> {
                match value {
                    #(#published_texts => ::core::result::Result::Ok(Self::#published),)*
                    _ => ::core::result::Result::Err(UnknownValue { member: #member }),
                }
            }
        }
    }
}

/// The error of every `FromStr` of a module. `of` says whose values they are.
pub(super) fn unknown_value(needed: bool, allow: Allow, of: &str) -> TokenStream {
    if !needed {
        return TokenStream::new();
    }
    let allow = allow.attribute();
    let text = string(&format!("not a value of `{{}}` {of}"));
    quote! {
        /// A value that was not published when this code was generated.
        #allow
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct UnknownValue {
            /// The metadata member that lists the known values.
            pub member: &'static str,
        }

        impl ::core::fmt::Display for UnknownValue {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::write!(f, #text, self.member)
            }
        }

        impl ::core::error::Error for UnknownValue {}
    }
}

/// The mark of what the provider no longer publishes.
pub(super) fn deprecated(since: &str) -> TokenStream {
    let (since, note) =
        (string(since), string("the provider no longer publishes it; it goes with the next breaking release"));
    quote! { #[deprecated(since = #since, note = #note)] }
}
