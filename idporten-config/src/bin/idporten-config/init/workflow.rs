//! The workflow that keeps snapshots current, at the root of the repository: GitHub reads workflows nowhere else.

use std::fs;

use super::files::{create, is_there};
use super::layout::Layout;
use super::steps::Step;
use crate::output::{Output, VerbError};

const TEMPLATE: &str = include_str!("../../../../templates/idporten-snapshots.yml");
const DIRECTORY: &str = ".github/workflows";
/// The name of the file, the workflow and its branch, where the repository has one such workflow.
const NAME: &str = "idporten-snapshots";

/// Writes the workflow. With `adopt` it also replaces the bundled snapshots that a manifest starts with.
pub(super) fn write(layout: &Layout, adopt: bool, output: &mut Output) -> Result<Step, VerbError> {
    let name = name(layout);
    let path = layout.at_root(&format!("{DIRECTORY}/{name}.yml"));
    if !is_there(&path) && layout.snapshots_below_root().is_none_or(|directory| !is_plain(&directory)) {
        output.note(&format!(
            "{path}: add the directory `{}` to `on.pull_request.paths` yourself, by its path from the root of the repository",
            layout.snapshots_from_base()
        ));
    }
    create(&path, &text(layout, &name, adopt))
}

/// Another package of the repository may have its own workflow already.
fn name(layout: &Layout) -> String {
    let base = layout.base_from_root();
    let is_of_another = fs::read_to_string(layout.at_root(&format!("{DIRECTORY}/{NAME}.yml"))).is_ok_and(|text| {
        let directory = text.lines().find_map(|line| line.trim().strip_prefix("working-directory: "));
        directory.unwrap_or_default() != base
    });
    let suffix: String = base.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    if is_of_another && !suffix.is_empty() { format!("{NAME}-{suffix}") } else { NAME.to_owned() }
}

fn text(layout: &Layout, name: &str, adopt: bool) -> String {
    let base = layout.base_from_root();
    let mut text = TEMPLATE.replace(NAME, name);
    if let Some(directory) = layout.snapshots_below_root().filter(|directory| is_plain(directory)) {
        let prefix = if directory.is_empty() { String::new() } else { directory + "/" };
        text = text.replace("\"snapshots/**\"", &format!("\"{prefix}**\""));
    }
    if !base.is_empty() {
        text = text
            .replace("- \"idporten.toml\"", &format!("- \"{base}/idporten.toml\""))
            .replace("    shell: bash\n", &format!("    shell: bash\n    working-directory: {base}\n"));
    }
    let snapshots = layout.snapshots_from_base();
    if is_plain(&snapshots) {
        text = text
            .replace("SNAPSHOTS: snapshots\n", &format!("SNAPSHOTS: {snapshots}\n"))
            .replace("CHANGED: idporten.toml snapshots\n", &format!("CHANGED: idporten.toml {snapshots}\n"));
    }
    if adopt { text.replace("FETCH_OPTIONS: \"\"", "FETCH_OPTIONS: --adopt") } else { text }
}

/// Returns whether a path stands for itself in YAML, in a pattern and in an unquoted word of a shell.
fn is_plain(path: &str) -> bool {
    path.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
}
