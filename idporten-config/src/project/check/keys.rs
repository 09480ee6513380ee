//! The entries of a key set that verify nothing, or that share a kid. Only the provider can change them, so that a build does not
//! report them.

use crate::document::jwks::{JwkSet, RejectedKey, RejectionCause};
use crate::document::snapshot::Snapshot;
use crate::document::violation::printable;
use crate::project::finding::Finding;

/// Examines the key set of a snapshot. An entry with a private key is not reported here, since no snapshot with one becomes a
/// source.
pub(super) fn check(snapshot: &Snapshot) -> Vec<Finding> {
    let Some(set) = snapshot.jwks() else { return Vec::new() };
    let slug = snapshot.provider().slug();
    let unused = set.rejected().iter().filter(|rejected| !rejected.is_leaked());
    let unused = unused.map(|rejected| rejected_entry(slug, rejected));
    unused.chain(ambiguous_kids(slug, set)).map(|finding| finding.of(slug)).collect()
}

/// Returns the finding for an entry that is not used. It does not fail a check for an encryption key, which providers commonly
/// publish.
fn rejected_entry(slug: &str, rejected: &RejectedKey) -> Finding {
    let kid = rejected.kid.as_deref().map(|kid| format!(", kid `{}`,", printable(kid))).unwrap_or_default();
    let entry = format!("entry {} of the key set{kid}", rejected.index);
    // OpenID Connect Discovery 1.0, section 3: the set at `jwks_uri` may hold keys for encryption too.
    if rejected.cause == RejectionCause::Encryption {
        let message = format!("{slug}: {entry} is for encryption, so it verifies no token");
        return Finding::note_of(message, "nothing to do: the other keys are used");
    }
    let message = format!("{slug}: {entry} is not used: {}", rejected.reason);
    let help = "tokens signed with it are refused, the other keys are used all the same; report it to the provider";
    Finding::for_check(message, help)
}

fn ambiguous_kids(slug: &str, set: &JwkSet) -> impl Iterator<Item = Finding> {
    let finding = move |kid: &str| {
        let message = format!("{slug}: several keys have the kid `{}`", printable(kid));
        let help = "a token with that kid is tried with each of them; expect one to go when a rotation is over";
        Finding::for_check(message, help)
    };
    set.ambiguous_kids().into_iter().map(finding)
}
