//! The JSON reader: text to tree, through one serde visitor.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt;

use serde_core::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::digits::{Digits, is_exact};
use super::{Exact, NUMBER, Number, Object, Text, Value, shared};
use crate::document::violation::printable;

/// The depth to which arrays and objects may be nested.
pub const MAX_DEPTH: usize = 64;

/// The number of values that a document may have: scalars, arrays and objects at every level.
///
/// A tree of small values takes many times the memory of its text, so that a limit on bytes alone would not bound memory.
pub const MAX_VALUES: usize = 50_000;

/// The limits of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) depth: usize,
    pub(crate) values: usize,
}

impl Default for Limits {
    /// Returns the limits of a document.
    fn default() -> Self {
        Self { depth: MAX_DEPTH, values: MAX_VALUES }
    }
}

/// The error for a text that is not JSON, or that is JSON but exceeds a limit or holds a number that cannot be kept exactly.
///
/// ```
/// use idporten_config::document::json::Value;
///
/// let error = Value::parse(br#"{"a": [0.1, 1e400]}"#).unwrap_err();
/// assert!(error.to_string().starts_with("the number at `a[1]` is out of range"));
/// assert_eq!(error.line(), Some(1));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    message: String,
    place: Option<(usize, usize)>,
}

impl Error {
    /// Returns the line of the mistake, counted from 1, if the error has one.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.place.map(|(line, _)| line)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match self.place {
            Some((line, column)) => write!(f, " at line {line} column {column}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

pub(super) fn parse(text: &[u8], limits: Limits) -> Result<Value, Error> {
    // RFC 8259, section 8.1, forbids writing a byte-order mark and lets parsers ignore one. It is refused, since not all do.
    if text.starts_with(b"\xef\xbb\xbf") {
        let message = "not JSON: starts with a byte-order mark; save it as UTF-8 without one".into();
        return Err(Error { message, place: None });
    }
    // Not left to `serde_json::from_slice`: `Digits` needs the same text as `str`.
    let text = std::str::from_utf8(text).map_err(|error| Error {
        message: format!("not JSON: not UTF-8 at byte {}; JSON is always UTF-8", error.valid_up_to()),
        place: None,
    })?;
    let reading = Reading {
        path: RefCell::default(),
        failed_at: RefCell::default(),
        digits: Digits::of(text),
        limits,
        values: Cell::new(0),
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let value = Seed { reading: &reading, depth: 0 }.deserialize(&mut json);
    // RFC 8259, section 2: a text is one value. `deserialize` stops after it, so that what follows has to be looked for.
    value.and_then(|value| json.end().map(|()| value)).map_err(|error| from_serde_json(&error, &reading))
}

fn from_serde_json(error: &serde_json::Error, reading: &Reading<'_>) -> Error {
    let text = error.to_string();
    let place = (error.line(), error.column());
    // `serde_json::Error` has no accessor for its message without the place.
    let message = text.strip_suffix(&format!(" at line {} column {}", place.0, place.1)).unwrap_or(&text);
    let message = match message {
        // `serde_json` classifies this as a syntax error, but the text is JSON, and the member has to be named.
        "number out of range" => {
            let failed_at = reading.failed_at.take().unwrap_or_else(|| reading.place());
            out_of_range(&failed_at)
        }
        // An error of the visitor says itself what is wrong, and its text is valid JSON: "not JSON" would mislead.
        refused if error.is_data() => refused.to_owned(),
        other => format!("not JSON: {other}"),
    };
    Error { message, place: Some(place).filter(|place| place.0 > 0) }
}

fn out_of_range(place: &str) -> String {
    format!("the number at {place} is out of range; publish it as a string")
}

struct Reading<'a> {
    /// The current place in the tree.
    path: RefCell<Vec<Step>>,
    /// The place of the first error, kept because the path is unwound before the error reaches the caller.
    failed_at: RefCell<Option<String>>,
    /// The visitor receives rounded doubles, so that the digits are taken from the text. `serde_json` passes them on only with its
    /// feature `arbitrary_precision`, which would change every crate in the build.
    digits: Digits<'a>,
    limits: Limits,
    values: Cell<usize>,
}

enum Step {
    Index(usize),
    Name(Text),
}

impl Reading<'_> {
    fn within<T, E>(&self, step: Step, read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.path.borrow_mut().push(step);
        let result = read();
        if result.is_err() && self.failed_at.borrow().is_none() {
            self.failed_at.replace(Some(self.place()));
        }
        self.path.borrow_mut().pop();
        result
    }

    fn place(&self) -> String {
        let path = self.path.borrow().iter().fold(String::new(), |path, step| match step {
            Step::Index(index) => format!("{path}[{index}]"),
            Step::Name(name) => super::join(&path, name),
        });
        match path.trim_start_matches('.') {
            "" => "the document".into(),
            path => format!("`{}`", printable(path)),
        }
    }

    /// Counts a value when it begins, so that the tree never grows past the limit.
    fn count<E: serde_core::de::Error>(&self) -> Result<(), E> {
        self.values.set(self.values.get() + 1);
        if self.values.get() > self.limits.values {
            return Err(E::custom(format_args!(
                "has more than {} values, the limit of a document",
                self.limits.values
            )));
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    reading: &'a Reading<'a>,
    depth: usize,
}

impl Seed<'_> {
    fn deeper<E: serde_core::de::Error>(self) -> Result<Self, E> {
        // `serde_json` stops at 128 levels. This limit is lower, so that it does not depend on the library.
        let limit = self.reading.limits.depth;
        if self.depth == limit {
            return Err(E::custom(format_args!("nested deeper than {limit} levels")));
        }
        Ok(Self { reading: self.reading, depth: self.depth + 1 })
    }

    /// Takes a number that comes as an object.
    fn visit_digits<E: serde_core::de::Error>(self, digits: &str) -> Result<Value, E> {
        match digits.parse::<f64>() {
            Ok(value) if value.is_finite() => self.visit_f64(value),
            _ => Err(E::custom(out_of_range(&self.reading.place()))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.reading.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        // An integer is exact, but the reader has to move past its text.
        self.reading.digits.pass();
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        self.reading.digits.pass();
        Ok(Value::Number(Number(Exact::Signed(value))))
    }

    fn visit_f64<E: serde_core::de::Error>(self, value: f64) -> Result<Value, E> {
        let written = self.reading.digits.pass();
        if !is_exact(value, written) {
            let place = self.reading.place();
            return Err(E::custom(format_args!(
                "the number at {place} cannot be kept exactly; publish it as a string"
            )));
        }
        Ok(Value::Number(Number(Exact::Double(value))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let deeper = self.deeper()?;
        let mut values = Vec::new();
        loop {
            match self.reading.within(Step::Index(values.len()), || elements.next_element_seed(deeper))? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(shared(values))),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let deeper = self.deeper()?;
        // Not a map, which would drop one of two members with the same name before the rules see both.
        let mut members = Vec::new();
        while let Some(name) = entries.next_key::<Cow<'_, str>>()? {
            let name = Text::from(&*name);
            let value = self.reading.within(Step::Name(name.clone()), || entries.next_value_seed(deeper))?;
            // A document may have a member with this name, so that the text is looked at too.
            let digits = value.as_str().filter(|digits| &*name == NUMBER && self.reading.digits.next_is(digits));
            if let Some(digits) = digits {
                return self.visit_digits(digits);
            }
            members.push((name, value));
        }
        Ok(Value::Object(Object::from_iter(members)))
    }
}

#[cfg(test)]
mod tests {
    use serde_core::de::value::{Error as ValueError, MapDeserializer};

    use super::*;

    fn error(text: &str) -> String {
        parse(text.as_bytes(), Limits::default()).unwrap_err().to_string()
    }

    #[test]
    fn a_number_that_a_double_would_round_is_an_error() {
        for number in
            ["12345678901234567890123", "0.1000000000000000055511151231257827", "1e-400", "-18446744073709551617"]
        {
            let text = format!(r#"{{"skip": "1 \" 2", "a": [0, {{"b": {number}}}]}}"#);
            assert!(
                error(&text).contains("the number at `a[1].b` cannot be kept exactly"),
                "{number}: {}",
                error(&text)
            );
        }
        assert!(error("1e999").starts_with("the number at the document is out of range; publish it as a string"));
        let nested = error(r#"{"a": [0, {"b": -1e999}]}"#);
        assert!(nested.starts_with("the number at `a[1].b` is out of range"), "{nested}");
    }

    #[test]
    fn a_number_that_survives_is_kept_however_it_was_written() {
        for (written, kept) in [
            ("0", "0"),
            ("-1", "-1"),
            ("18446744073709551615", "18446744073709551615"),
            ("0.1", "0.1"),
            ("1.50", "1.5"),
            ("1e2", "100.0"),
            ("-0.0", "-0.0"),
            ("-0", "-0.0"),
            ("25e-1", "2.5"),
            ("0e99999999999999999999", "0.0"),
        ] {
            assert_eq!(
                parse(written.as_bytes(), Limits::default()).map(|value| value.to_string()),
                Ok(format!("{kept}\n")),
                "{written}"
            );
        }
    }

    #[test]
    fn a_number_that_comes_as_an_object_is_a_number() {
        let read = |text: &'static str, digits: &'static str| {
            let reading = Reading {
                path: RefCell::default(),
                failed_at: RefCell::default(),
                digits: Digits::of(text),
                limits: Limits::default(),
                values: Cell::new(0),
            };
            let object = MapDeserializer::<_, ValueError>::new([(NUMBER, digits)].into_iter());
            let value = Seed { reading: &reading, depth: 0 }.visit_map(object);
            value.map(|value| value.to_string()).map_err(|error| error.to_string())
        };
        assert_eq!(read("[\"9\", 1.50]", "1.50"), Ok("1.5\n".into()));
        assert_eq!(read("1E2", "1e+2"), Ok("100.0\n".into()));
        let rounded = "the number at the document cannot be kept exactly; publish it as a string";
        assert_eq!(read("0.10000000000000000001", "0.10000000000000000001"), Err(rounded.into()));
        let too_large = "the number at the document is out of range; publish it as a string";
        assert_eq!(read("1e999", "1e999"), Err(too_large.into()));
        // A member with this name in the document itself.
        let object = format!("{{\n  \"{NUMBER}\": \"1.5\"\n}}\n");
        assert_eq!(read("{}", "1.5"), Ok(object.clone()));
        assert_eq!(parse(object.as_bytes(), Limits::default()).unwrap().to_string(), object);
        let empty = format!("{{\n  \"{NUMBER}\": \"\"\n}}\n");
        assert_eq!(parse(empty.as_bytes(), Limits::default()).unwrap().to_string(), empty);
    }

    #[test]
    fn a_long_name_is_cut_in_messages() {
        let message = error(&format!("{{\"{}\": 1e999}}", "a\u{202e}".repeat(10_000)));
        assert!(message.len() < 2_000 && !message.contains('\u{202e}'), "{}", message.len());
    }

    #[test]
    fn nesting_is_refused_at_sixty_five_levels_and_at_ten_million() {
        assert!(parse(format!("{}{}", "[".repeat(64), "]".repeat(64)).as_bytes(), Limits::default()).is_ok());
        assert!(error(&format!("{}{}", "[".repeat(65), "]".repeat(65))).contains("nested deeper than 64 levels"));
        assert!(error(&"[".repeat(10 << 20)).contains("nested deeper than 64 levels"));
        assert!(error(&r#"{"a":"#.repeat(1 << 20)).contains("nested deeper than 64 levels"));
    }

    #[test]
    fn a_document_may_have_fifty_thousand_values_and_no_more() {
        // The list itself is a value too.
        let list = |count: usize| format!("[{}0]", "0,".repeat(count - 2));
        assert!(parse(list(MAX_VALUES).as_bytes(), Limits::default()).is_ok());
        let error = error(&list(MAX_VALUES + 1));
        assert!(error.starts_with("has more than 50000 values, the limit of a document at line 1"), "{error}");
        let members: String = (0..MAX_VALUES).map(|i| format!(r#""{i}":[],"#)).collect();
        assert!(self::error(&format!(r#"{{{members}"x":0}}"#)).contains("more than 50000 values"));
    }

    #[test]
    fn what_is_not_json_in_utf_8_is_refused_with_its_place() {
        assert!(error("\u{feff}{}").contains("byte-order mark"));
        assert!(
            parse(b"{\"a\": \"\xff\"}", Limits::default()).unwrap_err().to_string().contains("not UTF-8 at byte 7")
        );
        assert_eq!(error("{\n  \"a\": }"), "not JSON: expected value at line 2 column 8");
        assert!(error(r#""\ud800""#).contains("hex escape"));
        assert!(error("\"\0\"").contains("control character"));
        assert!(error("{} {}").contains("trailing"));
        assert!(error("").contains("EOF"));
        assert!(error("NaN").contains("expected"));
    }

    #[test]
    fn a_name_used_twice_is_found_wherever_it_is() {
        let duplicate = |text: &str| parse(text.as_bytes(), Limits::default()).unwrap().duplicate();
        assert_eq!(duplicate(r#"{"a": 1, "b": 2, "a": 1}"#), Some("a".into()));
        assert_eq!(duplicate(r#"{"k": [1, {"x": 1, "\u0078": 2}]}"#), Some("k[1].x".into()));
        assert_eq!(duplicate(r#"{"a": {"b": 1}, "b": 1}"#), None);
    }
}
