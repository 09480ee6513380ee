//! The canonical text of a tree.

use std::fmt::{Formatter, Result, Write};

use serde_core::{Serialize, Serializer};

use super::{Exact, Number, Object, Value};

const INDENT: &str = "  ";

pub(super) fn value(f: &mut Formatter<'_>, value: &Value, level: usize) -> Result {
    match value {
        Value::Null => f.write_str("null"),
        Value::Bool(value) => write!(f, "{value}"),
        Value::Number(number) => self::number(f, *number),
        Value::String(text) => string(f, text),
        Value::Array(values) => list(f, ('[', ']'), level, values, |f, value| self::value(f, value, level + 1)),
        Value::Object(object) => list(f, ('{', '}'), level, &object.members, |f, (name, value)| {
            string(f, name)?;
            f.write_str(": ")?;
            self::value(f, value, level + 1)
        }),
    }
}

fn list<T>(
    f: &mut Formatter<'_>,
    brackets: (char, char),
    level: usize,
    items: &[T],
    mut item: impl FnMut(&mut Formatter<'_>, &T) -> Result,
) -> Result {
    f.write_char(brackets.0)?;
    for (i, entry) in items.iter().enumerate() {
        f.write_str(if i == 0 { "\n" } else { ",\n" })?;
        f.write_str(&INDENT.repeat(level + 1))?;
        item(f, entry)?;
    }
    if !items.is_empty() {
        f.write_char('\n')?;
        f.write_str(&INDENT.repeat(level))?;
    }
    f.write_char(brackets.1)
}

fn number(f: &mut Formatter<'_>, Number(number): Number) -> Result {
    match number {
        Exact::Unsigned(value) => write!(f, "{value}"),
        Exact::Signed(value) => write!(f, "{value}"),
        // `Debug` writes the shortest digits that read back as this double, with a point or an exponent, so that it stays a double.
        // `Display` would write 1e300 as 301 digits.
        Exact::Double(value) => write!(f, "{value:?}"),
    }
}

fn string(f: &mut Formatter<'_>, text: &str) -> Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if is_invisible(c) => {
                // RFC 8259, section 7: a character above U+FFFF is escaped as a surrogate pair.
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(f, "\\u{unit:04x}")?;
                }
            }
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

/// Serializes the value. If two members have the same name, both are written.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(Number(Exact::Unsigned(value))) => serializer.serialize_u64(*value),
            Self::Number(Number(Exact::Signed(value))) => serializer.serialize_i64(*value),
            Self::Number(Number(Exact::Double(value))) => serializer.serialize_f64(*value),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(values) => serializer.collect_seq(values.iter()),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// Returns whether a character is invisible in a diff or changes how other characters look: controls, line separators, zero-width
/// characters, tags, and characters that change the direction of text.
pub(crate) fn is_invisible(c: char) -> bool {
    // The characters with the property `Default_Ignorable_Code_Point` (UAX 44), and others that show as a blank or as nothing. The
    // standard library knows controls and white space alone, and a crate of Unicode tables would be in every build.
    c.is_control()
        || matches!(c, '\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_does_not_depend_on_member_order_and_round_trips() {
        let a = Value::parse(r#"{"b": [], "a": {"d": {}, "c": "æ\u202e\"\\\n\u0000"}}"#.as_bytes()).unwrap();
        let b = Value::parse(r#"{"a": {"c": "æ\u202e\"\\\n\u0000", "d": {}}, "b": []}"#.as_bytes()).unwrap();
        let text = a.to_string();
        assert_eq!(text, b.to_string());
        assert_eq!(
            text,
            "{\n  \"a\": {\n    \"c\": \"æ\\u202e\\\"\\\\\\n\\u0000\",\n    \"d\": {}\n  },\n  \"b\": []\n}\n"
        );
        assert_eq!(Value::parse(text.as_bytes()).unwrap(), a);
    }

    #[test]
    fn a_character_that_nobody_sees_is_written_as_an_escape() {
        let value = Value::from("a\u{e0041}\u{200b}\u{feff}😀");
        assert_eq!(value.to_string(), "\"a\\udb40\\udc41\\u200b\\ufeff😀\"\n");
        assert_eq!(Value::parse(value.to_string().as_bytes()).unwrap(), value);
    }

    #[test]
    fn a_double_reads_back_as_the_same_double() {
        for double in [1e21, 5e-324, 1.797_693_134_862_315_7e308, 0.1] {
            let value = Value::Number(Number(Exact::Double(double)));
            assert_eq!(Value::parse(value.to_string().as_bytes()).unwrap(), value, "{double}");
        }
    }
}
