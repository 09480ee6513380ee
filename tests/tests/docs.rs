//! The documentation says what holds: its programs build, its manifests parse, its links lead somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use idporten_config::internal::Manifest;
use idporten_config_tests::consumer::Consumer;
use idporten_config_tests::page::{block_after, read};
use idporten_config_tests::places;

/// Every page of the repository, by its path from the root.
fn pages() -> Vec<PathBuf> {
    let root = places::workspace();
    let directories =
        ["", "docs", "findings", "idporten-config/src/refresh", "idporten-config/src/project", "tests/programs"];
    let entries = directories.iter().flat_map(|directory| fs::read_dir(root.join(directory)).unwrap());
    let mut pages: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(|path| is_page(path)).collect();
    pages.sort();
    pages
}

fn is_page(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
}

/// The beginning of a link to a file of this repository from a page that is shown elsewhere too.
const REPOSITORY: &str = "https://github.com/idporten-config/idporten-config/blob/main/";

/// The targets of the links of a page, without those to other sites.
fn targets(page: &str) -> impl Iterator<Item = &str> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target));
    targets.filter(|target| !target.contains("://") || target.starts_with(REPOSITORY))
}

/// The files that the links of a page lead to.
fn links(page: &str) -> impl Iterator<Item = &str> {
    targets(page).map(|target| target.split('#').next().unwrap_or_default()).filter(|file| !file.is_empty())
}

/// The file that a link on a page leads to.
fn followed(page: &Path, link: &str) -> PathBuf {
    match link.strip_prefix(REPOSITORY) {
        Some(file) => places::workspace().join(file),
        None => page.parent().unwrap().join(link),
    }
}

/// The headings of a page, as the ends of links name them.
fn anchors(page: &str) -> Vec<String> {
    let headings = page.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept =
        |heading: &str| heading.chars().filter(|&c| c.is_alphanumeric() || " -_".contains(c)).collect::<String>();
    headings.map(|heading| kept(heading).to_lowercase().replace(' ', "-")).collect()
}

#[test]
fn the_program_of_getting_started_prints_what_the_page_says() {
    let page = read("docs/getting-started.md");
    let consumer = Consumer::new("build-script", "getting-started");
    consumer.write("idporten.toml", block_after(&page, "`idporten.toml`, beside `Cargo.toml`"));
    consumer.write("build.rs", block_after(&page, "`build.rs`:"));
    consumer.write("src/main.rs", block_after(&page, "`src/main.rs`:"));
    let output = consumer.cargo().env("IDPORTEN_ENVIRONMENT", "prod").run(&["run", "--quiet"]).success().stdout;
    assert_eq!(output, block_after(&page, "IDPORTEN_ENVIRONMENT=prod cargo run\n```"));
}

#[test]
fn the_program_of_getting_started_has_no_default_environment() {
    let page = read("docs/getting-started.md");
    assert!(block_after(&page, "`src/main.rs`:").contains("var(\"IDPORTEN_ENVIRONMENT\")?.parse()?"), "{page}");
}

#[test]
fn a_log_in_takes_ten_lines_of_ours() {
    let page = read("docs/local-development.md");
    let ours = [
        "OUT_DIR",
        "AcrValue::",
        ": Environment",
        "Refresher::",
        "Verifier::",
        ".current()",
        "LEVEL.as_str",
        ".verify_async",
        "idporten_config::build",
    ];
    let program = [block_after(&page, "`build.rs`:"), block_after(&page, "`src/main.rs`:")].concat();
    let is_ours = |line: &&str| !line.starts_with("use ") && ours.iter().any(|name| line.contains(name));
    let lines: Vec<_> = program.lines().filter(is_ours).collect();
    assert_eq!(lines.len(), 10, "{lines:#?}");
    assert!(page.contains("Ten lines of this program"), "the page says so");
}

#[test]
fn the_manifests_of_the_pages_parse_without_a_finding() {
    let mut parsed = 0;
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        for block in page.split("```toml\n").skip(1) {
            let manifest = block.split_once("```").expect("the block ends").0;
            if manifest.contains("[environments.") {
                assert_eq!(Manifest::parse(manifest, "idporten.toml").1, [], "{}", path.display());
                parsed += 1;
            }
        }
    }
    assert!(parsed >= 3, "{parsed} manifests");
}

