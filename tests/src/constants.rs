//! The constants of generated code, read from the code itself.

use std::collections::BTreeMap;

use idporten_config::document::json::Value;
use syn::{Arm, Expr, ExprLit, ExprReference, ImplItem, Item, Lit, Pat, Path, Stmt, Type};

/// The value of a generated constant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Constant {
    /// A boolean.
    Flag(bool),
    /// A string.
    Text(String),
    /// A list: of strings, or of an enum's values as they are written in requests.
    List(Vec<String>),
}

impl Constant {
    /// The value that the constant of a member must have: of a list each value once, and of signature algorithms those that can
    /// be trusted to sign. `None` where the value is neither a boolean, a string nor a list of strings.
    #[must_use]
    pub fn of(member: &str, value: &Value) -> Option<Self> {
        match value {
            Value::Bool(flag) => Some(Self::Flag(*flag)),
            Value::String(text) => Some(Self::Text(text.to_string())),
            list => {
                let mut values: Vec<String> = Vec::new();
                for value in list.as_strings()? {
                    let untrusted = value.eq_ignore_ascii_case("none") || value.starts_with("HS");
                    let left_out = member.contains("_signing_alg_") && untrusted;
                    if !left_out && !values.iter().any(|earlier| earlier == value) {
                        values.push(value.to_owned());
                    }
                }
                Some(Self::List(values))
            }
        }
    }
}

/// The items of a module within these, which may be several levels down: `["idporten", "test"]`.
///
/// # Panics
///
/// If there is no such module.
#[must_use]
pub fn module<'a>(items: &'a [Item], path: &[&str]) -> &'a [Item] {
    let [name, rest @ ..] = path else { return items };
    let found = items.iter().find_map(|item| match item {
        Item::Mod(module) if module.ident == name => module.content.as_ref(),
        _ => None,
    });
    module(&found.unwrap_or_else(|| panic!("no module `{name}`")).1, rest)
}

/// The constants of a module, by name.
///
/// # Panics
///
/// If one is not of a form that is generated.
#[must_use]
pub fn constants(items: &[Item]) -> BTreeMap<String, Constant> {
    let constants = items.iter().filter_map(|item| match item {
        Item::Const(constant) => Some((constant.ident.to_string(), value(&constant.expr, items))),
        _ => None,
    });
    constants.collect()
}

fn value(expr: &Expr, items: &[Item]) -> Constant {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Bool(flag), .. }) => Constant::Flag(flag.value),
        Expr::Path(all) => Constant::List(texts_of_enum(&all.path.segments[0].ident.to_string(), items)),
        Expr::Reference(list) => Constant::List(elements(list)),
        other => Constant::Text(term(other).expect("a string")),
    }
}

/// The texts of an enum's `ALL`, in its order.
fn texts_of_enum(name: &str, items: &[Item]) -> Vec<String> {
    let written: BTreeMap<String, String> = arms_of_as_str(name, items).into_iter().collect();
    let all = impl_items(name, items).find_map(|item| match item {
        ImplItem::Const(constant) if constant.ident == "ALL" => Some(&constant.expr),
        _ => None,
    });
    let Some(Expr::Reference(all)) = all else { panic!("{name} has no list of its values") };
    elements(all).iter().map(|variant| written[variant].clone()).collect()
}

/// The arms of the `match` that `as_str` is: each variant and its text.
fn arms_of_as_str(name: &str, items: &[Item]) -> Vec<(String, String)> {
    let block = impl_items(name, items).find_map(|item| match item {
        ImplItem::Fn(function) if function.sig.ident == "as_str" => Some(&function.block),
        _ => None,
    });
    let Some([Stmt::Expr(Expr::Match(matched), None)]) = block.map(|block| block.stmts.as_slice()) else {
        panic!("{name}::as_str is not a match")
    };
    let of_arm = |arm: &Arm| match &arm.pat {
        Pat::Path(path) => last(&path.path).zip(term(&arm.body)),
        _ => None,
    };
    matched.arms.iter().filter_map(of_arm).collect()
}

fn impl_items<'a>(name: &'a str, items: &'a [Item]) -> impl Iterator<Item = &'a ImplItem> {
    let of_impl = move |item: &'a Item| match item {
        Item::Impl(block) if matches!(&*block.self_ty, Type::Path(own) if own.path.is_ident(name)) => {
            Some(&block.items)
        }
        _ => None,
    };
    items.iter().filter_map(of_impl).flatten()
}

fn elements(list: &ExprReference) -> Vec<String> {
    let Expr::Array(array) = &*list.expr else { panic!("a reference to something that is not an array") };
    array.elems.iter().map(|element| term(element).expect("a string or a variant")).collect()
}

/// A string's text or the last name of a path, also where it stands in a block.
fn term(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Lit(literal) => text(&literal.lit),
        Expr::Path(path) => last(&path.path),
        Expr::Block(block) => match block.block.stmts.as_slice() {
            [Stmt::Expr(inner, None)] => term(inner),
            _ => None,
        },
        _ => None,
    }
}

fn text(literal: &Lit) -> Option<String> {
    match literal {
        Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}

fn last(path: &Path) -> Option<String> {
    path.segments.last().map(|name| name.ident.to_string())
}
