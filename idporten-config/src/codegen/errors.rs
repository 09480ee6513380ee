//! The errors of generated code. They keep the text that was not recognised, although only `core` is available.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Allow, parsed, string};

/// Returns `UnknownValue` and the items that it needs.
pub(super) fn unknown_value(allow: Allow) -> TokenStream {
    let allow = allow.on_item();
    let (value, excerpt) = (parsed(UNKNOWN_VALUE), parsed(EXCERPT));
    let (new_value, new_excerpt) = (parsed(NEW_UNKNOWN_VALUE), parsed(NEW_EXCERPT));
    quote! {
        /// The error of a text that is not a value that was published when this code was generated.
        #allow #value
        #allow #new_value
        /// The first 64 bytes of a text.
        #allow #excerpt
        #allow #new_excerpt
    }
}

/// Returns `UnknownEnvironment`, for a module that has an `Excerpt`. `choices` completes the message.
pub(super) fn unknown_environment(choices: &str) -> TokenStream {
    let message = string(&format!("{{}} is not an environment of {choices}"));
    let error = parsed(UNKNOWN_ENVIRONMENT);
    quote! {
        #error

        impl ::core::fmt::Display for UnknownEnvironment {
            #[inline]
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::write!(f, #message, self.name)
            }
        }
    }
}

const UNKNOWN_VALUE: &str = "
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownValue {
    /// The metadata member that lists the known values.
    pub member: &'static str,
    of: &'static str,
    value: Excerpt,
}
";

// `find` is generic, so that the loop is compiled once and not in each enum. `Debug` is not derived: `unwrap` and `main` print errors
// with it, so that it writes the message of `Display`.
const NEW_UNKNOWN_VALUE: &str = r#"
impl UnknownValue {
    #[inline]
    fn find<T: Copy>(
        value: &str,
        all: &[T],
        as_str: fn(T) -> &'static str,
        member: &'static str,
        of: &'static str,
    ) -> ::core::result::Result<T, Self> {
        match all.iter().find(|known| as_str(**known) == value) {
            ::core::option::Option::Some(known) => ::core::result::Result::Ok(*known),
            ::core::option::Option::None => {
                ::core::result::Result::Err(Self { member, of, value: Excerpt::new(value) })
            }
        }
    }
}

impl ::core::fmt::Display for UnknownValue {
    #[inline]
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::write!(f, "{} is not a value of `{}` {}", self.value, self.member, self.of)
    }
}

impl ::core::fmt::Debug for UnknownValue {
    #[inline]
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Display::fmt(self, f)
    }
}

impl ::core::error::Error for UnknownValue {}
"#;

const UNKNOWN_ENVIRONMENT: &str = "
/// The error of a text that is not the name of an environment that this program is built for.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownEnvironment {
    name: Excerpt,
}

impl ::core::fmt::Debug for UnknownEnvironment {
    #[inline]
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Display::fmt(self, f)
    }
}

impl ::core::error::Error for UnknownEnvironment {}
";

// A copy of the text, since `FromStr` has no lifetime with which to borrow it and `core` cannot allocate. The limit keeps the
// errors small enough to be returned by value.
const EXCERPT: &str = "
#[derive(Clone, Copy, PartialEq, Eq)]
struct Excerpt {
    bytes: [u8; 64],
    length: usize,
    is_whole: bool,
}
";

const NEW_EXCERPT: &str = r#"
impl Excerpt {
    #[inline]
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
    #[inline]
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        let text = ::core::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default();
        let more = if self.is_whole { "" } else { "..." };
        ::core::write!(f, "`{}{more}`", text.escape_debug())
    }
}
"#;
