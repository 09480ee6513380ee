//! The comparison of committed code with what would be generated now.

use std::fs;
use std::io::ErrorKind;

use idporten_config::internal::{Finding, Place};

use crate::generate;
use crate::output::VerbError;
use crate::snapshots::{LoadedSnapshots, SnapshotOptions};

/// The result for a generated file.
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) file: String,
    pub(super) state: &'static str,
    pub(super) finding: Option<Finding>,
    /// Whether the file is there and cannot be read.
    pub(super) is_unreadable: bool,
}

/// Compares a file with what `generate` makes of the same environments. Where nothing can be generated, nothing is compared: the
/// reason is among the other findings.
pub(super) fn compare(
    file: &str,
    options: &SnapshotOptions,
    names: &[String],
    snapshots: &LoadedSnapshots,
) -> Result<Compared, VerbError> {
    let compared = |state, finding| Compared { file: file.to_owned(), state, finding, is_unreadable: false };
    let help = format!("run `{}`", options.command_here(names, file));
    let committed = match fs::read(file) {
        Ok(text) => String::from_utf8_lossy(&text).replace("\r\n", "\n"),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(compared("missing", Some(Finding::error(format!("no generated code at `{file}`"), help))));
        }
        Err(error) => {
            let message = format!("`{file}` cannot be read: {error}");
            let finding = Finding::error(message, "name the file of generated code");
            return Ok(Compared { is_unreadable: true, ..compared("not read", Some(finding)) });
        }
    };
    if !snapshots.is_complete() {
        return Ok(compared("not compared", None));
    }
    let (generated, _) = generate::rust(options, names, snapshots)?;
    Ok(match first_difference(&committed, &generated) {
        None => compared("up to date", None),
        Some((number, found, expected)) => {
            let finding = Finding::error(format!("`{file}` is out of date"), help)
                .at(Some(&Place::new(file, Some(number), found)))
                .note(format!("it would be: {expected}"));
            compared("out of date", Some(finding))
        }
    })
}

/// The first line that differs, from 1, with what stands there and what would.
fn first_difference<'a>(committed: &'a str, generated: &'a str) -> Option<(usize, &'a str, &'a str)> {
    if committed == generated {
        return None;
    }
    let (mut old, mut new) = (committed.split('\n'), generated.split('\n'));
    (1..).find_map(|number| match (old.next(), new.next()) {
        (Some(found), Some(expected)) if found == expected => None,
        (found, expected) => Some((number, shown(found), shown(expected))),
    })
}

fn shown(line: Option<&str>) -> &str {
    match line.map(str::trim) {
        Some("") => "(an empty line)",
        Some(line) => line,
        None => "(the end of the file)",
    }
}
