//! The minimum Rust version, as far as one toolchain can tell: no dependency of a user's build asks for a newer one.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::{Map, Value};

/// Not the JSON reader of the library, which refuses a document as large as the graph.
type Object = Map<String, Value>;

#[test]
fn no_dependency_needs_a_newer_rust_than_the_packages_say() {
    let metadata = metadata();
    let packages = by_id(&metadata, "packages");
    let nodes = by_id(metadata.as_object().unwrap().get("resolve").unwrap(), "nodes");
    let own: Vec<&str> = packages.iter().filter(|(_, package)| is_published(package)).map(|(id, _)| *id).collect();
    assert_eq!(own.len(), 2);
    let minimum = version(text(packages[own[0]], "rust_version").unwrap());
    let mut seen = BTreeSet::new();
    let mut waiting = own;
    while let Some(id) = waiting.pop() {
        if seen.insert(id) {
            waiting.extend(dependencies(nodes[id]));
        }
    }
    assert!(seen.len() > 15, "the graph was read: {seen:?}");
    for id in seen {
        let needed = text(packages[id], "rust_version").map(version).unwrap_or_default();
        assert!(needed <= minimum, "{id} needs Rust {needed:?}, and the packages promise {minimum:?}");
    }
}

/// The graph for this platform: that of the others is not downloaded.
fn metadata() -> Value {
    let version = run("rustc", &["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let graph = ["metadata", "--format-version", "1", "--offline", "--all-features", "--filter-platform", host];
    serde_json::from_str(&run(env!("CARGO"), &graph)).unwrap()
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn by_id<'a>(value: &'a Value, list: &str) -> BTreeMap<&'a str, &'a Object> {
    let entries = value.as_object().unwrap().get(list).unwrap().as_array().unwrap();
    entries.iter().map(|entry| entry.as_object().unwrap()).map(|entry| (text(entry, "id").unwrap(), entry)).collect()
}

fn text<'a>(object: &'a Object, member: &str) -> Option<&'a str> {
    object.get(member)?.as_str()
}

/// The members of the workspace that may be published.
fn is_published(package: &Object) -> bool {
    package.get("source") == Some(&Value::Null) && package.get("publish") == Some(&Value::Null)
}

/// Returns the dependencies that a package is built with, without those of its tests.
fn dependencies(node: &Object) -> Vec<&str> {
    let is_for_tests = |dependency: &Object| {
        let kinds = dependency.get("dep_kinds").unwrap().as_array().unwrap();
        kinds.iter().all(|kind| kind.as_object().unwrap().get("kind").and_then(Value::as_str) == Some("dev"))
    };
    let dependencies = node.get("deps").unwrap().as_array().unwrap().iter().map(|entry| entry.as_object().unwrap());
    dependencies
        .filter(|dependency| !is_for_tests(dependency))
        .filter_map(|dependency| text(dependency, "pkg"))
        .collect()
}

fn version(text: &str) -> (u32, u32) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap());
    (parts.next().unwrap(), parts.next().unwrap_or(0))
}
