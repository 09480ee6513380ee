//! What a fleet answered.

use std::time::Duration;

use super::scenario::Scenario;

/// What there is to count and to hold against the promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Of keys that came or went before the process started: its snapshot is of before.
    pub restarts: Group,
    /// Of the keys of each rotation.
    pub rotations: Vec<Group>,
    /// Tokens that came while nothing could be served.
    pub unavailable: u64,
    /// The longest that anything was served beyond its limit.
    pub beyond_limit: Duration,
    /// Fetches that were made because it was time,
    pub due: u64,
    /// and because of unknown kids,
    pub for_unknown_kids: u64,
    /// of which so many fell into one window, at the instance with the most.
    pub most_in_a_window: usize,
}

/// Of the key that came with a rotation, and of the one that went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Look-ups of the new key that waited and got it,
    pub waited: u64,
    /// and the longest wait of these.
    pub longest_wait: Duration,
    /// Look-ups of the new key, which was published, that were answered `UnknownKey`,
    pub unknown: u64,
    /// and `Undetermined`,
    pub undetermined: u64,
    /// by so many processes,
    pub undetermined_processes: u32,
    /// and the longest that one did so: from the first until it had the key.
    pub longest_undetermined: Duration,
    /// The longest that it took a process to have the new key, from its publication.
    pub longest_lag: Duration,
    /// When processes ceased to trust the old key.
    pub refusals: Vec<Refusal>,
    /// Processes that ended, and trusted it still.
    pub never_refused: u32,
}

/// The end of the trust in a key that was withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// How long after the withdrawal, or after the start where that was later.
    pub after: Duration,
    /// Whether an unknown kid had asked for the fetch.
    pub by_unknown_kid: bool,
}

impl Tally {
    pub(super) fn new(rotations: usize) -> Self {
        Self {
            restarts: Group::default(),
            rotations: vec![Group::default(); rotations],
            unavailable: 0,
            beyond_limit: Duration::ZERO,
            due: 0,
            for_unknown_kids: 0,
            most_in_a_window: 0,
        }
    }

    /// All groups.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        std::iter::once(&self.restarts).chain(&self.rotations)
    }

    /// Where to count what becomes of a new key, in a process that started then.
    pub(super) fn coming(&mut self, scenario: &Scenario, key: usize, start: Duration) -> &mut Group {
        match key.checked_sub(1) {
            Some(rotation) if scenario.published(key) > start => &mut self.rotations[rotation],
            _ => &mut self.restarts,
        }
    }

    /// Where to count what becomes of an old one.
    pub(super) fn going(&mut self, scenario: &Scenario, key: usize, start: Duration) -> &mut Group {
        if scenario.withdrawn(key) > start { &mut self.rotations[key] } else { &mut self.restarts }
    }
}

impl Group {
    /// The median and the longest time until the old key was refused, where an unknown kid had asked, or where none had.
    #[must_use]
    pub fn refused_after(&self, by_unknown_kid: bool) -> Option<(Duration, Duration)> {
        let of_these = self.refusals.iter().filter(|refusal| refusal.by_unknown_kid == by_unknown_kid);
        let mut after: Vec<Duration> = of_these.map(|refusal| refusal.after).collect();
        after.sort_unstable();
        Some((*after.get(after.len() / 2)?, *after.last()?))
    }
}
