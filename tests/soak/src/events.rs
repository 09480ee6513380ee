//! The events of a random run, and how they change the bed.

use std::collections::VecDeque;
use std::thread;
use std::time::Duration;

use idporten_config_tests::random::Random;
use rustix::process::{Resource, Signal};

use crate::bed::Bed;
use crate::clock;

/// Something that happens to the provider, to the machine or to the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// A new key beside those that are published, at most three of them.
    Rotation,
    /// A new key in place of all.
    SuddenRotation,
    /// Tokens of a new key some seconds before the key.
    Lag,
    /// A new key under the newest kid.
    ReusedKid,
    /// The provider does not answer, or not with its documents.
    Fault,
    /// Three forged tokens in ten.
    Flood,
    /// The service is stopped and continued.
    Stop,
    /// No file can be written.
    FullDisk,
    /// No file and no connection can be opened.
    NoDescriptor,
    /// The time of day is an hour or a day ahead for a while.
    ClockJump,
}

/// The events, each as often as its likelihood.
const EVENTS: [Event; 16] = [
    Event::Rotation,
    Event::Rotation,
    Event::Rotation,
    Event::SuddenRotation,
    Event::Lag,
    Event::Lag,
    Event::ReusedKid,
    Event::Fault,
    Event::Fault,
    Event::Fault,
    Event::Fault,
    Event::Flood,
    Event::Stop,
    Event::FullDisk,
    Event::NoDescriptor,
    Event::ClockJump,
];

const FAULTS: [&str; 8] = ["hang", "down", "error", "issuer", "page", "cut", "huge", "empty"];
/// The published keys, and those that were withdrawn last and are still asked for.
const MAX_PUBLISHED: usize = 3;
const MAX_WITHDRAWN: usize = 2;

/// An event that lasts, and has not ended yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pending {
    Key(usize),
    Provider,
    Flood,
    Disk,
    Descriptors,
    Clock,
}

/// The keys and what is under way.
pub(crate) struct Script {
    random: Random,
    made: u32,
    kids: Vec<String>,
    published: Vec<usize>,
    withdrawn: VecDeque<usize>,
    pending: Vec<(Duration, Pending)>,
}

