//! Generated code as a whole: it is what is committed, and no compiler has a complaint.
//!
//! The files in `golden/` are committed to be read: names and escapes of hostile values, and the items of an environment for
//! development. Ordinary code is in the bundled modules. The test is the generator: where files differ it writes the new code and fails once,
//! so that somebody looks at the change. A change of output is a change for every user.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use idporten_config::codegen::{self, format};
use idporten_config::document::Origin;
use idporten_config::internal::{Manifest, Source, Times};
use idporten_config::{KnownEnvironment, Snapshot};
use idporten_config_tests::cargo::{Cargo, Finished};
use idporten_config_tests::constants::{Constant, constants, module};
use idporten_config_tests::{files, places};

/// Each is a manifest `golden/<name>.toml`.
const MANIFESTS: [&str; 5] = ["hostile", "idporten", "legacy", "local", "maskinporten"];

/// The manifests whose code is committed, `golden/<name>.rs`.
const GOLDEN: [&str; 2] = ["hostile", "local"];

const COMMAND: &str = "`cargo test -p idporten-config-tests --test golden`";

/// The crate that the code is compiled in: it has nothing but `core`.
const CRATE: &str = "//! Generated code.\n#![no_std]\n\
    #![deny(warnings, missing_docs, unused, unreachable_pub, rust_2018_idioms, future_incompatible)]\n\
    #![deny(rust_2021_compatibility, rust_2024_compatibility, clippy::pedantic)]\n";

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// The sources of a manifest in `golden/`. The only snapshot that is not bundled is the hostile one.
fn sources(name: &str) -> Vec<Source> {
    let text = fs::read_to_string(golden().join(name).with_extension("toml")).unwrap();
    let (manifest, findings) = Manifest::parse(&text, "idporten.toml");
    assert_eq!(findings, []);
    let read = |path: &str| match path {
        "snapshots/idporten-test.json" => fs::read(golden().join("hostile.json")),
        _ => Err(io::Error::from(io::ErrorKind::NotFound)),
    };
    let resolved = manifest.check(&[], &read, Times::default());
    let errors: Vec<_> =
        resolved.findings.iter().filter(|finding| finding.is_error()).map(ToString::to_string).collect();
    assert_eq!(errors, [""; 0]);
    resolved.sources
}

/// The text of a committed file: the generated items that the bundled code does not have, each once.
fn committed(name: &str) -> String {
    let bundled = places::workspace().join("idporten-config/src/bundled");
    let mut known: BTreeSet<String> = BTreeSet::new();
    for product in ["idporten", "maskinporten", "ansattporten"] {
        let text = fs::read_to_string(bundled.join(product).with_extension("rs")).unwrap().replace("\r\n", "\n");
        known.extend(text.split("\n\n").map(unindented));
    }
    let generated = generate(&sources(name));
    let new: Vec<_> = generated.split("\n\n").filter(|item| known.insert(unindented(item))).collect();
    new.join("\n\n")
}

/// The lines of an item without their indentation: the bundled code of a product is the module, and is not in one.
fn unindented(item: &str) -> String {
    item.lines().map(|line| line.trim_start().to_owned() + "\n").collect()
}

fn generate(sources: &[Source]) -> String {
    format::format(&codegen::header(sources, COMMAND), &codegen::products(sources).tokens).unwrap()
}

#[test]
fn the_committed_code_is_what_is_generated() {
    // The next change that `.ci/mutants` makes must not be compared with what the last one left.
    let keeps = std::env::var_os("KEEP_GOLDEN").is_some();
    let mut rewritten = Vec::new();
    for name in GOLDEN {
        let path = golden().join(name).with_extension("rs");
        let generated = committed(name);
        if fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n") != generated {
            if !keeps {
                fs::write(&path, generated).unwrap();
            }
            rewritten.push(path);
        }
    }
    assert!(rewritten.is_empty(), "rewritten, since they differed; look at the change and commit it: {rewritten:?}");
}

#[test]
fn two_generations_are_the_same() {
    for name in MANIFESTS {
        assert_eq!(generate(&sources(name)), generate(&sources(name)));
    }
}

#[test]
fn every_hostile_value_is_in_a_constant_as_published() {
    let sources = sources("hostile");
    let code = syn::parse_file(&generate(&sources)).unwrap();
    let mut constants: Vec<_> = constants(module(&code.items, &["idporten", "test"])).into_values().collect();
    let metadata = sources[0].snapshot().metadata_json();
    let mut expected: Vec<_> = metadata.iter().filter_map(|(member, value)| Constant::of(member, value)).collect();
    expected.push(Constant::Text(sources[0].snapshot().to_string()));
    let about = ["2024-07-30T00:00:00Z", "recorded", "https://test.idporten.no/.well-known/openid-configuration"];
    expected.extend(about.map(|text| Constant::Text(text.to_owned())));
    constants.sort();
    expected.sort();
    assert_eq!(constants, expected);
}

