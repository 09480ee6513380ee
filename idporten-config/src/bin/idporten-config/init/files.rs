//! The files of a package that keeps snapshots. An existing file is never overwritten.

use std::fs;
use std::path::Path;

use idporten_config::internal::{FILE_NAME, Finding};

use super::layout::Layout;
use super::package::Package;
use super::steps::Step;
use crate::file;
use crate::output::VerbError;

/// Returns whether something has this name, which may be a link that leads nowhere.
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

/// The build script, which reads the manifest at this path.
pub(super) fn build_script(package: &Package, manifest_file: &str) -> Result<Step, VerbError> {
    let call = if manifest_file == FILE_NAME {
        "idporten_config::build::generate();".to_owned()
    } else {
        format!("idporten_config::build::Generator::manifest({manifest_file:?}).generate();")
    };
    let Some(path) = &package.build_script else {
        let detail = "add it yourself: `build = false` in Cargo.toml switches build scripts off";
        return Ok(Step::new("none", "build.rs", detail));
    };
    if !is_there(path) {
        let text = format!(
            "//! Generates the constants of the environments in `{manifest_file}`.\n\nfn main() {{\n    {call}\n}}\n"
        );
        return create(path, &text);
    }
    let calls = fs::read(path).is_ok_and(|text| String::from_utf8_lossy(&text).contains("idporten_config::build"));
    let detail = if calls { String::new() } else { format!("add this line yourself, in `main`: {call}") };
    Ok(Step::new("kept", path, detail))
}

/// The line of `.gitattributes` that keeps the bytes of snapshots the same on every system. It is added to an existing file.
pub(super) fn attributes(layout: &Layout) -> Result<Step, VerbError> {
    let path = layout.beside_manifest(".gitattributes");
    let is_special = |c: char| c.is_whitespace() || "\"\\*?[]!#".contains(c);
    let Some(directory) = layout.snapshots_below_base().filter(|directory| !directory.contains(is_special)) else {
        let detail =
            format!("add it yourself: `*.json text eol=lf` in {}/.gitattributes", layout.snapshots_from_base());
        return Ok(Step::new(if is_there(&path) { "kept" } else { "none" }, path, detail));
    };
    // A pattern needs a slash to be of one directory only.
    let pattern = format!("{directory}/*.json");
    let line = format!("{pattern} text eol=lf");
    if !is_there(&path) {
        return create(&path, &format!("{line}\n"));
    }
    let text = fs::read_to_string(&path).map_err(|error| {
        let help = format!("add this line to it yourself: {line}");
        Finding::error(format!("`{path}` cannot be read: {error}"), help)
    })?;
    if text.lines().any(|own| own.split_whitespace().next() == Some(&pattern)) {
        return Ok(Step::new("kept", path, ""));
    }
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { newline };
    file::write(Path::new(&path), &format!("{text}{end}{line}{newline}"))?;
    Ok(Step::new("added", path, format!("one line: {line}")))
}
