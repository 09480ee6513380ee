//! What is to be generated of one environment, before it is Rust, JSON or anything else.

use crate::document::json::{self, Object};
use crate::document::metadata::{MEMBERS, Member, member, usable};
use crate::document::names;
use crate::document::provider::Provider;
use crate::document::snapshot::Snapshot;
use crate::project::sources::Source;

/// Constants that every module has; no member may take their names.
const RESERVED: &[&str] = &["WELL_KNOWN_URL", "SNAPSHOT", "SNAPSHOT_AS_OF", "SNAPSHOT_ORIGIN"];

/// One environment, as it is to be generated.
pub(crate) struct Module<'a> {
    pub(crate) source: &'a Source,
    pub(crate) constants: Vec<Constant<'a>>,
    /// Members of which no constant can be made, and why.
    pub(crate) left_out: Vec<(&'a str, &'static str)>,
}

/// A constant for a member.
pub(crate) struct Constant<'a> {
    pub(crate) name: String,
    pub(crate) member: &'a str,
    /// What is known of the member.
    pub(crate) known: Option<&'static Member>,
    pub(crate) value: Value<'a>,
    /// The version in which the provider no longer published it.
    pub(crate) withdrawn: Option<&'a str>,
}

/// What a constant holds.
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
    pub(crate) member: &'a str,
    /// What a value is.
    pub(crate) summary: &'static str,
    pub(crate) variants: Vec<Variant<'a>>,
}

pub(crate) struct Variant<'a> {
    pub(crate) name: String,
    pub(crate) value: &'a str,
    pub(crate) withdrawn: Option<&'a str>,
}

/// A value that an earlier release of this package had in its bundled constants and the provider no longer publishes. It stays,
/// deprecated, until the next breaking release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withdrawn<'a> {
    /// The environment's slug.
    pub environment: &'a str,
    /// The member: a list that had the value, or a string that had it.
    pub member: &'a str,
    /// The value.
    pub value: &'a str,
    /// The release in which it was gone.
    pub since: &'a str,
}

impl<'a> Module<'a> {
    /// What the metadata of a source gives; `withdrawn` values come last.
    pub(crate) fn new(source: &'a Source, withdrawn: &'a [Withdrawn<'a>]) -> Self {
        let slug = source.provider().slug();
        let withdrawn: Vec<_> = withdrawn.iter().filter(|gone| gone.environment == slug).collect();
        let mut module = Self { source, constants: Vec::new(), left_out: Vec::new() };
        let names = names_of(source.values(), &withdrawn);
        for (member, name) in &names {
            let gone: Vec<_> = withdrawn.iter().copied().filter(|gone| gone.member == *member).collect();
            module.member(source, member, name, &gone);
        }
        module
    }

    fn member(&mut self, source: &'a Source, name: &'a str, constant: &str, gone: &[&'a Withdrawn<'a>]) {
        let known = member(name);
        let published = source.values().get(name);
        let since = if published.is_none() { gone.first().map(|gone| gone.since) } else { None };
        let value = match (published, gone) {
            _ if name == "issuer" => Ok(Value::Text(source.provider().issuer())),
            (Some(value), _) => value_of(known, name, value, gone),
            (None, [gone, ..]) if known.is_none_or(|known| known.value.is_none()) => Ok(Value::Text(gone.value)),
            (None, gone) => Ok(list_of(known, name, Vec::new(), gone)),
        };
        match value {
            Ok(value) => {
                self.constants.push(Constant {
                    name: constant.to_owned(),
                    member: name,
                    known,
                    value,
                    withdrawn: since,
                });
            }
            Err(kind) => self.left_out.push((name, kind)),
        }
    }

    pub(crate) fn provider(&self) -> &'a Provider {
        self.source.provider()
    }

    pub(crate) fn snapshot(&self) -> &'a Snapshot {
        self.source.snapshot()
    }

    /// The enums of the module.
    pub(crate) fn enums(&self) -> impl Iterator<Item = &ValueEnum<'a>> {
        self.constants.iter().filter_map(|constant| match &constant.value {
            Value::Enum(values) => Some(values),
            _ => None,
        })
    }
}

impl<'a> ValueEnum<'a> {
    /// The enum of these values, which are distinct, by the member's own description; none without values.
    pub(crate) fn new(
        known: &'static Member,
        member: &'a str,
        values: &[&'a str],
        gone: &[&'a Withdrawn<'a>],
    ) -> Option<Self> {
        let (name, summary) = known.value?;
        let gone: Vec<_> = gone.iter().filter(|gone| !values.contains(&gone.value)).collect();
        let all: Vec<_> = values.iter().copied().chain(gone.iter().map(|gone| gone.value)).collect();
        let since = |value| gone.iter().find(|gone| gone.value == value).map(|gone| gone.since);
        let variants: Vec<_> = names::variants(&all)
            .into_iter()
            .map(|(name, value)| Variant { name, value, withdrawn: since(value) })
            .collect();
        (!variants.is_empty()).then_some(Self { name, member, summary, variants })
    }

    /// The values that are published.
    pub(crate) fn published(&self) -> impl Iterator<Item = &Variant<'a>> {
        self.variants.iter().filter(|variant| variant.withdrawn.is_none())
    }
}

/// The members and their constants: those known by name in the table's order, then the others by theirs.
fn names_of<'a>(values: &'a Object, withdrawn: &[&'a Withdrawn<'a>]) -> Vec<(&'a str, String)> {
    let is_there =
        |name: &str| name == "issuer" || values.contains(name) || withdrawn.iter().any(|gone| gone.member == name);
    let known: Vec<&str> = MEMBERS.iter().map(|member| member.name).filter(|name| is_there(name)).collect();
    let mut others: Vec<&str> =
        values.iter().map(|(name, _)| name).chain(withdrawn.iter().map(|gone| gone.member)).collect();
    others.retain(|name| member(name).is_none());
    others.sort_unstable();
    others.dedup();
    let names = names::constants(&known, &others, RESERVED);
    known.into_iter().chain(others).map(|member| (member, names[member].clone())).collect()
}

fn value_of<'a>(
    known: Option<&'static Member>,
    name: &'a str,
    value: &'a json::Value,
    gone: &[&'a Withdrawn<'a>],
) -> Result<Value<'a>, &'static str> {
    match value {
        json::Value::Bool(flag) => Ok(Value::Flag(*flag)),
        json::Value::String(text) => Ok(Value::Text(text)),
        json::Value::Array(_) => {
            let strings = value.as_strings().ok_or("a list of more than strings")?;
            Ok(list_of(known, name, strings, gone))
        }
        other => Err(other.kind()),
    }
}

fn list_of<'a>(
    known: Option<&'static Member>,
    name: &'a str,
    strings: Vec<&'a str>,
    gone: &[&'a Withdrawn<'a>],
) -> Value<'a> {
    let values = usable(known, strings);
    known.and_then(|known| ValueEnum::new(known, name, &values, gone)).map_or(Value::List(values), Value::Enum)
}
