//! Workflow commands of GitHub Actions: `::error file=..,line=..::message`.

use super::{Annotation, Level};

/// A line for each annotation.
pub(crate) fn github(annotations: &[Annotation]) -> String {
    annotations.iter().map(|annotation| command(annotation) + "\n").collect()
}

fn command(annotation: &Annotation) -> String {
    let level = match annotation.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "notice",
    };
    let mut properties = Vec::new();
    if let Some(file) = &annotation.file {
        properties.push(format!("file={}", escape_property(file)));
        properties.extend(annotation.line.map(|line| format!("line={line}")));
        properties.extend(annotation.column.map(|column| format!("col={column}")));
    }
    properties.push(format!("title={}", escape_property(&format!("idporten-config ({})", annotation.rule))));
    format!("::{level} {}::{}", properties.join(","), escape(&annotation.message))
}

/// The escapes of the runner's own toolkit. Without them a document could end the command and start another.
fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_names_file_line_column_and_rule() {
        let annotation = Annotation {
            level: Level::Warning,
            rule: "retired",
            message: "first\nhelp: second".to_owned(),
            file: Some("src/a.rs".to_owned()),
            line: Some(3),
            column: Some(9),
        };
        let expected = "::warning file=src/a.rs,line=3,col=9,title=idporten-config (retired)::first%0Ahelp: second\n";
        assert_eq!(github(&[annotation]), expected);
    }

    #[test]
    fn a_message_cannot_start_another_command() {
        let annotation = Annotation {
            level: Level::Error,
            rule: "snapshot",
            message: "100%\r\n::set-output name=x::y".to_owned(),
            file: Some("a,b:c.json".to_owned()),
            line: None,
            column: None,
        };
        let expected = "::error file=a%2Cb%3Ac.json,title=idporten-config (snapshot)::\
                        100%25%0D%0A::set-output name=x::y\n";
        assert_eq!(github(&[annotation]), expected);
    }
}
