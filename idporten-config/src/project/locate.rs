//! The search for the snapshots of a manifest's environments.

use std::io;

use crate::document::json::object;
use crate::document::provider::Provider;
use crate::document::snapshot::{Origin, Snapshot, SnapshotError};
use crate::document::violation::{Rule, Violation, printable};
use crate::project::finding::Finding;
use crate::project::manifest::{Environment, Manifest, Route, unknown_environment};
use crate::project::source::{Base, Source, leaked_key};

/// The number of violations of one snapshot that are reported: a hostile one can break rules thousands of times.
const MAX_REPORTED: usize = 50;

/// A file that was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// The path, relative to the project's root.
    pub path: String,
    /// The flag that is true if the file existed.
    pub present: bool,
}

/// The snapshots of a manifest's environments, with the findings about them.
#[derive(Debug, Default)]
pub(super) struct Located {
    pub(super) sources: Vec<Source>,
    pub(super) leaked: Vec<Source>,
    pub(super) files: Vec<File>,
    pub(super) findings: Vec<Finding>,
}

/// Finds the snapshot of each environment. `read` reads a file by its path.
pub(super) fn locate(manifest: &Manifest, read: &dyn Fn(&str) -> io::Result<Vec<u8>>) -> Located {
    let mut locator = Locator { manifest, read, located: Located::default() };
    // An environment that is based on another needs that one's source, so that it comes second.
    let (based, others): (Vec<_>, Vec<_>) =
        manifest.environments().iter().partition(|environment| environment.based_on.is_some());
    for environment in others.into_iter().chain(based) {
        locator.environment(environment);
    }
    let mut located = locator.located;
    let position = |slug: &str| manifest.slugs().position(|other| other == slug);
    located.sources.sort_unstable_by_key(|source| position(source.provider().slug()));
    located
}

struct Locator<'a> {
    manifest: &'a Manifest,
    read: &'a dyn Fn(&str) -> io::Result<Vec<u8>>,
    located: Located,
}

