//! The one edit that the tool makes in a manifest: removing `bundled = true` of an environment that has a snapshot now.

use std::fs;
use std::path::Path;

use idporten_config::internal::{Environment, Finding, Manifest};

use crate::file;
use crate::output::VerbError;

/// The first words of the comment that `init` writes above `bundled = true`.
pub(crate) const MARK: &str = "# No live snapshot could be taken";

/// Removes `bundled = true` from the tables of these environments. Returns those that were changed; the others are written in a
/// way that only their author should change, such as an inline table.
pub(crate) fn adopt<'a>(file: &str, slugs: &[&'a str]) -> Result<Vec<&'a str>, VerbError> {
    let text = fs::read_to_string(file).map_err(|error| {
        let help = "remove `bundled = true` from it yourself";
        Finding::error(format!("`{file}` cannot be read: {error}"), help)
    })?;
    let mut edited = text.clone();
    let mut changed = Vec::new();
    for &slug in slugs {
        if let Some(without) = without_bundled(&edited, slug).filter(|without| differs_only_in(slug, &edited, without))
        {
            edited = without;
            changed.push(slug);
        }
    }
    if !changed.is_empty() {
        file::write(Path::new(file), &edited)?;
    }
    Ok(changed)
}

/// The environments whose `bundled = true` was written by `init` rather than by a user.
pub(crate) fn marked(text: &str) -> Vec<String> {
    let mut marked = Vec::new();
    let mut table = None;
    for line in text.lines() {
        if is_header(line) {
            table = header_of(line);
        } else if line.starts_with(MARK) {
            marked.extend(table.clone());
        }
    }
    marked
}

/// The text without the line `bundled = true` in the table of the environment, and without the comment of `init` above it.
fn without_bundled(text: &str, slug: &str) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let start = lines.iter().position(|line| header_of(line).as_deref() == Some(slug))? + 1;
    let length = lines[start..].iter().position(|line| is_header(line)).unwrap_or(lines.len() - start);
    let at = start + lines[start..start + length].iter().position(|line| is_bundled(line))?;
    let comment = lines[start..at].iter().position(|line| line.starts_with(MARK));
    let from = comment.map_or(at, |position| start + position);
    Some([&lines[..from], &lines[at + 1..]].concat().concat())
}

fn is_header(line: &str) -> bool {
    line.trim_start().starts_with('[')
}

/// The environment whose table begins here.
fn header_of(line: &str) -> Option<String> {
    let (name, _) = line.trim().strip_prefix('[')?.split_once(']')?;
    let name: String = name.chars().filter(|c| !c.is_whitespace() && !"\"'".contains(*c)).collect();
    name.strip_prefix("environments.").map(str::to_owned)
}

fn is_bundled(line: &str) -> bool {
    let code = line.split('#').next().unwrap_or_default();
    code.split_once('=').is_some_and(|(key, value)| (key.trim(), value.trim()) == ("bundled", "true"))
}

/// Returns whether the manifest says the same but for this environment. A line in a string of several lines may look like a table.
fn differs_only_in(slug: &str, before: &str, after: &str) -> bool {
    let read = |text: &str| Manifest::parse(text, "");
    let ((before, old), (after, new)) = (read(before), read(after));
    // Without their places, which the edit moves.
    let content = |environment: &Environment| {
        let mut content = environment.clone();
        content.place = None;
        content
    };
    let adopted = |environment: &Environment| {
        let mut adopted = content(environment);
        adopted.bundled &= environment.slug != slug;
        adopted
    };
    let expected: Vec<_> = before.environments().iter().map(adopted).collect();
    let found: Vec<_> = after.environments().iter().map(content).collect();
    old.is_empty() && new.is_empty() && expected == found && before.max_age() == after.max_age()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_of_the_environment_and_its_comment_go() {
        let text = "max-age = \"9d\"\n\n[environments.idporten-test]\n# No live snapshot could be taken when ..\nbundled = true\n\
                    \n[ environments . \"idporten-prod\" ]\r\nbundled = true # mine\r\n";
        let first = without_bundled(text, "idporten-test").unwrap();
        let expected = "max-age = \"9d\"\n\n[environments.idporten-test]\n\n[ environments . \"idporten-prod\" ]\r\n\
                        bundled = true # mine\r\n";
        assert_eq!(first, expected);
        assert!(differs_only_in("idporten-test", text, &first));
        let second = without_bundled(&first, "idporten-prod").unwrap();
        assert!(second.ends_with("\"idporten-prod\" ]\r\n"), "{second}");
        assert_eq!(without_bundled(&second, "idporten-prod"), None);
    }

    #[test]
    fn init_marks_what_it_wrote_itself() {
        let text = format!("[environments.a]\n{MARK} ..\nbundled = true\n[environments.b]\nbundled = true\n");
        assert_eq!(marked(&text), ["a"]);
    }

    #[test]
    fn an_edit_that_would_change_more_is_not_made() {
        let text = "[environments.idporten-test]\nbundled = true\n[environments.maskinporten-test]\n";
        assert!(!differs_only_in("idporten-test", text, "[environments.idporten-test]\n"));
    }
}
