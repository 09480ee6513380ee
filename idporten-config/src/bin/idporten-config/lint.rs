//! `lint`: wrong and hard-coded provider values in the files of a project.

mod files;
mod linter;

use std::path::{Path, PathBuf};

use clap::Args;
use idporten_config::document::json::{Object, Value, object};
use idporten_config::internal::escape_control;

use crate::json::count;
use crate::output::{ExitStatus, Output};
use crate::table::table;
use files::{Exclude, Files};
use linter::{Linter, Mistake};

/// Find wrong, retired and hard-coded provider values in source and configuration files, with the constant to use.
///
/// In a directory, every file is read but those in `target`, `.git` and `node_modules`, binary ones and ones over 1 MiB, prose
/// (.md, .rst, .adoc, .txt), snapshots, and code that this tool has generated. Files that git ignores are read too: a wrong value
/// in an ignored `.env` breaks a log-in like any other. A line with the words `idporten-config: allow` is passed over.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// Files and directories
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Leave out a file or directory; may be given several times
    #[arg(long, value_name = "PATH")]
    exclude: Vec<PathBuf>,
    /// Print a JSON object, for programs
    #[arg(long)]
    json: bool,
}

const AFTER_HELP: &str = "\
Examples:
  idporten-config lint
  idporten-config lint src config/app.yaml
  idporten-config lint --exclude tests --exclude vendor
  idporten-config lint --json | jq -r '.findings[] | select(.kind == \"wrong\") | .file'

A value that stands where it does on purpose:
  let issuer = \"https://test.idporten.no\"; // idporten-config: allow

Exit codes:
  0  no findings
  1  findings
  2  a mistake in the command, or a file that cannot be read";

/// A file with mistakes in it.
struct Found {
    file: String,
    mistakes: Vec<Mistake>,
}

pub(crate) fn run(arguments: &Arguments) -> Output {
    let linter = Linter::new();
    let exclude: Vec<Exclude> = arguments.exclude.iter().map(|path| Exclude::new(path)).collect();
    let mut files = Files::new(&exclude);
    let mut all = Vec::new();
    for path in &arguments.paths {
        files.each(path, |file, text| {
            let mistakes = linter.lint(text);
            if !mistakes.is_empty() && !Linter::is_generated(text) {
                all.push(Found { file: shown(file), mistakes });
            }
        });
    }
    let mut output = Output::with_notes(&unmatched(arguments, &exclude));
    output.report(&files.unreadable);
    output.text = if arguments.json { in_json(&all, &files).to_string() } else { text(&all, &files) };
    if !files.unreadable.is_empty() {
        output.status = ExitStatus::BadInput;
    } else if !all.is_empty() {
        output.status = ExitStatus::Findings;
    }
    output
}

/// A mistyped `--exclude` would else go unseen.
fn unmatched(arguments: &Arguments, exclude: &[Exclude]) -> Vec<String> {
    let both = arguments.exclude.iter().zip(exclude);
    let unmatched = both.filter(|(_, exclude)| !exclude.has_matched());
    unmatched.map(|(path, _)| format!("`--exclude {}` matched nothing", path.display())).collect()
}

/// A path as a person would write it, and the same on every system.
fn shown(path: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path).display().to_string();
    if cfg!(windows) { path.replace('\\', "/") } else { path }
}

fn text(all: &[Found], files: &Files) -> String {
    let rows: Vec<Vec<String>> = all.iter().flat_map(rows).collect();
    let mut text = table(&rows);
    text += &match rows.len() {
        0 => format!("no findings in {}\n", plural(files.read, "file")),
        found => format!("{} in {}\n", plural(found, "finding"), plural(all.len(), "file")),
    };
    if files.passed_over > 0 {
        text += &format!("{} passed over (binary or over 1 MiB)\n", plural(files.passed_over, "file"));
    }
    text
}

fn rows(found: &Found) -> Vec<Vec<String>> {
    let row = |mistake: &Mistake| {
        let place = format!("{}:{}:{}", found.file, mistake.line, mistake.column);
        vec![place, mistake.kind.to_string(), format!("\"{}\": {}", escape_control(&mistake.value), mistake.advice)]
    };
    found.mistakes.iter().map(row).collect()
}

fn in_json(all: &[Found], files: &Files) -> Value {
    let findings: Vec<Object> = all.iter().flat_map(objects).collect();
    object([
        ("files", count(files.read)),
        ("ok", (findings.is_empty() && files.unreadable.is_empty()).into()),
        ("findings", findings.into()),
        ("passed_over", count(files.passed_over)),
    ])
    .into()
}

fn objects(found: &Found) -> Vec<Object> {
    let of = |mistake: &Mistake| {
        object([
            ("advice", mistake.advice.as_str().into()),
            ("column", count(mistake.column)),
            ("file", found.file.as_str().into()),
            ("kind", mistake.kind.as_str().into()),
            ("line", count(mistake.line)),
            ("value", mistake.value.as_str().into()),
        ])
    };
    found.mistakes.iter().map(of).collect()
}

fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
