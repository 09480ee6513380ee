//! The public interface of a package: its source without bodies, private items and documentation.
//!
//! It is read from the source, since rustdoc's JSON, from which other tools read it, changes with each compiler. What says `pub`
//! can be reached: the lint `unreachable_pub` is an error in CI.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use proc_macro2::{Group, TokenStream, TokenTree};
use syn::{Attribute, Block, Expr, Field, Fields, ImplItem, Item, ItemImpl, ItemMod, TraitItem, Type, Visibility};

/// Modules that are left out: generated code, which is committed, and what only `internal` re-exports, which carries no promise.
const LEFT_OUT: [&str; 2] = ["bundled", "project"];

/// Attributes that a user of an item notices.
const NOTICED: [&str; 7] = ["cfg", "cfg_attr", "deprecated", "derive", "must_use", "non_exhaustive", "proc_macro"];

/// Returns the interface of the package whose `src/lib.rs` this is, as formatted Rust code.
///
/// # Panics
///
/// If a file cannot be read or is not Rust.
#[must_use]
pub fn interface(library: &Path) -> String {
    let crate_items = items(library, &library.with_file_name(""));
    let mut types = Types::default();
    types.collect(&crate_items);
    let items = crate_items.into_iter().filter_map(|item| public(item, &types)).collect();
    prettyplease::unparse(&syn::File { shebang: None, frontmatter: None, attrs: Vec::new(), items })
}

/// Returns the items of a file, those of its modules in their place.
fn items(file: &Path, directory: &Path) -> Vec<Item> {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let is_kept = |item: &Item| !matches!(item, Item::Mod(module) if is_left_out(module));
    let mut items: Vec<_> = parsed.items.into_iter().filter(is_kept).collect();
    for item in &mut items {
        if let Item::Mod(module) = item
            && module.content.is_none()
        {
            let name = module.ident.to_string();
            let content = self::items(&directory.join(&name).with_extension("rs"), &directory.join(&name));
            module.content = Some((syn::token::Brace::default(), content));
            module.semi = None;
        }
    }
    items
}

fn is_left_out(module: &ItemMod) -> bool {
    LEFT_OUT.iter().any(|name| module.ident == name) || is_hidden(&module.attrs)
}

/// Returns whether an item is for tests, or not in the documentation.
fn is_hidden(attributes: &[Attribute]) -> bool {
    let is = |attribute: &Attribute, name: &str, value: &str| {
        attribute.path().is_ident(name) && attribute.parse_args::<syn::Ident>().is_ok_and(|found| found == value)
    };
    attributes.iter().any(|attribute| is(attribute, "cfg", "test") || is(attribute, "doc", "hidden"))
}

/// The names of the types of a package, by which implementations are kept or left out.
#[derive(Default)]
struct Types {
    public: HashSet<String>,
    private: HashSet<String>,
}

impl Types {
    fn collect(&mut self, items: &[Item]) {
        for item in items {
            let (name, visibility) = match item {
                Item::Enum(item) => (&item.ident, &item.vis),
                Item::Struct(item) => (&item.ident, &item.vis),
                Item::Trait(item) => (&item.ident, &item.vis),
                Item::Type(item) => (&item.ident, &item.vis),
                Item::Mod(module) => {
                    self.collect(&module.content.as_ref().expect("files were read").1);
                    continue;
                }
                _ => continue,
            };
            let names = if is_public(visibility) { &mut self.public } else { &mut self.private };
            names.insert(name.to_string());
        }
    }

