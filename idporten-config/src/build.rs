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
//! The keys of `idporten.toml` are documented in [`manifest`]. [`Generator`] replaces that file, or reads one that is not beside
//! `Cargo.toml`.
//!
//! # Errors and warnings
//!
//! A build reports every mistake at once, each with its place and with the edit or command that fixes it, and cargo then fails
//! the build. A snapshot that is older than allowed is a warning, one line for each environment. `idporten-config check` also
//! examines facts that a build does not, such as the origin of production's snapshot.
//!
//! The code that could be generated is written even if there are errors. While a build script fails, however, cargo does not
//! report the path of `OUT_DIR` to an editor: rust-analyzer completes the generated names again once the errors are fixed and
//! its workspace is reloaded.
//!
//! # When it runs again
//!
//! Cargo runs the script when the manifest or a snapshot changes, and when a snapshot appears for an environment that is
//! `based-on` another. It compares modification times: a snapshot replaced by one with an older time, as by `cp -p` or some
//! archives, is not noticed until the next `touch`. `idporten-config check` reads every file regardless of its time.
//!
//! # In a published package
//!
//! `cargo package` includes only files below the directory of `Cargo.toml`, so that a published package keeps its manifest and
//! its snapshots there. One manifest above several packages is for workspaces that are not published.

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

/// The name of the generated file in `OUT_DIR`.
pub const OUTPUT: &str = "idporten_config.rs";

/// Generates the constants of the environments in `idporten.toml`, beside `Cargo.toml`.
///
/// Errors are printed for cargo, which then fails the build; see the [module](self). The source tree is never written to.
///
/// The network is used only if the environment variable `IDPORTEN_CONFIG_FETCH` requests it and the features `fetch` and `ring` (or
/// `aws-lc-rs`) are enabled: with `try`, live snapshots are fetched into `OUT_DIR`, and if that fails the committed ones are used
/// with a warning; with `require`, a failed fetch fails the build. It counts as a failure if a mirror serves a document older than
/// the committed snapshot. Retired environments are not fetched. `CARGO_NET_OFFLINE=true` overrides both values; a build script
/// cannot see `cargo --offline`.
///
/// ```no_run
/// idporten_config::build::generate();
/// ```
pub fn generate() {
    Generator::manifest(FILE_NAME).generate();
}

/// The settings of a build script that does not read the `idporten.toml` beside `Cargo.toml`.
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
    /// The environments, each with `true` if it uses the bundled snapshot.
    environments: Vec<(String, bool)>,
    requirements: Vec<(Option<ProductName>, Requirement)>,
    snapshots: Option<String>,
    max_age: Option<Duration>,
}

impl Generator {
    /// Makes a generator without environments.
    #[allow(clippy::new_without_default, reason = "a default generator would generate nothing")]
    pub fn new() -> Self {
        Self { file: None, environments: Vec::new(), requirements: Vec::new(), snapshots: None, max_age: None }
    }

    /// Makes a generator for the environments of a manifest, whose path is relative to the directory of `Cargo.toml`. One
    /// manifest can serve all packages of a workspace.
    pub fn manifest(path: impl AsRef<Path>) -> Self {
        Self { file: Some(with_slashes(path.as_ref())), ..Self::new() }
    }

    /// Adds an environment, by its slug. Its snapshot is `snapshots/<slug>.json`.
    pub fn environment(mut self, slug: impl AsRef<str>) -> Self {
        self.environments.push((slug.as_ref().to_owned(), false));
        self
    }

    /// Adds an environment, by its slug, with the snapshot bundled in this version of the package, which is old and has no keys.
    pub fn bundled(mut self, slug: impl AsRef<str>) -> Self {
        self.environments.push((slug.as_ref().to_owned(), true));
        self
    }

    /// Reads the snapshots from this directory, relative to that of `Cargo.toml`, instead of `snapshots` or the manifest's
    /// setting.
    pub fn snapshots(mut self, directory: impl AsRef<Path>) -> Self {
        self.snapshots = Some(with_slashes(directory.as_ref()));
        self
    }

    /// Warns about snapshots older than this, instead of 30 days or the manifest's setting.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Requires a metadata member, by its standard name, in every environment of a product. `expected` is a string that it must
    /// be equal to, a list of values that it must contain, or `true` for a member that must be present (or be true). The build
    /// fails if a snapshot does not meet the requirement.
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

    /// Generates the constants into `OUT_DIR`, and prints their inputs and the findings for cargo.
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
        let mut findings = cargo.mistakes.clone();
        findings.extend(report.findings.clone());
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
        // Last, so that a link to an expected file is newer than the start of the script, within the resolution of file times.
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

/// The output of a build script: the code, the watched paths and the findings.
#[derive(Debug)]
struct Output {
    code: String,
    /// The paths on whose change the script runs again.
    watched: Vec<String>,
    findings: Vec<Finding>,
}

/// Returns the error for files that `cargo package` left out. The plain error for a missing file would not give the cause.
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

/// Formats a path with slashes, as cargo prints and compares it on every system.
fn with_slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests;
