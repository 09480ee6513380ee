//! Waiting, on a thread and in a future alike: turns of looking, with sleep between them.
//!
//! Nobody who waits needs a timer: the worker wakes all when the first deadline has come.

use std::sync::atomic::Ordering;
use std::time::Duration;

use event_listener::EventListener;

use super::clock::Clock;
use super::config::Keys;
use super::error::{LookupError, Reason, RefreshError, Unavailable};
use super::schedule::{Answer, Ticket};
use super::state::{Core, Shared};
use crate::environment::SigningAlg;

/// How finely the ends of waits are told apart.
const GRAIN: Duration = Duration::from_millis(50);
/// How many look-ups may wait; the rest are answered at once.
const MAX_WAITING: usize = 1_024;
/// What a caller that does not wait is told to wait for a fetch that has been asked for.
const SHORTLY: Duration = Duration::from_secs(1);
/// The longest that a forced refresh is waited for: three times what a fetch may take.
const REFRESH_WAIT: Duration = Duration::from_secs(60);

/// What a look came to.
pub(super) enum Turn<T> {
    Done(T),
    /// Look again when this has been told.
    Wait(EventListener),
}

/// Waits on this thread.
pub(super) fn block<T>(clock: &dyn Clock, mut turn: impl FnMut() -> Turn<T>) -> T {
    loop {
        match turn() {
            Turn::Done(result) => return result,
            Turn::Wait(listener) => clock.block(listener),
        }
    }
}

/// Waits in a future, which may be dropped at any time.
pub(super) async fn wait<T>(mut turn: impl FnMut() -> Turn<T>) -> T {
    loop {
        match turn() {
            Turn::Done(result) => return result,
            Turn::Wait(listener) => listener.await,
        }
    }
}

/// A look-up of a key.
pub(super) struct Lookup<'a> {
    shared: &'a Shared,
    kid: Option<&'a str>,
    /// `None` is an algorithm that no published key serves: `none`, `HS*` or an unknown name.
    alg: Option<SigningAlg>,
    waits: bool,
    ticket: Option<Ticket>,
    deadline: Option<Duration>,
    seat: Option<Seat<'a>>,
}

/// A place among the look-ups that wait.
struct Seat<'a>(&'a Shared);

impl<'a> Lookup<'a> {
    pub(super) fn new(shared: &'a Shared, kid: Option<&'a str>, alg: Option<SigningAlg>, waits: bool) -> Self {
        Self { shared, kid, alg, waits, ticket: None, deadline: None, seat: None }
    }

    pub(super) fn turn(&mut self) -> Turn<Result<Keys, LookupError>> {
        // Before looking, so that what happens between looking and waiting is not missed.
        let listener = self.shared.changed.listen();
        let mut core = self.shared.core();
        // Under the lock: nobody puts anything else in force meanwhile.
        if let Ok(keys) = self.shared.find(self.kid, self.alg, || Err(())) {
            return Turn::Done(Ok(keys));
        }
        let error = match self.shared.current().err() {
            Some(unavailable) if unavailable.reason() == Reason::Stopped => unavailable.into(),
            None if self.is_hopeless() => LookupError::UnknownKey,
            unavailable => match (self.inquire(&mut core, unavailable.as_ref()), unavailable) {
                (None, _) => return Turn::Wait(listener),
                (_, Some(unavailable)) => unavailable.into(),
                (Some(error), None) => error,
            },
        };
        core.counters.count(&error);
        Turn::Done(Err(error))
    }

    /// Whether no fetch could bring a key: for a token without kid none is made, and no published key serves `none` or `HS*`.
    fn is_hopeless(&self) -> bool {
        self.kid.is_none() || self.alg.is_none()
    }

