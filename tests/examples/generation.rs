//! Measures how long it takes to generate code for a snapshot whose lists hold many values.
//!
//! `cargo run --release -p idporten-config-tests --example generation`

use std::time::{Duration, Instant, SystemTime};

use idporten_config::codegen::{self, format};
use idporten_config::document::Origin;
use idporten_config::internal::{Manifest, Source, Times};
use idporten_config::{KnownEnvironment, Snapshot};

/// Below and above the number of values that an enum may have.
const COUNTS: [usize; 2] = [900, 10_000];
const RUNS: usize = 11;

fn main() {
    for count in COUNTS {
        let text = snapshot(count);
        let mut times: Vec<_> = (0..RUNS).map(|_| generate(&text)).collect();
        times.sort();
        let (time, bytes) = times[RUNS / 2];
        println!("{count} values: median of {RUNS} runs {:.1} ms, {bytes} bytes of Rust", time.as_secs_f64() * 1e3);
    }
}

/// A snapshot of ID-porten TEST with this many values of a list that has an enum.
fn snapshot(count: usize) -> Vec<u8> {
    let environment = KnownEnvironment::IdportenTest;
    let mut metadata = Source::bundled(environment).unwrap().snapshot().metadata_json().clone();
    let scopes: Vec<String> = (0..count).map(|i| format!("prefix:scope-{i}.read")).collect();
    metadata.set("scopes_supported", scopes.into());
    let snapshot = Snapshot::new(environment.into(), SystemTime::UNIX_EPOCH, Origin::Recorded, metadata, None);
    snapshot.unwrap().to_string().into_bytes()
}

/// From the text of the snapshot to the text of the code, as a build script does it.
fn generate(text: &[u8]) -> (Duration, usize) {
    let (manifest, _) = Manifest::parse("[environments.idporten-test]", "idporten.toml");
    let start = Instant::now();
    let resolved = manifest.check(&[], &|_| Ok(text.to_vec()), Times::default());
    let header = codegen::header(&resolved.sources, "`cargo build`");
    let code = format::format(&header, &codegen::products(&resolved.sources).tokens).unwrap();
    (start.elapsed(), code.len())
}
