//! The events of a run, with their times.

use std::time::Duration;

use idporten_config::RefreshPolicy;

use crate::random::Random;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A fleet, its provider, and the events of a run. Times count from the start of the run.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The number of instances.
    pub instances: u32,
    /// The length of the run.
    pub length: Duration,
    /// The seed of the random numbers.
    pub seed: u64,
    /// The policy of every instance.
    pub policy: RefreshPolicy,
    /// True if instances look at the clock each minute, as the worker does. With both clocks at one pace, that changes nothing.
    pub minutes: bool,
    /// The duration of a fetch, also of a failed one.
    pub latency: Duration,
    /// The mean time between two tokens at an instance.
    pub token_every: Duration,
    /// The age of a program's snapshot at the roll-out; `None` for programs without one.
    pub snapshot_age: Option<Duration>,
    /// The starts of all instances; the first is the first of all.
    pub rollouts: Vec<Rollout>,
    /// The keys that follow the first one.
    pub rotations: Vec<Rotation>,
    /// The time in which every fetch fails.
    pub outage: Span,
    /// The flood of random kids.
    pub flood: Flood,
}

/// A period, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its first moment.
    pub from: Duration,
    /// The first moment after it.
    pub until: Duration,
}

/// Every instance is started anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rollout {
    /// The time from which instances start.
    pub at: Duration,
    /// The time within which all of them start.
    pub within: Duration,
}

/// A signing key follows another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The name of the rotation in reports.
    pub name: &'static str,
    /// The time at which the new key signs its first token. Before its publication the key set lags.
    pub signs: Duration,
    /// The time at which the new key is published.
    pub published: Duration,
    /// The time from which the old key is no longer published.
    pub withdrawn: Duration,
}

/// Random kids at every instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flood {
    /// The period of the flood.
    pub span: Span,
    /// The number of tokens per second at each instance.
    pub a_second: u32,
}

/// Times in which the load is of interest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// The name of the part in reports.
    pub name: &'static str,
    /// The periods that count.
    pub spans: Vec<Span>,
}

/// The keys of a set, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Keys(u64);

impl Scenario {
    /// Two roll-outs; a rotation in calm, one in an outage, one in a flood. It takes six days, of which the last are quiet.
    #[must_use]
    pub fn week(instances: u32, days: u32, seed: u64) -> Self {
        assert!(days >= 7, "the scenario takes a week");
        let flood = 5 * DAY + 18 * HOUR;
        let rotation = |name, published, withdrawn| Rotation { name, signs: published, published, withdrawn };
        Self {
            instances,
            length: DAY * days,
            seed,
            policy: RefreshPolicy::default(),
            minutes: false,
            latency: Duration::from_millis(200),
            token_every: 20 * SECOND,
            snapshot_age: Some(3 * DAY),
            rollouts: [Duration::ZERO, 3 * DAY + 12 * HOUR].map(|at| Rollout { at, within: 10 * MINUTE }).to_vec(),
            rotations: vec![
                rotation("in calm", DAY + 12 * HOUR, DAY + 14 * HOUR),
                rotation("in the outage", 4 * DAY + 13 * HOUR, 4 * DAY + 15 * HOUR),
                // Seconds after the flood has spent the window of every instance: they all stand in its shadow.
                rotation("in the flood", flood + 15 * MINUTE + 5 * SECOND, flood + 45 * MINUTE + 5 * SECOND),
            ],
            // A day after the second roll-out, when every refresh falls due.
            outage: Span { from: 4 * DAY + 8 * HOUR, until: 4 * DAY + 14 * HOUR },
            flood: Flood { span: Span { from: 5 * DAY + 18 * HOUR, until: 5 * DAY + 19 * HOUR }, a_second: 50 },
        }
    }

    /// A rotation whose key signs a hundred tokens a second, first of all this long before it is published; in a flood of random
    /// kids that has lasted this long by then.
    #[must_use]
    pub fn rotation(instances: u32, lag: Duration, flooded: Duration, seed: u64) -> Self {
        let published = HOUR;
        let rotation = Rotation { name: "alone", signs: published.saturating_sub(lag), published, withdrawn: 2 * HOUR };
        let flood = Span { from: published.saturating_sub(flooded), until: published + 2 * MINUTE };
        Self {
            length: 90 * MINUTE,
            token_every: SECOND / 100,
            rollouts: vec![Rollout { at: Duration::ZERO, within: 10 * MINUTE }],
            rotations: vec![rotation],
            outage: Span { from: Duration::ZERO, until: Duration::ZERO },
            flood: Flood { span: flood, a_second: if flooded.is_zero() { 0 } else { 300 } },
            ..Self::week(instances, 7, seed)
        }
    }