impl Locator<'_> {
    fn environment(&mut self, environment: &Environment) {
        if environment.bundled && environment.fetched.is_none() {
            return self.bundled(environment);
        }
        let path = &environment.path;
        // The path is later printed in a directive to cargo. A line break would start another directive.
        if path.contains(char::is_control) {
            let message = format!("{}: the path `{}` holds a control character", environment.slug, printable(path));
            return self.report(environment, Finding::error(message, "name the directory of snapshots without it"));
        }
        // The file is looked for even if a fetched snapshot is used instead: the next build without a fetch depends on it.
        let text = (self.read)(path);
        let present = !matches!(&text, Err(error) if error.kind() == io::ErrorKind::NotFound);
        self.located.files.push(File { path: path.clone(), present });
        if let Some(snapshot) = environment.fetched.clone() {
            return self.located.sources.push(Source::new(snapshot, "fetched for this build"));
        }
        match text {
            Ok(text) => self.snapshot(environment, &text),
            Err(_) if !present => match self.stand_in(environment) {
                Some(source) => self.located.sources.push(source),
                None => self.missing(environment),
            },
            Err(error) => {
                let message = format!("{}: `{path}` cannot be read: {error}", environment.slug);
                let help = format!("put a readable file there, or run `idporten-config fetch {}`", environment.slug);
                self.report(environment, Finding::error(message, help));
            }
        }
    }

    fn bundled(&mut self, environment: &Environment) {
        match environment.known().map(Source::bundled) {
            Some(Ok(source)) => self.located.sources.push(source),
            Some(Err(error)) => self.broken(environment, "the bundled snapshot", &error),
            None => self.report(environment, unknown_environment(&environment.slug)),
        }
    }

    fn snapshot(&mut self, environment: &Environment, text: &[u8]) {
        let (path, slug) = (&environment.path, printable(&environment.slug));
        let snapshot = match Snapshot::parse(text) {
            Ok(snapshot) => snapshot,
            Err(error) => return self.broken(environment, path, &error),
        };
        let provider = snapshot.provider();
        let fetch = format!("run `idporten-config fetch {slug}`");
        if provider.slug() != environment.slug {
            let found = format!("`{path}` is a snapshot of {}", provider.slug());
            let finding = match environment.provider {
                Some(_) => Finding::error(format!("{slug}: {found}"), fetch),
                // Nothing can be fetched under such a name, which is probably a typing error.
                None => unknown_environment(&environment.slug).note(found),
            };
            return self.report(environment, finding);
        }
        // The document passed the rules of the description in the file. Under the manifest's it might break them, so that it has to be
        // fetched again.
        if environment.described().is_some_and(|described| described != provider) {
            let message =
                format!("{slug}: `{path}` was taken for other settings than those of `[environments.{slug}]`");
            let help = format!("{fetch}, or restore the settings if the snapshot is right");
            return self.report(environment, Finding::error(message, help));
        }
        let leaked = leaked_key(&snapshot);
        let source = Source::new(snapshot, path);
        let Some(leaked) = leaked else { return self.located.sources.push(source) };
        let message = format!("{slug}: `{path}` holds a private key: {leaked}");
        let help = format!("treat the key as public, tell the provider, and {fetch} once it is replaced");
        self.located.leaked.push(source);
        self.report(environment, Finding::error(message, help));
    }

    /// Returns a source with the values of the environment that this one is based on. Its own snapshot holds only the issuer, the
    /// one value that is certain.
    fn stand_in(&self, environment: &Environment) -> Option<Source> {
        let (slug, provider) = (environment.based_on.as_deref()?, environment.described()?);
        let base = self.located.sources.iter().find(|source| source.provider().slug() == slug)?;
        let certain = object([("issuer", provider.issuer().into())]);
        let mut values = base.snapshot.metadata_json().clone();
        values.set("issuer", provider.issuer().into());
        Some(Source {
            snapshot: Snapshot::new(provider.clone(), base.snapshot.as_of(), Origin::Documented, certain, None).ok()?,
            label: format!("no snapshot; values of {slug}"),
            bundled: false,
            based_on: Some(Base { slug: slug.to_owned(), values }),
        })
    }

    fn missing(&mut self, environment: &Environment) {
        let (slug, path) = (&environment.slug, printable(&environment.path));
        let mut fetch = format!("run `idporten-config fetch {slug}`");
        if self.manifest.route == Route::Macro && environment.path != self.manifest.usual_path(slug) {
            fetch += " and move the file there, or name the file that it writes";
        }
        let help = match (environment.known(), environment.described(), &environment.based_on) {
            // The manifest's reader has already reported a `based-on` that names no environment.
            (_, _, Some(base)) if self.manifest.environment(base).is_none() => return,
            (_, _, Some(base)) => {
                let message = format!("{slug}: no snapshot at `{path}`, and none of {base}, which it is based on");
                let help = format!("fix {base} first, or {fetch}");
                return self.report(environment, Finding::error(message, help));
            }
            (Some(known), ..) => {
                let what = Source::bundled(known).map(|source| source.provenance()).unwrap_or_default();
                format!("{fetch}, or use the bundled one ({what}) with {}", self.manifest.route.ask_for_bundled(slug))
            }
            (None, Some(described), None) if described.is_development() => {
                format!("{fetch} while it runs, or name an environment to stand in with `based-on`")
            }
            (None, Some(_), None) => fetch,
            (None, None, None) => return self.report(environment, unknown_environment(slug)),
        };
        self.report(environment, Finding::error(format!("{slug}: no snapshot at `{path}`"), help));
    }

    fn broken(&mut self, environment: &Environment, path: &str, error: &SnapshotError) {
        for violation in error.violations().iter().take(MAX_REPORTED) {
            let message = format!("{}: {violation}", printable(&environment.slug));
            let finding = Finding::error(message, way_out(violation, environment));
            self.report(environment, finding.note(format!("in {}", printable(path))));
        }
    }

    fn report(&mut self, environment: &Environment, finding: Finding) {
        self.located.findings.push(finding.of(&environment.slug).at(environment.place.as_ref()));
    }
}

/// Returns the help for a snapshot that breaks a rule. For a rule that depends on the provider's description it is a change of
/// the description, since another fetch would break the same rule.
fn way_out(violation: &Violation, environment: &Environment) -> String {
    let slug = printable(&environment.slug);
    let fetch = format!("run `idporten-config fetch {slug}` to take it again");
    let key = match violation.rule {
        Rule::Host => "add the host to `endpoint-hosts`",
        Rule::Issuer => "correct `issuer`",
        Rule::Url => "add `development = true` if it is one for development",
        _ => return fetch,
    };
    match environment.described().map(Provider::is_development) {
        Some(is_development) if !(is_development && violation.rule == Rule::Url) => {
            format!("{key} in `[environments.{slug}]`, or {fetch}")
        }
        _ => fetch,
    }
}
