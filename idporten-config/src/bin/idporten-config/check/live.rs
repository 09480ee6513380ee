//! Snapshots compared with the live documents.

use std::time::SystemTime;

use idporten_config::document::Provider;
use idporten_config::document::{ChangeKind, compare};
use idporten_config::internal::Finding;
use idporten_config::internal::{Source, Times, is_retired, live_leak};

use crate::certificates;
use crate::network::NetworkOptions;
use crate::snapshots::LoadedSnapshots;

/// The result for the live documents.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) findings: Vec<Finding>,
    /// The environments that could not be compared.
    pub(super) unreachable: Vec<String>,
    pub(super) notes: Vec<String>,
    /// Whether an option of the network is a mistake, so that nothing was compared.
    pub(super) is_misconfigured: bool,
}

/// Compares each snapshot with the live document. An environment without a snapshot of its own has nothing to compare. A retired one
/// is compared only if it is named.
pub(super) fn compare_all(
    snapshots: &LoadedSnapshots,
    names: &[String],
    network: &NetworkOptions,
    times: Times,
    quiet: bool,
) -> Compared {
    let mut result = Compared::default();
    let mut asked: Vec<&Source> = Vec::new();
    for source in &snapshots.sources {
        let provider = source.snapshot().provider();
        let slug = provider.slug();
        match source.based_on() {
            Some(base) => {
                result.notes.push(format!("{slug}: no snapshot of its own to compare; its values are those of {base}"));
            }
            None if names.is_empty() && is_retired(provider) => {
                result
                    .notes
                    .push(format!("{slug}: retired, so it is not compared with a live document; name it to try it"));
            }
            None => asked.push(source),
        }
    }
    if asked.is_empty() || !snapshots.mistakes.is_empty() {
        return result;
    }
    let providers: Vec<Provider> = asked.iter().map(|source| source.snapshot().provider().clone()).collect();
    let fetched = match network.fetch_all(&providers, quiet) {
        Ok(fetched) => fetched,
        Err(mut error) => {
            error.findings.iter_mut().for_each(|finding| finding.help += ", or check without the network: `--offline`");
            let unreachable = providers.iter().map(|provider| provider.slug().to_owned()).collect();
            return Compared { findings: error.findings, unreachable, is_misconfigured: true, ..result };
        }
    };
    for (slug, fetched) in fetched {
        let Some(source) = asked.iter().find(|source| source.snapshot().provider().slug() == slug) else { continue };
        match fetched {
            Ok(live) => result.findings.extend(drift(source, &Source::new(live, "live"), times)),
            Err(error) => {
                let message = format!("{slug}: not compared with the live document: {error}");
                let help = format!(
                    "try again later, or check without the network: `--offline`; `idporten-config show {slug} --live` fetches it alone"
                );
                result.findings.push(Finding::error(message, help).of(&slug));
                result.unreachable.push(slug);
            }
        }
    }
    result
}

/// The differences, and findings of the live certificates that the snapshot's own do not give already.
fn drift(source: &Source, live: &Source, times: Times) -> Vec<Finding> {
    let (old, new) = (source.snapshot(), live.snapshot());
    let slug = old.provider().slug();
    let mut findings = Vec::from_iter(live_leak(new));
    let comparison = compare(old, new);
    if !comparison.is_empty() {
        let message = format!("{slug}: the live document differs: {}", comparison.summary());
        let remove = if source.is_bundled() { " and do without the bundled snapshot" } else { "" };
        let help = if new.as_of() < old.as_of() {
            "the mirror serves an older document than the snapshot; look at its cache, or leave out `--mirror`"
                .to_owned()
        } else {
            format!("run `idporten-config fetch {slug}`{remove}, and review the difference")
        };
        let is_breaking = comparison.count(ChangeKind::Breaking) > 0;
        let finding = if is_breaking { Finding::error(message, help) } else { Finding::warning(message, help) };
        let changes = comparison.to_string();
        let finding = changes.lines().skip(1).fold(finding, |finding, line| finding.note(line.trim()));
        findings.push(finding.note(format!("compared with {}, {}", source.label(), source.provenance())).of(slug));
    }
    let now = times.for_age_of(old).unwrap_or_else(SystemTime::now);
    let known = certificates::findings(old, now);
    findings.extend(certificates::findings(new, now).into_iter().filter(|finding| !known.contains(finding)));
    findings
}
