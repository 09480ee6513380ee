//! The programs that pages show in parts, put together, built and run.

use std::fs;
use std::path::Path;

use idporten_config_tests::cargo::Cargo;
use idporten_config_tests::files;
use idporten_config_tests::page::{block_after, read};
use idporten_config_tests::places;
use idporten_config_tests::scratch::Scratch;

use crate::running::programs_target;

/// Makes a package take our crates from this checkout, and its dependencies as those of the programs, which are on this machine.
pub(crate) fn use_this_checkout(package: &Path) {
    let checkout = places::workspace();
    fs::create_dir(package.join(".cargo")).unwrap();
    let patch = format!("[patch.crates-io]\nidporten-config.path = '{}'\n", checkout.join("idporten-config").display());
    fs::write(package.join(".cargo/config.toml"), patch).unwrap();
    fs::copy(checkout.join("tests/programs/Cargo.lock"), package.join("Cargo.lock")).unwrap();
}

/// What a program prints in the test environment. Its dependencies are those of the Norwegian page.
fn printed(name: &str, main: &str) -> String {
    let norsk = read("docs/norsk.md");
    let package = format!("[package]\nname = '{name}'\nedition = '2024'\n");
    let build = "[build-dependencies]\nidporten-config = { version = \"0.1\", features = [\"build\"] }\n";
    let cargo = [&package, block_after(&norsk, "avhengighetene i `Cargo.toml`"), build].concat();
    let scratch = Scratch::new();
    use_this_checkout(scratch.path());
    fs::create_dir(scratch.path().join("src")).unwrap();
    let bundled = "[environments.idporten-test]\nbundled = true\n[environments.idporten-prod]\nbundled = true\n";
    let build_script = block_after(&read("README.md"), "It has one call:").to_owned();
    for (file, text) in
        [("Cargo.toml", &*cargo), ("idporten.toml", bundled), ("build.rs", &build_script), ("src/main.rs", main)]
    {
        fs::write(scratch.path().join(file), text).unwrap();
    }
    let cargo = Cargo::new(scratch.path()).env("CARGO_TARGET_DIR", programs_target());
    cargo.env("IDPORTEN_ENVIRONMENT", "test").run(&["run", "--quiet"]).success().stdout
}

#[test]
#[ignore = "needs the programs built"]
fn the_program_of_the_norwegian_page_prints_what_the_page_says() {
    let page = read("docs/norsk.md");
    let main = [block_after(&page, "med `include!` i `src/main.rs`"), block_after(&page, "og dette i `src/main.rs`")];
    assert_eq!(printed("norsk", &main.concat()), block_after(&page, "IDPORTEN_ENVIRONMENT=test cargo run\n```"));
}

#[test]
#[ignore = "needs the programs built"]
fn the_program_of_the_readme_is_complete_with_its_parts() {
    let page = read("README.md");
    let program = block_after(&page, "Either way, the program");
    let refresher = block_after(&page, "the TLS provider that your program already has\n```");
    let verifier = block_after(&page, "gets the live metadata and keys.");
    let main = format!(
        "{program}
use std::error::Error;

use idporten_config::interop::jsonwebtoken::{{Expect, Rules, Verifier}};

const CLIENT_ID: &str = \"my-client-id\";

#[derive(serde::Deserialize)]
struct Claims {{}}

fn keep_current(environment: Environment, kid: &str) -> Result<(), Box<dyn Error>> {{
{refresher}
Ok(())
}}

async fn verify(refresher: &idporten_config::Refresher, jwt: &str, nonce: &str) -> Result<(), Box<dyn Error>> {{
{verifier}
Ok(())
}}
"
    );
    let said = page.lines().find_map(|line| line.strip_prefix("IDPORTEN_ENVIRONMENT=test cargo run      # ")).unwrap();
    assert_eq!(printed("readme", &main), format!("{said}\n"));
}

#[test]
#[ignore = "needs the programs built"]
fn each_program_that_is_copied_alone_builds() {
    for program in ["maskinporten-client", "relying-party", "resource-server"] {
        let scratch = Scratch::new();
        files::copy(&places::workspace().join("tests/programs").join(program), scratch.path());
        let manifest = fs::read_to_string(scratch.path().join("Cargo.toml")).unwrap();
        let alone = manifest.replace("path = \"../../../idporten-config\", ", "");
        assert!(!alone.contains("path = "), "{alone}");
        fs::write(scratch.path().join("Cargo.toml"), alone).unwrap();
        use_this_checkout(scratch.path());
        let cargo = Cargo::new(scratch.path()).env("CARGO_TARGET_DIR", programs_target());
        let said = cargo.run(&["build"]).success().stderr;
        let mut warnings = said.lines().filter(|line| line.contains("warning"));
        assert!(warnings.all(|warning| warning.contains("the snapshot is")), "{program}: {said}");
    }
}
