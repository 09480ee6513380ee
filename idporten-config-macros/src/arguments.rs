//! The arguments of the macros.

use idporten_config::internal::Expected;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use crate::error::Error;

/// A string and its span.
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) span: Span,
}

/// The arguments of `environment!`.
pub(crate) struct Environment {
    pub(crate) slug: Text,
    pub(crate) snapshot: Option<Text>,
    pub(crate) bundled: bool,
    pub(crate) requirements: Vec<Required>,
}

/// A requirement. A list becomes one requirement for each of its values, so that an error points to the value at fault.
pub(crate) struct Required {
    pub(crate) member: Ident,
    pub(crate) expected: Expected,
    pub(crate) span: Span,
}

const KNOWN: &str = "write `snapshot = \"path\"`, `bundled` or `require(member = [\"value\"])`";

/// Reads the arguments of `environment!`.
pub(crate) fn environment(input: TokenStream) -> Result<Environment, Error> {
    let mut tokens = Tokens::new(input);
    let slug = tokens.string("the environment's slug, such as \"idporten-test\"")?;
    let mut arguments = Environment { slug, snapshot: None, bundled: false, requirements: Vec::new() };
    while tokens.comma()? {
        let name = tokens.name(KNOWN)?;
        match name.to_string().as_str() {
            "snapshot" => {
                tokens.equals()?;
                let path = tokens.string("the path of a snapshot, relative to the directory of Cargo.toml")?;
                if arguments.snapshot.replace(path).is_some() {
                    return Err(Error::new(name.span(), "`snapshot` is given twice\nhelp: remove one of them"));
                }
            }
            "bundled" => arguments.bundled = true,
            "require" => arguments.requirements.extend(requirements(&tokens.group(Delimiter::Parenthesis)?)?),
            other => return Err(Error::new(name.span(), format!("unknown argument `{other}`\nhelp: {KNOWN}"))),
        }
    }
    match &arguments.snapshot {
        Some(path) if arguments.bundled => {
            Err(Error::new(path.span, "`snapshot` and `bundled` cannot be combined\nhelp: remove one of them"))
        }
        _ => Ok(arguments),
    }
}

/// Reads the arguments of `environments!`: a path, or nothing.
pub(crate) fn environments(input: TokenStream) -> Result<Option<Text>, Error> {
    let mut tokens = Tokens::new(input);
    if tokens.is_empty() {
        return Ok(None);
    }
    let path = tokens.string("the path of a manifest, relative to the directory of Cargo.toml, or nothing")?;
    if tokens.comma()? {
        return Err(Error::new(
            tokens.span(),
            "there is an argument after the path\nhelp: remove it, and name environments in the manifest",
        ));
    }
    Ok(Some(path))
}

fn requirements(group: &Group) -> Result<Vec<Required>, Error> {
    let mut tokens = Tokens::new(group.stream());
    let mut requirements = Vec::new();
    while !tokens.is_empty() {
        let member =
            tokens.name("write a metadata member, such as `acr_values_supported = [\"idporten-loa-high\"]`")?;
        tokens.equals()?;
        requirements.extend(expected(member, &mut tokens)?);
        if !tokens.comma()? {
            break;
        }
    }
    Ok(requirements)
}

fn expected(member: Ident, tokens: &mut Tokens) -> Result<Vec<Required>, Error> {
    const FORMS: &str = "a list of strings that it must contain, a string that it must be equal to, or `true`";
    let span = tokens.span();
    match tokens.next() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => list(&member, &group),
        Some(TokenTree::Literal(literal)) => {
            let text = string(&literal)
                .ok_or_else(|| Error::new(span, format!("the requirement is not understood\nhelp: write {FORMS}")))?;
            Ok(vec![Required { member, expected: Expected::Equal(text), span }])
        }
        Some(TokenTree::Ident(name)) if name == "true" => {
            Ok(vec![Required { member, expected: Expected::Present, span }])
        }
        _ => Err(Error::new(span, format!("the requirement is not understood\nhelp: write {FORMS}"))),
    }
}

fn list(member: &Ident, group: &Group) -> Result<Vec<Required>, Error> {
    let mut tokens = Tokens::new(group.stream());
    let mut values = Vec::new();
    while !tokens.is_empty() {
        let text = tokens.string("a value of the member, as a string")?;
        let expected = Expected::Contains(vec![text.value]);
        values.push(Required { member: member.clone(), expected, span: text.span });
        if !tokens.comma()? {
            break;
        }
    }
    if values.is_empty() {
        let expected = Expected::Contains(Vec::new());
        values.push(Required { member: member.clone(), expected, span: group.span() });
    }
    Ok(values)
}

struct Tokens {
    tokens: std::iter::Peekable<proc_macro2::token_stream::IntoIter>,
    /// The span of the last token read, for an error at the end of the input.
    last: Span,
}