    /// What the schedule says; nothing where it says to wait.
    fn inquire(&mut self, core: &mut Core, unavailable: Option<&Unavailable>) -> Option<LookupError> {
        let now = self.shared.clock.now();
        // Where there is nothing, or nothing fresh, the timed fetches see to that.
        let spends = unavailable.is_none_or(|it| matches!(it.reason(), Reason::Distrusted | Reason::Leaked));
        let ticket = match core.schedule.ask(now, self.ticket, spends) {
            Answer::Pending(ticket) => ticket,
            Answer::Unknown => return Some(LookupError::UnknownKey),
            Answer::Undetermined { retry_after } => return Some(LookupError::Undetermined { retry_after }),
        };
        if !core.schedule.is_fetching() {
            self.shared.clock.wake();
        }
        let deadline = *self.deadline.get_or_insert(now.monotonic.saturating_add(self.shared.policy.key_wait));
        let full = self.seat.is_none() && core.waiting >= MAX_WAITING;
        if !self.waits || full || now.monotonic >= deadline {
            return Some(LookupError::Undetermined { retry_after: SHORTLY });
        }
        self.ticket = Some(ticket);
        self.seat.get_or_insert_with(|| Seat::take(self.shared, core));
        self.shared.wake_by(core, deadline);
        None
    }
}

impl<'a> Seat<'a> {
    fn take(shared: &'a Shared, core: &mut Core) -> Self {
        core.waiting += 1;
        Self(shared)
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.core().waiting -= 1;
    }
}

impl Shared {
    /// Has the worker wake all who wait by then, or a little later: with many that wait, each for itself, it would do nothing
    /// else.
    fn wake_by(&self, core: &mut Core, deadline: Duration) {
        let grain = GRAIN.subsec_nanos();
        let short = (grain - deadline.subsec_nanos() % grain) % grain;
        let deadline = deadline.saturating_add(Duration::from_nanos(short.into()));
        if core.deadline.is_none_or(|first| deadline < first) {
            core.deadline = Some(deadline);
            self.clock.wake();
        }
    }

    /// Looks, turn by turn, until there is something to serve or the time is over.
    pub(super) fn until_ready(&self, timeout: Duration) -> impl FnMut() -> Turn<Result<(), Unavailable>> {
        let deadline = self.clock.now().monotonic.saturating_add(timeout);
        move || {
            let listener = self.changed.listen();
            let mut core = self.core();
            match self.current() {
                Ok(_) => Turn::Done(Ok(())),
                Err(unavailable) if unavailable.reason() == Reason::Stopped => Turn::Done(Err(unavailable)),
                Err(unavailable) if !self.policy.fetches || self.clock.now().monotonic >= deadline => {
                    Turn::Done(Err(unavailable))
                }
                Err(_) => {
                    self.wake_by(&mut core, deadline);
                    Turn::Wait(listener)
                }
            }
        }
    }

    /// Asks for a refresh, and looks, turn by turn, until it has ended.
    pub(super) fn until_refreshed(&self) -> impl FnMut() -> Turn<Result<(), RefreshError>> {
        let deadline = self.clock.now().monotonic.saturating_add(REFRESH_WAIT);
        let mut asked = None;
        move || {
            let listener = self.changed.listen();
            let mut core = self.core();
            if self.stopped.load(Ordering::SeqCst) {
                return Turn::Done(Err(RefreshError::Stopped));
            }
            let Some(number) = asked.or_else(|| core.schedule.force()) else {
                return Turn::Done(Err(RefreshError::Never));
            };
            asked = Some(number);
            match (core.schedule.outcome(number), &core.last_error) {
                (Some(true), _) => Turn::Done(Ok(())),
                (Some(false), Some(error)) => Turn::Done(Err(RefreshError::Failed(error.clone()))),
                _ if self.clock.now().monotonic >= deadline => Turn::Done(Err(RefreshError::TimedOut)),
                _ => {
                    self.wake_by(&mut core, deadline);
                    self.clock.wake();
                    Turn::Wait(listener)
                }
            }
        }
    }
}
