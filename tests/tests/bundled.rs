//! The bundled constants are what the generator makes of the bundled snapshots. The test is the generator: where they differ it
//! writes the new code, and fails once, so that the change is looked at.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use idporten_config::codegen::{self, Withdrawn};
use idporten_config::environment::Lifecycle;
use idporten_config::sources::Source;
use idporten_config::{KnownEnvironment, Product, format};

/// Values that a release had and the provider no longer publishes. When a refreshed snapshot lacks one, add it here; empty the
/// list in a breaking release.
const WITHDRAWN: &[Withdrawn<'_>] = &[];

const COMMAND: &str = "`cargo test -p idporten-config-tests --test bundled`";

fn generate(product: Product, withdrawn: &[Withdrawn<'_>]) -> String {
    let own = KnownEnvironment::ALL.iter().filter(|environment| environment.product() == product);
    let (active, retired): (Vec<_>, Vec<_>) = own.partition(|environment| environment.lifecycle() == Lifecycle::Active);
    let sources = |environments: Vec<&KnownEnvironment>| -> Vec<Source> {
        environments.into_iter().map(|environment| Source::bundled(*environment).unwrap()).collect()
    };
    let (active, retired) = (sources(active), sources(retired));
    let tokens = codegen::product_items(
        product,
        &active.iter().collect::<Vec<_>>(),
        &retired.iter().collect::<Vec<_>>(),
        withdrawn,
    );
    let header = codegen::header(&[active, retired].concat(), COMMAND);
    format::format(&header, &tokens).unwrap()
}

#[test]
fn the_bundled_constants_are_those_of_the_bundled_snapshots() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../idporten-config/src/bundled");
    let mut rewritten = Vec::new();
    for &product in Product::ALL {
        let path = directory.join(format!("{product}.rs"));
        let committed = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        let generated = generate(product, WITHDRAWN);
        let vanished: Vec<_> = names(&committed).difference(&names(&generated)).cloned().collect();
        assert!(
            vanished.is_empty(),
            "{product}: names of the last release would vanish; add their values to WITHDRAWN in this file: {vanished:?}"
        );
        if committed != generated {
            fs::write(&path, generated).unwrap();
            rewritten.push(path);
        }
    }
    assert!(
        rewritten.is_empty(),
        "written anew, for they were not fresh; look at the change and commit it: {rewritten:?}"
    );
}

#[test]
fn a_withdrawn_value_stays_as_a_deprecated_name_that_is_no_longer_listed() {
    let withdrawn = [
        Withdrawn {
            environment: "idporten-prod",
            member: "acr_values_supported",
            value: "idporten-loa-gone",
            since: "0.2.0",
        },
        Withdrawn {
            environment: "idporten-prod",
            member: "old_endpoint",
            value: "https://idporten.no/old",
            since: "0.2.0",
        },
    ];
    let (before, after) = (generate(Product::Idporten, &[]), generate(Product::Idporten, &withdrawn));
    let added: Vec<_> = names(&after).difference(&names(&before)).cloned().collect();
    assert_eq!(added, ["AcrValue::IdportenLoaGone", "prod::AcrValue::IdportenLoaGone", "prod::OLD_ENDPOINT"]);
    assert_eq!(after.matches("since = \"0.2.0\"").count(), 3);
    assert!(!after.contains("\"idporten-loa-gone\" =>"), "a withdrawn value is no longer read");
    assert_eq!(after.matches("Self::IdportenLoaGone").count(), 2, "it is written, and in no list");
}

/// The names of constants and variants in generated code, with the modules and enums they are in.
fn names(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(&syn::parse_file(code).unwrap().items, "", &mut names);
    names
}

fn collect(items: &[syn::Item], path: &str, names: &mut BTreeSet<String>) {
    for item in items {
        match item {
            syn::Item::Const(constant) => drop(names.insert(format!("{path}{}", constant.ident))),
            syn::Item::Enum(values) => {
                names
                    .extend(values.variants.iter().map(|variant| format!("{path}{}::{}", values.ident, variant.ident)));
            }
            syn::Item::Mod(module) => {
                let content = module.content.as_ref().map_or(&[][..], |(_, items)| items);
                collect(content, &format!("{path}{}::", module.ident), names);
            }
            _ => {}
        }
    }
}
