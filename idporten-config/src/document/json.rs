//! A JSON tree that is sorted, keeps duplicate members, keeps numbers exactly, and has one canonical text.
//!
//! `serde_json::Value` would keep one of two members with the same name and round numbers that it cannot hold, and features that
//! any crate in the build can turn on change its behaviour. Metadata decides which keys are trusted, so that the result must not
//! depend on them.

mod digits;
mod distinct;
mod read;
mod text;
mod write;

use std::fmt;
use std::sync::Arc;

pub(crate) use distinct::{distinct, is_first};
pub(crate) use read::Limits;
pub use read::{Error, MAX_DEPTH, MAX_VALUES};
pub use text::Text;
pub(crate) use write::is_invisible;

/// The one member of the object in which `serde_json` passes on a number with a fraction or an exponent, if another crate of the
/// build enables its feature `arbitrary_precision`.
pub(crate) const NUMBER: &str = "$serde_json::private::Number";

/// A JSON value (RFC 8259).
///
/// Clones share text, arrays and objects, so that even the largest document is in memory once.
///
/// ```
/// use idporten_config::document::json::{Value, object};
///
/// let value = Value::from(object([("scopes_supported", vec!["openid", "profile"].into())]));
/// let scopes = value.as_object().and_then(|object| object.get("scopes_supported")?.as_strings());
/// assert_eq!(scopes, Some(vec!["openid", "profile"]));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(Text),
    /// An array, in the order served.
    Array(Arc<[Value]>),
    /// An object, sorted by name.
    Object(Object),
}

/// A number that a 64-bit integer or a double holds exactly.
///
/// ```
/// use idporten_config::document::json::Value;
///
/// let value = Value::parse(b"18446744073709551615")?;
/// assert!(matches!(value, Value::Number(_)));
/// assert_eq!(value.as_u64(), Some(u64::MAX));
/// # Ok::<(), idporten_config::document::json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number(Exact);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Exact {
    Unsigned(u64),
    Signed(i64),
    Double(f64),
}

/// The members of a JSON object, sorted by the bytes of their names.
///
/// If a name is used more than once, all its members are kept in the order served, so that the rules can refuse the document:
/// [`Value::duplicate`] finds the first such name.
///
/// ```
/// use idporten_config::document::json::object;
///
/// let mut object = object([("b", true.into()), ("a", "x".into())]);
/// object.set("c", None::<bool>.into());
/// assert_eq!(object.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["a", "b", "c"]);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Object {
    // A sorted slice rather than a map: a map keeps one of two members with the same name, and the rules must see both.
    members: Arc<[(Text, Value)]>,
}

impl Value {
    /// Reads a JSON text.
    ///
    /// # Errors
    ///
    /// A text that is not JSON in UTF-8, is nested deeper than [`MAX_DEPTH`], has more than [`MAX_VALUES`] values, or holds a
    /// number that cannot be kept exactly. The error names the place.
    ///
    /// ```
    /// use idporten_config::document::json::Value;
    ///
    /// let value = Value::parse(br#"{"b": [1, 2], "a": null}"#)?;
    /// assert_eq!(value.to_string(), "{\n  \"a\": null,\n  \"b\": [\n    1,\n    2\n  ]\n}\n");
    /// # Ok::<(), idporten_config::document::json::Error>(())
    /// ```
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        read::parse(text, Limits::default())
    }

    /// Reads a JSON text that contains documents, and so has its own limits.
    pub(crate) fn parse_within(text: &[u8], limits: Limits) -> Result<Self, Error> {
        read::parse(text, limits)
    }

    /// Returns the text, if the value is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the boolean, if the value is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the number, if the value is an unsigned integer.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(Number(Exact::Unsigned(value))) => Some(*value),
            _ => None,
        }
    }

    /// Returns the elements, if the value is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Self::Array(values) => Some(values),
            _ => None,
        }
    }

    /// Returns the strings, if the value is an array of nothing but strings.
    #[must_use]
    pub fn as_strings(&self) -> Option<Vec<&str>> {
        self.as_array()?.iter().map(Self::as_str).collect()
    }

    /// Returns the members, if the value is an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// Returns the kind of the value for a message: `a string`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// Returns the path of a member name that is used twice in one object, in this value or any value in it.
    #[must_use]
    pub fn duplicate(&self) -> Option<String> {
        match self {
            Self::Object(object) => object.duplicate(),
            Self::Array(values) => {
                values.iter().enumerate().find_map(|(i, value)| Some(join(&format!("[{i}]"), &value.duplicate()?)))
            }
            _ => None,
        }
    }
}

impl Object {
    /// Returns the value of a member; the first value, if the name is used more than once.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let start = self.members.partition_point(|(other, _)| &**other < name);
        // `binary_search` would find any of several members with the name, and not always the first.
        self.members.get(start).filter(|(other, _)| &**other == name).map(|(_, value)| value)
    }

    /// Returns whether a member has this name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Returns the members in order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.members.iter().map(|(name, value)| (&**name, value))
    }

    /// Returns the number of members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Returns whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Sets the value of a member, replacing every earlier value of that name.
    pub fn set(&mut self, name: &str, value: Value) {
        let start = self.members.partition_point(|(other, _)| &**other < name);
        let end = self.members.partition_point(|(other, _)| &**other <= name);
        let (before, after) = (&self.members[..start], &self.members[end..]);
        // A new slice, since clones of this object share the old one.
        self.members = before.iter().cloned().chain([(name.into(), value)]).chain(after.iter().cloned()).collect();
    }

    /// Returns the path of a member name that is used twice in one object, in this value or any value in it.
    #[must_use]
    pub fn duplicate(&self) -> Option<String> {
        self.own_duplicate()
            .map(str::to_owned)
            .or_else(|| self.iter().find_map(|(name, value)| Some(join(name, &value.duplicate()?))))
    }

    /// Sorts the members. This is a separate function so that the sort is compiled once and not for each type of iterator that
    /// objects are collected from.
    fn sorted(mut members: Vec<(Text, Value)>) -> Self {
        // A stable sort, so that members with the same name keep the order served.
        members.sort_by(|(a, _), (b, _)| (**a).cmp(b));
        Self { members: shared(members) }
    }

    /// Returns a member name that is used twice in this object itself.
    pub(crate) fn own_duplicate(&self) -> Option<&str> {
        self.members.windows(2).find(|pair| pair[0].0 == pair[1].0).map(|pair| &*pair[0].0)
    }
}

impl<T: Into<Text>> FromIterator<(T, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (T, Value)>>(members: I) -> Self {
        Self::sorted(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

impl fmt::Display for Value {
    /// Writes the canonical text: members sorted, two spaces a level, a newline at the end, and every control or invisible
    /// character escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write::value(f, self, 0)?;
        f.write_str("\n")
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Number(Number(Exact::Unsigned(value)))
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Self {
        Self::Array(values.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Makes an object from its members: `object([("slug", "idporten-test".into())])`.
#[must_use]
pub fn object<const N: usize>(members: [(&str, Value); N]) -> Object {
    members.into_iter().collect()
}

/// Shares the items. The empty form is one for all, where the standard library has one: a document can have 50,000 of them.
fn shared<T>(items: Vec<T>) -> Arc<[T]> {
    if items.is_empty() { Arc::default() } else { items.into() }
}

fn join(parent: &str, child: &str) -> String {
    if child.starts_with('[') { format!("{parent}{child}") } else { format!("{parent}.{child}") }
}
