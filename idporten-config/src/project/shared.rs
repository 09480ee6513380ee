//! The values that every environment of a product supports: what a program may use wherever it is started.

use std::collections::BTreeSet;

use crate::document::json;
use crate::document::metadata::{MEMBERS, Member, usable};
use crate::document::snapshot::Origin;
use crate::project::finding::Finding;
use crate::project::sources::Source;

/// The lists that the environments of one product share.
#[derive(Debug, Clone)]
pub struct Shared<'a> {
    environments: Vec<&'a Source>,
    lists: Vec<SharedList<'a>>,
}

/// One list, with the values that every environment publishes that states it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SharedList<'a> {
    /// The metadata member.
    pub member: &'static Member,
    /// The values, in the order of the first environment that states the list. Empty if the environments have none in common.
    pub values: Vec<&'a str>,
}

impl<'a> Shared<'a> {
    /// Intersects the lists of `sources`, which are of one product. Environments for development take no part, unless the
    /// product has no others.
    #[must_use]
    pub fn of(sources: &[&'a Source]) -> Self {
        let serious: Vec<_> = sources.iter().copied().filter(|source| !source.provider().is_development()).collect();
        let environments = if serious.is_empty() { sources.to_vec() } else { serious };
        let members = MEMBERS.iter().filter(|member| member.value.is_some());
        let lists = members
            .filter_map(|member| Some(SharedList { member, values: intersection(&environments, member)? }))
            .collect();
        Self { environments, lists }
    }

    /// The environments that take part.
    #[must_use]
    pub fn environments(&self) -> &[&'a Source] {
        &self.environments
    }

    /// The lists that any of the environments states, in the order of the table of members.
    #[must_use]
    pub fn lists(&self) -> &[SharedList<'a>] {
        &self.lists
    }

    /// A warning for each environment whose snapshot does not state lists that others state, and one for the lists that come
    /// out empty.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let unstated = self.environments.iter().filter_map(|source| self.unstated(source));
        unstated.chain(self.empty()).collect()
    }

    fn unstated(&self, source: &Source) -> Option<Finding> {
        let lists = self.lists.iter().filter(|list| stated(source, list.member).is_none());
        let missing: Vec<_> = lists.map(|list| list.member.name).collect();
        if missing.is_empty() {
            return None;
        }
        let (slug, snapshot) = (source.provider().slug(), source.snapshot());
        let message = format!(
            "{slug}: the {} snapshot of {} does not state every list, and takes no part in what its product shares of the others",
            snapshot.origin(),
            snapshot.date()
        );
        let help = format!("run `idporten-config fetch {slug}` to take the live document");
        Some(Finding::warning(message, help).of(slug).note(format!("not stated: {}", missing.join(", "))))
    }

    fn empty(&self) -> Option<Finding> {
        let empty = self.lists.iter().filter(|list| list.values.is_empty());
        let empty: Vec<_> = empty.filter(|list| self.is_published(list.member)).map(|list| list.member.name).collect();
        if empty.is_empty() {
            return None;
        }
        let slugs: Vec<_> = self.environments.iter().map(|source| source.provider().slug()).collect();
        let message = format!(
            "{} have no value in common of `{}`, so no enum of shared values is generated",
            slugs.join(", "),
            empty.join("`, `")
        );
        Some(Finding::warning(message, "use the enum in the module of one environment, or leave an environment out"))
    }

    /// Whether any environment publishes a value of the list.
    fn is_published(&self, member: &Member) -> bool {
        self.environments.iter().any(|source| stated(source, member).is_some_and(|values| !values.is_empty()))
    }
}

fn intersection<'a>(sources: &[&'a Source], member: &Member) -> Option<Vec<&'a str>> {
    let mut lists = sources.iter().filter_map(|source| stated(source, member));
    let first = lists.next()?;
    let set = |list: Vec<&'a str>| {
        let mut set = BTreeSet::new();
        set.extend(list);
        set
    };
    let others: Vec<BTreeSet<&str>> = lists.map(set).collect();
    Some(first.into_iter().filter(|value| others.iter().all(|list| list.contains(value))).collect())
}

/// The values that a source states. A complete document that lacks a list supports none of its values; in any other, a list
/// that is absent is unknown, which is why it stays out of the intersection.
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
        let messages: Vec<_> = shared.findings().into_iter().map(|finding| finding.message).collect();
        let wanted = "idporten-test, idporten-legacy-ver2 have no value in common of `acr_values_supported`, so no enum of \
            shared values is generated";
        assert!(messages.iter().any(|message| message == wanted), "wanted {wanted:?}, found {messages:#?}");
    }
}
