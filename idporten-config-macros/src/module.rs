//! The check that `environment!` is called at most once in a module.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

use crate::error::Error;

const NAME: &str = "environment";

/// Refuses the second `environment!` of a module. Its items have the same names as those of the first, and the compiler would
/// report each of them.
///
/// A macro cannot see its module, so that this function reads the source file. If the file is not available, or the call comes
/// from another macro, only the compiler's errors are reported.
pub(crate) fn check_is_first(arguments: &TokenStream) -> Result<(), Error> {
    // A language server provides no files, and the tests of this crate run without a compiler.
    let file = proc_macro::is_available().then(|| proc_macro::Span::call_site().local_file()).flatten();
    let Some(source) = file.and_then(|file| std::fs::read_to_string(file).ok()) else { return Ok(()) };
    let Ok(source) = source.parse() else { return Ok(()) };
    if is_repeated(source, &flat(arguments.clone())) {
        let span = arguments.clone().into_iter().next().map_or_else(Span::call_site, |argument| argument.span());
        return Err(Error::new(
            span,
            "`environment!` is called twice in this module\nhelp: put each environment in its own module, such as `mod test { .. }`",
        ));
    }
    Ok(())
}

/// Returns whether a call with these arguments, in this module or one nested in it, follows another call or has a duplicate.
fn is_repeated(module: TokenStream, arguments: &str) -> bool {
    let tokens: Vec<TokenTree> = module.into_iter().collect();
    let mut calls = Vec::new();
    let mut modules = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let before = &tokens[..index];
        if is_call(before) {
            calls.push(flat(group.stream()));
        } else if group.delimiter() == Delimiter::Brace && is_module(before) {
            modules.push(group.stream());
        }
    }
    let same = calls.iter().filter(|call| *call == arguments).count();
    let is_first = calls.first().is_some_and(|first| first == arguments) && same == 1;
    (calls.len() > 1 && same > 0 && !is_first) || modules.into_iter().any(|module| is_repeated(module, arguments))
}

/// Returns whether the tokens end in `environment!`, with any path and without an attribute: calls under two exclusive `cfg`
/// conditions are not a repetition.
fn is_call(tokens: &[TokenTree]) -> bool {
    let [path @ .., TokenTree::Ident(name), TokenTree::Punct(bang)] = tokens else { return false };
    let is_path = |token: &TokenTree| match token {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(punct) => punct.as_char() == ':',
        _ => false,
    };
    let before = path.iter().rev().find(|token| !is_path(token));
    let has_attribute = matches!(before, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket);
    name == NAME && bang.as_char() == '!' && !has_attribute
}

fn is_module(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [.., TokenTree::Ident(keyword), TokenTree::Ident(_)] if keyword == "mod")
}

/// Formats tokens as text that does not depend on their spacing.
fn flat(stream: TokenStream) -> String {
    let token = |token: TokenTree| match token {
        TokenTree::Group(group) => format!("({}) ", flat(group.stream())),
        other => format!("{other} "),
    };
    stream.into_iter().map(token).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn repeated(source: &str, arguments: &str) -> bool {
        is_repeated(source.parse().unwrap(), &flat(arguments.parse().unwrap()))
    }

    const TEST: &str = r#""idporten-test", bundled"#;
    const PROD: &str = r#""idporten-prod", bundled"#;

    #[test]
    fn only_the_second_call_in_a_module_is_repeated() {
        let source = format!("mod m {{ a::environment!({TEST}); a::environment! {{ {PROD} }} }}");
        assert_eq!([TEST, PROD].map(|call| repeated(&source, call)), [false, true]);
        let twins = format!("environment!({TEST}); environment!({TEST});");
        assert!(repeated(&twins, TEST));
    }

    #[test]
    fn calls_in_modules_of_their_own_are_not_repeated() {
        let source =
            format!("environment!({TEST}); mod a {{ environment!({PROD}); }} mod b {{ environment!({PROD}); }}");
        assert_eq!([TEST, PROD].map(|call| repeated(&source, call)), [false, false]);
    }

    #[test]
    fn calls_under_conditions_are_not_repeated() {
        let source = format!("#[cfg(a)] environment!({TEST}); #[cfg(not(a))] environment!({PROD});");
        assert_eq!([TEST, PROD].map(|call| repeated(&source, call)), [false, false]);
    }
}
