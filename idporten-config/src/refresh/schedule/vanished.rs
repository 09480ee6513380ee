//! The kids that were served and have left the key set.
//!
//! Their tokens are neither unknown at once, since a single replica that lags would make valid tokens invalid, nor ordinary
//! unknown kids, since the tokens of a withdrawn key would spend the fetches that the next rotation needs.

use std::collections::VecDeque;
use std::time::Duration;

use super::budget::Budget;
use super::types::Success;
use crate::refresh::policy::MINUTE;

/// The time after the fetch that first lacked a kid from which an answer confirms that it has left.
pub(super) const CONFIRM_AFTER: Duration = Duration::from_secs(5);
/// The interval at which a kid that has left is checked while it is still asked for: two replicas that are picked at random may
/// both have lagged.
const CHECK_EVERY: Duration = Duration::from_secs(5 * 60);
/// The time for which a kid that has left is remembered.
const FORGET_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// The largest number of kids that are remembered, more than a set has keys. The oldest are forgotten first.
const MAX_KIDS: usize = 128;

#[derive(Debug, Clone)]
pub(super) struct Vanished {
    kids: VecDeque<Kid>,
    /// One fetch a minute for all kids that have left: tokens of a withdrawn key may come at any rate.
    fetches: Budget,
}

#[derive(Debug, Clone)]
struct Kid {
    name: Box<str>,
    /// The time on the monotonic clock at which the fetch that first lacked it began.
    lacked: Duration,
    /// The time at which the fetch that confirms it may begin: 5 to 10 seconds later, drawn so that a fleet spreads out.
    confirm_at: Duration,
    /// The time of the last answer that lacked it; `None` until one confirms the first.
    confirmed: Option<Duration>,
    /// The time at which the fetch that its tokens have asked for may begin.
    wanted: Option<Duration>,
}

/// The knowledge about a kid that has left the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absence {
    /// A later answer lacks it too.
    Confirmed,
    /// A fetch that may begin at this time of the monotonic clock will decide.
    Open(Duration),
}

impl Vanished {
    pub(super) fn new() -> Self {
        Self { kids: VecDeque::new(), fetches: Budget::new(MINUTE, 1, Vec::new()) }
    }

    /// Asks about a kid for which a token has come, and thereby for the fetch that confirms the absence or checks it again. Returns
    /// `None` for a kid that is not remembered.
    pub(super) fn ask(&mut self, kid: &str, now: Duration) -> Option<Absence> {
        let kid = self.kids.iter_mut().find(|known| *known.name == *kid)?;
        // An old entry is skipped rather than removed: `update` bounds the list, and this runs for each token.
        if kid.lacked.saturating_add(FORGET_AFTER) <= now {
            return None;
        }
        let next = kid.confirmed.map_or(kid.confirm_at, |seen| seen.saturating_add(CHECK_EVERY));
        let may_begin = next.max(self.fetches.free_at(now));
        match kid.confirmed {
            Some(_) if next > now => Some(Absence::Confirmed),
            confirmed => {
                // A confirmed kid stays confirmed during a check: its tokens would otherwise be undetermined every five minutes.
                kid.wanted = Some(next);
                Some(confirmed.map_or(Absence::Open(may_begin), |_| Absence::Confirmed))
            }
        }
    }

    /// Returns the time on the monotonic clock at which a fetch that was asked for may begin.
    pub(super) fn wanted(&self, now: Duration) -> Option<Duration> {
        let first = self.kids.iter().filter_map(|kid| kid.wanted).min()?;
        Some(first.max(self.fetches.free_at(now)))
    }

    /// Notes that a fetch begins. Whatever its reason, it serves all kids whose time has come.
    pub(super) fn begin(&mut self, now: Duration, spends: bool) {
        if spends {
            self.fetches.spend(now);
        }
        for kid in self.kids.iter_mut().filter(|kid| kid.wanted.is_some_and(|at| at <= now)) {
            kid.wanted = None;
        }
    }

    /// Notes that a fetch has succeeded. `delay` is drawn for the kids that it lacks for the first time.
    pub(super) fn update(&mut self, begun: Duration, success: &Success<'_>, delay: Duration) {
        // A kid that came back is forgotten, so that its next departure has to be confirmed anew.
        self.kids.retain(|kid| !success.kids.iter().any(|name| **name == *kid.name));
        for kid in &mut self.kids {
            // A cache may repeat the answer that first lacked the kid, so that only an answer that proves to be later counts.
            let proves = |age| begun >= kid.lacked.saturating_add(CONFIRM_AFTER).saturating_add(age);
            if success.proven_age.is_some_and(proves) {
                (kid.confirmed, kid.wanted) = (Some(begun), None);
            }
        }
        for name in success.kids_before.iter().filter(|kid| !success.kids.contains(kid)) {
            // The kid may be remembered already, and two keys may share it.
            if self.kids.iter().any(|kid| *kid.name == **name) {
                continue;
            }
            let confirm_at = begun.saturating_add(delay);
            self.kids.push_back(Kid {
                name: name.as_str().into(),
                lacked: begun,
                confirm_at,
                confirmed: None,
                wanted: None,
            });
        }
        let surplus = self.kids.len().saturating_sub(MAX_KIDS);
        self.kids.drain(..surplus);
    }
}
