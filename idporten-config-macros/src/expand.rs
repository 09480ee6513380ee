//! The expansion: arguments and files to tokens and errors.

use std::path::{Path, PathBuf, absolute};

use idporten_config::codegen;
use idporten_config::internal::{FILE_NAME, Finding, Manifest, Project, Report, Requirement, Times};
use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::arguments::{self, Environment};
use crate::error::Error;
use crate::module;

pub(crate) fn environment(input: TokenStream) -> TokenStream {
    let span = Span::call_site();
    let expanded = module::check_is_first(&input)
        .and_then(|()| arguments::environment(input))
        .and_then(|arguments| Ok((package_directory(span)?, arguments)));
    match expanded {
        Ok((directory, arguments)) => one(&directory, arguments),
        Err(error) => error.into_tokens(),
    }
}

pub(crate) fn environments(input: TokenStream) -> TokenStream {
    let span = Span::call_site();
    match arguments::environments(input).and_then(|path| Ok((package_directory(span)?, path))) {
        Ok((directory, path)) => {
            let (file, span) = path.map_or((FILE_NAME.to_owned(), span), |path| (path.value, path.span));
            all(&directory, &file, span)
        }
        Err(error) => error.into_tokens(),
    }
}

fn one(directory: &Path, arguments: Environment) -> TokenStream {
    let Environment { slug, snapshot, bundled, requirements } = arguments;
    let span = snapshot.as_ref().map_or(slug.span, |path| path.span);
    let manifest = Manifest::of_macro(&slug.value, snapshot.map(|path| path.value), bundled);
    let report = Project::of(directory, manifest).check(Times::default());
    let mut tokens = TokenStream::new();
    let mut errors: Vec<_> = errors(&report).map(|finding| Error::of_finding(span, finding)).collect();
    for source in &report.sources {
        tokens.extend(codegen::environment(source));
        // Checked here rather than with the manifest, so that each error points to the value at fault.
        for required in &requirements {
            let requirement = Requirement::new(required.member.to_string(), required.expected.clone());
            let unmet = requirement.check(source.snapshot());
            let absent = !source.snapshot().metadata_json().contains(requirement.member());
            let span = if absent { required.member.span() } else { required.span };
            errors.extend(unmet.iter().map(|finding| Error::of_finding(span, finding)));
        }
    }
    let tracked = tracked(directory, &report);
    let errors = errors.into_iter().map(Error::into_tokens);
    quote! { #(#errors)* #(#tracked)* #tokens }
}

fn all(directory: &Path, file: &str, span: Span) -> TokenStream {
    let project = Project::open(directory, file);
    let report = project.check(Times::default());
    let tokens = codegen::products(&report.sources).tokens;
    let errors = errors(&report).map(|finding| Error::of_finding(span, finding).into_tokens());
    let manifest = project.path(file).is_file().then(|| track(directory, file));
    let tracked = tracked(directory, &report);
    quote! { #(#errors)* #manifest #(#tracked)* #tokens }
}

/// Returns the errors of a report. Warnings are dropped, since a macro cannot print them on stable Rust.
fn errors(report: &Report) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(|finding| finding.is_error())
}

fn tracked(directory: &Path, report: &Report) -> impl Iterator<Item = TokenStream> {
    let present = report.files.iter().filter(|file| directory.join(&file.path).is_file());
    present.map(|file| track(directory, &file.path))
}

/// Makes the compiler read a file, so that cargo compiles again when it changes.
///
/// Compiler caches such as sccache use the compiler's list of inputs too: if only the macro read the file, they would return
/// the old object even after `cargo clean`.
fn track(directory: &Path, path: &str) -> TokenStream {
    if path.starts_with('/') {
        return quote! { const _: &[u8] = ::core::include_bytes!(#path); };
    }
    if directory.is_absolute() {
        // The compiler joins the path, so that the tokens hold no path of this machine.
        let path = format!("/{path}");
        return quote! { const _: &[u8] = ::core::include_bytes!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path)); };
    }
    // Buck and Bazel set a directory relative to that of the compiler's process, which this macro reads from. A path in
    // `include_bytes!` would be relative to the source file.
    let path = absolute(directory.join(path)).unwrap_or_else(|_| directory.join(path));
    let path = path.to_string_lossy();
    quote! { const _: &[u8] = ::core::include_bytes!(#path); }
}

fn package_directory(span: Span) -> Result<PathBuf, Error> {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).ok_or_else(|| {
        Error::new(
            span,
            "`CARGO_MANIFEST_DIR` is not set\nhelp: build with cargo, or set it to the directory of Cargo.toml",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracked(directory: &str) -> String {
        track(Path::new(directory), "snapshots/a.json").to_string().replace(' ', "")
    }

    #[cfg(unix)]
    #[test]
    fn no_path_of_the_machine_is_in_the_tokens() {
        let wanted = r#"const_:&[u8]=::core::include_bytes!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"),"/snapshots/a.json"));"#;
        assert_eq!(tracked("/work"), wanted);
    }

    #[test]
    fn a_relative_package_directory_starts_from_the_process() {
        let here = std::env::current_dir().unwrap().join("member/snapshots/a.json");
        let wanted = format!("const_:&[u8]=::core::include_bytes!({here:?});");
        assert_eq!(tracked("member"), wanted.replace(' ', ""));
    }
}
