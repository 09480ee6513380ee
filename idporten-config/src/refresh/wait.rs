//! Waiting for the worker, on a thread and in a future alike: look, sleep until something has changed, look again.
//!
//! No waiter has a timer. The worker wakes all of them when the first deadline has come, so that the futures need no runtime.

use std::ops::ControlFlow::{self, Break, Continue};
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
/// The largest number of callers that wait at once. Look-ups beyond it are answered immediately, so that a flood of tokens with
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
    /// The ticket and the deadline of the wait, once it has begun.
    wait: Option<(Ticket, Duration)>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(shared: &'a Shared, kid: Option<&'a str>, alg: Option<SigningAlg>, waits: bool) -> Self {
        Self { shared, kid, alg, waits, wait: None }
    }

    pub(super) fn poll(&mut self) -> Poll<Result<Keys, LookupError>> {
        self.shared.look(Err(Unavailable::new(Reason::Stopped, None).into()), |core| self.decide(core))
    }

    fn decide(&mut self, core: &mut Core) -> ControlFlow<Result<Keys, LookupError>, Duration> {
        // The look-up is repeated under the lock, since the set may have been replaced before the lock was taken.
        if let Ok(keys) = self.shared.find(self.kid, self.alg, || Err(())) {
            return Break(Ok(keys));
        }
        let error = match self.shared.current() {
            Ok(config) if self.is_hopeless(&config, &core.distrusted) => LookupError::UnknownKey,
            current => match (self.ask(core, current.as_ref().err()), current) {
                (Continue(until), _) => return Continue(until),
                // While nothing is served, `Unavailable` takes precedence over what is known of the kid: with no key set in force
                // the token cannot be called invalid.
                (Break(_), Err(unavailable)) => unavailable.into(),
                (Break(error), Ok(_)) => error,
            },
        };
        core.counters.count(&error);
        Break(Err(error))
    }

    /// Returns whether no fetch could bring a key, so that the token is invalid at once and costs no fetch. Such a token has no
    /// kid, an algorithm that no published key serves, a kid that no set can hold or that is distrusted, or an algorithm that
    /// the known key of this kid can never serve.
    fn is_hopeless(&self, config: &ProviderConfig, distrusted: &[String]) -> bool {
        let (Some(kid), Some(alg)) = (self.kid, self.alg) else { return true };
        kid.len() > MAX_KID || distrusted.iter().any(|name| name == kid) || config.never_serves(kid, alg)
    }

    /// Asks the schedule for the key. Returns the deadline while the answer is worth waiting for.
    fn ask(&mut self, core: &mut Core, unavailable: Option<&Unavailable>) -> ControlFlow<LookupError, Duration> {
        let now = self.shared.clock.now();
        // While nothing is held, or only something too old, the timed fetches are already frequent. Spending the budget of
        // unknown kids as well would leave none for the first rotation after the outage.
        let spends = unavailable.is_none_or(|it| matches!(it.reason(), Reason::Distrusted | Reason::Leaked));
        let (kid, ticket) = (self.kid.unwrap_or_default(), self.wait.map(|(ticket, _)| ticket));
        let before = core.schedule.wake(now);
        let answer = core.schedule.ask(now, kid, ticket, spends);
        // The worker is woken only if the question brought its next step forward: in a flood of unknown kids few do, and an
        // unconditional wake would cost a thread switch for each token.
        if core.schedule.wake(now) < before {
            self.shared.clock.wake();
        }
        let ticket = match answer {
            Answer::Pending(ticket) => ticket,
            Answer::Unknown => return Break(LookupError::UnknownKey),
            Answer::Undetermined { retry_after } => return Break(LookupError::Undetermined { retry_after }),
        };
        // The listener of this look is among those that are counted. A counter beside them would have to be kept right when
        // futures are dropped. Only a first look may find the place taken: a waiter that was woken keeps its place.
        let full = || self.wait.is_none() && self.shared.changed.total_listeners() > MAX_WAITING;
        let deadline =
            self.wait.map_or_else(|| now.monotonic.saturating_add(self.shared.policy.key_wait), |wait| wait.1);
        if !self.waits || full() || now.monotonic >= deadline {
            return Break(LookupError::Undetermined { retry_after: SHORTLY });
        }
        self.wait = Some((ticket, deadline));
        Continue(deadline)
    }
}

impl Shared {
    /// Looks at the state once. `decide` ends the wait with a result, or continues it until a time. `stopped` is the result after
    /// the end, and in a forked process, where the worker is missing, and the lock may be held by a thread that is missing too.
    fn look<T>(&self, stopped: T, decide: impl FnOnce(&mut Core) -> ControlFlow<T, Duration>) -> Poll<T> {
        if self.is_forked() {
            return Poll::Done(stopped);
        }
        // The listener is registered before the state is read: a notification between the two would otherwise be missed.
        let listener = self.changed.listen();
        let mut core = self.core();
        if self.stopped.load(Ordering::SeqCst) {
            return Poll::Done(stopped);
        }
        match decide(&mut core) {
            Break(result) => Poll::Done(result),
            Continue(until) => {
                self.wake_waiters_at(&mut core, until);
                Poll::Wait(listener, until)
            }
        }
    }

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
            self.look(Err(Unavailable::new(Reason::Stopped, None)), |_| match self.current() {
                Err(_) if self.policy.fetches && self.clock.now().monotonic < deadline => Continue(deadline),
                result => Break(result.map(drop)),
            })
        }
    }

    /// Returns a poll function that asks for a refresh and ends with it.
    pub(super) fn until_refreshed(&self) -> impl FnMut() -> Poll<Result<(), RefreshError>> {
        let deadline = self.clock.now().monotonic.saturating_add(REFRESH_WAIT);
        let mut asked = None;
        move || {
            self.look(Err(RefreshError::Stopped), |core| {
                let Some(number) = asked.or_else(|| core.schedule.force()) else {
                    return Break(Err(RefreshError::Never));
                };
                asked = Some(number);
                // The outcome is asked for before the deadline, so that a result that arrives at the last moment is not lost.
                match (core.schedule.outcome(number), &core.last_error) {
                    (Some(true), _) => Break(Ok(())),
                    (Some(false), Some(error)) => Break(Err(RefreshError::Failed(error.clone()))),
                    _ if self.clock.now().monotonic >= deadline => Break(Err(RefreshError::TimedOut)),
                    _ => {
                        self.clock.wake();
                        Continue(deadline)
                    }
                }
            })
        }
    }
}
