//! The answers of a fleet.

use std::time::Duration;

use super::scenario::Scenario;

/// The counts that are compared with the guarantees of the documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The keys that came or went before the process started, since its snapshot is older.
    pub restarts: Group,
    /// The keys of each rotation.
    pub rotations: Vec<Group>,
    /// Tokens that came while nothing could be served.
    pub unavailable: u64,
    /// The longest that anything was served beyond its limit.
    pub beyond_limit: Duration,
    /// The number of fetches that were due.
    pub due: u64,
    /// The number of fetches for unknown kids.
    pub for_unknown_kids: u64,
    /// The most fetches for unknown kids in one window of one instance.
    pub most_in_a_window: usize,
}

/// The counts of the key that came with a rotation, and of the one that went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// The number of look-ups of the new key that waited and got it.
    pub waited: u64,
    /// The longest wait of these.
    pub longest_wait: Duration,
    /// The number of look-ups of the published new key that were answered `UnknownKey`.
    pub unknown: u64,
    /// The number of those that were answered `Undetermined`.
    pub undetermined: u64,
    /// The number of processes that answered so.
    pub undetermined_processes: u32,
    /// The longest time that one process did so, from the first such answer until it had the key.
    pub longest_undetermined: Duration,
    /// The longest that it took a process to have the new key, from its publication.
    pub longest_lag: Duration,
    /// The times at which processes stopped trusting the old key.
    pub refusals: Vec<Refusal>,
    /// The number of processes that ended while they still trusted it.
    pub never_refused: u32,
}

/// The end of the trust in a key that was withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The time after the withdrawal, or after the start if that was later.
    pub after: Duration,
    /// True if an unknown kid had asked for the fetch.
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

    /// Returns the group that counts a new key in a process that started at this time.
    pub(super) fn coming(&mut self, scenario: &Scenario, key: usize, start: Duration) -> &mut Group {
        match key.checked_sub(1) {
            Some(rotation) if scenario.published(key) > start => &mut self.rotations[rotation],
            _ => &mut self.restarts,
        }
    }

    /// Returns the group that counts an old key.
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