impl Script {
    /// Starts with the first key of a bed.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            made: 0,
            kids: vec!["a".to_owned()],
            published: vec![0],
            withdrawn: VecDeque::new(),
            pending: Vec::new(),
        }
    }

    /// Draws the time until the next event.
    pub(crate) fn pause(&mut self) -> Duration {
        self.random.millis(2_000, 9_000)
    }

    /// Makes the next event happen. Returns it if it could.
    pub(crate) fn next(&mut self, bed: &mut Bed) -> Option<Event> {
        let event = self.random.of(&EVENTS);
        let now = clock::now();
        let happens = match event {
            Event::Rotation => self.rotate(bed, MAX_PUBLISHED - 1),
            Event::SuddenRotation => self.rotate(bed, 0),
            Event::Lag => {
                let key = self.new_key(bed, None);
                let lag = self.random.millis(2_000, 10_000);
                self.pending.push((now + lag, Pending::Key(key)));
                true
            }
            Event::ReusedKid => self.reuse(bed),
            Event::Fault => {
                let mode = self.random.of(&FAULTS);
                self.begin(Pending::Provider, 1_000, 20_000, || bed.answer(mode))
            }
            Event::Flood => self.begin(Pending::Flood, 5_000, 80_000, || {}),
            Event::Stop => {
                bed.well(false);
                bed.process.signal(Signal::STOP);
                thread::sleep(self.random.millis(200, 3_000));
                bed.process.signal(Signal::CONT);
                self.restore(bed);
                true
            }
            Event::FullDisk => self.begin(Pending::Disk, 5_000, 30_000, || bed.process.limit(Resource::Fsize, Some(0))),
            Event::NoDescriptor => {
                let open = bed.process.usage().map(|usage| usage.descriptors);
                self.begin(Pending::Descriptors, 2_000, 10_000, || {
                    bed.well(false);
                    bed.process.limit(Resource::Nofile, open);
                })
            }
            Event::ClockJump => match &bed.fake_time {
                Some(time) => {
                    let ahead = self.random.of(&["+3600", "+90000"]);
                    self.begin(Pending::Clock, 5_000, 30_000, || time.set(ahead))
                }
                None => false,
            },
        };
        self.mix(bed);
        happens.then_some(event)
    }

    /// Ends what has lasted for its time.
    pub(crate) fn end_due(&mut self, bed: &mut Bed, now: Duration) {
        let (due, pending) = self.pending.iter().partition::<Vec<_>, _>(|(at, _)| *at <= now);
        self.pending = pending;
        for (_, pending) in &due {
            match *pending {
                Pending::Key(key) => self.publish(bed, key, MAX_PUBLISHED - 1),
                Pending::Provider => bed.answer("well"),
                Pending::Disk => bed.process.limit(Resource::Fsize, None),
                Pending::Descriptors => bed.process.limit(Resource::Nofile, None),
                Pending::Clock => bed.fake_time.iter().for_each(|time| time.set("+0")),
                Pending::Flood => {}
            }
        }
        if !due.is_empty() {
            self.restore(bed);
            self.mix(bed);
        }
    }

    /// Ends everything at once.
    pub(crate) fn end_all(&mut self, bed: &mut Bed) {
        self.end_due(bed, Duration::MAX);
    }

    /// Returns the kid of the newest published key.
    pub(crate) fn newest_kid(&self) -> &str {
        self.published.last().map_or("", |key| &self.kids[*key])
    }

    /// Begins what lasts for a time between two numbers of milliseconds, unless it is under way.
    fn begin(&mut self, what: Pending, least: u64, most: u64, begin: impl FnOnce()) -> bool {
        if self.is_pending(what) {
            return false;
        }
        begin();
        self.pending.push((clock::now() + self.random.millis(least, most), what));
        true
    }

    fn is_pending(&self, what: Pending) -> bool {
        self.pending.iter().any(|(_, pending)| *pending == what)
    }

    /// Says that all is well, unless something else is still wrong.
    fn restore(&self, bed: &Bed) {
        let is_well = !self.is_pending(Pending::Provider) && !self.is_pending(Pending::Descriptors);
        bed.well(is_well);
    }

    fn new_key(&mut self, bed: &mut Bed, kid: Option<&str>) -> usize {
        self.made += 1;
        let kid = kid.map_or_else(|| format!("key-{}", self.made), str::to_owned);
        let key = bed.key(&kid);
        self.kids.push(kid.replace('!', ""));
        key
    }

    fn rotate(&mut self, bed: &mut Bed, kept: usize) -> bool {
        let key = self.new_key(bed, None);
        self.publish(bed, key, kept);
        true
    }

    /// Publishes a key beside as many of those before.
    fn publish(&mut self, bed: &mut Bed, key: usize, kept: usize) {
        let surplus = self.published.len().saturating_sub(kept);
        self.withdrawn.extend(self.published.drain(..surplus));
        self.published.push(key);
        bed.publish(&self.published);
    }

    fn reuse(&mut self, bed: &mut Bed) -> bool {
        let Some(old) = self.published.pop() else { return false };
        let kid = format!("{}!", self.kids[old]);
        let new = self.new_key(bed, Some(&kid));
        self.withdrawn.push_back(old);
        self.published.push(new);
        bed.publish(&self.published);
        true
    }

    /// Sends tokens of all these keys, and in a flood forged ones.
    fn mix(&mut self, bed: &Bed) {
        let surplus = self.withdrawn.len().saturating_sub(MAX_WITHDRAWN);
        self.withdrawn.drain(..surplus);
        let mut mix: Vec<_> = self.published.iter().map(|key| (20, Some(*key))).collect();
        mix.extend(self.withdrawn.iter().map(|key| (2, Some(*key))));
        for (_, pending) in &self.pending {
            match pending {
                Pending::Key(key) => mix.push((2, Some(*key))),
                Pending::Flood => mix.push((20, None)),
                _ => {}
            }
        }
        bed.mix(&mix);
    }
}
