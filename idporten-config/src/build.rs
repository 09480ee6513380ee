//! The build-script helper: snapshots to a file of constants in `OUT_DIR`.
//!
//! ```no_run
//! // `main` of build.rs, with `idporten.toml` beside it
//! idporten_config::build::generate();
//! ```
//!
//! and in the program:
//!
//! ```ignore
//! mod providers {
//!     include!(concat!(env!("OUT_DIR"), "/idporten_config.rs"));
//! }
//! ```
//!
//! The keys of `idporten.toml` are documented in [`manifest`]. [`Generator`] takes the place of that file, or reads one that is
//! not beside `Cargo.toml`.
//!
//! # What a build says
//!
//! Everything that is wrong is reported at once, each error with its place and with the edit or command that fixes it, and cargo
//! then fails the build. A snapshot that is older than allowed is a warning, one line for each environment. What a build does not
//! examine, such as the origin of production's snapshot, `idporten-config check` does.
//!
//! What could be generated is written even so. While a build script fails, however, cargo does not tell an editor where `OUT_DIR`
//! is: rust-analyzer completes the generated names again once the errors are fixed and its workspace is reloaded.
//!
//! # When it runs again
//!
//! Cargo runs the script when the manifest or a snapshot changes, and when a snapshot appears for an environment that is
//! `based-on` another. It compares modification times: a snapshot replaced by one with an older time, as `cp -p` and some archives
//! leave it, goes unseen until the next `touch`. `idporten-config check` reads every file, whatever its time is.
//!
//! # In a package that is published
//!
//! `cargo package` takes files below the directory of `Cargo.toml` only. A package that is published keeps its manifest and its
//! snapshots there; one manifest above several packages is for a workspace that is not.

mod cargo;
mod live;
mod watch;

use std::panic::Location;
use std::path::Path;
use std::time::Duration;

use crate::codegen::{self, format};
use crate::environment::ProductName;
use crate::project::{FILE_NAME, File, Finding, Manifest, Place, Project, Requirement};

use cargo::Cargo;

pub use crate::project::Expected;

/// The manifest `idporten.toml`: its keys, and an example.
#[doc = include_str!("project/manifest.md")]
pub mod manifest {}

/// The generated file's name in `OUT_DIR`.
pub const OUTPUT: &str = "idporten_config.rs";

/// Generates the constants of the environments in `idporten.toml`, beside `Cargo.toml`.
///
/// Errors are printed for cargo, which then fails the build; see the [module](self). The source tree is never written to.
///
/// The network is not used, unless the environment variable `IDPORTEN_CONFIG_FETCH` asks for it and the feature `fetch` is on:
/// `try` takes live snapshots into `OUT_DIR` and falls back to the committed ones with a warning, `require` fails the build
/// instead. `CARGO_NET_OFFLINE=true` wins over both; a build script cannot see `cargo --offline`.
///
/// ```no_run
/// idporten_config::build::generate();
/// ```
pub fn generate() {
    Generator::manifest(FILE_NAME).generate();
}

/// The environments to generate, where an `idporten.toml` beside `Cargo.toml` does not name them.
///
/// ```no_run
/// use idporten_config::Product;
/// use idporten_config::build::Generator;
///
/// Generator::new()
///     .environment("idporten-test")
///     .environment("idporten-prod")
///     .require(Product::Idporten, "acr_values_supported", ["idporten-loa-high"])
///     .require(Product::Idporten, "pushed_authorization_request_endpoint", true)
///     .generate();
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is generated until `generate` is called"]
pub struct Generator {
    file: Option<String>,
    /// The environments named here, with whether the bundled snapshot is asked for.
    environments: Vec<(String, bool)>,
    requirements: Vec<(Option<ProductName>, Requirement)>,
    snapshots: Option<String>,
    max_age: Option<Duration>,
}

impl Generator {
    /// A generator without environments.
    #[allow(clippy::new_without_default, reason = "a default generator would generate nothing")]
    pub fn new() -> Self {
        Self { file: None, environments: Vec::new(), requirements: Vec::new(), snapshots: None, max_age: None }
    }

    /// A generator for the environments of a manifest, whose path is relative to the directory of `Cargo.toml`: one manifest
    /// can serve a workspace of many packages.
    pub fn manifest(path: impl AsRef<Path>) -> Self {
        Self { file: Some(with_slashes(path.as_ref())), ..Self::new() }
    }

    /// Adds an environment, by its slug. Its snapshot is `snapshots/<slug>.json`.
    pub fn environment(mut self, slug: impl AsRef<str>) -> Self {
        self.environments.push((slug.as_ref().to_owned(), false));
        self
    }

