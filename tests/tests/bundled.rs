//! The bundled constants are what the generator makes of the bundled snapshots. The test is the generator: where they differ it
//! writes the new code, and fails once, so that the change is looked at.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::{env, process};

use idporten_config::codegen::format;
use idporten_config::codegen::{self, Withdrawn};
use idporten_config::environment::Lifecycle;
use idporten_config::internal::Source;
use idporten_config::{KnownEnvironment, Product};

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

/// The files that are written anew, and the names that are in the way of others.
#[derive(Debug, Default, PartialEq)]
struct Refreshed {
    rewritten: Vec<PathBuf>,
    vanished: Vec<String>,
}

/// Writes every product's new code where it differs. Code that would lose a name is not written: what is there is the only memory
/// of that name, and a second run must find it gone too.
fn refresh(directory: &Path, generated: impl IntoIterator<Item = (Product, String)>) -> Refreshed {
    let mut refreshed = Refreshed::default();
    for (product, generated) in generated {
        let path = directory.join(format!("{product}.rs"));
        let committed = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        let (before, after) = (names(&committed), names(&generated));
        let vanished: Vec<_> = before.difference(&after).map(|name| format!("{product}: {name}")).collect();
        if vanished.is_empty() && committed != generated {
            fs::write(&path, generated).unwrap();
            refreshed.rewritten.push(path);
        }
        refreshed.vanished.extend(vanished);
    }
    refreshed
}

#[test]
fn the_bundled_constants_are_those_of_the_bundled_snapshots() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../idporten-config/src/bundled");
    let generated = Product::ALL.iter().map(|&product| (product, generate(product, WITHDRAWN)));
    let Refreshed { rewritten, vanished } = refresh(&directory, generated);
    assert!(
        vanished.is_empty(),
        "names of the last release would vanish, so the code of their products is not written; add their values to WITHDRAWN in \
         this file, and run {COMMAND} again:\n  {}\nwritten anew: {rewritten:?}",
        vanished.join("\n  ")
    );
    assert!(
        rewritten.is_empty(),
        "written anew, for they were not fresh; look at the change and commit it: {rewritten:?}"
    );
}

#[test]
fn a_name_that_vanishes_holds_back_its_product_alone_and_is_found_again_by_the_next_run() {
    let directory = env::temp_dir().join(format!("idporten-config-bundled-{}", process::id()));
    fs::create_dir_all(&directory).unwrap();
    for product in Product::ALL {
        fs::write(directory.join(format!("{product}.rs")), "pub const OLD: u8 = 1;\n").unwrap();
    }
    let new = || {
        Product::ALL.iter().map(|&product| {
            let lost = if product == Product::ALL[0] { "NEW" } else { "OLD" };
            (product, format!("pub const {lost}: u8 = 2;\n"))
        })
    };
    let (first, second) = (refresh(&directory, new()), refresh(&directory, new()));
    let texts = Product::ALL.iter().map(|product| fs::read_to_string(directory.join(format!("{product}.rs"))).unwrap());
    let texts: Vec<_> = texts.collect();
    fs::remove_dir_all(&directory).unwrap();
    let vanished = vec![format!("{}: OLD", Product::ALL[0])];
    assert_eq!((first.rewritten.len(), &first.vanished), (Product::ALL.len() - 1, &vanished));
    assert_eq!(second, Refreshed { rewritten: Vec::new(), vanished });
    assert_eq!(texts[0], "pub const OLD: u8 = 1;\n");
    assert!(texts[1..].iter().all(|text| text == "pub const OLD: u8 = 2;\n"));
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
