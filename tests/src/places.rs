//! The directories and files of the repository.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use idporten_config::document::json::Value;

use crate::cargo::Cargo;

/// The root of the workspace.
///
/// # Panics
///
/// If this package stands at the root of a disk.
#[must_use]
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in a workspace")
}

/// The target directory of the builds that tests make, one for all since they share many dependencies.
#[must_use]
pub fn nested_target() -> PathBuf {
    target().join("nested")
}

/// The workspace's target directory, wherever the environment and the configuration have put it.
///
/// # Panics
///
/// If cargo does not say.
pub fn target() -> &'static Path {
    static TARGET: OnceLock<PathBuf> = OnceLock::new();
    TARGET.get_or_init(|| {
        let output = Cargo::of_the_workspace().run(&["metadata", "--no-deps", "--format-version=1"]).success();
        let metadata = Value::parse(output.stdout.as_bytes()).expect("`cargo metadata` prints JSON");
        let directory = metadata.as_object().and_then(|metadata| metadata.get("target_directory")?.as_str());
        directory.expect("`cargo metadata` names the target directory").into()
    })
}
