//! The findings of a check, each under the id of its rule.

use idporten_config::internal::Finding;

use crate::report::{NOTE, Rule};

/// The rules of `check`, for SARIF.
pub(super) const RULES: [Rule; 7] = [
    Rule { id: "manifest", description: "The manifest has a mistake." },
    Rule {
        id: "snapshot",
        description: "A snapshot is missing, breaks a rule, is too old, or does not meet a requirement.",
    },
    Rule { id: "key", description: "An entry of a key set is not used, or its kid is ambiguous." },
    Rule { id: "certificate", description: "A certificate beside a key is about to end, or does not fit the key." },
    Rule { id: "live", description: "The live document differs from the snapshot, or could not be compared with it." },
    Rule { id: "generated-code", description: "Generated code is missing, out of date, or cannot be read." },
    NOTE,
];

#[derive(Debug, Default)]
pub(super) struct Findings(Vec<(&'static str, Finding)>);

impl Findings {
    pub(super) fn add(&mut self, rule: &'static str, findings: impl IntoIterator<Item = Finding>) {
        self.0.extend(findings.into_iter().map(|finding| (rule, finding)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn of(&self, slug: &str) -> impl Iterator<Item = &Finding> {
        let own = self.0.iter().filter(move |(_, finding)| finding.environment.as_deref() == Some(slug));
        own.map(|(_, finding)| finding)
    }

    /// The findings of the manifest and of what environments share.
    pub(super) fn of_project(&self) -> impl Iterator<Item = &Finding> {
        let own = self.0.iter().filter(|(rule, finding)| finding.environment.is_none() && *rule != "generated-code");
        own.map(|(_, finding)| finding)
    }

    /// The findings of the manifest, then those of each environment, then those of generated code.
    pub(super) fn in_order_of(&self, slugs: &[String]) -> impl Iterator<Item = (&'static str, &Finding)> {
        let position = |finding: &Finding| match &finding.environment {
            Some(environment) => 1 + slugs.iter().position(|slug| slug == environment).unwrap_or(slugs.len()),
            None => 0,
        };
        let mut ordered: Vec<_> = self.0.iter().map(|(rule, finding)| (*rule, finding)).collect();
        ordered.sort_by_key(|(rule, finding)| if *rule == "generated-code" { usize::MAX } else { position(finding) });
        ordered.into_iter()
    }
}
