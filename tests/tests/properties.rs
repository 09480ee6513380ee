//! Properties that hold for every input, tried on generated cases with a fixed seed.

use std::collections::BTreeSet;
use std::time::SystemTime;

use idporten_config::codegen::{self, format};
use idporten_config::document::Origin;
use idporten_config::document::json::{Object, Value};
use idporten_config::document::{Description, Provider};
use idporten_config::internal::Manifest;
use idporten_config::internal::{Source, Times};
use idporten_config::{JwkSet, KnownEnvironment, Snapshot};
use proptest::collection::{hash_set, vec};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, RngSeed};

/// The same cases on every run.
fn deterministic(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(20_261_123),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Strings as nobody would publish them, and words that differ in little.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-cA-C0-1_.: -]{0,4}",
        "(urn:)?[a-z]{0,3}(:|-|\\.|/)[a-z]{0,3}",
        Just("Self".to_owned()),
        Just("none".to_owned()),
        Just("\"#*/\u{202e}`\\\r\n{}".to_owned()),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter_map("JSON has no such number", |number| Value::parse(format!("{number:?}").as_bytes()).ok()),
        any::<i64>().prop_filter_map("read as written", |number| Value::parse(number.to_string().as_bytes()).ok()),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::from),
            proptest::collection::btree_map(text(), inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// JSON text with the members of every object in another order.
fn shuffled(value: &Value) -> String {
    match value {
        Value::Array(values) => format!("[{}]", values.iter().map(shuffled).collect::<Vec<_>>().join(",")),
        Value::Object(object) => {
            let mut members: Vec<_> = object
                .iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name).to_string().trim_end(), shuffled(value)))
                .collect();
            members.reverse();
            format!("{{{}}}", members.join(" ,\r\n\t"))
        }
        other => other.to_string(),
    }
}

fn metadata(members: impl IntoIterator<Item = (String, Value)>) -> Object {
    members.into_iter().collect()
}

fn source_of(metadata: Object) -> Source {
    let snapshot =
        Snapshot::new(KnownEnvironment::IdportenTest.into(), SystemTime::UNIX_EPOCH, Origin::Recorded, metadata, None);
    let text = snapshot.unwrap().to_string().into_bytes();
    let (manifest, _) = Manifest::parse("[environments.idporten-test]", "idporten.toml");
    manifest.check(&[], &|_| Ok(text.clone()), Times::default()).sources.remove(0)
}

/// The variants of an enum in generated code, each with the value it stands for.
fn variants(code: &str, name: &str) -> Vec<(String, String)> {
    let file = syn::parse_file(code).unwrap();
    let implementation = file.items.iter().find_map(|item| match item {
        syn::Item::Impl(found) if found.trait_.is_none() => match &*found.self_ty {
            syn::Type::Path(path) if path.path.is_ident(name) => Some(found),
            _ => None,
        },
        _ => None,
    });
    let functions = implementation.unwrap().items.iter().filter_map(|item| match item {
        syn::ImplItem::Fn(function) => Some(function),
        _ => None,
    });
    let body =
        functions.filter(|function| function.sig.ident == "as_str").find_map(|function| function.block.stmts.first());
    let Some(syn::Stmt::Expr(syn::Expr::Match(arms), _)) = body else { panic!("`as_str` of {name} is not a match") };
    arms.arms.iter().map(arm).collect()
}

fn arm(arm: &syn::Arm) -> (String, String) {
    let syn::Pat::Path(variant) = &arm.pat else { panic!("an arm that is not a variant") };
    // The printer puts a long literal into a block of its own.
    let body = match &*arm.body {
        syn::Expr::Block(block) => match &block.block.stmts[..] {
            [syn::Stmt::Expr(body, None)] => body,
            _ => panic!("a block of more than a value"),
        },
        body => body,
    };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = body else {
        panic!("a value that is not a literal")
    };
    (variant.path.segments[1].ident.to_string(), text.value())
}