    /// Returns whether a user can notice that a type implements a trait: the type is public, or the trait's argument is.
    fn notices(&self, item: &ItemImpl) -> bool {
        let is_private = |path: &syn::Path| {
            let name = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
            self.private.contains(&name) && !self.public.contains(&name)
        };
        let of_private_type = matches!(&*item.self_ty, Type::Path(path) if is_private(&path.path));
        let of_private_trait = item.trait_.as_ref().is_some_and(|(path, _)| is_private(path));
        !of_private_type && !of_private_trait
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Returns the part of an item that a user can notice, if there is one.
fn public(mut item: Item, types: &Types) -> Option<Item> {
    let (attributes, is_kept) = match &mut item {
        Item::Const(item) => {
            shorten(&mut item.expr);
            (&mut item.attrs, is_public(&item.vis))
        }
        Item::Enum(item) => {
            for variant in &mut item.variants {
                variant.attrs.retain(is_noticed);
                variant.fields.iter_mut().for_each(|field| field.attrs.retain(is_noticed));
            }
            (&mut item.attrs, is_public(&item.vis))
        }
        Item::Fn(item) => {
            *item.block = empty();
            (&mut item.attrs, is_public(&item.vis))
        }
        Item::Impl(item) => {
            let is_kept = types.notices(item) && public_impl(item);
            (&mut item.attrs, is_kept)
        }
        // The lists that macros make items from, and the macros themselves.
        Item::Macro(item) => {
            item.mac.tokens = without_docs(std::mem::take(&mut item.mac.tokens));
            (&mut item.attrs, true)
        }
        Item::Mod(module) => {
            let is_kept = public_module(module, types);
            (&mut module.attrs, is_kept)
        }
        Item::Static(item) => {
            shorten(&mut item.expr);
            (&mut item.attrs, is_public(&item.vis))
        }
        Item::Struct(item) => {
            public_fields(&mut item.fields);
            (&mut item.attrs, is_public(&item.vis))
        }
        Item::Trait(item) => {
            item.items.iter_mut().for_each(without_body);
            (&mut item.attrs, is_public(&item.vis))
        }
        Item::Type(item) => (&mut item.attrs, is_public(&item.vis)),
        Item::Use(item) => (&mut item.attrs, is_public(&item.vis)),
        _ => return None,
    };
    let is_kept = is_kept && !is_hidden(attributes);
    attributes.retain(is_noticed);
    is_kept.then_some(item)
}

fn is_noticed(attribute: &Attribute) -> bool {
    NOTICED.iter().any(|name| attribute.path().is_ident(name))
}

fn empty() -> Block {
    Block { brace_token: syn::token::Brace::default(), stmts: Vec::new() }
}

/// Keeps the value of a constant where it is one literal.
fn shorten(value: &mut Expr) {
    if !matches!(value, Expr::Lit(_)) {
        *value = syn::parse_quote!(_);
    }
}

/// The tokens of a macro without the documentation in them.
fn without_docs(tokens: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let is_doc = matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(name)) if name == "doc");
                if is_doc && matches!(kept.last(), Some(TokenTree::Punct(mark)) if mark.as_char() == '#') {
                    kept.pop();
                } else {
                    kept.push(Group::new(group.delimiter(), without_docs(group.stream())).into());
                }
            }
            token => kept.push(token),
        }
    }
    kept.into_iter().collect()
}

/// Keeps what a user can notice of a module; false if there is nothing.
fn public_module(module: &mut ItemMod, types: &Types) -> bool {
    let content = &mut module.content.as_mut().expect("files were read").1;
    *content = std::mem::take(content).into_iter().filter_map(|item| public(item, types)).collect();
    !content.is_empty()
}

/// Keeps the public fields, and the type `_` in the place of the private ones.
fn public_fields(fields: &mut Fields) {
    for field in fields.iter_mut() {
        field.attrs.retain(is_noticed);
    }
    let is_private = |field: &Field| !is_public(&field.vis);
    match fields {
        Fields::Named(fields) if fields.named.iter().any(is_private) => {
            let all = std::mem::take(&mut fields.named);
            fields.named = all.into_iter().filter(|field| is_public(&field.vis)).collect();
            fields.named.push(syn::parse_quote!(private_fields: _));
        }
        Fields::Unnamed(fields) => {
            for field in fields.unnamed.iter_mut().filter(|field| is_private(field)) {
                field.ty = syn::parse_quote!(_);
            }
        }
        _ => (),
    }
}

/// Empties an implementation of all but what a user can name; false if nothing is left that a user notices.
fn public_impl(item: &mut ItemImpl) -> bool {
    let is_inherent = item.trait_.is_none();
    item.items.retain_mut(|part| match part {
        ImplItem::Const(part) => {
            shorten(&mut part.expr);
            let is_kept = is_inherent && is_public(&part.vis) && !is_hidden(&part.attrs);
            part.attrs.retain(is_noticed);
            is_kept
        }
        ImplItem::Fn(part) => {
            part.block = empty();
            let is_kept = is_inherent && is_public(&part.vis) && !is_hidden(&part.attrs);
            part.attrs.retain(is_noticed);
            is_kept
        }
        ImplItem::Type(_) => true,
        _ => false,
    });
    !is_inherent || !item.items.is_empty()
}

fn without_body(item: &mut TraitItem) {
    match item {
        TraitItem::Const(item) => item.attrs.retain(is_noticed),
        TraitItem::Fn(item) => {
            item.attrs.retain(is_noticed);
            item.default = item.default.as_ref().map(|_| empty());
        }
        TraitItem::Type(item) => item.attrs.retain(is_noticed),
        _ => (),
    }
}
