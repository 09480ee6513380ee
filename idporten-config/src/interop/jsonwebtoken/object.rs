//! Members of a JSON object, read without copying and without trust in their types.

use std::borrow::Cow;
use std::fmt;

use serde_core::Deserialize;
use serde_core::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use super::error::InvalidToken;
use crate::document::json::NUMBER;

/// The value of a member, by the types that checks distinguish.
#[derive(Debug, Default)]
pub(super) enum Field<'a> {
    #[default]
    Absent,
    Text(Cow<'a, str>),
    Number(f64),
    /// An array of strings.
    Texts(Vec<Cow<'a, str>>),
    /// The names of an object, and whether the value of each is an object.
    Object(Vec<(Cow<'a, str>, bool)>),
    /// `null`, a boolean, or an array with something other than strings.
    Other,
}

impl<'a> Field<'a> {
    /// Returns the string, or `None` if the member is absent.
    pub(super) fn as_text(&self, name: &'static str) -> Result<Option<&str>, InvalidToken> {
        match self {
            Self::Absent => Ok(None),
            Self::Text(text) => Ok(Some(text)),
            _ => Err(InvalidToken::WrongType(name)),
        }
    }

    /// Returns the string, or `None` if the member is absent.
    pub(super) fn text(self, name: &'static str) -> Result<Option<Cow<'a, str>>, InvalidToken> {
        match self {
            Self::Absent => Ok(None),
            Self::Text(text) => Ok(Some(text)),
            _ => Err(InvalidToken::WrongType(name)),
        }
    }

    /// Returns the number, or `None` if the member is absent.
    pub(super) fn number(self, name: &'static str) -> Result<Option<f64>, InvalidToken> {
        match self {
            Self::Absent => Ok(None),
            Self::Number(number) => Ok(Some(number)),
            _ => Err(InvalidToken::WrongType(name)),
        }
    }
}

/// Reads the fields of `T`, each a [`Field`], from the members of their names. The bound `'de: 'a` at its derive makes the fields
/// borrow.
///
/// A text that is not one JSON object is malformed, and so is one in which such a member occurs twice (RFC 7519, section 4):
/// readers differ in which of the two they take.
pub(super) fn object<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, InvalidToken> {
    // serde's derived code would also read an array, by position.
    if !json.trim_start().starts_with('{') {
        return Err(InvalidToken::Malformed);
    }
    serde_json::from_str(json).map_err(|_| InvalidToken::Malformed)
}

impl<'de: 'a, 'a> Deserialize<'de> for Field<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyField)
    }
}

fn number<'a, E: serde_core::de::Error>(digits: &str) -> Result<Field<'a>, E> {
    let number = digits.parse::<f64>().ok().filter(|number| number.is_finite());
    number.map(Field::Number).ok_or_else(|| E::custom("a number out of range"))
}

struct AnyField;

impl<'de> Visitor<'de> for AnyField {
    type Value = Field<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Field::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Field::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        #[expect(clippy::cast_precision_loss, reason = "times beyond 2^53 seconds are not told apart")]
        Ok(Field::Number(number as f64))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        #[expect(clippy::cast_precision_loss, reason = "times beyond 2^53 seconds are not told apart")]
        Ok(Field::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Field::Number(number))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Field::Other)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Field::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut texts = Vec::new();
        let mut all = true;
        while let Some(element) = elements.next_element()? {
            match element {
                Field::Text(text) => texts.push(text),
                _ => all = false,
            }
        }
        Ok(if all { Field::Texts(texts) } else { Field::Other })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut names = Vec::new();
        while let Some((name, value)) = map.next_entry::<Field<'de>, Field<'de>>()? {
            match (name, value) {
                (Field::Text(name), Field::Text(digits)) if name == NUMBER => return number(&digits),
                (Field::Text(name), value) => names.push((name, matches!(value, Field::Object(_)))),
                _ => {}
            }
        }
        Ok(Field::Object(names))
    }
}

#[cfg(test)]
mod tests {
    use serde_core::de::value::{Error, MapDeserializer};

    use super::*;

    #[test]
    fn a_number_that_comes_as_an_object_is_a_number() {
        let read = |name, digits| Field::deserialize(MapDeserializer::<_, Error>::new([(name, digits)].into_iter()));
        assert!(matches!(read(NUMBER, "1.5e3"), Ok(Field::Number(number)) if number.to_string() == "1500"));
        assert!(matches!(read("exp", "1.5e3"), Ok(Field::Object(names)) if names == [("exp".into(), false)]));
        for digits in ["1e999", "a number"] {
            assert_eq!(read(NUMBER, digits).unwrap_err().to_string(), "a number out of range", "{digits}");
        }
    }
}
