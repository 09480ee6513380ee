//! Arguments and files to tokens and errors.

use std::path::{Path, PathBuf};

use idporten_config::codegen;
use idporten_config::internal::Project;
use idporten_config::internal::Requirement;
use idporten_config::internal::{FILE_NAME, Manifest};
use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::arguments::{self, Environment};
use crate::error::Error;

pub(crate) fn environment(input: TokenStream) -> TokenStream {
    let span = Span::call_site();
    match arguments::environment(input).and_then(|arguments| Ok((package_directory(span)?, arguments))) {
        Ok((directory, arguments)) => one(&directory, arguments),
        Err(error) => error.into_tokens(),
    }
}

pub(crate) fn environments(input: TokenStream) -> TokenStream {
    let span = Span::call_site();
    match arguments::environments(input).and_then(|path| Ok((package_directory(span)?, path))) {
        Ok((directory, path)) => {
            let (file, span) = path.map_or((FILE_NAME.to_owned(), span), |path| (path.value, path.span));
            all(&Project::open(&directory, &file), &file, span)
        }
        Err(error) => error.into_tokens(),
    }
}

fn one(directory: &Path, arguments: Environment) -> TokenStream {
    let Environment { slug, snapshot, bundled, requirements } = arguments;
    let span = snapshot.as_ref().map_or(slug.span, |path| path.span);
    let manifest = Manifest::of_macro(&slug.value, snapshot.map(|path| path.value), bundled);
    let project = Project::of(directory, manifest);
    let resolved = project.resolve(None);
    let mut errors: Vec<_> = resolved.findings.iter().map(|finding| Error::of_finding(span, finding)).collect();
    let mut tokens = TokenStream::new();
    for source in &resolved.sources {
        tokens.extend(codegen::environment(source));
        for required in &requirements {
            let requirement = Requirement::new(required.member.to_string(), required.expected.clone());
            let unmet = requirement.check(source.snapshot());
            let absent = !source.snapshot().metadata_json().contains(requirement.member());
            let span = if absent { required.member.span() } else { required.span };
            errors.extend(unmet.iter().map(|finding| Error::of_finding(span, finding)));
        }
    }
    let tracked = resolved.files.iter().filter(|file| project.is_file(&file.path)).map(|file| track(&file.path));
    let errors = errors.into_iter().map(Error::into_tokens);
    quote! { #(#errors)* #(#tracked)* #tokens }
}

fn all(project: &Project, file: &str, span: Span) -> TokenStream {
    let resolved = project.resolve(None);
    let tokens = codegen::products(&resolved.sources).tokens;
    let errors = resolved.findings.iter().map(|finding| Error::of_finding(span, finding).into_tokens());
    let manifest = project.is_file(file).then(|| track(file));
    let tracked = resolved.files.iter().filter(|file| project.is_file(&file.path)).map(|file| track(&file.path));
    quote! { #(#errors)* #manifest #(#tracked)* #tokens }
}

/// Makes the compiler read a file, so that cargo compiles again when it changes. The path is put together by the compiler:
/// no path of this machine is in the tokens.
fn track(path: &str) -> TokenStream {
    if path.starts_with('/') {
        return quote! { const _: &[u8] = ::core::include_bytes!(#path); };
    }
    let path = format!("/{path}");
    quote! { const _: &[u8] = ::core::include_bytes!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path)); }
}

fn package_directory(span: Span) -> Result<PathBuf, Error> {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).ok_or_else(|| {
        Error::new(
            span,
            "`CARGO_MANIFEST_DIR` is not set\nhelp: build with cargo, or set it to the directory of Cargo.toml",
        )
    })
}
