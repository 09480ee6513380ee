//! The comments in the manifests of the packages.

use std::fs;

use idporten_config_tests::places;

/// The lines of a manifest that name a dependency, each with the line before it.
fn dependencies(manifest: &str) -> Vec<[&str; 2]> {
    let lines: Vec<_> = manifest.lines().collect();
    let mut in_dependencies = false;
    let mut found = Vec::new();
    for pair in lines.windows(2) {
        if pair[1].starts_with('[') {
            in_dependencies = pair[1].ends_with("dependencies]");
        } else if in_dependencies && pair[1].starts_with(|first: char| first.is_ascii_alphabetic()) {
            found.push([pair[0], pair[1]]);
        }
    }
    found
}

#[test]
fn each_dependency_has_its_reason_above_it() {
    for (package, at_least) in
        [("idporten-config", 25), ("idporten-config-macros", 3), ("tests", 15), ("tests/soak", 9)]
    {
        let manifest = fs::read_to_string(places::workspace().join(package).join("Cargo.toml")).unwrap();
        let dependencies = dependencies(&manifest);
        assert!(dependencies.len() >= at_least, "{package}: {dependencies:#?}");
        let unexplained: Vec<_> = dependencies.iter().filter(|[above, _]| !above.starts_with("# ")).collect();
        assert!(unexplained.is_empty(), "{package}: {unexplained:#?}");
    }
}
