//! The judge of each answer: a model of the keys, the provider and the fetches, which takes time as an argument.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::tally::{Answer, Tally};

/// The most time between an event and what the driver sees of it.
const SLACK: Duration = Duration::from_millis(250);
/// At most three fetches for unknown kids begin within this time.
const WINDOW: Duration = Duration::from_secs(60);
const WINDOW_FETCHES: usize = 3;
/// The violations that are kept in words.
const MAX_WORDS: usize = 20;
/// The errors of the service that are told apart.
const MAX_ERRORS: usize = 40;

/// The longest that a service may take, with a provider that answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// From the publication of a key to its first accepted token.
    pub(crate) new_key: Duration,
    /// The same for a key that takes over the kid of another.
    pub(crate) reused_kid: Duration,
    /// From the refresh that drops a key to its tokens being invalid.
    pub(crate) withdrawn: Duration,
}

/// A key, and what the service can know of it.
#[derive(Debug, Clone, Default)]
struct Key {
    name: String,
    /// True if another key had the kid before.
    reuses_kid: bool,
    /// The times just before and just after the provider was told to publish it, and to publish it no longer.
    publishing: Option<Duration>,
    published: Option<Duration>,
    withdrawing: Option<Duration>,
    withdrawn: Option<Duration>,
    /// The end of the first successful fetch that began after the publication, and after the withdrawal.
    held: Option<Duration>,
    dropped: Option<Duration>,
    /// True if the service was restarted after it dropped the key, or another key has its kid: the service does not remember it.
    forgotten: bool,
}

/// The model.
pub(crate) struct Judge {
    bounds: Bounds,
    keys: Vec<Key>,
    /// The time since which the provider answers and nothing is wrong with the service; `None` while something is.
    well_since: Option<Duration>,
    store_works: bool,
    /// The start of the fetch under way.
    fetch: Option<Duration>,
    unknown_kid_fetches: VecDeque<Duration>,
    phase: Tally,
    ended: Vec<Tally>,
    /// The failures that the service reported, each with its count.
    errors: BTreeMap<String, u64>,
    violations: u64,
    words: Vec<String>,
}

impl Judge {
    pub(crate) fn new(bounds: Bounds, now: Duration) -> Self {
        Self {
            bounds,
            keys: Vec::new(),
            well_since: Some(now),
            store_works: true,
            fetch: None,
            unknown_kid_fetches: VecDeque::new(),
            phase: Tally::named("start"),
            ended: Vec::new(),
            errors: BTreeMap::new(),
            violations: 0,
            words: Vec::new(),
        }
    }

    /// Adds a key that is not published yet, and returns its number.
    pub(crate) fn add_key(&mut self, name: &str, reuses_kid: bool) -> usize {
        // Once another key has its kid, the absence of the kid says nothing of this key.
        for key in self.keys.iter_mut().filter(|key| key.kid() == kid(name)) {
            key.forgotten = true;
        }
        self.keys.push(Key { name: name.to_owned(), reuses_kid, ..Key::default() });
        self.keys.len() - 1
    }

    /// Notes that the provider is about to be told to publish these keys and no others.
    pub(crate) fn publishing(&mut self, keys: &[usize], now: Duration) {
        for (number, key) in self.keys.iter_mut().enumerate() {
            match keys.contains(&number) {
                true => _ = key.publishing.get_or_insert(now),
                false if key.publishing.is_some() => _ = key.withdrawing.get_or_insert(now),
                false => {}
            }
        }
    }

    /// Notes that it does so now.
    pub(crate) fn published(&mut self, now: Duration) {
        for key in &mut self.keys {
            if key.publishing.is_some() {
                key.published.get_or_insert(now);
            }
            if key.withdrawing.is_some() {
                key.withdrawn.get_or_insert(now);
            }
        }
    }

    /// Notes whether the provider answers and nothing is wrong with the service, from now on.
    pub(crate) fn well(&mut self, is_well: bool, now: Duration) {
        self.well_since = is_well.then_some(now);
    }

    /// Notes that the service was restarted: it has what is in its store.
    pub(crate) fn restarted(&mut self, now: Duration) {
        self.fetch = None;
        self.unknown_kid_fetches.clear();
        self.well_since = self.well_since.map(|_| now);
        for key in &mut self.keys {
            key.forgotten |= key.dropped.is_some();
            if !self.store_works {
                (key.held, key.dropped) = (None, None);
            }
        }
    }

    /// Takes a line of the service.
    pub(crate) fn event(&mut self, at: Duration, event: &str) {
        if let Some(cause) = event.strip_prefix("fetching: ") {
            self.fetch = Some(at);
            *self.phase.fetches.entry(cause.to_owned()).or_default() += 1;
            if cause == "unknown_kid" {
                self.count_unknown_kid_fetch(at);
            }
        } else if event.starts_with("refreshed") {
            let Some(began) = self.fetch.take() else { return };
            self.phase.longest_fetch = self.phase.longest_fetch.max(at.saturating_sub(began));
            self.refreshed(began, at);
        } else if event.starts_with("refresh failed") {
            self.fetch = None;
            self.phase.failed_fetches += 1;
            self.count_error(event);
        } else if event.starts_with("the store") {
            self.store_works = event == "the store works again";
            self.count_error(event);
        }
    }

    /// Counts the words of the service by what follows the number of failures.
    fn count_error(&mut self, event: &str) {
        let error = event.split_once(": ").map_or(event, |(_, error)| error);
        if self.errors.len() < MAX_ERRORS || self.errors.contains_key(error) {
            *self.errors.entry(error.to_owned()).or_default() += 1;
        }
    }