    /// Adds an environment, by its slug, with the snapshot that this version of the package brings: old, and without keys.
    pub fn bundled(mut self, slug: impl AsRef<str>) -> Self {
        self.environments.push((slug.as_ref().to_owned(), true));
        self
    }

    /// Reads the snapshots from this directory, relative to that of `Cargo.toml`, in place of `snapshots` or of what the manifest
    /// says.
    pub fn snapshots(mut self, directory: impl AsRef<Path>) -> Self {
        self.snapshots = Some(with_slashes(directory.as_ref()));
        self
    }

    /// Warns about snapshots older than this, in place of 30 days or of what the manifest says.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Requires that every environment of a product publishes a metadata member, by its standard name: a string that it must be
    /// equal to, a list of values that it must contain, or `true` for a member that must be there (or be true). A build of which
    /// this does not hold fails.
    #[track_caller]
    pub fn require(
        mut self,
        product: impl Into<ProductName>,
        member: impl Into<String>,
        expected: impl Into<Expected>,
    ) -> Self {
        let here = Location::caller();
        let place = Place::new(here.file().replace('\\', "/"), usize::try_from(here.line()).ok(), "");
        self.requirements.push((Some(product.into()), Requirement::new(member, expected).at(place)));
        self
    }

    /// Generates the constants into `OUT_DIR`, and tells cargo what they depend on and what is wrong.
    pub fn generate(self) {
        match Cargo::from_env() {
            Ok(cargo) => cargo.finish(&self.run(&cargo)),
            Err(finding) => Cargo::fail_outside(&finding),
        }
    }

    fn run(self, cargo: &Cargo) -> Output {
        let mut project = self.project(cargo);
        let fetching = live::fetch(&mut project, cargo);
        let report = project.check(cargo.times);
        let mut findings = report.findings.clone();
        findings.extend(report.unmeasurable.clone());
        findings.extend(fetching);
        findings.extend(not_packaged(&project, &report.files, cargo));
        let products = codegen::products(&report.sources);
        findings.extend(products.findings);
        let header = codegen::header(&report.sources, "`cargo build`");
        let code = format::format(&header, &products.tokens).unwrap_or_else(|error| {
            findings.push(Finding::error(error.to_string(), "report it with the snapshots that are named above"));
            header
        });
        // Last, so that a link to a file that is expected is newer than the start of the script, to the grain of file times.
        let (watched, unwatchable) = watch::paths(&project, &report, cargo);
        findings.extend(unwatchable);
        Output { code, watched, findings }
    }

    fn project(self, cargo: &Cargo) -> Project {
        let mut project = match &self.file {
            Some(file) => Project::open(&cargo.manifest_dir, cargo.relative(file)),
            None => Project::of(&cargo.manifest_dir, Manifest::of_builder()),
        };
        let manifest = project.manifest_mut();
        for (slug, bundled) in &self.environments {
            manifest.add(slug, *bundled);
        }
        manifest.requirements.extend(self.requirements);
        if let Some(directory) = &self.snapshots {
            manifest.set_snapshots(directory);
        }
        if let Some(max_age) = self.max_age {
            manifest.set_max_age(max_age);
        }
        project
    }
}

/// What a build script has to say and to write.
#[derive(Debug)]
struct Output {
    code: String,
    /// The paths on whose change the script runs again.
    watched: Vec<String>,
    findings: Vec<Finding>,
}

/// An error for the files that `cargo package` left out, whose absence alone would not say why they are missing.
fn not_packaged(project: &Project, files: &[File], cargo: &Cargo) -> Option<Finding> {
    if !cargo.is_packaged() {
        return None;
    }
    let manifest = project.file().filter(|file| !project.path(file).exists());
    let absent = |file: &&File| !file.present && !is_stood_in_for(project.manifest(), &file.path);
    let missing: Vec<_> = manifest
        .into_iter()
        .chain(files.iter().filter(absent).map(|file| file.path.as_str()))
        .map(|path| format!("`{path}`"))
        .collect();
    (!missing.is_empty()).then(|| {
        let message = format!("this package was made by `cargo package` without {}", missing.join(", "));
        let help = "keep the manifest and the snapshots below the directory of Cargo.toml, where `cargo package --list` names them";
        Finding::error(message, help)
    })
}

fn is_stood_in_for(manifest: &Manifest, path: &str) -> bool {
    manifest.environments().iter().any(|environment| environment.path == path && environment.based_on.is_some())
}

/// A path as cargo prints and compares it on every system.
fn with_slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests;
