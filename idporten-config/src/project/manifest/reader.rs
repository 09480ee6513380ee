//! The reader of a manifest's text. It finds every mistake at once, with its line.

use std::time::Duration;

use toml_span::value::{Key, Table};
use toml_span::{Error, ErrorKind, Span, Value};

use super::Manifest;
use crate::document::violation::printable;
use crate::environment::nearest::nearest;
use crate::project::finding::{Finding, Place};

const KEYS: &[&str] = &["environments", "max-age", "require", "snapshots"];

pub(super) fn manifest(text: &str, file: &str) -> (Manifest, Vec<Finding>) {
    let mut reader = Reader { text, file, findings: Vec::new(), bases: Vec::new() };
    let manifest = match toml_span::parse(text) {
        Ok(document) => document.as_table().map(|table| reader.manifest(table)),
        Err(error) => {
            reader.syntax_error(&error);
            None
        }
    };
    (manifest.unwrap_or_default(), reader.findings)
}

/// The text that is read, and the findings so far.
pub(super) struct Reader<'a> {
    text: &'a str,
    file: &'a str,
    pub(super) findings: Vec<Finding>,
    /// The environments with a key `based-on`, and its place.
    pub(super) bases: Vec<(String, Place)>,
}

impl Reader<'_> {
    fn manifest(&mut self, document: &Table<'_>) -> Manifest {
        let directory = self.file.rfind('/').map_or("", |slash| &self.file[..=slash]).to_owned();
        let mut manifest = Manifest { directory, ..Manifest::default() };
        self.check_keys(document, KEYS, "a key of the manifest");
        if let Some(directory) = self.string(document, "snapshots") {
            manifest.snapshots = directory;
        }
        if let Some(age) = self.read(document, "max-age", "a duration above zero, such as \"30d\"", duration) {
            manifest.max_age = age;
        }
        match self.table(document, "environments") {
            Some(environments) if !environments.is_empty() => self.environments(environments, &mut manifest),
            _ => {
                let help = "add one, for example `[environments.idporten-test]`";
                let place = Place::new(self.file, None, "");
                self.findings.push(Finding::error("the manifest names no environment", help).at(Some(&place)));
            }
        }
        if let Some(products) = self.table(document, "require") {
            manifest.requirements = self.requirements(products, &manifest);
        }
        manifest
    }

    fn syntax_error(&mut self, error: &Error) {
        let place = self.place(error.span);
        let is_about_the_value = matches!(
            error.kind,
            ErrorKind::InvalidNumber | ErrorKind::Unexpected(_) | ErrorKind::UnquotedString | ErrorKind::Wanted { .. }
        );
        let finding = match unquoted(&place.text).filter(|_| is_about_the_value) {
            Some((key, value)) => {
                let help = format!("put the value in quotes: `{} = \"{}\"`", printable(key), printable(value));
                Finding::error(format!("not TOML: the value of `{}` is a bare word", printable(key)), help)
            }
            None => Finding::error(
                format!("not TOML: {}", printable(&error.to_string())),
                "correct this line; strings, names and durations stand in quotes",
            ),
        };
        self.findings.push(finding.at(Some(&place)));
    }

    /// Reports each key that is not one of `known`; `what` completes "`key` is not ..".
    pub(super) fn check_keys(&mut self, table: &Table<'_>, known: &[&str], what: &str) {
        for key in table.keys().filter(|key| !known.contains(&&*key.name)) {
            self.unknown_key(key, known, what);
        }
    }

    pub(super) fn unknown_key(&mut self, key: &Key<'_>, known: &[&str], what: &str) {
        let help = match nearest(&key.name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known: {}", known.join(", ")),
        };
        self.error(key.span, format!("`{}` is not {what}", printable(&key.name)), help);
    }

    pub(super) fn string(&mut self, table: &Table<'_>, key: &str) -> Option<String> {
        self.read(table, key, "a string", |value| value.as_str().map(str::to_owned))
    }

    pub(super) fn boolean(&mut self, table: &Table<'_>, key: &str) -> Option<bool> {
        self.read(table, key, "`true` or `false`", |value| value.as_ref().as_bool())
    }

    fn table<'t, 'i>(&mut self, table: &'t Table<'i>, key: &str) -> Option<&'t Table<'i>> {
        let value = table.get(key)?;
        if value.as_table().is_none() {
            let help = format!("write `[{key}.NAME]` tables");
            self.error(value.span, format!("`{key}` must be a table"), help);
        }
        value.as_table()
    }

    pub(super) fn read<T>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        expected: &str,
        read: impl FnOnce(&Value<'_>) -> Option<T>,
    ) -> Option<T> {
        let found = table.get(key)?;
        let value = read(found);
        if value.is_none() {
            self.error(found.span, format!("`{key}` must be {expected}"), format!("write {expected}"));
        }
        value
    }

    pub(super) fn error(&mut self, span: Span, message: String, help: impl Into<String>) {
        let place = self.place(span);
        self.findings.push(Finding::error(message, help).at(Some(&place)));
    }

    pub(super) fn place(&self, span: Span) -> Place {
        Place::in_text(self.file, self.text, span.start)
    }
}

/// Returns the key and value of a line `key = word` whose value is neither quoted nor of another type: TOML has no bare strings.
/// The parser says so of some words alone; of `30d` it says that the number is invalid, of `true-ish` that it expected a newline.
fn unquoted(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once('=')?;
    let value = value.split('#').next().unwrap_or_default().trim();
    let is_bare = value.starts_with(|c: char| c.is_ascii_alphanumeric())
        && value.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'[]{},".contains(&byte));
    is_bare.then_some((key.trim(), value))
}

pub(super) fn strings(value: &Value<'_>) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

fn duration(value: &Value<'_>) -> Option<Duration> {
    value.as_str().and_then(|text| humantime::parse_duration(text).ok()).filter(|duration| !duration.is_zero())
}
