//! The crates as they would be published, in a directory of vendored sources beside everything they depend on.
//!
//! Consumers built below [`directory`] take their crates from there: the network, a registry and the workspace's own sources are
//! out of its reach.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::cargo::{Cargo, run};
use crate::{files, places};

const CRATES: [&str; 2] = ["idporten-config", "idporten-config-macros"];

const CONFIGURATION: &str =
    "[source.crates-io]\nreplace-with = \"vendored\"\n\n[source.vendored]\ndirectory = \"vendor\"\n";

/// A package that depends on all that a user's may, for its dependencies to be vendored.
const EVERY_ROUTE: &str = concat!(
    "[package]\nname = \"every-route\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n",
    "idporten-config = { version = \"=",
    env!("CARGO_PKG_VERSION"),
    "\", features = [\"build\", \"refresh-core\"] }\nidporten-config-macros = \"=",
    env!("CARGO_PKG_VERSION"),
    "\"\n"
);

/// The directory, made ready once in a test's process.
pub fn directory() -> &'static PathBuf {
    static READY: OnceLock<PathBuf> = OnceLock::new();
    READY.get_or_init(|| {
        let directory = places::target().join("consumers");
        let crates = package(&directory);
        vendor(&directory, &crates);
        directory
    })
}

/// A package as it would be published, unpacked.
#[must_use]
pub fn unpacked(name: &str) -> PathBuf {
    directory().join("vendor").join(name)
}

/// Packages and unpacks the crates.
fn package(directory: &Path) -> PathBuf {
    let packaged = directory.join("packaged");
    let target = packaged.to_string_lossy();
    // Without a lock file, which the macros could not have before the library is published.
    let mut arguments = vec!["package", "--offline", "--no-verify", "--exclude-lockfile", "--allow-dirty"];
    arguments.extend(["--target-dir", &target]);
    arguments.extend(CRATES.iter().flat_map(|name| ["-p", name]));
    let _ = Cargo::of_the_workspace().run(&arguments).success();
    let unpacked = directory.join("unpacked");
    files::empty(&unpacked);
    let mut contents = Vec::new();
    for name in CRATES {
        let archive = packaged.join("package").join(format!("{name}-{}.crate", env!("CARGO_PKG_VERSION")));
        let _ = run(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(&unpacked)).success();
        contents.extend(fs::read(&archive).unwrap());
    }
    forget_earlier_crates(directory, &contents);
    unpacked
}

/// Cargo takes the content of a vendored version for unchangeable. What it compiled of other content goes.
fn forget_earlier_crates(directory: &Path, contents: &[u8]) {
    let stamp = directory.join("build/packaged");
    if fs::read(&stamp).is_ok_and(|earlier| earlier == contents) {
        return;
    }
    files::empty(&directory.join("build"));
    fs::write(stamp, contents).unwrap();
}

/// Puts the crates' dependencies, in the versions of the workspace's lock file, and the crates themselves in one directory.
fn vendor(directory: &Path, crates: &Path) {
    let (every_route, vendored) = (directory.join("every-route"), directory.join("vendor"));
    for emptied in [&every_route, &vendored, &directory.join(".cargo"), &directory.join("home")] {
        files::empty(emptied);
    }
    fs::create_dir(every_route.join("src")).unwrap();
    fs::write(every_route.join("src/lib.rs"), "").unwrap();
    fs::write(every_route.join("Cargo.toml"), EVERY_ROUTE).unwrap();
    fs::copy(places::workspace().join("Cargo.lock"), every_route.join("Cargo.lock")).unwrap();
    let path_of = |name| crates.join(format!("{name}-{}", env!("CARGO_PKG_VERSION")));
    let patches = CRATES.map(|name| format!("patch.crates-io.{name}.path='{}'", path_of(name).display()));
    let mut arguments = vec!["vendor", "--offline", "../vendor"];
    arguments.extend(patches.iter().flat_map(|patch| ["--config", patch]));
    let _ = Cargo::new(&every_route).run(&arguments).success();
    for name in CRATES {
        let place = vendored.join(name);
        files::copy(&path_of(name), &place);
        fs::write(place.join(".cargo-checksum.json"), "{\"files\":{}}").unwrap();
    }
    fs::write(directory.join(".cargo/config.toml"), CONFIGURATION).unwrap();
}
