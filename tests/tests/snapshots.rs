//! The bundled constants say what the bundled snapshots say: no more, no less, nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use idporten_config::document::json::{Object, Value};
use idporten_config::{KnownEnvironment, Product, Snapshot, ansattporten, idporten, maskinporten};
use idporten_config_tests::constants::{Constant, constants, module};

const ABOUT: [&str; 4] = ["SNAPSHOT", "SNAPSHOT_AS_OF", "SNAPSHOT_ORIGIN", "WELL_KNOWN_URL"];

fn snapshot(environment: KnownEnvironment) -> Snapshot {
    Snapshot::parse(environment.bundled_snapshot()).unwrap()
}

/// The committed code of a product's bundled constants, which the compiler reads.
fn code(product: Product) -> syn::File {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../idporten-config/src/bundled/{product}.rs"));
    syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The constants of each environment.
fn environments() -> Vec<(KnownEnvironment, BTreeMap<String, Constant>)> {
    let of_product = |product: &Product| {
        let code = code(*product);
        let own = KnownEnvironment::ALL.iter().filter(move |environment| environment.product() == *product);
        own.map(move |own| (*own, constants(module(&code.items, &[&own.stage().replace('-', "_")]))))
            .collect::<Vec<_>>()
    };
    let environments: Vec<_> = Product::ALL.iter().flat_map(of_product).collect();
    assert_eq!(environments.len(), 10);
    environments
}

fn text(file: &Object, member: &str) -> Constant {
    Constant::Text(file.get(member).and_then(Value::as_str).unwrap().to_owned())
}

#[test]
fn every_member_and_nothing_else_has_a_constant() {
    for (environment, constants) in environments() {
        let snapshot = snapshot(environment);
        let metadata = snapshot.metadata_json();
        let mut names: Vec<_> = ABOUT.iter().map(ToString::to_string).collect();
        names.push("ISSUER".to_owned());
        for (member, value) in metadata.iter() {
            let name = member.to_uppercase();
            assert_eq!(constants.get(&name), Constant::of(member, value).as_ref(), "{environment}: {member}");
            names.push(name);
        }
        names.sort();
        names.dedup();
        assert_eq!(constants.keys().cloned().collect::<Vec<_>>(), names, "{environment}");
    }
}

#[test]
fn every_module_says_which_environment_it_is_of_and_of_which_day() {
    for (environment, constants) in environments() {
        let file = snapshot(environment).to_json();
        let file = file.as_object().unwrap();
        assert_eq!(constants["ISSUER"], Constant::Text(environment.issuer().to_owned()));
        assert_eq!(constants["WELL_KNOWN_URL"], text(file, "well_known_url"));
        assert_eq!(constants["SNAPSHOT_AS_OF"], text(file, "as_of"));
        assert_eq!(constants["SNAPSHOT_ORIGIN"], text(file, "origin"));
    }
}

#[test]
fn the_snapshot_in_a_constant_is_the_snapshot_of_the_file() {
    for (environment, constants) in environments() {
        let Constant::Text(text) = &constants["SNAPSHOT"] else { panic!("SNAPSHOT is not a string") };
        assert_eq!(Snapshot::parse(text).unwrap(), snapshot(environment));
        assert_eq!(*text, environment.bundled_snapshot().replace("\r\n", "\n"), "the file is not canonical");
    }
}

#[test]
fn what_the_compiler_makes_of_the_code_is_the_same() {
    let mut compiled = Vec::new();
    compiled.extend(idporten::Environment::ALL.iter().map(|own| (own.slug(), own.snapshot())));
    compiled.extend(maskinporten::Environment::ALL.iter().map(|own| (own.slug(), own.snapshot())));
    compiled.extend(ansattporten::Environment::ALL.iter().map(|own| (own.slug(), own.snapshot())));
    assert_eq!(compiled.len(), 6);
    for (slug, text) in compiled {
        assert_eq!(Snapshot::parse(text).unwrap(), snapshot(slug.parse().unwrap()));
    }
}
