//! The Static Analysis Results Interchange Format, version 2.1.0.

use idporten_config::document::json::{Object, Value, object};

use super::{Annotation, Level, Rule};
use crate::json::count;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// A log with one run: the rules, and a result for each annotation.
pub(crate) fn sarif(annotations: &[Annotation], rules: &[Rule]) -> Value {
    let driver = object([
        ("informationUri", env!("CARGO_PKG_REPOSITORY").into()),
        ("name", "idporten-config".into()),
        ("rules", rules.iter().map(rule).collect::<Vec<_>>().into()),
        ("version", env!("CARGO_PKG_VERSION").into()),
    ]);
    let run = object([
        // The default of SARIF is UTF-16 code units (section 3.14.17).
        ("columnKind", "unicodeCodePoints".into()),
        ("results", annotations.iter().map(|annotation| result(annotation, rules)).collect::<Vec<_>>().into()),
        ("tool", object([("driver", driver.into())]).into()),
    ]);
    object([("$schema", SCHEMA.into()), ("runs", vec![run].into()), ("version", "2.1.0".into())]).into()
}

fn rule(rule: &Rule) -> Object {
    object([("id", rule.id.into()), ("shortDescription", text(rule.description).into())])
}

fn result(annotation: &Annotation, rules: &[Rule]) -> Object {
    let level = match annotation.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "note",
    };
    let mut result = object([
        ("level", level.into()),
        ("message", text(&annotation.message).into()),
        ("ruleId", annotation.rule.into()),
    ]);
    if let Some(index) = rules.iter().position(|rule| rule.id == annotation.rule) {
        result.set("ruleIndex", count(index));
    }
    if let Some(file) = &annotation.file {
        result.set("locations", vec![location(file, annotation)].into());
    }
    result
}

fn location(file: &str, annotation: &Annotation) -> Object {
    let artifact = object([("uri", uri(file).into()), ("uriBaseId", "%SRCROOT%".into())]);
    let mut physical = object([("artifactLocation", artifact.into())]);
    if let Some(line) = annotation.line {
        let mut region = object([("startLine", count(line))]);
        if let Some(column) = annotation.column {
            region.set("startColumn", count(column));
        }
        physical.set("region", region.into());
    }
    object([("physicalLocation", physical.into())])
}

fn text(text: &str) -> Object {
    object([("text", text.into())])
}

/// The path as a relative URI reference (RFC 3986): a file name may hold what a URI may not.
fn uri(path: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: [Rule; 2] = [
        Rule { id: "wrong", description: "The value is wrong." },
        Rule { id: "retired", description: "The host is switched off." },
    ];

    #[test]
    fn a_result_names_rule_level_message_and_region() {
        let annotation = Annotation {
            level: Level::Notice,
            rule: "retired",
            message: "gone".to_owned(),
            file: Some("my app/ø.yaml".to_owned()),
            line: Some(2),
            column: Some(5),
        };
        let log = sarif(&[annotation], &RULES);
        let run = log.as_object().unwrap().get("runs").unwrap().as_array().unwrap()[0].as_object().unwrap();
        let expected = Value::parse(
            br#"[{"level": "note", "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": "my%20app/%C3%B8.yaml", "uriBaseId": "%SRCROOT%"},
                "region": {"startColumn": 5, "startLine": 2}}}],
                "message": {"text": "gone"}, "ruleId": "retired", "ruleIndex": 1}]"#,
        );
        assert_eq!(run.get("results"), Some(&expected.unwrap()));
    }

    #[test]
    fn a_log_without_findings_still_lists_its_rules() {
        let log = sarif(&[], &RULES).to_string();
        assert!(log.contains("\"results\": []") && log.contains("\"id\": \"wrong\""), "{log}");
        assert!(log.contains("\"version\": \"2.1.0\""), "{log}");
    }
}