/// Sources with this many scopes each, the first of which are the same.
fn with_scopes(counts: [usize; 2]) -> Vec<Source> {
    let (manifest, _) = Manifest::parse("[environments.idporten-test]\n[environments.idporten-prod]", "idporten.toml");
    let read = |path: &str| {
        let (environment, count) = match path {
            "snapshots/idporten-test.json" => (KnownEnvironment::IdportenTest, counts[0]),
            _ => (KnownEnvironment::IdportenProd, counts[1]),
        };
        let scopes: Vec<String> = (0..count).map(|i| format!("scope-{i}")).collect();
        let mut metadata = Source::bundled(environment).unwrap().snapshot().metadata_json().clone();
        metadata.set("scopes_supported", scopes.into());
        let snapshot = Snapshot::new(environment.into(), SystemTime::UNIX_EPOCH, Origin::Recorded, metadata, None);
        Ok(snapshot.unwrap().to_string().into_bytes())
    };
    manifest.check(&[], &read, Times::default()).sources
}

#[test]
fn of_a_thousand_members_with_one_name_a_few_have_constants() {
    let (manifest, _) = Manifest::parse("[environments.idporten-test]", "idporten.toml");
    let read = |_: &str| {
        let mut metadata = Source::bundled(KnownEnvironment::IdportenTest).unwrap().snapshot().metadata_json().clone();
        for bits in 0..1_024_u32 {
            let name: String = (0..10).map(|bit| if bits >> bit & 1 == 0 { '-' } else { '.' }).collect();
            metadata.set(&format!("a{name}"), "".into());
        }
        let test = KnownEnvironment::IdportenTest.into();
        Ok(Snapshot::new(test, SystemTime::UNIX_EPOCH, Origin::Recorded, metadata, None)
            .unwrap()
            .to_string()
            .into_bytes())
    };
    let code = generate(&manifest.check(&[], &read, Times::default()).sources);
    assert_eq!(code.matches("pub const A__________").count(), 9);
    assert_eq!(code.matches("which is one of too many with the same name in Rust.\n").count(), 1_024 - 9);
}

#[test]
fn a_list_of_a_thousand_values_still_has_an_enum() {
    let sources = with_scopes([1_000, 1_000]);
    assert!(codegen::products(&sources).findings.iter().all(|finding| !finding.message.contains("scopes_supported")));
    let code = generate(&sources);
    assert_eq!(code.matches("pub enum Scope").count(), 3, "of each environment, and the shared one");
    assert!(!code.contains("Without an enum") && !code.contains("SCOPES_SUPPORTED: &[&str]"));
}

#[test]
fn a_longer_list_is_strings_and_the_header_says_so() {
    let sources = with_scopes([1_001, 2]);
    let code = generate(&sources);
    assert_eq!(code.matches("pub const SCOPES_SUPPORTED: &[&str] = &[").count(), 1);
    assert_eq!(code.matches("pub enum Scope").count(), 2, "of the other environment, and the shared one");
    assert!(
        code.contains(
            "// Without an enum: `scopes_supported` of idporten-test, whose 1001 values are more than 1000.\n"
        )
    );
    let findings = codegen::products(&sources).findings;
    let messages: Vec<_> = findings.iter().map(|finding| finding.message.as_str()).collect();
    let wanted =
        "idporten-test: `scopes_supported` has 1001 values, and an enum at most 1000: it is a list of strings instead";
    assert!(messages.contains(&wanted), "wanted {wanted:?}, found {messages:#?}");
}

#[test]
fn a_shared_list_that_is_too_long_is_strings_too() {
    let code = generate(&with_scopes([1_002, 1_001]));
    let file = syn::parse_file(&code).unwrap();
    let shared = constants(module(&file.items, &["idporten"]));
    let Some(Constant::List(scopes)) = shared.get("SCOPES_SUPPORTED") else { panic!("found {shared:?}") };
    assert_eq!((scopes.len(), scopes[1_000].as_str()), (1_001, "scope-1000"));
    assert!(!code.contains("pub enum Scope"));
}

#[test]
fn a_custom_product_has_a_module_of_its_own() {
    let manifest = r#"
        [environments.acme-login-mock]
        product = "acme-login"
        development = true
        issuer = "http://localhost:8080/acme"
        well-known-url = "http://localhost:8080/acme/.well-known/openid-configuration"
    "#;
    let snapshot = r#"{
        "as_of": "2026-01-01T00:00:00Z", "environment": "acme-login-mock", "format": 1, "jwks": null, "origin": "recorded",
        "metadata": {"scopes_supported": ["openid"], "x-acme_endpoint": "http://localhost/x", "new_endpoint": "http://localhost/new"},
        "provider": {"development": true, "endpoint_hosts": ["localhost"], "issuer": "http://localhost:8080/acme",
            "product": "acme-login", "signing_algs": ["RS256"], "stage": "mock"},
        "well_known_url": "http://localhost:8080/acme/.well-known/openid-configuration"
    }"#;
    let (manifest, findings) = Manifest::parse(manifest, "idporten.toml");
    assert_eq!(findings, []);
    let resolved = manifest.check(&[], &|_| Ok(snapshot.as_bytes().to_vec()), Times::default());
    let code = generate(&resolved.sources);
    let file = syn::parse_file(&code).unwrap();
    let issuer = constants(module(&file.items, &["acme_login", "mock"])).remove("ISSUER");
    assert_eq!(issuer, Some(Constant::Text("http://localhost:8080/acme".to_owned())), "although the snapshot has none");
    assert!(code.contains("fn new_endpoint(self)") && !code.contains("acme_endpoint(self)"));
    assert!(code.contains("/// The environments of `acme-login`.\n"));
    assert!(code.contains("is not an environment of acme-login that this program is built for; choose one of"));
}

