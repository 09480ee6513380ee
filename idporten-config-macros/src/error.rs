//! The errors of the macros, which become compiler errors on the token at fault.

use idporten_config::internal::Finding;
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

/// A message and the span that it refers to.
pub(crate) struct Error {
    message: String,
    span: Span,
}

impl Error {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { message: message.into(), span }
    }

    pub(crate) fn of_finding(span: Span, finding: &Finding) -> Self {
        let lines: Vec<_> = finding.lines().iter().map(|line| line.trim_start().to_owned()).collect();
        Self::new(span, lines.join("\n"))
    }

    pub(crate) fn into_tokens(self) -> TokenStream {
        let message = self.message;
        quote_spanned! { self.span => ::core::compile_error! { #message } }
    }
}
