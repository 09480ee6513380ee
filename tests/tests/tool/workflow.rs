//! The workflow that `init` writes, and this repository's own.

use idporten_config::KnownEnvironment;
use idporten_config::environment::Lifecycle;

const TEMPLATE: &str = include_str!("../../../idporten-config/templates/idporten-snapshots.yml");
const OWN: &str = include_str!("../../../.github/workflows/snapshots.yml");

/// The lines of one that the other does not have, without their comments.
fn beyond<'a>(one: &'a str, other: &str) -> Vec<&'a str> {
    let lines = one.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    lines.filter(|line| !other.lines().any(|own| own.trim() == *line)).collect()
}

/// The lines of the script below `run: |`, and of `run: ` alone.
fn scripts(workflow: &str) -> Vec<&str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut scripts = Vec::new();
    let mut block = None;
    for line in workflow.lines() {
        match block {
            Some(depth) if line.trim().is_empty() || indent(line) > depth => scripts.push(line),
            _ => block = None,
        }
        match line.trim().strip_prefix("run:").map(str::trim) {
            Some("|") => block = Some(indent(line)),
            Some(script) => scripts.push(script),
            None => {}
        }
    }
    scripts
}

#[test]
fn they_agree_apart_from_what_this_repository_has_elsewhere() {
    let own: Vec<_> = KnownEnvironment::ALL.iter().filter(|known| known.lifecycle() == Lifecycle::Active).collect();
    let slugs: Vec<_> = own.iter().map(|known| known.slug()).collect();
    assert_eq!(
        beyond(OWN, TEMPLATE),
        [
            "name: snapshots",
            "- \"idporten-config/snapshots/**\"",
            "SNAPSHOTS: idporten-config/snapshots",
            "CHANGED: idporten-config/snapshots idporten-config/src/bundled",
            "ENVIRONMENTS: >-",
            "--snapshots idporten-config/snapshots",
            &slugs.join(" "),
            "run: cargo install --path idporten-config --features cli --locked",
            "- name: Generate the bundled constants",
            "run: cargo test --test bundled || cargo test --test bundled",
            "run: cargo install --path idporten-config --features cli --locked",
        ]
    );
    let version = env!("CARGO_PKG_VERSION");
    let install = format!("run: cargo install idporten-config --features cli --locked --version {version}");
    assert_eq!(
        beyond(TEMPLATE, OWN),
        [
            "name: idporten-snapshots",
            "- \"snapshots/**\"",
            "SNAPSHOTS: snapshots",
            "CHANGED: snapshots",
            "ENVIRONMENTS: \"\"",
            &install,
            &install
        ]
    );
}

#[test]
fn they_have_the_least_permissions_and_no_credentials_lie_about() {
    for workflow in [TEMPLATE, OWN] {
        assert!(workflow.contains("\npermissions: {}\n"));
        assert_eq!(workflow.matches("contents: write").count(), 1);
        assert_eq!(workflow.matches("pull-requests: write\n").count(), 1);
        assert_eq!(workflow.matches("persist-credentials: false").count(), 2);
        let actions: Vec<_> = workflow.lines().filter(|line| line.contains("uses:")).collect();
        assert_eq!(actions.len(), 2);
        assert!(
            actions.iter().all(|line| line.contains("actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 #"))
        );
        let scripts = scripts(workflow);
        assert!(scripts.len() > 30, "{scripts:?}");
        assert!(scripts.iter().all(|line| !line.contains("${{")), "no expression in a script");
        let pushes: Vec<_> = scripts.iter().filter(|line| line.contains("git push")).collect();
        assert_eq!(pushes.len(), 1);
        assert!(pushes[0].contains("origin \"HEAD:refs/heads/$BRANCH\""), "never to the default branch");
    }
}
