//! The check of the manifest's requirements.

use crate::document::violation::printable;
use crate::environment::ProductName;
use crate::project::finding::Finding;
use crate::project::manifest::{Environment, Manifest};
use crate::project::requirement::Requirement;
use crate::project::source::Source;

/// Checks each requirement in every environment of its product, except those for development: a mock often publishes less.
pub(super) fn unmet(manifest: &Manifest, sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (product, requirement) in &manifest.requirements {
        let concerns = |own: &ProductName| product.as_ref().is_none_or(|product| product == own);
        if !manifest.environments().iter().any(|environment| may_concern(environment, sources, &concerns)) {
            findings.push(without_environment(product.as_ref(), requirement));
        }
        // Sources rather than environments: an environment without a usable snapshot already has an error.
        let concerned = sources
            .iter()
            .filter(|source| concerns(source.provider().product()) && !source.provider().is_development());
        findings.extend(concerned.flat_map(|source| requirement.check(&source.snapshot)));
    }
    findings
}

/// Returns whether a requirement may concern an environment. The product is unknown if neither the table nor the manifest nor a
/// snapshot states it. Such an environment has its own error, and a second one for the requirement would mislead.
fn may_concern(environment: &Environment, sources: &[Source], concerns: &dyn Fn(&ProductName) -> bool) -> bool {
    let found = || sources.iter().map(Source::provider).find(|provider| provider.slug() == environment.slug);
    match environment.provider.as_ref().or_else(found) {
        Some(provider) => !provider.is_development() && concerns(provider.product()),
        None => true,
    }
}

/// Returns the error for a requirement that concerns no environment. Without it, the requirement would hold without being
/// checked.
fn without_environment(product: Option<&ProductName>, requirement: &Requirement) -> Finding {
    let slug = product.map_or("any product", ProductName::as_str);
    let message = format!(
        "`{}` is required of {slug}, but no environment of {slug} is named that is not for development",
        printable(requirement.member())
    );
    let help = format!("add an environment of {slug}, or remove the requirement");
    Finding::error(message, help).at(requirement.place())
}
