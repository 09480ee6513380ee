//! The build-script helper: snapshots to a file of constants in `OUT_DIR`.
//!
//! ```ignore
//! // build.rs, with `idporten.toml` beside it
//! fn main() {
//!     idporten_config::build::generate();
//! }
//! ```
//!
//! and in the program:
//!
//! ```ignore
//! mod providers {
//!     include!(concat!(env!("OUT_DIR"), "/idporten_config.rs"));
//! }
//! ```

mod cargo;
mod live;

use std::path::Path;
use std::time::Duration;

use crate::codegen::{self, format};
use crate::document::violation::printable;
use crate::environment::ProductName;
use crate::project::files::Project;
use crate::project::finding::Finding;
use crate::project::manifest::{Entry, FILE_NAME, Manifest, Route};
use crate::project::requirement::{Expected, Requirement};
use crate::project::sources::{Resolved, Source, from_the_future};

use cargo::Cargo;
pub use cargo::now;

/// The generated file's name in `OUT_DIR`.
pub const OUTPUT: &str = "idporten_config.rs";

/// Generates the constants of the environments in `idporten.toml`, beside `Cargo.toml`.
///
/// Everything that is wrong is printed at once as errors of the build, which cargo then fails; what could be generated is
/// written all the same, so that an editor keeps working. The source tree is never written to.
///
/// The network is not used, unless the environment variable `IDPORTEN_CONFIG_FETCH` asks for it and the feature `fetch` is on:
/// `try` takes live snapshots into `OUT_DIR` and falls back to the committed ones with a warning, `require` fails the build
/// instead. `CARGO_NET_OFFLINE=true` wins over both; `cargo --offline` cannot be seen by a build script.
///
/// ```no_run
/// idporten_config::build::generate();
/// ```
pub fn generate() {
    Generator::manifest(FILE_NAME).generate();
}

/// What to generate, where it is not said in an `idporten.toml` beside `Cargo.toml`.
///
/// ```no_run
/// use idporten_config::Product;
/// use idporten_config::build::Generator;
///
/// Generator::new()
///     .environment("idporten-test")
///     .environment("idporten-prod")
///     .require(Product::Idporten, "acr_values_supported", ["idporten-loa-high"])
///     .generate();
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is generated until `generate` is called"]
pub struct Generator {
    file: Option<String>,
    /// What is said here, beside the file or in place of it.
    manifest: Manifest,
    snapshots: Option<String>,
    max_age: Option<Duration>,
}

impl Generator {
    /// A generator without environments.
    #[allow(clippy::new_without_default, reason = "a default generator would generate nothing")]
    pub fn new() -> Self {
        let manifest = Manifest { route: Route::Builder, ..Manifest::default() };
        Self { file: None, manifest, snapshots: None, max_age: None }
    }

    /// A generator for the environments of a manifest, whose path is relative to the directory of `Cargo.toml`: one manifest
    /// can serve a workspace of many packages.
    pub fn manifest(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_string_lossy().replace('\\', "/");
        Self { file: Some(path), ..Self::new() }
    }

    /// Adds an environment, by its slug. Its snapshot is `snapshots/<slug>.json`.
    pub fn environment(mut self, slug: impl AsRef<str>) -> Self {
        self.manifest.entries.push(Entry::new(slug.as_ref()));
        self
    }

    /// Adds an environment, by its slug, with the snapshot that this version of the package brings: old, and without keys.
    pub fn bundled(mut self, slug: impl AsRef<str>) -> Self {
        self.manifest.entries.push(Entry { bundled: true, ..Entry::new(slug.as_ref()) });
        self
    }

    /// Takes the snapshots from this directory, relative to that of `Cargo.toml`, and not from `snapshots` or where the manifest
    /// says.
    pub fn snapshots(mut self, directory: impl AsRef<Path>) -> Self {
        self.snapshots = Some(directory.as_ref().to_string_lossy().replace('\\', "/"));
        self
    }

    /// Warns of snapshots older than this, and not than 30 days or what the manifest says.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Requires that every environment of a product publishes this: a string to be equal to, a list of values to contain, or
    /// [`Expected::Present`]. A build without it fails.
    pub fn require(
        mut self,
        product: impl Into<ProductName>,
        member: impl Into<String>,
        expected: impl Into<Expected>,
    ) -> Self {
        self.manifest.requirements.push((Some(product.into()), Requirement::new(member, expected)));
        self
    }

