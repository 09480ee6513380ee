//! The store: what one process fetched serves the next.

mod loaded;
mod written;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use idporten_config::document::json::Value;
use idporten_config::refresh::{Health, Source};
use idporten_config::testing::{key, snapshot};
use idporten_config::{KnownEnvironment, Snapshot};
use idporten_config_tests::scratch::Scratch;

use crate::story::{HOUR, Setup, Story, after, seed};

/// A directory and a store in it, with this content.
fn stored(content: &(impl ToString + ?Sized)) -> (Scratch, PathBuf) {
    let scratch = Scratch::new();
    let path = scratch.path().join("idporten.json");
    fs::write(&path, content.to_string()).unwrap();
    (scratch, path)
}

/// A set of so long ago, as another process left it.
fn left(age: Duration) -> (Scratch, PathBuf) {
    stored(&seed(age, &["stored"]))
}

const SECRET: &str = "c2VjcmV0";

/// A key with its private half.
fn leaked_key(kid: &str) -> Value {
    let mut entry = key(kid, 0).as_object().unwrap().clone();
    entry.set("d", SECRET.into());
    entry.into()
}

fn seed_of(environment: KnownEnvironment) -> Snapshot {
    snapshot(environment, after(Duration::ZERO), &["one"])
}

fn read(path: &Path) -> Snapshot {
    Snapshot::parse(fs::read(path).unwrap()).unwrap()
}

/// The kids that are served, and where they come from.
fn serving(story: &Story) -> (Vec<String>, Option<Source>) {
    let status = story.status();
    assert!(status.serving);
    (status.keys.into_iter().filter_map(|key| key.kid).collect(), status.source)
}

/// Asserts that the store is ignored for a reason with this text, and that the seed is served.
#[track_caller]
fn is_ignored(path: &Path, reason: &str) {
    let story = Setup::default().aged(2 * HOUR).store(path).begin();
    assert_eq!(serving(&story), (vec!["one".to_owned()], Some(Source::Baked)));
    let error = story.status().store_error.unwrap();
    assert!(error.contains(reason) && error.contains(&*path.to_string_lossy()), "{error}");
    assert_eq!(story.told(), ["store: broken"]);
    assert_eq!(story.status().health(), Health::Ok, "nothing else is disturbed");
}