proptest! {
    #![proptest_config(deterministic(400))]

    #[test]
    fn any_values_have_valid_distinct_names_in_any_order(values in hash_set(text(), 1..12)) {
        let values: Vec<String> = values.into_iter().collect();
        let generate = |values: &[String]| {
            let source = source_of(metadata([("scopes_supported".to_owned(), values.to_vec().into())]));
            format::format("", &codegen::environment(&source)).unwrap()
        };
        let found = variants(&generate(&values), "Scope");
        prop_assert_eq!(found.iter().map(|(_, value)| value).collect::<Vec<_>>(), values.iter().collect::<Vec<_>>());
        prop_assert_eq!(found.iter().map(|(name, _)| name).collect::<BTreeSet<_>>().len(), values.len());
        let reversed: Vec<String> = values.iter().rev().cloned().collect();
        prop_assert_eq!(variants(&generate(&reversed), "Scope").into_iter().rev().collect::<Vec<_>>(), found);
    }

    #[test]
    fn any_members_become_code_that_is_rust_or_are_refused(members in proptest::collection::btree_map(text(), json(), 0..8)) {
        let snapshot = Snapshot::new(
            KnownEnvironment::IdportenTest.into(), SystemTime::UNIX_EPOCH, Origin::Recorded, metadata(members.clone()), None,
        );
        if snapshot.is_ok() {
            let source = source_of(metadata(members));
            let sources = [source];
            prop_assert!(format::format(&codegen::header(&sources, "x"), &codegen::environment(&sources[0])).is_ok());
            prop_assert!(syn::parse_file(&codegen::header(&sources, "x")).unwrap().items.is_empty());
            let code = format::format("", &codegen::products(&sources).tokens).unwrap();
            prop_assert_eq!(format::format("", &codegen::products(&sources).tokens).unwrap(), code);
        }
    }

    #[test]
    fn canonical_text_reads_back_the_same_and_knows_no_order_of_members(value in json()) {
        let text = value.to_string();
        prop_assert_eq!(&Value::parse(text.as_bytes()).unwrap(), &value);
        let other = Value::parse(shuffled(&value).as_bytes()).unwrap();
        prop_assert_eq!(other.to_string(), text);
    }

    #[test]
    fn no_bytes_make_a_parser_panic(bytes in vec(any::<u8>(), 0..200), text in text()) {
        let _ = Value::parse(&bytes);
        let _ = Snapshot::parse(&bytes);
        let _ = JwkSet::parse(&bytes);
        let _ = Manifest::parse(&String::from_utf8_lossy(&bytes), "x");
        let _ = Manifest::parse(&format!("[environments.{text}]\n{text} = \"{text}\""), "x");
    }

    #[test]
    fn a_damaged_snapshot_is_read_or_refused_without_a_panic(
        environment in proptest::sample::select(KnownEnvironment::ALL), cut in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut text = environment.bundled_snapshot().as_bytes().to_vec();
        let at = cut.index(text.len());
        let _ = Snapshot::parse(&text[..at]);
        text[at] = byte;
        if let Ok(snapshot) = Snapshot::parse(&text) {
            prop_assert_eq!(&Snapshot::parse(snapshot.to_string()).unwrap(), &snapshot);
        }
    }
}

/// Texts that are nearly URLs of the test environment.
fn near_url() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("https://".to_owned()),
        Just("http://".to_owned()),
        Just("test.idporten.no".to_owned()),
        Just("localhost".to_owned()),
        Just("/token".to_owned()),
        "[/.:@?#%&=a-z0-9\\\\-]{0,3}",
        "%[0-9a-fA-F]{2}",
        proptest::char::any().prop_map(String::from),
        Just("xn--".to_owned()),
        "[0-9.]{1,9}",
    ];
    (prop_oneof![Just("https://".to_owned()), Just("http://".to_owned()), Just(String::new())], vec(part, 0..6))
        .prop_map(|(scheme, parts)| scheme + &parts.concat())
}

fn own_environment(issuer: &str) -> Option<Provider> {
    let description = Description::new("own", issuer, issuer).with_development(true);
    Provider::describe(description).ok()
}

proptest! {
    #![proptest_config(deterministic(20_000))]

    #[test]
    fn every_url_that_is_accepted_means_the_same_to_a_url_library(text in near_url()) {
        let endpoint = metadata([("token_endpoint".to_owned(), text.as_str().into())]);
        let provider = KnownEnvironment::IdportenTest.into();
        if Snapshot::new(provider, SystemTime::UNIX_EPOCH, Origin::Recorded, endpoint, None).is_ok() {
            let url = url::Url::parse(&text).unwrap();
            let host = url.host_str().unwrap();
            prop_assert!(host == "test.idporten.no" || host.ends_with(".test.idporten.no"));
            prop_assert_eq!((url.scheme(), url.port(), url.username()), ("https", None, ""));
            prop_assert!(same_text(&url, &text), "{} became {}", text, url);
        }
        if let Some(provider) = own_environment(&text) {
            let url = url::Url::parse(&text).unwrap();
            prop_assert_eq!(url.host_str().unwrap(), provider.endpoint_hosts()[0].as_str());
            prop_assert!(same_text(&url, &text), "{} became {}", text, url);
        }
    }
}

/// Returns whether the library changed nothing except to add the slash of an empty path.
fn same_text(url: &url::Url, text: &str) -> bool {
    let written = url.as_str();
    let (before, after) = text.split_at(text[8..].find(['/', '?']).map_or(text.len(), |at| at + 8));
    written == text || written == format!("{before}/{after}")
}