    /// Generates the constants into `OUT_DIR`, and tells cargo what they depend on and what is wrong.
    pub fn generate(self) {
        match Cargo::from_env() {
            Ok(cargo) => cargo.finish(&self.run(&cargo)),
            Err(finding) => Cargo::outside(&finding),
        }
    }

    fn run(self, cargo: &Cargo) -> Output {
        let mut project = self.project(cargo);
        let fetching = live::take(&mut project, cargo);
        let mut resolved = project.resolve(Some(cargo.now));
        resolved.findings.extend(fetching);
        resolved
            .findings
            .extend(cargo.clock.map(|clock| from_the_future(&resolved.sources, clock)).unwrap_or_default());
        let products = codegen::products(&resolved.sources);
        resolved.findings.extend(products.findings);
        resolved.findings.extend(nothing_named(&project));
        let watched = watched(&project, &resolved);
        resolved.findings.extend(unwatchable(&project, &resolved));
        let header = codegen::header(&resolved.sources, "`cargo build`");
        let code = format::format(&header, &products.tokens).unwrap_or_else(|error| {
            resolved
                .findings
                .push(Finding::error(error.to_string(), "report it with the snapshots that are named above"));
            header
        });
        Output { code, watched, findings: resolved.findings }
    }

    fn project(self, cargo: &Cargo) -> Project {
        let mut project = match &self.file {
            Some(file) => Project::open(&cargo.manifest_dir, cargo.relative(file)),
            None => Project::of(&cargo.manifest_dir, Manifest { route: Route::Builder, ..Manifest::default() }),
        };
        project.manifest_mut().add(self.manifest, self.snapshots, self.max_age);
        project
    }
}

/// A manifest says itself that it names nothing; a generator without one is told here.
fn nothing_named(project: &Project) -> Option<Finding> {
    let is_empty = project.file().is_none() && project.manifest().environments().next().is_none();
    is_empty.then(|| {
        Finding::error("the generator names no environment", "add one, such as `.environment(\"idporten-test\")`")
    })
}

/// What a build script has to say and to write.
#[derive(Debug)]
struct Output {
    code: String,
    /// The paths on whose change the script runs again.
    watched: Vec<String>,
    findings: Vec<Finding>,
}

/// The manifest and every snapshot that was read. One that is not there fails the build, and cargo runs the script again,
/// unless another environment stands in for it: then its directory is watched, for it to appear in. Where there is no
/// directory either, cargo runs the script every time: it watches directories with all that is below them, and the one above
/// is the package's own, `target` included. A snapshot that goes unseen would be worse.
fn watched(project: &Project, resolved: &Resolved) -> Vec<String> {
    let mut watched: Vec<String> = project.file().into_iter().map(str::to_owned).collect();
    for file in &resolved.files {
        let directory = project.manifest().snapshots_directory();
        let path = if file.present || !is_watchable(project, &directory) { file.path.clone() } else { directory };
        if !watched.contains(&path) {
            watched.push(path);
        }
    }
    watched
}

/// Whether a directory is there, and is not the package's own or one above it.
fn is_watchable(project: &Project, directory: &str) -> bool {
    let holds_the_package = directory.split('/').all(|part| matches!(part, "" | "." | ".."));
    project.exists(directory) && !holds_the_package
}

/// A warning for each environment on whose account the script runs every time.
fn unwatchable(project: &Project, resolved: &Resolved) -> Vec<Finding> {
    let directory = project.manifest().snapshots_directory();
    if is_watchable(project, &directory) {
        return Vec::new();
    }
    let standing_in = resolved.sources.iter().filter(|source| source.based_on().is_some());
    let warning = |source: &Source| {
        let slug = source.snapshot().provider().slug();
        let directory = printable(&directory);
        let message =
            format!("{slug}: every build is a full one: no directory `{directory}` to watch for its first snapshot");
        let help = "give the snapshots a directory of their own, with a file such as `.gitkeep` in it for git";
        Finding::warning(message, help).of(slug)
    };
    standing_in.map(warning).collect()
}

#[cfg(test)]
mod tests;
