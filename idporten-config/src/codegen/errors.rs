//! The errors of generated code. They name the text that was not recognised, with nothing but `core` to keep it in.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Allow, string};

/// `UnknownValue`, and what it needs.
pub(super) fn unknown_value(allow: Allow) -> TokenStream {
    let allow = allow.on_item();
    let excerpt = excerpt(&allow);
    quote! {
        /// The error of a text that is not a value that was published when this code was generated.
        #allow
        #[derive(Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct UnknownValue {
            /// The metadata member that lists the known values.
            pub member: &'static str,
            of: &'static str,
            value: Excerpt,
        }

        #allow
        impl UnknownValue {
            fn new(member: &'static str, of: &'static str, value: &str) -> Self {
                Self { member, of, value: Excerpt::new(value) }
            }
        }

        impl ::core::fmt::Display for UnknownValue {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::write!(f, "{} is not a value of `{}` {}", self.value, self.member, self.of)
            }
        }

        // `unwrap` and `main` print errors by `Debug`, which therefore says what `Display` says.
        impl ::core::fmt::Debug for UnknownValue {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(self, f)
            }
        }

        impl ::core::error::Error for UnknownValue {}

        #excerpt
    }
}

/// `UnknownEnvironment`, in a module that has an `Excerpt`. `choices` completes the message.
pub(super) fn unknown_environment(choices: &str) -> TokenStream {
    let text = string(&format!("{{}} is not an environment of {choices}"));
    quote! {
        /// The error of a text that is not the name of an environment that this program is built for.
        #[derive(Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct UnknownEnvironment {
            name: Excerpt,
        }

        impl ::core::fmt::Display for UnknownEnvironment {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::write!(f, #text, self.name)
            }
        }

        impl ::core::fmt::Debug for UnknownEnvironment {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(self, f)
            }
        }

        impl ::core::error::Error for UnknownEnvironment {}
    }
}

/// A text kept by value: `FromStr` has no lifetime to borrow it with, and `core` nowhere to allocate it. The bound keeps the
/// errors small enough to be returned by value.
fn excerpt(allow: &TokenStream) -> TokenStream {
    quote! {
        /// The first 64 bytes of a text.
        #allow
        #[derive(Clone, Copy, PartialEq, Eq)]
        struct Excerpt {
            bytes: [u8; 64],
            length: usize,
            is_whole: bool,
        }

        #allow
        impl Excerpt {
            fn new(text: &str) -> Self {
                let mut length = text.len().min(64);
                while !text.is_char_boundary(length) {
                    length -= 1;
                }
                let mut bytes = [0; 64];
                bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
                Self { bytes, length, is_whole: length == text.len() }
            }
        }

        impl ::core::fmt::Display for Excerpt {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                let text = ::core::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default();
                let more = if self.is_whole { "" } else { "..." };
                ::core::write!(f, "`{}{more}`", text.escape_debug())
            }
        }
    }
}
