//! Generated code, whole: what it is, and that no compiler has anything to say of it.
//!
//! The files in `golden/` are committed to be read. The test is the generator: where they differ it writes the new code, and
//! fails once, so that the change is looked at. A change of output is a change for every user.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use idporten_config::codegen::{self, format};
use idporten_config::internal::Manifest;
use idporten_config::internal::{Source, resolve};
use idporten_config_tests::cargo::{Cargo, Finished};
use idporten_config_tests::constants::{Constant, constants, module};
use idporten_config_tests::{files, places};

/// Each is a manifest `golden/<name>.toml` and the code that it gives, `golden/<name>.rs`.
const GOLDEN: [&str; 3] = ["hostile", "idporten", "maskinporten"];

const COMMAND: &str = "`cargo test -p idporten-config-tests --test golden`";

/// The crate that the code is compiled in: it has nothing but `core`.
const CRATE: &str = "//! Generated code.\n#![no_std]\n\
    #![deny(warnings, missing_docs, unused, unreachable_pub, rust_2018_idioms, future_incompatible)]\n\
    #![deny(rust_2021_compatibility, rust_2024_compatibility, clippy::pedantic)]\n";

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// The sources of a manifest in `golden/`. Its only snapshot of its own is the hostile one.
fn sources(name: &str) -> Vec<Source> {
    let text = fs::read_to_string(golden().join(name).with_extension("toml")).unwrap();
    let (manifest, findings) = Manifest::parse(&text, "idporten.toml");
    assert_eq!(findings, []);
    let read = |path: &str| match path {
        "snapshots/idporten-test.json" => {
            let text = fs::read_to_string(golden().join("hostile.json"))?;
            Ok(text.replace("@LONG@", &"long ".repeat(2_000)).into_bytes())
        }
        _ => Err(io::Error::from(io::ErrorKind::NotFound)),
    };
    let resolved = resolve(&manifest, &read, None);
    assert_eq!(resolved.findings, []);
    resolved.sources
}

fn generate(sources: &[Source]) -> String {
    format::format(&codegen::header(sources, COMMAND), &codegen::products(sources).tokens).unwrap()
}

#[test]
fn the_committed_code_is_what_is_generated() {
    let mut rewritten = Vec::new();
    for name in GOLDEN {
        let path = golden().join(name).with_extension("rs");
        let generated = generate(&sources(name));
        if fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n") != generated {
            fs::write(&path, generated).unwrap();
            rewritten.push(path);
        }
    }
    assert!(
        rewritten.is_empty(),
        "written anew, for it was not fresh; look at the change and commit it: {rewritten:?}"
    );
}

#[test]
fn two_generations_are_the_same() {
    for name in GOLDEN {
        assert_eq!(generate(&sources(name)), generate(&sources(name)));
    }
}

#[test]
fn every_value_of_a_hostile_snapshot_is_in_a_constant_as_it_was_published() {
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

#[test]
fn no_compiler_has_anything_to_say_of_generated_code_public_or_private_in_any_edition() {
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
    // Were the lints not to reach what is included, all this would say nothing.
    let included = directory.join("src/maskinporten.in");
    let code = fs::read_to_string(&included).unwrap();
    fs::write(&included, code + "\npub fn canary(n: u8) -> u8 {\n    n as u32 as u8\n}\n").unwrap();
    let stderr = clippy(&directory, &["--offline"]).failure().stderr;
    for lint in ["missing documentation", "unreachable `pub`", "never used", "#[must_use]", "may truncate"] {
        assert!(stderr.contains(lint), "{stderr}");
    }
}

/// Writes a crate that includes each golden file, and the module of each of its environments alone, as public and as private
/// code: what is public is held to other lints than what is not.
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
    for name in GOLDEN {
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
