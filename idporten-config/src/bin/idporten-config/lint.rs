//! `lint`: wrong, retired and hard-coded provider values in the files of a project.

mod context;
mod finding;
mod hosts;
mod known;
mod levels;
mod linter;
#[cfg(test)]
mod tests;
mod tree;
mod urls;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use clap::Args;
use idporten_config::document::json::{Object, Value, object};
use idporten_config::internal::escape_control;

use crate::json::count;
use crate::output::{ExitStatus, Output, plural};
use crate::report::{Annotation, Format, FormatOptions, Level, Rule, github, sarif};
use crate::repository::{path_from_root, with_slashes};
use crate::table::table;
use finding::{LintFinding, LintKind};
use linter::Linter;
use tree::{Counts, Exclude, Tree};

/// Find wrong, retired and hard-coded provider values in source and configuration files
///
/// Each finding says what to write instead: in Rust the constant, elsewhere the value. In a directory, these are left out: files that
/// git ignores (but not `.env` files), `.git`, `node_modules`, `.venv` and `.next`, `target`, `vendor`, `dist` and `build` unless they
/// are below `src`, binary files and files over 1 MiB, prose (.md, .rst, .adoc, .txt), snapshots, code that this tool has generated,
/// and lines with the words `idporten-config: allow`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// Files and directories
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Leave out a file or directory; may be given several times
    #[arg(long, value_name = "PATH")]
    exclude: Vec<PathBuf>,
    /// Read prose too
    #[arg(long)]
    prose: bool,
    #[command(flatten)]
    format: FormatOptions,
}

const AFTER_HELP: &str = "\
Examples:
  idporten-config lint
  idporten-config lint src config/app.yaml
  idporten-config lint --exclude tests --exclude legacy
  idporten-config lint --format sarif > lint.sarif
  idporten-config lint --json | jq -r '.findings[] | select(.kind == \"wrong\") | .file'

A value that stands in its place on purpose:
  let issuer = \"https://test.idporten.no\"; // idporten-config: allow

Exit codes:
  0  no findings
  1  findings
  2  a mistake in the command, or a file that cannot be read";

/// The rules, as reports list them.
const RULES: [Rule; 3] = [
    Rule { id: "wrong", description: "A value that the provider does not have, or not in this place." },
    Rule { id: "retired", description: "A value of an environment that is switched off." },
    Rule { id: "hard-coded", description: "A right value in Rust code that does not follow the snapshot." },
];

/// The findings in one file.
struct Linted {
    file: String,
    findings: Vec<LintFinding>,
}

pub(crate) fn run(arguments: &Arguments, quiet: bool) -> Output {
    let exclude: Vec<Exclude> = arguments.exclude.iter().map(|path| Exclude::new(path)).collect();
    let (linted, counts) = lint(arguments, &exclude);
    let mut output = Output::with_notes(&unmatched(arguments, &exclude));
    output.report(&counts.unreadable);
    output.text = match arguments.format.format() {
        Format::Text if quiet => table(&rows(&linted)),
        Format::Text => table(&rows(&linted)) + &summary(&linted, &counts),
        Format::Json => in_json(&linted, &counts).to_string(),
        Format::Github => github(&annotations(&linted)),
        Format::Sarif => sarif(&annotations(&linted), &RULES).to_string(),
    };
    if !counts.unreadable.is_empty() {
        output.status = ExitStatus::BadInput;
    } else if !linted.is_empty() {
        output.status = ExitStatus::Findings;
    }
    output
}

/// The files with findings, in the order of their names.
fn lint(arguments: &Arguments, exclude: &[Exclude]) -> (Vec<Linted>, Counts) {
    let linter = Linter::new();
    let tree = Tree::new(arguments.paths.len(), exclude, arguments.prose);
    let linted = Mutex::new(Vec::new());
    for path in &arguments.paths {
        tree.each(path, &|file, bytes| {
            // UTF-16 has no needle as it stands.
            if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) || linter.is_of_interest(bytes) {
                let file = with_slashes(file.strip_prefix(".").unwrap_or(file));
                let findings = linter.lint(&file, &tree::decoded(bytes));
                if !findings.is_empty() {
                    linted.lock().unwrap_or_else(PoisonError::into_inner).push(Linted { file, findings });
                }
            }
        });
    }
    let mut linted = linted.into_inner().unwrap_or_else(PoisonError::into_inner);
    linted.sort_by(|a, b| a.file.cmp(&b.file));
    (linted, tree.counts())
}

/// A mistyped `--exclude` would otherwise go unnoticed.
fn unmatched(arguments: &Arguments, exclude: &[Exclude]) -> Vec<String> {
    let both = arguments.exclude.iter().zip(exclude);
    let unmatched = both.filter(|(_, exclude)| !exclude.has_matched());
    unmatched.map(|(path, _)| format!("`--exclude {}` matched nothing", path.display())).collect()
}

fn summary(linted: &[Linted], counts: &Counts) -> String {
    let mut text = match linted.iter().map(|linted| linted.findings.len()).sum() {
        0 => format!("no findings in {}\n", plural(counts.read, "file")),
        found => format!("{} in {}\n", plural(found, "finding"), plural(linted.len(), "file")),
    };
    if counts.passed_over > 0 {
        text += &format!("{} passed over (binary or over 1 MiB)\n", plural(counts.passed_over, "file"));
    }
    if counts.prose > 0 {
        text += &format!("{} of prose passed over (`--prose` reads prose too)\n", plural(counts.prose, "file"));
    }
    text
}

fn rows(linted: &[Linted]) -> Vec<Vec<String>> {
    let row = |file: &str, finding: &LintFinding| {
        let place = format!("{file}:{}:{}", finding.line, finding.column);
        vec![place, finding.kind.to_string(), message(finding)]
    };
    linted.iter().flat_map(|linted| linted.findings.iter().map(|finding| row(&linted.file, finding))).collect()
}

fn message(finding: &LintFinding) -> String {
    format!("\"{}\": {}", escape_control(&finding.value), finding.advice)
}

fn annotations(linted: &[Linted]) -> Vec<Annotation> {
    let annotation = |file: &str, finding: &LintFinding| Annotation {
        level: if finding.kind == LintKind::HardCoded { Level::Warning } else { Level::Error },
        rule: finding.kind.as_str(),
        message: message(finding),
        file: Some(file.to_owned()),
        line: Some(finding.line),
        column: Some(finding.column),
    };
    let of_file = |linted: &Linted| {
        let file = path_from_root(&linted.file);
        linted.findings.iter().map(|finding| annotation(&file, finding)).collect::<Vec<_>>()
    };
    linted.iter().flat_map(of_file).collect()
}

fn in_json(linted: &[Linted], counts: &Counts) -> Value {
    let findings: Vec<Object> = linted.iter().flat_map(objects).collect();
    object([
        ("files", count(counts.read)),
        ("ok", (findings.is_empty() && counts.unreadable.is_empty()).into()),
        ("findings", findings.into()),
        ("passed_over", count(counts.passed_over)),
        ("prose_passed_over", count(counts.prose)),
    ])
    .into()
}

fn objects(linted: &Linted) -> Vec<Object> {
    let of = |finding: &LintFinding| {
        object([
            ("advice", finding.advice.as_str().into()),
            ("column", count(finding.column)),
            ("file", linted.file.as_str().into()),
            ("kind", finding.kind.as_str().into()),
            ("line", count(finding.line)),
            ("value", finding.value.as_str().into()),
        ])
    };
    linted.findings.iter().map(of).collect()
}
