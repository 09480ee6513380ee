//! A provider, a service and its load, with what a story does to them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use axum::http::Method;
use idporten_config_tests::files::temporary_beside;
use idporten_config_tests::scratch::Scratch;

use crate::client::Client;
use crate::clock;
use crate::judge::{Bounds, Judge};
use crate::load::{Load, Share};
use crate::process::{Events, FakeTime, Process};
use crate::provider::Provider;
use crate::service::Settings;
use crate::tally::Tally;

/// The longest that a service takes until it serves.
const START: Duration = Duration::from_secs(30);

pub(crate) struct Bed {
    pub(crate) provider: Provider,
    pub(crate) process: Process,
    pub(crate) fake_time: Option<FakeTime>,
    load: Load,
    settings: Settings,
    keys: Vec<Key>,
    /// Held open: it is removed with its holder.
    _directory: Scratch,
}

struct Key {
    kid: String,
    tokens: Arc<[Arc<str>]>,
}

/// The settings of a bed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    /// Requests a second.
    pub(crate) rate: u64,
    pub(crate) seed: u64,
    pub(crate) bounds: Bounds,
    /// The refresh interval in seconds, in place of the default policy.
    pub(crate) interval: Option<u64>,
    /// True to set the service's time of day, where `faketime` is installed.
    pub(crate) fakes_time: bool,
}

impl Bed {
    /// Starts with one key, number 0, that is published, held and asked for.
    pub(crate) fn start(options: Options) -> Self {
        let mut provider = Provider::start();
        let directory = Scratch::new();
        let (store, ca_file) = (directory.path().join("store.json"), provider.ca_file().to_owned());
        let settings = Settings { provider: provider.address(), ca_file, store, interval: options.interval };
        let tokens: Arc<[_]> = provider.tokens("a").into();
        let mut judge = Judge::new(options.bounds, clock::now());
        let first = judge.add_key("a", false);
        judge.publishing(&[first], clock::now());
        provider.publish("a");
        judge.published(clock::now());
        // The address is set once the service has one.
        let load = Load::start(judge, Client::new(([127, 0, 0, 1], 1).into()), options.rate, options.seed);
        let fake_time = if options.fakes_time { FakeTime::find(directory.path()) } else { None };
        let process = Process::start(&settings, fake_time.as_ref(), events(&load));
        load.shared.set_client(Client::new(process.address()));
        let keys = vec![Key { kid: "a".to_owned(), tokens }];
        let bed = Self { provider, process, fake_time, load, settings, keys, _directory: directory };
        bed.wait_ready();
        bed.mix(&[(1, Some(first))]);
        bed
    }

    fn wait_ready(&self) {
        let start = Instant::now();
        while !self.status().contains("\"serving\":true") {
            assert!(start.elapsed() < START, "the service serves nothing: {}", self.status());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends the phase before, and begins one.
    pub(crate) fn phase(&self, name: &str) {
        let row = self.load.shared.judge().begin(name).row();
        eprintln!("{row}");
    }

    /// Makes a key, and returns its number. With an exclamation mark it takes over the kid of another.
    pub(crate) fn key(&mut self, kid: &str) -> usize {
        let tokens = self.provider.tokens(kid).into();
        let name = kid.replace('!', "");
        self.keys.push(Key { kid: name, tokens });
        self.load.shared.judge().add_key(kid, kid.ends_with('!'))
    }

    /// Publishes these keys and no others.
    pub(crate) fn publish(&mut self, keys: &[usize]) {
        let kids: Vec<_> = keys.iter().map(|key| self.keys[*key].kid.as_str()).collect();
        self.load.shared.judge().publishing(keys, clock::now());
        self.provider.publish(&kids.join(" "));
        self.load.shared.judge().published(clock::now());
    }

    /// Makes the provider answer in this manner.
    pub(crate) fn answer(&mut self, mode: &str) {
        if mode != "well" {
            self.well(false);
        }
        self.provider.answer(mode);
        if mode == "well" {
            self.well(true);
        }
    }

    pub(crate) fn well(&self, is_well: bool) {
        self.load.shared.judge().well(is_well, clock::now());
    }

    /// Sends tokens of these keys from now on, each with a weight; forged ones where there is no key.
    pub(crate) fn mix(&self, mix: &[(u64, Option<usize>)]) {
        let share = |&(weight, key): &(u64, Option<usize>)| {
            let tokens = Arc::clone(&self.keys[key.unwrap_or_default()].tokens);
            Share { weight, key, tokens }
        };
        self.load.shared.set_mix(mix.iter().map(share).collect());
    }

    /// Refreshes, as a service does once a day.
    pub(crate) fn refresh(&self) -> String {
        self.load.ask(Method::POST, "/refresh").unwrap_or_default()
    }

    pub(crate) fn status(&self) -> String {
        self.load.ask(Method::GET, "/status").unwrap_or_default()
    }

    /// Kills the service, and starts another with its store.
    pub(crate) fn restart(&mut self) {
        let (settings, events) = (self.settings.clone(), events(&self.load));
        // The old one is killed only when the new one is in its place, so its end has to come first.
        self.process.end();
        self.load.shared.judge().restarted(clock::now());
        self.process = Process::start(&settings, self.fake_time.as_ref(), events);
        self.load.shared.set_client(Client::new(self.process.address()));
    }

    /// Requires what the judge cannot know.
    pub(crate) fn require(&self, holds: bool, words: &str) {
        self.load.shared.judge().require(holds, words);
    }

    pub(crate) fn errors(&self) -> BTreeMap<String, u64> {
        self.load.shared.judge().errors().clone()
    }

    pub(crate) fn tally(&self) -> Tally {
        self.load.shared.judge().phase().clone()
    }

    pub(crate) fn store(&self) -> &Path {
        &self.settings.store
    }

    /// Returns whether no temporary file is left beside the store.
    pub(crate) fn is_tidy(&self) -> bool {
        temporary_beside(self.store()) == 0
    }

    /// Ends everything, and returns the phases and the violations.
    pub(crate) fn end(self) -> (Vec<Tally>, u64, Vec<String>) {
        self.phase("end");
        let judge = self.load.shared.judge();
        let (count, words) = judge.violations();
        // The first phase is the start.
        (judge.ended()[1..].to_vec(), count, words.to_vec())
    }
}

fn events(load: &Load) -> Events {
    let shared = Arc::clone(&load.shared);
    Arc::new(move |at, event| shared.judge().event(at, event))
}