#[test]
fn lists_with_nothing_in_common_leave_the_rest_of_a_product() {
    let sources = [KnownEnvironment::IdportenTest, KnownEnvironment::IdportenLegacyVer2];
    let sources = sources.map(|known| Source::bundled(known).unwrap());
    let file = syn::parse_file(&generate(&sources)).unwrap();
    let enums = |path: &[&str]| -> Vec<String> {
        let items = module(&file.items, path).iter();
        let names = items.filter_map(|item| match item {
            syn::Item::Enum(found) => Some(found.ident.to_string()),
            _ => None,
        });
        names.collect()
    };
    assert!(!enums(&["idporten"]).contains(&"AcrValue".to_owned()));
    assert!(enums(&["idporten"]).contains(&"Scope".to_owned()));
    assert!(enums(&["idporten", "test"]).contains(&"AcrValue".to_owned()));
}

#[test]
fn only_an_environment_that_is_passed_as_retired_is_deprecated() {
    let sources = [KnownEnvironment::IdportenTest, KnownEnvironment::IdportenLegacyVer2];
    let [test, legacy] = sources.map(|known| Source::bundled(known).unwrap());
    let deprecations = |current: &[&Source], retired: &[&Source]| {
        codegen::product_items(current, retired).to_string().matches("deprecated (note").count()
    };
    assert_eq!((deprecations(&[&test], &[&legacy]), deprecations(&[&test, &legacy], &[])), (1, 0));
}

#[test]
fn tokens_that_are_not_rust_are_an_error_that_says_so() {
    let error = format::format("", &"not an item".parse().unwrap()).unwrap_err().to_string();
    assert!(error.starts_with("the generated code is not Rust"), "{error}");
}

#[test]
fn no_compiler_complains_of_generated_code_in_any_edition() {
    let directory = write_crate();
    assert!(
        clippy(&directory, &["--version"]).succeeded,
        "this test needs clippy: `rustup component add clippy`, or install it with your toolchain"
    );
    for edition in ["2018", "2024"] {
        write_manifest(&directory, edition);
        let stderr = clippy(&directory, &["--offline"]).success().stderr;
        assert!(!stderr.contains("warning"), "{stderr}");
    }
    let stderr = cargo(&directory).env("RUSTDOCFLAGS", "-D warnings").run(&["doc", "--offline"]).success().stderr;
    assert!(!stderr.contains("warning"), "{stderr}");
    // If the lints did not reach included files, the above would prove nothing.
    let included = directory.join("src/maskinporten.in");
    let code = fs::read_to_string(&included).unwrap();
    fs::write(&included, code + "\npub fn canary(n: u8) -> u8 {\n    n as u32 as u8\n}\n").unwrap();
    let stderr = clippy(&directory, &["--offline"]).failure().stderr;
    for lint in ["missing documentation", "unreachable `pub`", "never used", "#[must_use]", "may truncate"] {
        assert!(stderr.contains(lint), "{stderr}");
    }
}

/// Writes a crate that includes the code of each manifest, and of each of its environments alone, as public and as private code,
/// since the two are held to different lints.
fn write_crate() -> PathBuf {
    let directory = places::target().join("golden");
    files::empty(&directory.join("src"));
    let mut code = vec![CRATE.to_owned()];
    let mut include = |name: &str, text: &str| {
        fs::write(directory.join("src").join(name).with_extension("in"), text).unwrap();
        for (visibility, suffix) in [("pub ", "public"), ("", "private")] {
            code.push(format!(
                "/// Generated.\n{visibility}mod {name}_{suffix} {{\n    include!(\"{name}.in\");\n}}\n"
            ));
        }
    };
    for name in MANIFESTS {
        let sources = sources(name);
        include(name, &generate(&sources));
        for (i, source) in sources.iter().enumerate() {
            include(&format!("{name}_{i}"), &format::format("", &codegen::environment(source)).unwrap());
        }
    }
    fs::write(directory.join("src/lib.rs"), code.concat()).unwrap();
    // Without a file of its own, clippy would take the workspace's.
    fs::write(directory.join("clippy.toml"), "").unwrap();
    write_manifest(&directory, "2024");
    directory
}

fn write_manifest(directory: &Path, edition: &str) {
    let text = format!("[package]\nname = \"golden\"\nversion = \"0.0.0\"\nedition = \"{edition}\"\n\n[workspace]\n");
    fs::write(directory.join("Cargo.toml"), text).unwrap();
}

fn cargo(directory: &Path) -> Cargo {
    Cargo::new(directory).building_in(directory.join("build"))
}

fn clippy(directory: &Path, arguments: &[&str]) -> Finished {
    cargo(directory).run(&[&["clippy"], arguments].concat())
}