    fn count_unknown_kid_fetch(&mut self, at: Duration) {
        self.unknown_kid_fetches.push_back(at);
        if self.unknown_kid_fetches.len() > WINDOW_FETCHES {
            let first = self.unknown_kid_fetches.pop_front().unwrap_or_default();
            if at.saturating_sub(first) + SLACK < WINDOW {
                self.violate(|| format!("four fetches for unknown kids within {:?}", at.saturating_sub(first)));
            }
        }
    }

    fn refreshed(&mut self, began: Duration, at: Duration) {
        let before = |time: Option<Duration>| time.is_some_and(|time| time < began);
        for key in &mut self.keys {
            if before(key.published) && key.withdrawing.is_none() {
                key.held.get_or_insert(at);
            }
            if before(key.withdrawn) {
                key.dropped.get_or_insert(at);
            }
        }
    }

    /// Takes the answer to a request with a token of this key, or of none.
    pub(crate) fn answered(&mut self, key: Option<usize>, sent: Duration, now: Duration, answer: Answer) {
        *self.phase.answers.entry(answer).or_default() += 1;
        let Some(key) = key.map(|key| self.keys[key].clone()) else {
            if answer == Answer::Accepted {
                self.violate(|| "a forged token was accepted".to_owned());
            }
            return;
        };
        match answer {
            Answer::Accepted => self.accepted(&key, sent),
            Answer::Invalid | Answer::Undetermined if key.is_valid(sent, now) => self.refused(&key, sent, answer),
            Answer::Undetermined => self.undetermined(&key, sent),
            Answer::Invalid | Answer::Missing => {}
        }
    }

    fn accepted(&mut self, key: &Key, sent: Duration) {
        if key.publishing.is_none() {
            self.violate(|| format!("{} was accepted before it was published", key.name));
        }
        if let Some(dropped) = key.dropped
            && sent > dropped + SLACK
        {
            let late = sent.saturating_sub(dropped);
            self.violate(|| format!("{} was accepted {late:?} after the refresh that dropped it", key.name));
        }
    }

    fn refused(&mut self, key: &Key, sent: Duration, answer: Answer) {
        self.phase.refused += 1;
        if key.held.is_some_and(|held| sent > held + SLACK) {
            self.violate(|| format!("{} was {answer:?} after a refresh had brought it", key.name));
        } else if answer == Answer::Invalid && !key.reuses_kid {
            self.violate(|| format!("{} was invalid although it was published", key.name));
        }
        let Some(lag) = self.lag(key.published, sent) else { return };
        self.phase.new_key = self.phase.new_key.max(lag);
        let bound = if key.reuses_kid { self.bounds.reused_kid } else { self.bounds.new_key };
        if lag > bound {
            self.violate(|| format!("{} was {answer:?} {lag:?} after its publication", key.name));
        }
    }

    /// A withdrawn key that was served, and of which one answer alone may have lacked it.
    fn undetermined(&mut self, key: &Key, sent: Duration) {
        if key.held.is_none() || key.dropped.is_none() || key.forgotten {
            return;
        }
        let Some(lag) = self.lag(key.dropped, sent) else { return };
        self.phase.withdrawn = self.phase.withdrawn.max(lag);
        if lag > self.bounds.withdrawn {
            self.violate(|| format!("{} was undetermined {lag:?} after the refresh that dropped it", key.name));
        }
    }

    /// Returns the time since an event for which nothing was wrong, if nothing is.
    fn lag(&self, since: Option<Duration>, sent: Duration) -> Option<Duration> {
        let well = self.well_since?;
        since.map(|since| sent.saturating_sub(since.max(well)))
    }

    fn violate(&mut self, words: impl FnOnce() -> String) {
        self.violations += 1;
        if self.words.len() < MAX_WORDS {
            self.words.push(format!("{}: {}", self.phase.name, words()));
        }
    }

    /// Notes a violation that the driver found.
    pub(crate) fn require(&mut self, holds: bool, words: &str) {
        if !holds {
            self.violate(|| words.to_owned());
        }
    }

    /// Ends a phase and begins the next, and returns the counts of the one that ended.
    pub(crate) fn begin(&mut self, name: &str) -> &Tally {
        self.ended.push(std::mem::replace(&mut self.phase, Tally::named(name)));
        &self.ended[self.ended.len() - 1]
    }

    pub(crate) fn phase(&self) -> &Tally {
        &self.phase
    }

    /// Returns the phases that have ended.
    pub(crate) fn ended(&self) -> &[Tally] {
        &self.ended
    }

    /// Returns the failures that the service reported, each with its count.
    pub(crate) fn errors(&self) -> &BTreeMap<String, u64> {
        &self.errors
    }

    /// Returns the number of violations, and the first of them in words.
    pub(crate) fn violations(&self) -> (u64, &[String]) {
        (self.violations, &self.words)
    }
}

/// Returns a kid without the mark of a new key under it.
fn kid(name: &str) -> &str {
    name.trim_end_matches('!')
}

impl Key {
    fn kid(&self) -> &str {
        kid(&self.name)
    }

    /// Returns whether a token of it is valid at the provider for the whole time of a request.
    fn is_valid(&self, sent: Duration, answered: Duration) -> bool {
        self.published.is_some_and(|published| published < sent)
            && self.withdrawing.is_none_or(|withdrawing| answered < withdrawing)
    }
}
