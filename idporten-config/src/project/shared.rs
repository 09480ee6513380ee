//! The values that every environment of a product supports, which a program may use in any of them.

use crate::document::json::{self, distinct};
use crate::document::metadata::{MEMBERS, Member, usable};
use crate::document::snapshot::Origin;
use crate::project::finding::Finding;
use crate::project::source::Source;

/// The lists that the environments of one product share.
#[derive(Debug, Clone)]
pub struct Shared<'a> {
    sources: Vec<&'a Source>,
    environments: Vec<&'a Source>,
    lists: Vec<SharedList<'a>>,
}

/// One list, with the values common to every environment that states it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SharedList<'a> {
    /// The metadata member.
    pub member: &'static Member,
    /// The values, in the order of the first environment that states the list. Empty if the environments have no value in common.
    pub values: Vec<&'a str>,
}

impl<'a> Shared<'a> {
    /// Intersects the lists of `sources`, which are of one product. Environments for development take no part, unless the
    /// product has no others.
    #[must_use]
    pub fn of(sources: &[&'a Source]) -> Self {
        let others: Vec<_> = sources.iter().copied().filter(|source| !source.provider().is_development()).collect();
        let environments = if others.is_empty() { sources.to_vec() } else { others };
        let members = MEMBERS.iter().filter(|member| member.value.is_some());
        let lists = members
            .filter_map(|member| Some(SharedList { member, values: intersection(&environments, member)? }))
            .collect();
        Self { sources: sources.to_vec(), environments, lists }
    }

    /// Returns all sources of the product.
    pub(crate) fn sources(&self) -> &[&'a Source] {
        &self.sources
    }

    /// Returns the environments that take part.
    #[must_use]
    pub fn environments(&self) -> &[&'a Source] {
        &self.environments
    }

    /// Returns the lists that at least one of the environments states, in the order of the table of members.
    #[must_use]
    pub fn lists(&self) -> &[SharedList<'a>] {
        &self.lists
    }

    /// Returns the lists that `source` does not state and another environment does. They are intersected without `source`, so
    /// that the result may hold values that it does not support.
    pub(crate) fn unstated(&self, source: &Source) -> Vec<&'static str> {
        if !self.environments.contains(&source) {
            return Vec::new();
        }
        let lists = self.lists.iter().filter(|list| stated(source, list.member).is_none());
        lists.map(|list| list.member.name).collect()
    }

    /// Returns a warning for the lists that environments publish without a common value. No enum is generated for them, and
    /// without the warning the compiler would only suggest the enum of one environment.
    pub(crate) fn without_values(&self) -> Option<Finding> {
        let empty = self.lists.iter().filter(|list| list.values.is_empty() && self.is_published(list.member));
        let empty: Vec<_> = empty.map(|list| list.member.name).collect();
        if empty.is_empty() {
            return None;
        }
        let slugs: Vec<_> = self.environments.iter().map(|source| source.provider().slug()).collect();
        let message = format!(
            "{} have no value in common of `{}`: no shared enum is generated",
            slugs.join(", "),
            empty.join("`, `")
        );
        let help = "use the enum in the module of one environment, or give environments of another kind a `product` of their own";
        Some(Finding::warning(message, help))
    }

    /// Returns whether at least one environment publishes a value of the list.
    fn is_published(&self, member: &Member) -> bool {
        self.environments.iter().any(|source| stated(source, member).is_some_and(|values| !values.is_empty()))
    }
}

fn intersection<'a>(sources: &[&'a Source], member: &Member) -> Option<Vec<&'a str>> {
    let mut lists = sources.iter().filter_map(|source| stated(source, member));
    let first = lists.next()?;
    // Sorted: two lists of 10,000 values compared pair by pair are a hundred million comparisons in an unoptimised build script.
    let others: Vec<Vec<&str>> = lists.map(distinct).collect();
    Some(first.into_iter().filter(|value| others.iter().all(|list| list.binary_search(value).is_ok())).collect())
}

/// Returns the values that a source states. A complete document that lacks a list supports none of its values. In any other
/// document an absent list is unknown, so that it is left out of the intersection.
fn stated<'a>(source: &'a Source, member: &Member) -> Option<Vec<&'a str>> {
    match source.values().get(member.name).and_then(json::Value::as_strings) {
        Some(values) => Some(usable(Some(member), values)),
        None if source.snapshot().origin() == Origin::Fetched => Some(Vec::new()),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::KnownEnvironment::{self, IdportenLegacyVer2, IdportenProd, IdportenTest};

    fn sources(environments: &[KnownEnvironment]) -> Vec<Source> {
        environments.iter().map(|known| Source::bundled(*known).unwrap()).collect()
    }

    fn values<'a>(shared: &'a Shared<'_>, member: &str) -> &'a [&'a str] {
        let list = shared.lists().iter().find(|list| list.member.name == member);
        &list.unwrap().values
    }

    #[test]
    fn a_value_is_shared_when_every_environment_publishes_it() {
        let sources = sources(&[IdportenTest, IdportenProd]);
        let shared = Shared::of(&sources.iter().collect::<Vec<_>>());
        let wanted = ["idporten-loa-substantial", "idporten-loa-high", "eidas-loa-substantial", "eidas-loa-high"];
        assert_eq!(values(&shared, "acr_values_supported"), wanted);
    }

    #[test]
    fn lists_without_a_common_value_are_warned_of_by_name() {
        let sources = sources(&[IdportenTest, IdportenLegacyVer2]);
        let shared = Shared::of(&sources.iter().collect::<Vec<_>>());
        assert_eq!(values(&shared, "acr_values_supported"), [""; 0]);
        assert_eq!(
            shared.without_values().map(|finding| finding.message).as_deref(),
            Some(
                "idporten-test, idporten-legacy-ver2 have no value in common of `acr_values_supported`: no shared enum is \
                 generated"
            )
        );
    }
}
