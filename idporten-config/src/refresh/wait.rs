//! Waiting for the worker, on a thread and in a future alike: look, sleep until something has changed, look again.
//!
//! No waiter has a timer. The worker wakes all of them when the first deadline has come, so that the futures need no runtime.

use std::sync::atomic::Ordering;
use std::time::Duration;

use event_listener::EventListener;

use super::config::{Keys, ProviderConfig};
use super::error::{LookupError, Reason, RefreshError, Unavailable};
use super::schedule::{Answer, Ticket};
use super::state::{Core, Shared};
use crate::clock::Clock;
use crate::document::jwks::MAX_KID;
use crate::environment::SigningAlg;

/// The granularity of deadlines: waits that end within the same grain are woken together.
const GRAIN: Duration = Duration::from_millis(50);
/// The largest number of look-ups that wait at once. The rest are answered immediately, so that a flood of tokens with
/// unknown kids cannot use up the threads or tasks of the program.
const MAX_WAITING: usize = 1_024;
/// The time after which a caller that does not wait may find the result of a fetch that is about to begin.
const SHORTLY: Duration = Duration::from_secs(1);
/// The longest that a forced refresh is waited for: three times what a fetch may take.
const REFRESH_WAIT: Duration = Duration::from_secs(60);

/// The result of one look at the shared state.
pub(super) enum Poll<T> {
    Done(T),
    /// Look again when notified, or at this time of the monotonic clock.
    Wait(EventListener, Duration),
}

/// Waits on this thread.
pub(super) fn block<T>(clock: &dyn Clock, mut poll: impl FnMut() -> Poll<T>) -> T {
    loop {
        match poll() {
            Poll::Done(result) => return result,
            Poll::Wait(listener, until) => clock.block(listener, until),
        }
    }
}

/// Waits in a future, which may be dropped at any time.
pub(super) async fn wait<T>(mut poll: impl FnMut() -> Poll<T>) -> T {
    loop {
        match poll() {
            Poll::Done(result) => return result,
            Poll::Wait(listener, _) => listener.await,
        }
    }
}

/// A look-up of a key that is not in what is served.
pub(super) struct Lookup<'a> {
    shared: &'a Shared,
    kid: Option<&'a str>,
    /// `None` stands for an algorithm that no published key serves: `none`, `HS*` or an unknown name.
    alg: Option<SigningAlg>,
    waits: bool,
    ticket: Option<Ticket>,
    deadline: Option<Duration>,
    slot: Option<WaitSlot<'a>>,
}

/// One of the [`MAX_WAITING`] places for look-ups that wait. Dropping it frees the place, also when a future is dropped.
struct WaitSlot<'a>(&'a Shared);

impl<'a> Lookup<'a> {
    pub(super) fn new(shared: &'a Shared, kid: Option<&'a str>, alg: Option<SigningAlg>, waits: bool) -> Self {
        Self { shared, kid, alg, waits, ticket: None, deadline: None, slot: None }
    }

    pub(super) fn poll(&mut self) -> Poll<Result<Keys, LookupError>> {
        if self.shared.is_forked() {
            return Poll::Done(Err(Unavailable::new(Reason::Stopped, None).into()));
        }
        // The listener is registered before the state is read: a notification between the two would otherwise be missed.
        let listener = self.shared.changed.listen();
        let mut core = self.shared.core();
        // The look-up is repeated under the lock, since the set may have been replaced before the lock was taken.
        if let Ok(keys) = self.shared.find(self.kid, self.alg, || Err(())) {
            return Poll::Done(Ok(keys));
        }
        let error = match self.shared.current() {
            Err(unavailable) if unavailable.reason() == Reason::Stopped => unavailable.into(),
            Ok(config) if self.is_hopeless(&config, &core.distrusted) => LookupError::UnknownKey,
            current => match (self.ask(&mut core, current.as_ref().err()), current) {
                (Asked::Wait(until), _) => return Poll::Wait(listener, until),
                // While nothing is served, `Unavailable` takes precedence over what is known of the kid: with no key set in force
                // the token cannot be called invalid.
                (_, Err(unavailable)) => unavailable.into(),
                (Asked::Answered(error), Ok(_)) => error,
            },
        };
        core.counters.count(&error);
        Poll::Done(Err(error))
    }

    /// Returns whether no fetch could bring a key, so that the token is invalid at once and costs no fetch. Such a token has no
    /// kid, an algorithm that no published key serves, a kid that no set can hold or that is distrusted, or an algorithm that
    /// the known key of this kid can never serve.
    fn is_hopeless(&self, config: &ProviderConfig, distrusted: &[String]) -> bool {
        let (Some(kid), Some(alg)) = (self.kid, self.alg) else { return true };
        kid.len() > MAX_KID || distrusted.iter().any(|name| name == kid) || config.never_serves(kid, alg)
    }

