//! The enums of published values.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::model::ValueEnum;
use super::{Allow, string};
use crate::document::markup;
use crate::environment::ACR_ORDERS;

/// Returns an enum with its methods. Its trait implementations come from [`traits`].
pub(super) fn item(values: &ValueEnum<'_>, allow: Allow) -> TokenStream {
    let name = format_ident!("{}", values.name);
    let doc = format!(" A value of `{}`: {}.", values.member, values.summary);
    let variants: Vec<_> = values.variants.iter().map(|variant| format_ident!("{}", variant.name)).collect();
    let texts = values.variants.iter().map(|variant| string(variant.value));
    let variant_docs = values.variants.iter().map(|variant| format!(" {}", markup::code(variant.value)));
    // Only for `acr_values_supported`: no other list has a documented order. For the same reason no enum is `Ord`.
    let at_least = (values.member == "acr_values_supported").then(|| at_least(values));
    let allow = allow.on_item();
    quote! {
        #[doc = #doc]
        #allow
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum #name {
            #(#[doc = #variant_docs] #variants,)*
        }

        #allow
        impl #name {
            /// Every value, in the order published.
            pub const ALL: &'static [Self] = &[#(Self::#variants),*];

            /// The value as it is written in requests and tokens.
            #[inline]
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    #(Self::#variants => #texts,)*
                }
            }

            #at_least
        }
    }
}

/// The macro that [`traits`] calls, as it appears in the generated code. Written out for each enum, the implementations would be
/// a third of all generated lines. With `#[inline]` the compiler generates machine code only for the functions that a program
/// uses: the bundled modules have some 300 of them, and a build script calls none.
pub(super) const TRAITS_MACRO: &str = "\
macro_rules! value_traits {
    ($name:ident, $member:literal, $of:literal $(, from $($module:ident)+)?) => {
        impl ::core::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::core::convert::AsRef<str> for $name {
            #[inline]
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl ::core::str::FromStr for $name {
            type Err = UnknownValue;

            #[inline]
            fn from_str(value: &str) -> ::core::result::Result<Self, UnknownValue> {
                UnknownValue::find(value, Self::ALL, Self::as_str, $member, $of)
            }
        }

        $($(
            impl ::core::convert::TryFrom<$module::$name> for $name {
                type Error = UnknownValue;

                #[inline]
                fn try_from(value: $module::$name) -> ::core::result::Result<Self, UnknownValue> {
                    value.as_str().parse()
                }
            }
        )+)?
    };
}
";

/// Returns the trait implementations of an enum: formatting, parsing, and conversions from the enums of the same name in
/// `modules`. `of` completes the message "`x` is not a value of `member` ...".
pub(super) fn traits(values: &ValueEnum<'_>, of: &str, modules: &[Ident]) -> TokenStream {
    let (name, member, of) = (format_ident!("{}", values.name), string(values.member), string(of));
    let from = (!modules.is_empty()).then(|| quote! { , from #(#modules)* });
    quote! { value_traits!(#name, #member, #of #from); }
}

/// Returns the method for the documented order of the levels of assurance. The order is written out rather than a call to
/// `acr_at_least`, since generated code depends only on `core`.
fn at_least(values: &ValueEnum<'_>) -> TokenStream {
    let mut pairs = Vec::new();
    for order in ACR_ORDERS {
        let ranked: Vec<_> = order.iter().filter_map(|level| values.variant(level)).collect();
        for (i, higher) in ranked.iter().enumerate() {
            for lower in &ranked[..i] {
                let (higher, lower) = (format_ident!("{}", higher.name), format_ident!("{}", lower.name));
                pairs.push(quote! { (Self::#higher, Self::#lower) });
            }
        }
    }
    // The generated method compares the variants as numbers, since `==` of a derived `PartialEq` cannot be called in a `const fn`.
    let is_above = (!pairs.is_empty()).then(|| quote! { || ::core::matches!((self, other), #(#pairs)|*) });
    quote! {
        /// Returns whether a log-in at this level satisfies a program that asks for `other`.
        ///
        /// A level satisfies itself, `idporten-loa-high` also `idporten-loa-substantial`, and `eidas-loa-high` also
        /// `eidas-loa-substantial`. All other pairs have no documented order, and the answer is `false`.
        #[inline]
        #[must_use]
        pub const fn at_least(self, other: Self) -> bool {
            self as usize == other as usize #is_above
        }
    }
}

/// Returns the conversion from a shared value to the value of an environment.
///
/// An environment that takes part in sharing has every shared value, so that the conversion cannot fail. For any other
/// environment (`takes_part` is false) it may fail, now or after the next snapshot.
pub(super) fn from_shared(
    own: &ValueEnum<'_>,
    module: &Ident,
    shared: &ValueEnum<'_>,
    takes_part: bool,
) -> TokenStream {
    let name = format_ident!("{}", own.name);
    let pairs: Option<Vec<_>> =
        shared.variants.iter().map(|variant| Some((&variant.name, &own.variant(variant.value)?.name))).collect();
    // Not `From` for an environment that has every value by chance: the next snapshot could take it away, and with it a trait that
    // programs use.
    let Some(pairs) = pairs.filter(|_| takes_part) else {
        return quote! {
            impl ::core::convert::TryFrom<#name> for #module::#name {
                type Error = UnknownValue;

                #[inline]
                fn try_from(value: #name) -> ::core::result::Result<Self, UnknownValue> {
                    value.as_str().parse()
                }
            }
        };
    };
    let arms = pairs.into_iter().map(|(from, to)| {
        let (from, to) = (format_ident!("{from}"), format_ident!("{to}"));
        quote! { #name::#from => Self::#to, }
    });
    quote! {
        impl ::core::convert::From<#name> for #module::#name {
            #[inline]
            fn from(value: #name) -> Self {
                match value { #(#arms)* }
            }
        }
    }
}