    /// A roll-out of programs without a snapshot to serve, while the provider is away for an hour.
    #[must_use]
    pub fn cold_start(instances: u32, seed: u64) -> Self {
        Self {
            length: 2 * HOUR,
            snapshot_age: None,
            rollouts: vec![Rollout { at: Duration::ZERO, within: 10 * MINUTE }],
            rotations: Vec::new(),
            outage: Span { from: Duration::ZERO, until: HOUR },
            flood: Flood { span: Span { from: HOUR, until: HOUR }, a_second: 0 },
            ..Self::week(instances, 7, seed)
        }
    }

    /// Returns the parts of the run by which the load is reported, and last the whole run.
    #[must_use]
    pub fn phases(&self) -> Vec<Phase> {
        let [calm, in_outage, _] = &self.rotations[..] else { panic!("the phases are those of the week") };
        let after = |from, length| Span { from, until: from + length };
        let rollouts = self.rollouts.iter().map(|rollout| after(rollout.at, rollout.within)).collect();
        let (outage, flood) = (self.outage, self.flood.span);
        let mut phases = vec![
            Phase { name: "roll-outs", spans: rollouts },
            Phase { name: "rotation in calm, its first 10 minutes", spans: vec![after(calm.published, 10 * MINUTE)] },
            Phase { name: "outage", spans: vec![Span { until: in_outage.published, ..outage }] },
            Phase { name: "outage, after a rotation", spans: vec![Span { from: in_outage.published, ..outage }] },
            Phase { name: "the 15 minutes after the outage", spans: vec![after(outage.until, 15 * MINUTE)] },
            Phase { name: "flood, its first minute", spans: vec![Span { until: flood.from + MINUTE, ..flood }] },
            Phase { name: "flood, after it", spans: vec![Span { from: flood.from + MINUTE, ..flood }] },
        ];
        let busy: Vec<Span> = phases.iter().flat_map(|phase| phase.spans.clone()).collect();
        phases.push(Phase { name: "otherwise", spans: self.without(busy) });
        phases.push(Phase { name: "all", spans: vec![after(Duration::ZERO, self.length)] });
        phases
    }

    fn without(&self, mut busy: Vec<Span>) -> Vec<Span> {
        busy.sort_by_key(|span| span.from);
        let starts = std::iter::once(Duration::ZERO).chain(busy.iter().map(|span| span.until));
        let ends = busy.iter().map(|span| span.from).chain([self.length]);
        starts.zip(ends).map(|(from, until)| Span { from, until }).collect()
    }

    /// The lives of an instance: each ends where the next begins.
    pub(super) fn processes(&self, random: &mut Random) -> Vec<Span> {
        let starts: Vec<Duration> =
            self.rollouts.iter().map(|rollout| rollout.at + random.within(rollout.within)).collect();
        let ends = starts.iter().skip(1).copied().chain([self.length]);
        starts.iter().zip(ends).map(|(&from, until)| Span { from, until }).collect()
    }

    /// Returns the keys that are published at this time.
    pub(super) fn keys_at(&self, at: Duration) -> Keys {
        let keys = 0..=self.rotations.len();
        let published = keys.filter(|key| self.published(*key) <= at && at < self.withdrawn(*key));
        Keys(published.fold(0, |keys, key| keys | 1 << key))
    }

    /// The key that signs.
    pub(super) fn signs_at(&self, at: Duration) -> usize {
        self.rotations.iter().filter(|rotation| rotation.signs <= at).count()
    }

    pub(super) fn published(&self, key: usize) -> Duration {
        key.checked_sub(1).map_or(Duration::ZERO, |rotation| self.rotations[rotation].published)
    }

    pub(super) fn withdrawn(&self, key: usize) -> Duration {
        self.rotations.get(key).map_or(Duration::MAX, |rotation| rotation.withdrawn)
    }

    /// Returns whether a fetch that begins at this time succeeds.
    pub(super) fn is_reachable(&self, at: Duration) -> bool {
        !self.outage.contains(at)
    }

    /// Returns the keys that a process that starts at this time has compiled in.
    pub(super) fn baked_at(&self, start: Duration) -> Keys {
        self.snapshot_age.map_or(Keys(0), |age| self.keys_at(start.saturating_sub(age)))
    }
}

impl Span {
    pub(super) fn contains(self, at: Duration) -> bool {
        self.from <= at && at < self.until
    }

    /// Returns its length.
    #[must_use]
    pub fn length(self) -> Duration {
        self.until.saturating_sub(self.from)
    }
}

impl Keys {
    pub(super) fn contains(self, key: usize) -> bool {
        self.0 >> key & 1 == 1
    }
}
