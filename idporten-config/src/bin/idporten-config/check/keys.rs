//! Entries of a key set that verify nothing, or that a kid does not tell apart.

use idporten_config::Snapshot;
use idporten_config::document::{JwkSet, RejectedKey, RejectionCause};
use idporten_config::internal::{Finding, printable};

/// What is to be reported of a key set.
#[derive(Debug, Default)]
pub(super) struct Examined {
    pub(super) findings: Vec<Finding>,
    /// Entries that are not for signatures. Publishing them is usual, so they do not fail a check.
    pub(super) notes: Vec<String>,
}

/// Examines the key set of a snapshot. An entry with a private key is not reported here: no snapshot that has one is used.
pub(super) fn examine(snapshot: &Snapshot) -> Examined {
    let Some(set) = snapshot.jwks() else { return Examined::default() };
    let slug = snapshot.provider().slug();
    let unused = set.rejected().iter().filter(|rejected| !rejected.is_leaked());
    let (for_encryption, broken): (Vec<_>, Vec<_>) =
        unused.partition(|rejected| rejected.cause == RejectionCause::Encryption);
    let findings = broken.into_iter().map(|rejected| rejected_entry(slug, rejected));
    Examined {
        findings: findings.chain(ambiguous_kids(slug, set)).collect(),
        notes: for_encryption.into_iter().map(|rejected| encryption_key(slug, rejected)).collect(),
    }
}

fn rejected_entry(slug: &str, rejected: &RejectedKey) -> Finding {
    let message = format!("{slug}: {} is not used: {}", entry(rejected), rejected.reason);
    let help = "tokens signed with it are refused, the other keys are used all the same; report it to the provider";
    Finding::warning(message, help).of(slug)
}

fn encryption_key(slug: &str, rejected: &RejectedKey) -> String {
    format!("{slug}: {} is for encryption, so it verifies no token", entry(rejected))
}

fn entry(rejected: &RejectedKey) -> String {
    let kid = rejected.kid.as_deref().map(|kid| format!(", kid `{}`,", printable(kid))).unwrap_or_default();
    format!("entry {} of the key set{kid}", rejected.index)
}

fn ambiguous_kids(slug: &str, set: &JwkSet) -> impl Iterator<Item = Finding> {
    let finding = move |kid: &str| {
        let message = format!("{slug}: several keys have the kid `{}`", printable(kid));
        let help = "a token with that kid is tried with each of them; expect one to go when a rotation is over";
        Finding::warning(message, help).of(slug)
    };
    set.ambiguous_kids().into_iter().map(finding)
}
