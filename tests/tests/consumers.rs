//! Programs of users, on each route, built by cargo from the packages as they would be published. The sources are in
//! `consumers/`; the directories that a build sees hold no more than what a user has.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use idporten_config::document::json::Value;
use idporten_config_tests::consumer::Consumer;
use idporten_config_tests::{cargo, packaged};

const TEST: &[&str] = &["idporten-test"];

/// The packages that a build compiles, the program's own included.
fn compiled(consumer: &Consumer) -> BTreeSet<String> {
    let finished = consumer.cargo().run(&["build", "--message-format=json"]).success();
    let packages = cargo::messages(&finished, "compiler-artifact");
    packages.iter().map(|artifact| artifact.get("package_id").and_then(Value::as_str).unwrap().to_owned()).collect()
}

/// Every file in a directory with its content, but for the lock file, which cargo writes.
fn contents(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut contents = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            contents.extend(self::contents(&path));
        } else if !path.ends_with("Cargo.lock") {
            contents.insert(path.to_string_lossy().into_owned(), fs::read(&path).unwrap());
        }
    }
    contents
}

#[test]
fn the_bundled_route_brings_no_dependency_at_all() {
    let consumer = Consumer::new("bundled", "bundled");
    assert_eq!(
        consumer.run(),
        "https://test.idporten.no/token\nidporten-loa-high\nhttps://maskinporten.no/\nhttps://test.ansattporten.no\n"
    );
    let tree = consumer.cargo().run(&["tree", "--prefix=none", "--edges=normal,build,dev"]).success().stdout;
    let packages: Vec<_> = tree.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(packages, ["bundled", "idporten-config"]);
    assert_eq!(compiled(&consumer).len(), 2);
}

#[test]
fn the_build_script_route_compiles_at_most_22_packages() {
    let consumer = Consumer::new("build-script", "build-script").with_snapshots(TEST);
    assert_eq!(consumer.run(), "https://test.idporten.no\nopenid profile\nhttps://test.maskinporten.no/token\n");
    let tree = consumer.cargo().run(&["tree", "--prefix=none", "--edges=normal"]).success().stdout;
    assert_eq!(tree.lines().count(), 1, "the program itself depends on nothing: {tree}");
    let compiled = compiled(&consumer);
    assert!(compiled.len() <= 22, "{}: {compiled:#?}", compiled.len());
}

#[test]
fn the_macro_route_compiles_at_most_20_packages() {
    let consumer = Consumer::new("macro", "macro").with_snapshots(TEST);
    assert_eq!(consumer.run(), "https://test.idporten.no\nopenid profile\n");
    let compiled = compiled(&consumer);
    assert!(compiled.len() <= 20, "{}: {compiled:#?}", compiled.len());
}

#[test]
fn a_custom_product_has_its_own_module_and_enums_on_each_route() {
    let consumer = Consumer::new("build-script", "custom-product");
    let mut manifest = String::new();
    for stage in ["test", "prod"] {
        let (issuer, slug) = (format!("https://{stage}.acme.example"), format!("acme-login-{stage}"));
        manifest += &format!(
            "[environments.{slug}]\nproduct = 'acme-login'\nissuer = '{issuer}'\n\
             well-known-url = '{issuer}/.well-known/openid-configuration'\n"
        );
        let snapshot = format!(
            r#"{{"as_of": "2024-07-30T00:00:00Z", "environment": "{slug}", "format": 1, "jwks": null, "origin": "recorded",
            "metadata": {{"issuer": "{issuer}", "scopes_supported": ["openid", "{stage}-only"]}},
            "provider": {{"development": false, "endpoint_hosts": [], "issuer": "{issuer}", "product": "acme-login",
                "signing_algs": [], "stage": "{stage}"}},
            "well_known_url": "{issuer}/.well-known/openid-configuration"}}"#
        );
        consumer.write(&format!("snapshots/{slug}.json"), &snapshot);
    }
    consumer.write("idporten.toml", &format!("{manifest}[require.acme-login]\nscopes_supported = ['openid']\n"));
    consumer.edit("Cargo.toml", "[build-dep", "[dependencies]\nidporten-config-macros = \"0.1\"\n\n[build-dep");
    consumer.write("src/main.rs", CUSTOM_PRODUCT);
    let line = "acme-login-prod https://prod.acme.example openid openid prod-only\n";
    assert_eq!(consumer.run(), line.repeat(2), "by build script and by macro");
    consumer.edit("src/main.rs", "Scope::Openid)", "Scope::ProdOnly)");
    let stderr = consumer.build().failure().stderr;
    for route in ["by_build_script", "by_macro"] {
        assert!(stderr.contains(&format!("`ProdOnly` found for enum `{route}::acme_login::Scope`")), "{stderr}");
    }
}

