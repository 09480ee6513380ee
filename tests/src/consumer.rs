//! Programs that use the packaged crates, built and run by cargo as a user's are.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo::{Cargo, Finished};
use crate::{files, packaged, places};

/// The time at which consumers are built, unless a story sets another: two days after the bundled snapshot of ID-porten TEST was recorded.
pub const BUILT_AT: u64 = 1_722_470_400;

/// A copy of a program in `consumers/`, to build and to change. All share one target directory, in which a name is a place.
#[derive(Debug)]
pub struct Consumer {
    directory: PathBuf,
    built_at: u64,
}

impl Consumer {
    /// A fresh copy of `consumers/<template>`, with a name of its own that no other test gives, and without snapshots.
    ///
    /// # Panics
    ///
    /// If the crates cannot be packaged, or the files not be copied.
    #[must_use]
    pub fn new(template: &str, name: &str) -> Self {
        let directory = packaged::directory().join(name);
        files::empty(&directory);
        forget_builds_of(name);
        files::copy(&places::workspace().join("tests/consumers").join(template), &directory);
        let consumer = Self { directory, built_at: BUILT_AT };
        let manifest = consumer.read("Cargo.toml");
        consumer
            .write("Cargo.toml", &manifest.replace(&format!("name = \"{template}\""), &format!("name = \"{name}\"")));
        consumer
    }

    /// The same, with the bundled snapshots of these environments as files of its own.
    #[must_use]
    pub fn with_snapshots(self, slugs: &[&str]) -> Self {
        for slug in slugs {
            self.add_snapshot(slug);
        }
        self
    }

    /// The same, built at this second since 1970.
    #[must_use]
    pub fn built_at(mut self, time: u64) -> Self {
        self.built_at = time;
        self
    }

    /// Its directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Puts the bundled snapshot of an environment where the program reads its own.
    ///
    /// # Panics
    ///
    /// If it cannot be written.
    pub fn add_snapshot(&self, slug: &str) {
        let file = format!("snapshots/{slug}.json");
        let text = fs::read_to_string(packaged::unpacked("idporten-config").join(&file)).unwrap();
        self.write(&file, &text);
    }

    /// Writes a file.
    ///
    /// # Panics
    ///
    /// If it cannot be written.
    pub fn write(&self, file: &str, text: &str) {
        let path = self.directory.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Reads a file.
    ///
    /// # Panics
    ///
    /// If it cannot be read.
    #[must_use]
    pub fn read(&self, file: &str) -> String {
        let path = self.directory.join(file);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).replace("\r\n", "\n")
    }

    /// Replaces a part of a file.
    ///
    /// # Panics
    ///
    /// If the file has no such part.
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "{file} has no {from:?}:\n{text}");
        self.write(file, &text.replace(from, to));
    }

    /// Removes a file.
    ///
    /// # Panics
    ///
    /// If it cannot be removed.
    pub fn remove(&self, file: &str) {
        fs::remove_file(self.directory.join(file)).unwrap();
    }

    /// Cargo in its directory, to be given further variables.
    #[must_use]
    pub fn cargo(&self) -> Cargo {
        Cargo::new(&self.directory)
            .env("CARGO_HOME", packaged::directory().join("home"))
            .building_in(packaged::directory().join("build"))
            .env("SOURCE_DATE_EPOCH", self.built_at.to_string())
    }

    /// Builds it.
    #[must_use]
    pub fn build(&self) -> Finished {
        self.cargo().run(&["build"])
    }

    /// Builds and runs it: what it prints.
    #[must_use]
    pub fn run(&self) -> String {
        self.cargo().run(&["run", "--quiet"]).success().stdout
    }

    /// Returns the file that the build script has written to `OUT_DIR`.
    ///
    /// # Panics
    ///
    /// If it has written nothing, or is one of several.
    #[must_use]
    pub fn generated(&self) -> String {
        let name = self.directory.file_name().unwrap().to_string_lossy();
        let outputs: Vec<_> = builds_of(&name, "build")
            .into_iter()
            .map(|path| path.join("out/idporten_config.rs"))
            .filter(|path| path.exists())
            .collect();
        let [output] = outputs.as_slice() else { panic!("not one file of constants: {outputs:?}") };
        fs::read_to_string(output).unwrap()
    }
}

/// Removes what cargo knows of earlier runs of a story.
fn forget_builds_of(name: &str) {
    for path in [builds_of(name, "build"), builds_of(name, ".fingerprint")].concat() {
        fs::remove_dir_all(path).unwrap();
    }
}

/// The directories that cargo keeps for a package: its name, a hyphen, and sixteen digits.
fn builds_of(name: &str, kind: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(packaged::directory().join("build/debug").join(kind)) else { return Vec::new() };
    let is_own = |path: &PathBuf| {
        let file = path.file_name().unwrap().to_string_lossy();
        file.strip_prefix(name).and_then(|rest| rest.strip_prefix('-')).is_some_and(|hash| hash.len() == 16)
    };
    entries.map(|entry| entry.unwrap().path()).filter(is_own).collect()
}
