//! The environments that would have the same name in code.

use crate::document::names;
use crate::document::provider::Provider;
use crate::project::finding::Finding;
use crate::project::manifest::Manifest;
use crate::project::source::Source;

/// Removes and reports each source whose module or variant name an earlier source of its product already has. Both names come
/// from the stage, so that it must be unique within a product.
pub(super) fn reject_duplicates(sources: &mut Vec<Source>, manifest: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut kept: Vec<Provider> = Vec::new();
    sources.retain(|source| {
        let provider = source.provider();
        let Some(first) = kept.iter().find(|kept| has_the_name_of(kept, provider)) else {
            kept.push(provider.clone());
            return true;
        };
        let slug = provider.slug();
        // The last one of this name: an earlier one is in use.
        let environment = manifest.environments().iter().rfind(|environment| environment.slug == slug);
        let place = environment.and_then(|environment| environment.place.as_ref());
        findings.push(duplicate(first, provider).of(slug).at(place));
        false
    });
    findings
}

fn has_the_name_of(one: &Provider, other: &Provider) -> bool {
    // By the names in code and not by the stages: `v-2` and `v2` differ, and both become `V2`.
    one.product() == other.product() && names::variant(one.stage()) == names::variant(other.stage())
}

fn duplicate(first: &Provider, second: &Provider) -> Finding {
    let (slug, stage) = (second.slug(), second.stage());
    if first.slug() == slug {
        return Finding::error(format!("`{slug}` is named twice"), "remove one of them");
    }
    let what = if first.stage() == stage {
        format!("are both the stage `{stage}` of one product")
    } else {
        format!("would both be `Environment::{}` of one product", names::variant(stage))
    };
    Finding::error(format!("`{}` and `{slug}` {what}", first.slug()), "rename one of them")
}