const CUSTOM_PRODUCT: &str = r#"#![deny(warnings)]

mod by_build_script {
    include!(concat!(env!("OUT_DIR"), "/idporten_config.rs"));
}

mod by_macro {
    idporten_config_macros::environments!();
}

macro_rules! print {
    ($route:ident) => {
        use $route::acme_login::{Environment, Scope, prod};

        let environment: Environment = "prod".parse().unwrap();
        let shared: Vec<_> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        let own: Vec<_> = prod::Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        assert_eq!(prod::Scope::from(Scope::Openid), prod::Scope::Openid);
        println!("{environment} {} {} {}", environment.issuer(), shared.join(" "), own.join(" "));
    };
}

fn main() {
    {
        print!(by_build_script);
    }
    print!(by_macro);
}
"#;

#[test]
fn one_program_serves_test_and_production_as_chosen_at_start() {
    let consumer = Consumer::new("choice", "choice");
    let consumer = consumer.with_snapshots(&["idporten-test", "idporten-prod", "maskinporten-test"]);
    let run = |stage| consumer.cargo().env("STAGE", stage).run(&["run", "--quiet"]);
    assert_eq!(
        run("test").success().stdout,
        "idporten-test: https://test.idporten.no https://test.idporten.no/token\n\
         maskinporten-test: https://test.maskinporten.no/ https://test.maskinporten.no/token\n"
    );
    assert_eq!(
        run("prod").success().stdout,
        "idporten-prod: https://idporten.no https://idporten.no/token\n\
         maskinporten-prod: https://maskinporten.no/ https://maskinporten.no/token\n"
    );
    assert!(run("production").failure().stderr.contains(
        "STAGE: `production` is not an environment of ID-porten that this program is built for; choose one of idporten-test \
         (test), idporten-prod (prod)\n"
    ));
}

#[test]
fn a_service_refreshes_its_baked_snapshot_without_compiling_a_client() {
    let consumer = Consumer::new("service", "service").with_snapshots(TEST);
    assert_eq!(consumer.run(), "https://test.idporten.no/token\n1\n401\n0\n");
    let tree = consumer.cargo().run(&["tree", "--prefix=none", "--edges=normal"]).success().stdout;
    assert!(tree.contains("arc-swap") && !tree.contains("reqwest") && !tree.contains("tokio"), "{tree}");
}

#[test]
fn one_manifest_serves_the_packages_of_a_workspace() {
    let consumer = Consumer::new("workspace", "workspace").with_snapshots(&["idporten-test", "maskinporten-test"]);
    let run = |package| consumer.cargo().run(&["run", "--quiet", "--package", package]).success().stdout;
    assert_eq!(run("workspace-web"), "https://login.test.idporten.no/authorize\n");
    assert_eq!(run("workspace-worker"), "https://test.maskinporten.no/token\n");
}

#[test]
fn the_build_script_route_serves_every_edition_and_resolver() {
    for (name, edition, resolver) in [("edition-2018", "2018", "1"), ("edition-2024", "2024", "3")] {
        let consumer = Consumer::new("build-script", name).with_snapshots(TEST);
        let package = format!("edition = \"{edition}\"\nresolver = \"{resolver}\"");
        consumer.edit("Cargo.toml", "edition = \"2021\"", &package);
        assert!(consumer.run().starts_with("https://test.idporten.no\n"), "{name}");
    }
}

#[test]
fn the_macro_route_serves_every_edition() {
    for (name, edition) in [("macro-2018", "2018"), ("macro-2024", "2024")] {
        let consumer = Consumer::new("macro", name).with_snapshots(TEST);
        consumer.edit("Cargo.toml", "edition = \"2021\"", &format!("edition = \"{edition}\""));
        assert!(consumer.run().starts_with("https://test.idporten.no\n"), "{name}");
    }
}

#[test]
fn a_build_takes_vendored_sources_alone_and_writes_nothing_beside_the_sources() {
    let consumer = Consumer::new("build-script", "vendored").with_snapshots(TEST);
    let before = contents(consumer.directory());
    assert!(consumer.run().starts_with("https://test.idporten.no\n"));
    assert!(!packaged::directory().join("home/registry").exists(), "something came from a registry");
    assert_eq!(contents(consumer.directory()), before);
}