    fn ask(&mut self, core: &mut Core, unavailable: Option<&Unavailable>) -> Asked {
        let now = self.shared.clock.now();
        // While nothing is held, or only something too old, the timed fetches are already frequent. Spending the budget of
        // unknown kids as well would leave none for the first rotation after the outage.
        let spends = unavailable.is_none_or(|it| matches!(it.reason(), Reason::Distrusted | Reason::Leaked));
        let before = core.schedule.wake(now);
        let answer = core.schedule.ask(now, self.kid.unwrap_or_default(), self.ticket, spends);
        // The worker is woken only if the question brought its next step forward: in a flood of unknown kids few do, and an
        // unconditional wake would cost a thread switch for each token.
        if core.schedule.wake(now) < before {
            self.shared.clock.wake();
        }
        let ticket = match answer {
            Answer::Pending(ticket) => ticket,
            Answer::Unknown => return Asked::Answered(LookupError::UnknownKey),
            Answer::Undetermined { retry_after } => return Asked::Answered(LookupError::Undetermined { retry_after }),
        };
        let deadline = *self.deadline.get_or_insert(now.monotonic.saturating_add(self.shared.policy.key_wait));
        let full = self.slot.is_none() && core.waiting >= MAX_WAITING;
        if !self.waits || full || now.monotonic >= deadline {
            return Asked::Answered(LookupError::Undetermined { retry_after: SHORTLY });
        }
        self.ticket = Some(ticket);
        self.slot.get_or_insert_with(|| WaitSlot::take(self.shared, core));
        self.shared.wake_waiters_at(core, deadline);
        Asked::Wait(deadline)
    }
}

enum Asked {
    Answered(LookupError),
    Wait(Duration),
}

impl<'a> WaitSlot<'a> {
    fn take(shared: &'a Shared, core: &mut Core) -> Self {
        core.waiting += 1;
        Self(shared)
    }
}

impl Drop for WaitSlot<'_> {
    fn drop(&mut self) {
        // After a fork the lock may be held by a thread that the child does not have.
        if !self.0.is_forked() {
            self.0.core().waiting -= 1;
        }
    }
}

impl Shared {
    /// Makes the worker wake all waiters at this time, or up to a grain later. Without the rounding, a thousand waiters with
    /// different deadlines would wake it a thousand times.
    fn wake_waiters_at(&self, core: &mut Core, deadline: Duration) {
        let grain = GRAIN.subsec_nanos();
        let short = (grain - deadline.subsec_nanos() % grain) % grain;
        let deadline = deadline.saturating_add(Duration::from_nanos(short.into()));
        if core.deadline.is_none_or(|first| deadline < first) {
            core.deadline = Some(deadline);
            self.clock.wake();
        }
    }

    /// Returns a poll function that ends when there is something to serve or the time is over.
    pub(super) fn until_ready(&self, timeout: Duration) -> impl FnMut() -> Poll<Result<(), Unavailable>> {
        let deadline = self.clock.now().monotonic.saturating_add(timeout);
        move || {
            if self.is_forked() {
                return Poll::Done(Err(Unavailable::new(Reason::Stopped, None)));
            }
            let listener = self.changed.listen();
            let mut core = self.core();
            match self.current() {
                Ok(_) => Poll::Done(Ok(())),
                Err(unavailable) if unavailable.reason() == Reason::Stopped => Poll::Done(Err(unavailable)),
                Err(unavailable) if !self.policy.fetches || self.clock.now().monotonic >= deadline => {
                    Poll::Done(Err(unavailable))
                }
                Err(_) => {
                    self.wake_waiters_at(&mut core, deadline);
                    Poll::Wait(listener, deadline)
                }
            }
        }
    }

    /// Returns a poll function that asks for a refresh and ends with it.
    pub(super) fn until_refreshed(&self) -> impl FnMut() -> Poll<Result<(), RefreshError>> {
        let deadline = self.clock.now().monotonic.saturating_add(REFRESH_WAIT);
        let mut asked = None;
        move || {
            if self.is_forked() {
                return Poll::Done(Err(RefreshError::Stopped));
            }
            let listener = self.changed.listen();
            let mut core = self.core();
            if self.stopped.load(Ordering::SeqCst) {
                return Poll::Done(Err(RefreshError::Stopped));
            }
            let Some(number) = asked.or_else(|| core.schedule.force()) else {
                return Poll::Done(Err(RefreshError::Never));
            };
            asked = Some(number);
            // The outcome is asked for before the deadline, so that a result that arrives at the last moment is not lost.
            match (core.schedule.outcome(number), &core.last_error) {
                (Some(true), _) => Poll::Done(Ok(())),
                (Some(false), Some(error)) => Poll::Done(Err(RefreshError::Failed(error.clone()))),
                _ if self.clock.now().monotonic >= deadline => Poll::Done(Err(RefreshError::TimedOut)),
                _ => {
                    self.wake_waiters_at(&mut core, deadline);
                    self.clock.wake();
                    Poll::Wait(listener, deadline)
                }
            }
        }
    }
}
