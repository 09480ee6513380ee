//! The contents of one environment's module, independent of the output format.

use crate::document::json::{self, Object};
use crate::document::metadata::{MEMBERS, Member, member, usable};
use crate::document::names::{self, MAX_VARIANTS};
use crate::document::provider::Provider;
use crate::document::snapshot::Snapshot;
use crate::project::source::Source;

/// The constants that every module has. No member may take their names.
const RESERVED: &[&str] = &["WELL_KNOWN_URL", "SNAPSHOT", "SNAPSHOT_AS_OF", "SNAPSHOT_ORIGIN"];

/// The module of one environment.
pub(crate) struct Module<'a> {
    pub(crate) source: &'a Source,
    pub(crate) constants: Vec<Constant<'a>>,
    /// The members without a constant, each with the reason.
    pub(crate) left_out: Vec<(&'a str, &'static str)>,
}

/// A constant for a member.
pub(crate) struct Constant<'a> {
    pub(crate) name: String,
    pub(crate) member: &'a str,
    /// The member's row in the table, if it has one.
    pub(crate) known: Option<&'static Member>,
    pub(crate) value: Value<'a>,
}

/// The value of a constant.
pub(crate) enum Value<'a> {
    Flag(bool),
    Text(&'a str),
    /// The strings of a list, in the order published, each once.
    List(Vec<&'a str>),
    /// A list with an enum of its values.
    Enum(ValueEnum<'a>),
}

/// An enum of the values of a list.
pub(crate) struct ValueEnum<'a> {
    pub(crate) name: &'static str,
    pub(crate) member: &'static str,
    /// The meaning of a value.
    pub(crate) summary: &'static str,
    pub(crate) variants: Vec<Variant<'a>>,
}

/// A variant and the value it stands for.
pub(crate) struct Variant<'a> {
    pub(crate) name: String,
    pub(crate) value: &'a str,
}

impl<'a> Module<'a> {
    /// Makes the module for the metadata of a source.
    pub(crate) fn new(source: &'a Source) -> Self {
        let mut module = Self { source, constants: Vec::new(), left_out: Vec::new() };
        for (name, constant) in names_of(source.values()) {
            let known = member(name);
            // The issuer comes from the provider, so that a module has one even if the snapshot lacks the member.
            let value = match source.values().get(name) {
                _ if name == "issuer" => Ok(Value::Text(source.provider().issuer())),
                Some(value) => value_of(known, value),
                None => continue,
            };
            match (value, constant) {
                (Ok(value), Some(constant)) => {
                    module.constants.push(Constant { name: constant, member: name, known, value });
                }
                (Ok(_), None) => module.left_out.push((name, "one of too many with the same name in Rust")),
                (Err(kind), _) => module.left_out.push((name, kind)),
            }
        }
        module
    }

    pub(crate) fn provider(&self) -> &'a Provider {
        self.source.provider()
    }

    pub(crate) fn snapshot(&self) -> &'a Snapshot {
        self.source.snapshot()
    }

    /// Returns the enums of the module.
    pub(crate) fn enums(&self) -> impl Iterator<Item = &ValueEnum<'a>> {
        self.constants.iter().filter_map(|constant| match &constant.value {
            Value::Enum(values) => Some(values),
            _ => None,
        })
    }

    /// Returns the lists that are too long to have an enum, with their lengths.
    pub(crate) fn too_long(&self) -> impl Iterator<Item = (&Constant<'a>, usize)> {
        self.constants.iter().filter_map(|constant| match (&constant.value, constant.known?.value) {
            (Value::List(values), Some(_)) if values.len() > MAX_VARIANTS => Some((constant, values.len())),
            _ => None,
        })
    }
}

impl<'a> ValueEnum<'a> {
    /// Makes the enum of these values, which must be distinct. Returns `None` for a member whose values have no name, and if
    /// there are no values or more than [`MAX_VARIANTS`].
    pub(crate) fn new(known: &'static Member, values: &[&'a str]) -> Option<Self> {
        let (name, summary) = known.value?;
        if values.is_empty() || values.len() > MAX_VARIANTS {
            return None;
        }
        let variants = names::variants(values).into_iter().map(|(name, value)| Variant { name, value }).collect();
        Some(Self { name, member: known.name, summary, variants })
    }

    /// Returns the variant of a value.
    pub(crate) fn variant(&self, value: &str) -> Option<&Variant<'a>> {
        self.variants.iter().find(|variant| variant.value == value)
    }
}

/// Returns the members and the names of their constants: known members in the order of the table, then the others by name.
fn names_of(values: &Object) -> Vec<(&str, Option<String>)> {
    let known: Vec<&str> =
        MEMBERS.iter().map(|member| member.name).filter(|&name| name == "issuer" || values.contains(name)).collect();
    // An object is sorted by its members' names, which are distinct.
    let others: Vec<&str> = values.iter().map(|(name, _)| name).filter(|name| member(name).is_none()).collect();
    // The known members are named first: an unknown one that is published later must not take the name of a constant that programs
    // use.
    let names = names::constants(&known, &others, RESERVED);
    known.into_iter().chain(others).zip(names).collect()
}

fn value_of<'a>(known: Option<&'static Member>, value: &'a json::Value) -> Result<Value<'a>, &'static str> {
    match value {
        json::Value::Bool(flag) => Ok(Value::Flag(*flag)),
        json::Value::String(text) => Ok(Value::Text(text)),
        json::Value::Array(_) => {
            let values = usable(known, value.as_strings().ok_or("a list of more than strings")?);
            Ok(known.and_then(|known| ValueEnum::new(known, &values)).map_or(Value::List(values), Value::Enum))
        }
        other => Err(other.kind()),
    }
}