#[test]
fn every_link_of_every_page_leads_to_a_file() {
    let mut count = 0;
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        for link in links(&page) {
            assert!(followed(&path, link).exists(), "{}: {link}", path.display());
            count += 1;
        }
    }
    assert!(count >= 20, "{count} links");
}

#[test]
fn every_link_to_a_heading_leads_to_one() {
    let mut count = 0;
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        for (file, anchor) in targets(&page).filter_map(|target| target.split_once('#')) {
            let target = if file.is_empty() { path.clone() } else { followed(&path, file) };
            let anchors = anchors(&fs::read_to_string(target).unwrap());
            assert!(anchors.iter().any(|other| other == anchor), "{}: {file}#{anchor} of {anchors:?}", path.display());
            count += 1;
        }
    }
    assert!(count >= 5, "{count} links");
}

#[test]
fn no_link_of_a_page_that_is_shown_elsewhere_depends_on_its_place() {
    // crates.io looks for the target of a relative link in the package's directory, and rustdoc in its own.
    for page in ["README.md", "idporten-config/src/refresh/guide.md", "idporten-config/src/project/manifest.md"] {
        let page_text = read(page);
        let relative: Vec<_> = links(&page_text).filter(|link| !link.starts_with(REPOSITORY)).collect();
        assert!(relative.is_empty(), "{page}: {relative:?}");
    }
}

#[test]
fn no_example_has_lines_that_only_rustdoc_hides() {
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        for block in page.split("```rust").skip(1) {
            let code = block.split_once("```").expect("the block ends").0;
            assert!(!code.contains("\n# "), "{}: GitHub shows them:\n{code}", path.display());
        }
    }
}

/// The names of the functions in the Rust and JavaScript files below a directory.
fn functions(directory: &Path, names: &mut BTreeSet<String>) {
    for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        let is_source = path.extension().is_some_and(|extension| extension == "rs" || extension == "mjs");
        if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("target") {
            functions(&path, names);
        } else if is_source {
            let text = fs::read_to_string(&path).unwrap();
            let rest_of = |keyword| text.split(keyword).skip(1).filter_map(|rest| rest.split_once('('));
            let found = rest_of("fn ").chain(rest_of("function ")).map(|(name, _)| name.to_owned());
            names.extend(found.filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')));
        }
    }
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let page = read("SECURITY.md");
    // A test's name is a sentence, which no other word in backticks is.
    let capitals = |name: &str| name.chars().filter(char::is_ascii_uppercase).count();
    let is_test = |name: &&str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && (name.matches('_').count() > 2 || capitals(name) > 2)
    };
    let named: BTreeSet<_> = page.split('`').skip(1).step_by(2).filter(is_test).map(str::to_owned).collect();
    assert!(named.len() > 100, "{} tests", named.len());
    let mut written = BTreeSet::new();
    for directory in ["idporten-config/src", "tests/tests", "tests/programs", "tests/provider"] {
        functions(&places::workspace().join(directory), &mut written);
    }
    let missing: Vec<_> = named.difference(&written).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The pages of `docs/` that the README lists, in its order.
fn listed() -> Vec<String> {
    let readme = read("README.md");
    let (_, list) = readme.split_once("\n## Documentation\n").expect("the README lists the pages");
    let (list, _) = list.split_once("\n## ").expect("another chapter follows");
    links(list).filter_map(|link| link.strip_prefix(REPOSITORY)?.strip_prefix("docs/")).map(str::to_owned).collect()
}

#[test]
fn the_readme_lists_every_page() {
    let mut listed = listed();
    listed.push("norsk.md".to_owned());
    listed.sort();
    let files = fs::read_dir(places::workspace().join("docs")).unwrap();
    let mut pages: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    pages.sort();
    assert_eq!(listed, pages);
}

#[test]
fn each_page_ends_with_a_link_to_the_next() {
    for pair in listed().windows(2) {
        let page = read(&format!("docs/{}", pair[0]));
        let last = page.lines().last().unwrap_or_default();
        assert!(last.starts_with("Next: ["), "docs/{}: {last}", pair[0]);
        assert_eq!(links(last).next(), Some(pair[1].as_str()), "docs/{}", pair[0]);
    }
}
