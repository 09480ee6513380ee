//! The strings of a tree.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The longest string that is kept in place, in bytes: with its length and the tag of the enum, as large as a [`Value`](super::Value).
const SHORT: usize = 22;

/// A string of a document: a value, or the name of a member.
///
/// ```
/// use idporten_config::document::json::{Text, Value};
///
/// let text = Text::from("openid");
/// assert_eq!(text.len(), 6);
/// assert_eq!(Value::String(text), Value::from("openid"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Text(Form);

// A document can have 50,000 short strings. As allocations of their own they are what fragments the heap of a program: the next
// document is allocated above them, before they are freed, and then the allocator cannot return their pages.
#[derive(Clone, PartialEq, Eq)]
enum Form {
    /// The bytes after the length are zero, so that the derived comparison is right.
    Short {
        length: u8,
        bytes: [u8; SHORT],
    },
    Long(Arc<str>),
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            // The bytes are those of a `str`. They are checked again because skipping the check would be unsafe code.
            Form::Short { length, bytes } => std::str::from_utf8(&bytes[..usize::from(*length)]).unwrap_or_default(),
            Form::Long(text) => text,
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        let mut bytes = [0; SHORT];
        Self(match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(start), Ok(length)) => {
                start.copy_from_slice(text.as_bytes());
                Form::Short { length, bytes }
            }
            _ => Form::Long(text.into()),
        })
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Value;
    use super::*;

    #[test]
    fn a_text_of_any_length_is_kept() {
        for length in [0, 1, SHORT - 1, SHORT, SHORT + 1, 300] {
            for text in ["x".repeat(length), "å".repeat(length)] {
                assert_eq!(&*Text::from(text.as_str()), text);
                assert_eq!(Text::from(text.clone()), Text::from(text.as_str()));
                assert_ne!(Text::from(text.clone() + "\0"), Text::from(text));
            }
        }
    }

    #[test]
    fn a_short_text_makes_a_value_no_larger() {
        assert_eq!(size_of::<Text>(), size_of::<Value>());
        assert_eq!(size_of::<Value>(), 24);
    }
}
