//! The files of a project that keeps snapshots. What is there stays as it is.

use std::env;
use std::fs;
use std::path::Path;

use idporten_config::internal::Finding;

use super::Step;
use super::cargo::Package;
use super::snapshots::Taken;
use crate::file;
use crate::output::{Output, VerbError};

const WORKFLOW: &str = include_str!("../../../../templates/idporten-snapshots.yml");
const WORKFLOW_PATH: &str = ".github/workflows/idporten-snapshots.yml";
const CALL: &str = "idporten_config::build::generate()";
const BUILD_SCRIPT: &str = "\
//! Generates the constants of the environments in `idporten.toml`.

fn main() {
    idporten_config::build::generate();
}
";

/// Whether something has this name, a link that leads nowhere too.
pub(super) fn is_there(path: &str) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Writes a file where there is none.
pub(super) fn create(path: &str, text: &str) -> Result<Step, VerbError> {
    if is_there(path) {
        return Ok(Step::new("kept", path, ""));
    }
    file::write_in_new_directory(Path::new(path), text)?;
    Ok(Step::new("wrote", path, ""))
}

/// A manifest for environments of the table.
pub(super) fn manifest(environments: &[Taken]) -> String {
    let mut text = "\
# The environments that this program is built for; https://docs.rs/idporten-config says what else may stand here.

# Older snapshots: the build warns, `idporten-config check` fails.
max-age = \"30d\"
"
    .to_owned();
    for taken in environments {
        let slug = &taken.slug;
        text += &format!("\n[environments.{slug}]\n");
        if !taken.has_snapshot() {
            text += &format!(
                "# No live snapshot could be taken when this was written. Run `idporten-config fetch {slug}`, and remove these lines.\n\
                 bundled = true\n"
            );
        }
    }
    text
}

pub(super) fn build_script(package: &Package) -> Result<Step, VerbError> {
    let Some(path) = &package.build_script else {
        let detail = "add it yourself: `build = false` in Cargo.toml switches build scripts off";
        return Ok(Step::new("none", "build.rs", detail));
    };
    if !is_there(path) {
        return create(path, BUILD_SCRIPT);
    }
    let calls = fs::read(path).is_ok_and(|text| String::from_utf8_lossy(&text).contains("idporten_config::build"));
    let detail = if calls { String::new() } else { format!("add this line yourself, in `main`: {CALL};") };
    Ok(Step::new("kept", path, detail))
}

/// The directory as patterns name it, with a slash at its end; none where no pattern reaches it.
fn prefix(directory: &str) -> Option<String> {
    let parts: Vec<_> = directory.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let is_below = !directory.starts_with('/') && !parts.contains(&"..");
    is_below.then(|| parts.iter().flat_map(|part| [part, "/"]).collect())
}

/// The line that keeps the bytes of snapshots the same on every system, at the end of what is there.
pub(super) fn attributes(directory: &str) -> Result<Step, VerbError> {
    let path = ".gitattributes";
    let is_special = |c: char| c.is_whitespace() || "\"\\*?[]!#".contains(c);
    let Some(prefix) = prefix(directory).filter(|prefix| !prefix.contains(is_special)) else {
        let detail = format!("name it yourself: `*.json text eol=lf` in {directory}/.gitattributes");
        return Ok(Step::new(if is_there(path) { "kept" } else { "none" }, path, detail));
    };
    // Without a slash, a pattern is for every directory.
    let pattern = if prefix.is_empty() { "/*.json".to_owned() } else { format!("{prefix}*.json") };
    let line = format!("{pattern} text eol=lf");
    if !is_there(path) {
        return create(path, &format!("{line}\n"));
    }
    let text = fs::read_to_string(path).map_err(|error| {
        let help = format!("add this line to it yourself: {line}");
        Finding::error(format!("`{path}` cannot be read: {error}"), help)
    })?;
    if text.lines().any(|own| own.split_whitespace().next() == Some(&pattern)) {
        return Ok(Step::new("kept", path, ""));
    }
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { newline };
    file::write(Path::new(path), &format!("{text}{end}{line}{newline}"))?;
    Ok(Step::new("added", path, format!("one line: {line}")))
}

pub(super) fn workflow(directory: &str, output: &mut Output) -> Result<Step, VerbError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let text = if let Some(prefix) = prefix(directory).filter(|prefix| prefix.chars().all(is_plain)) {
        let directory = if prefix.is_empty() { "." } else { prefix.trim_end_matches('/') };
        WORKFLOW
            .replace("\"snapshots/**\"", &format!("\"{prefix}**\""))
            .replace("SNAPSHOTS: snapshots\n", &format!("SNAPSHOTS: {directory}\n"))
            .replace("CHANGED: snapshots\n", &format!("CHANGED: {directory}\n"))
    } else {
        output.note(&format!(
            "{WORKFLOW_PATH}: name the directory `{directory}` in it yourself, under `on.pull_request.paths` by its path from the \
             root of the repository"
        ));
        WORKFLOW.to_owned()
    };
    let step = create(WORKFLOW_PATH, &text)?;
    if step.action == "wrote" && is_below_a_repository() {
        output.note(&format!(
            "this directory is not the root of its repository, and GitHub reads workflows there alone: move {WORKFLOW_PATH} to it, \
             set `defaults.run.working-directory` to this directory, and put it before the path of `on.pull_request.paths`"
        ));
    }
    Ok(step)
}

fn is_below_a_repository() -> bool {
    let has_git = |directory: &Path| directory.join(".git").exists();
    let here = env::current_dir().unwrap_or_default();
    !has_git(&here) && here.ancestors().skip(1).any(has_git)
}
