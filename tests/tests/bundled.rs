//! The bundled constants are the generator's output for the bundled snapshots. The test is the generator: where they differ it
//! writes the new code and fails once, so that somebody looks at the change.
//!
//! No other test is in this file: it must compile whatever the code that it replaces looks like.

use std::fs;
use std::path::Path;

use idporten_config::codegen::{self, format};
use idporten_config::environment::Lifecycle;
use idporten_config::internal::Source;
use idporten_config::{KnownEnvironment, Product};

const COMMAND: &str = "`cargo test -p idporten-config-tests --test bundled`";

fn generate(product: Product) -> String {
    let own = KnownEnvironment::ALL.iter().filter(|environment| environment.product() == product);
    let (active, retired): (Vec<_>, Vec<_>) = own.partition(|environment| environment.lifecycle() == Lifecycle::Active);
    let sources = |environments: Vec<&KnownEnvironment>| -> Vec<Source> {
        environments.into_iter().map(|environment| Source::bundled(*environment).unwrap()).collect()
    };
    let (active, retired) = (sources(active), sources(retired));
    let tokens = codegen::product_items(&active.iter().collect::<Vec<_>>(), &retired.iter().collect::<Vec<_>>());
    let header = codegen::header(&[active, retired].concat(), COMMAND);
    format::format(&header, &tokens).unwrap()
}

// Once 0.2 is out, a name that a new snapshot lacks must stay until the next breaking release, marked as deprecated. Nothing
// does that yet: before the first release there is no program that a vanished name could break.
#[test]
fn the_bundled_constants_are_those_of_the_bundled_snapshots() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../idporten-config/src/bundled");
    let mut rewritten = Vec::new();
    for &product in Product::ALL {
        let (path, generated) = (directory.join(format!("{product}.rs")), generate(product));
        if fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n") != generated {
            fs::write(&path, generated).unwrap();
            rewritten.push(path);
        }
    }
    assert!(rewritten.is_empty(), "rewritten, since they differed; look at the change and commit it: {rewritten:?}");
}
