//! The README's manifest is one that works.

use std::io;

use idporten_config::KnownEnvironment;
use idporten_config::internal::Manifest;
use idporten_config::internal::{Report, Times};

const README: &str = include_str!("../../README.md");

/// The README's manifest, with the bundled snapshots as its files.
fn resolved(manifest: &str) -> Report {
    let (manifest, findings) = Manifest::parse(manifest, "idporten.toml");
    assert_eq!(findings, []);
    let read = |path: &str| {
        let slug = path.trim_start_matches("snapshots/").trim_end_matches(".json");
        let environment = slug.parse::<KnownEnvironment>().map_err(|_| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(environment.bundled_snapshot().as_bytes().to_vec())
    };
    manifest.check(&read, Times::default())
}

fn manifest() -> String {
    let start = README.find("# idporten.toml").expect("the README shows a manifest");
    let length = README[start..].find("```").expect("the block ends");
    README[start..start + length].replace("\r\n", "\n")
}

#[test]
fn the_manifest_of_the_readme_resolves_without_a_finding() {
    let resolved = resolved(&manifest());
    let errors: Vec<_> =
        resolved.findings.iter().filter(|finding| finding.is_error()).map(ToString::to_string).collect();
    assert_eq!(errors, [""; 0]);
    assert_eq!(resolved.sources.len(), 4);
}

#[test]
fn the_message_of_the_readme_is_the_one_that_its_manifest_gives_with_that_mistake() {
    let resolved = resolved(&manifest().replace("idporten-loa-high", "idporten-loa-hihg"));
    let shown = format!("error: {}\n", resolved.findings[0]);
    assert!(README.replace("\r\n", "\n").contains(&shown), "{shown}");
}