impl Tokens {
    fn new(stream: TokenStream) -> Self {
        Self { tokens: stream.into_iter().peekable(), last: Span::call_site() }
    }

    fn next(&mut self) -> Option<TokenTree> {
        let mut token = self.tokens.next()?;
        // Arguments that another macro passes on are wrapped in invisible groups.
        while let TokenTree::Group(group) = &token {
            match (group.delimiter(), single(group.stream())) {
                (Delimiter::None, Some(inner)) => token = inner,
                _ => break,
            }
        }
        self.last = token.span();
        Some(token)
    }

    fn is_empty(&mut self) -> bool {
        self.tokens.peek().is_none()
    }

    fn span(&mut self) -> Span {
        self.tokens.peek().map_or(self.last, TokenTree::span)
    }

    /// Reads a comma and returns whether tokens follow it. A trailing comma is allowed; any other token is an error.
    fn comma(&mut self) -> Result<bool, Error> {
        let span = self.span();
        match self.next() {
            None => Ok(false),
            Some(TokenTree::Punct(punct)) if punct.as_char() == ',' => Ok(!self.is_empty()),
            Some(_) => Err(Error::new(span, "expected `,`\nhelp: put a comma between two arguments")),
        }
    }

    fn equals(&mut self) -> Result<(), Error> {
        let span = self.span();
        match self.next() {
            Some(TokenTree::Punct(punct)) if punct.as_char() == '=' => Ok(()),
            _ => Err(Error::new(span, "expected `=`\nhelp: write `=` and a value after the name")),
        }
    }

    fn name(&mut self, expected: &str) -> Result<Ident, Error> {
        let span = self.span();
        match self.next() {
            Some(TokenTree::Ident(name)) => Ok(name),
            _ => Err(Error::new(span, format!("expected an argument\nhelp: {expected}"))),
        }
    }

    fn group(&mut self, delimiter: Delimiter) -> Result<Group, Error> {
        let span = self.span();
        match self.next() {
            Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Ok(group),
            _ => Err(Error::new(
                span,
                "expected `(`\nhelp: write `require(acr_values_supported = [\"idporten-loa-high\"])`",
            )),
        }
    }

    fn string(&mut self, expected: &str) -> Result<Text, Error> {
        let span = self.span();
        let value = match self.next() {
            Some(TokenTree::Literal(literal)) => string(&literal),
            _ => None,
        };
        value
            .map(|value| Text { value, span })
            .ok_or_else(|| Error::new(span, format!("expected a string\nhelp: write {expected}, without escapes")))
    }
}

fn single(stream: TokenStream) -> Option<TokenTree> {
    let mut tokens = stream.into_iter();
    let first = tokens.next()?;
    tokens.next().is_none().then_some(first)
}

/// Returns the text of a string literal that is raw or has no escapes: slugs, paths and metadata values need none.
fn string(literal: &proc_macro2::Literal) -> Option<String> {
    let text = literal.to_string();
    if let Some(raw) = text.strip_prefix('r') {
        let inner = raw.trim_matches('#');
        return inner.strip_prefix('"')?.strip_suffix('"').map(str::to_owned);
    }
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains('\\')).then(|| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &str) -> Result<Environment, String> {
        environment(input.parse().unwrap()).map_err(|error| error.into_tokens().to_string())
    }

    #[test]
    fn arguments_come_in_any_order_with_or_without_a_last_comma() {
        let arguments =
            read(r##""idporten-test", require(a = ["x", r#"y"#], b = true, c = "z",), snapshot = "p","##).ok().unwrap();
        assert_eq!(arguments.slug.value, "idporten-test");
        assert_eq!(arguments.snapshot.unwrap().value, "p");
        let required: Vec<_> =
            arguments.requirements.iter().map(|one| (one.member.to_string(), one.expected.clone())).collect();
        let contains = |value: &str| Expected::Contains(vec![value.to_owned()]);
        assert_eq!(
            required,
            [
                ("a".into(), contains("x")),
                ("a".into(), contains("y")),
                ("b".into(), Expected::Present),
                ("c".into(), Expected::Equal("z".into())),
            ]
        );
    }

    #[test]
    fn whatever_else_is_written_is_an_error_and_never_a_panic() {
        for input in [
            "",
            "idporten",
            "1",
            r#"b"x""#,
            r#""a\n""#,
            r#""a" "b""#,
            r#""a", snapshot"#,
            r#""a", snapshot = 1"#,
            r#""a", nonsense"#,
            r#""a", require"#,
            r#""a", require(x)"#,
            r#""a", require(x = false)"#,
            r#""a", require(x = [1])"#,
            r#""a", require[x = true]"#,
            r#""a", bundled, snapshot = "p""#,
            r#""a", snapshot = "p", snapshot = "q""#,
            r#""a",, bundled"#,
            r#""a", "bundled""#,
            "'a'",
        ] {
            assert!(read(input).is_err(), "{input}");
        }
    }
}
