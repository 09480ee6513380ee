//! Properties that hold for any bytes: what the fuzz targets run, and a bounded run on stable.

mod exchange;

use std::collections::BTreeSet;
use std::io;
use std::time::SystemTime;

use idporten_config::codegen::format;
use idporten_config::document::json::{Object, Value};
use idporten_config::document::{Origin, SigningKey};
use idporten_config::internal::Manifest;
use idporten_config::internal::{Source, Times};
use idporten_config::{JwkSet, KnownEnvironment, SigningAlg, Snapshot, codegen};

const NOW: Times = Times { source_date_epoch: None, clock: Some(SystemTime::UNIX_EPOCH) };

pub use exchange::exchange;

/// A property, by the name of its target and its corpus.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] =
    &[("snapshot", snapshot), ("jwks", jwks), ("manifest", manifest), ("names", names), ("exchange", exchange)];

/// A snapshot is read or refused; what was read has one canonical text, and code can be made of it.
pub fn snapshot(bytes: &[u8]) {
    let Ok(snapshot) = Snapshot::parse(bytes) else { return };
    let text = snapshot.to_string();
    assert_eq!(Snapshot::parse(&text).as_ref(), Ok(&snapshot));
    let slug = snapshot.provider().slug().to_owned();
    let (manifest, _) = Manifest::parse(&format!("[environments.{slug}]"), "idporten.toml");
    let resolved = manifest.check(&[], &|_| Ok(text.clone().into_bytes()), NOW);
    check_code(&resolved.sources);
}

/// A key set is read or refused; no key is used that its rules refuse, and reasons hold no key material.
pub fn jwks(bytes: &[u8]) {
    let Ok(set) = JwkSet::parse(bytes) else { return };
    assert!(!set.keys().is_empty());
    assert!(set.keys().len() + set.rejected().len() <= 100);
    for (i, key) in set.keys().iter().enumerate() {
        assert!(!set.keys()[..i].contains(key), "equal keys are merged");
        assert!(
            SigningAlg::ALL.iter().any(|alg| key.serves(*alg, SigningAlg::ALL)),
            "a usable key serves an algorithm"
        );
        for &alg in SigningAlg::ALL {
            let is_candidate = |other: &&SigningKey| other.kid() == key.kid() && other.serves(alg, SigningAlg::ALL);
            assert!(key.kid().is_none() || set.keys().iter().filter(is_candidate).count() <= 4);
        }
    }
    assert!(set.rejected().iter().all(|rejected| rejected.reason.len() < 2_000));
}

/// A manifest is read, and everything wrong with it said with the way out; what resolves is code.
pub fn manifest(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (manifest, findings) = Manifest::parse(&text, "idporten.toml");
    let read = |path: &str| {
        let slug = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".json");
        match slug.parse::<KnownEnvironment>() {
            Ok(known) => Ok(known.bundled_snapshot().as_bytes().to_vec()),
            Err(_) => Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    };
    let resolved = manifest.check(&[], &read, NOW);
    for finding in findings.iter().chain(&resolved.findings) {
        assert!(!finding.help.is_empty());
        assert!(finding.lines().iter().all(|line| !line.contains(char::is_control)), "{finding}");
    }
    check_code(&resolved.sources);
}

/// Lines are values of a list, and members: each has a valid name that no other has.
pub fn names(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let values: BTreeSet<&str> = text.split('\n').take(200).collect();
    let list: Vec<&str> = values.iter().copied().collect();
    let mut metadata: Object = values.iter().map(|name| ((*name).to_owned(), Value::from("x"))).collect();
    metadata.set("scopes_supported", list.clone().into());
    let environment = KnownEnvironment::IdportenTest.into();
    let Ok(snapshot) = Snapshot::new(environment, SystemTime::UNIX_EPOCH, Origin::Recorded, metadata, None) else {
        return;
    };
    let text = snapshot.to_string();
    let (manifest, _) = Manifest::parse("[environments.idporten-test]", "idporten.toml");
    let sources = manifest.check(&[], &|_| Ok(text.clone().into_bytes()), NOW).sources;
    let file = check_code(&sources);
    let scope = variants(&file.items, "Scope");
    assert_eq!(scope.len(), list.len());
    assert_eq!(scope.iter().collect::<BTreeSet<_>>().len(), list.len());
}

/// Code of the sources, which must be Rust.
fn check_code(sources: &[Source]) -> syn::File {
    let code = format::format(&codegen::header(sources, "x"), &codegen::products(sources).tokens);
    syn::parse_file(&code.expect("tokens that are items")).expect("code that is Rust")
}

/// The variants of the first enum of this name.
fn variants(items: &[syn::Item], name: &str) -> Vec<String> {
    let nested =
        |module: &syn::ItemMod| module.content.as_ref().map(|(_, items)| variants(items, name)).unwrap_or_default();
    for item in items {
        let found = match item {
            syn::Item::Enum(found) if found.ident == name => {
                found.variants.iter().map(|variant| variant.ident.to_string()).collect()
            }
            syn::Item::Mod(module) => nested(module),
            _ => Vec::new(),
        };
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}
