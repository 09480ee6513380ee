//! A clone as Windows makes it: without symbolic links, and with its line endings in files that ask for others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use idporten_config_tests::cargo::{Cargo, Finished, run};
use idporten_config_tests::{files, places};

/// The kinds of files whose line endings tools have been seen to change on their way: an archive, an editor, a copy.
const TEXT: [&str; 6] = ["json", "lock", "md", "rs", "stderr", "toml"];

fn git(directory: &Path, arguments: &[&str]) -> Finished {
    run(Command::new("git").arg("-C").arg(directory).args(arguments))
}

/// A clone of what is committed.
fn clone() -> PathBuf {
    let (workspace, clone) = (places::workspace(), places::target().join("checkout/clone"));
    assert!(
        workspace.join(".git").exists(),
        "this test clones the repository, and this copy of its files has no `.git`: run it in a clone"
    );
    files::empty(&clone);
    let (from, to) = (workspace.to_string_lossy(), clone.to_string_lossy());
    let options = ["-c", "core.symlinks=false", "-c", "core.autocrlf=true", "clone", "--quiet", "--no-hardlinks"];
    let _ = git(workspace, &[&options[..], &[&from, &to]].concat()).success();
    clone
}

/// The files of a clone.
fn listed(clone: &Path) -> Vec<PathBuf> {
    let listed = git(clone, &["ls-files", "-z"]).success().stdout;
    listed.split_terminator('\0').map(|path| clone.join(path)).collect()
}

fn is_text(path: &Path) -> bool {
    path.extension().is_some_and(|extension| TEXT.iter().any(|text| extension == *text))
}

#[test]
fn a_windows_clone_without_links_builds_and_has_fresh_constants() {
    let clone = clone();
    let link = clone.join("snapshots");
    assert!(link.symlink_metadata().unwrap().is_file(), "git made a link where it was told not to");
    let texts: Vec<_> = listed(&clone).into_iter().filter(|path| is_text(path)).collect();
    assert!(texts.len() > 50, "{texts:?}");
    for path in &texts {
        let text = fs::read_to_string(path).unwrap();
        assert!(!text.contains('\r'), "{}: .gitattributes did not hold against core.autocrlf", path.display());
        fs::write(path, text.replace('\n', "\r\n")).unwrap();
    }
    // Not the target directory of this test: cargo takes the clone's packages for those of the workspace, and tests that run later
    // would look for their files in the clone.
    let cargo = || Cargo::new(&clone).building_in(places::target().join("checkout/build"));
    let package = ["--offline", "--package", "idporten-config"];
    let _ = cargo().run(&[&["check", "--features", "build"], &package[..]].concat()).success();
    let packaged = cargo().run(&[&["package", "--list", "--allow-dirty"], &package[..]].concat()).success().stdout;
    for file in ["snapshots/idporten-test.json", "src/bundled/idporten.rs", "README.md"] {
        assert!(packaged.replace('\\', "/").lines().any(|line| line == file), "{file} is not packaged:\n{packaged}");
    }
    let _ = cargo().run(&["test", "--offline", "--package", "idporten-config-tests", "--test", "bundled"]).success();
}
