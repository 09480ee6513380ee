//! The public interface is what is committed, so that a review sees each change of it. The test is the generator: where they
//! differ it writes the new list and fails once, so that somebody looks at the change.

use std::fs;
use std::path::Path;

use idporten_config_tests::{interface::interface, places};

const HEADER: &str = "// The public interface: written by `cargo test -p idporten-config-tests --test interface`.\n";

#[test]
fn the_committed_interface_is_that_of_the_source() {
    let mut rewritten = Vec::new();
    for package in ["idporten-config", "idporten-config-macros"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("interface").join(package).with_extension("rs");
        let listed = format!("{HEADER}\n{}", interface(&places::workspace().join(package).join("src/lib.rs")));
        if fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n") != listed {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, listed).unwrap();
            rewritten.push(path);
        }
    }
    assert!(rewritten.is_empty(), "rewritten, since they differed; look at the change and commit it: {rewritten:?}");
}
