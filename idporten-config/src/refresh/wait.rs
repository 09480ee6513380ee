//! Waiting for the worker, on a thread and in a future alike: look, sleep until something has changed, look again.
//!
//! No waiter has a timer. The worker wakes all of them when the first deadline has come, so that the futures need no runtime.

use std::future::{Future, poll_fn};
use std::ops::ControlFlow::{self, Break, Continue};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll::Ready;
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use event_listener::EventListener;

use super::config::{Keys, ProviderConfig};
use super::error::{LookupError, Reason, RefreshError, Unavailable};
use super::schedule::{Answer, FLIGHT_LIMIT, Ticket};
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

/// Waits in a future, which may be dropped at any time. Panics of its waker are counted.
pub(super) async fn wait<T>(shared: &Shared, mut poll: impl FnMut() -> Poll<T>) -> T {
    loop {
        match poll() {
            Poll::Done(result) => return result,
            Poll::Wait(listener, _) => notified(listener, shared).await,
        }
    }
}

async fn notified(listener: EventListener, shared: &Shared) {
    let mut listener = Some(listener);
    poll_fn(|context| match &mut listener {
        Some(listener) if !shared.is_forked() => {
            let waker = Caught { waker: context.waker().clone(), panics: Arc::clone(&shared.waker_panics) };
            Pin::new(listener).poll(&mut Context::from_waker(&Waker::from(Arc::new(waker))))
        }
        _ => {
            // Nobody notifies it in a process that was forked meanwhile. Dropping it takes a lock that a missing thread may hold.
            std::mem::forget(listener.take());
            Ready(())
        }
    })
    .await;
}

/// A waker whose panics end here. In the list of `event-listener`, a panic leaves the count of the notified listeners wrong, and
/// later notifications wake nobody.
struct Caught {
    waker: Waker,
    panics: Arc<AtomicU64>,
}

impl Wake for Caught {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.waker.wake_by_ref())) {
            self.panics.fetch_add(1, Ordering::Relaxed);
            // A payload may panic again when it is dropped.
            std::mem::forget(panic);
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
        // Only a first look may find the place taken: a waiter that was woken keeps its place.
        let is_first = self.wait.is_none();
        self.shared.look(Err(Unavailable::new(Reason::Stopped, None).into()), |core, listeners| {
            let is_full = is_first && listeners > MAX_WAITING;
            self.decide(core, self.waits && !is_full)
        })
    }

    fn decide(&mut self, core: &mut Core, may_wait: bool) -> ControlFlow<Result<Keys, LookupError>, Duration> {
        // The look-up is repeated under the lock, since the set may have been replaced before the lock was taken.
        if let Ok(keys) = self.shared.find(self.kid, self.alg, || Err(())) {
            return Break(Ok(keys));
        }
        let error = match self.shared.current() {
            Ok(config)
                if self.kid.is_none()
                    || self.is_hopeless(&core.distrusted)
                    || self.is_of_another_key(core, &config) =>
            {
                LookupError::UnknownKey
            }
            Err(unavailable) if self.is_hopeless(&core.distrusted) => unavailable.into(),
            current => match (self.ask(core, current.as_ref().err(), may_wait), current) {
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

    /// Returns whether no fetch could bring a key, so that the token is answered at once and costs no fetch. Such a token has an
    /// algorithm that no published key serves, or a kid that no set can hold or that is distrusted.
    fn is_hopeless(&self, distrusted: &[String]) -> bool {
        let is_of_no_key = |kid: &str| kid.len() > MAX_KID || distrusted.iter().any(|name| name == kid);
        self.alg.is_none() || self.kid.is_some_and(is_of_no_key)
    }

    /// Returns whether the known key of this kid can never serve the algorithm, so that the token is invalid at once. The provider
    /// may have put a key of another type under the kid, so that this counts as a bad signature.
    fn is_of_another_key(&self, core: &mut Core, config: &ProviderConfig) -> bool {
        let (Some(kid), Some(alg)) = (self.kid, self.alg) else { return false };
        let never = config.never_serves(kid, alg);
        if never {
            self.shared.note_bad_signature(core, kid);
        }
        never
    }

    /// Asks the schedule for the key. Returns the deadline while the answer is worth waiting for.
    fn ask(
        &mut self,
        core: &mut Core,
        unavailable: Option<&Unavailable>,
        may_wait: bool,
    ) -> ControlFlow<LookupError, Duration> {
        let now = self.shared.clock.now();
        // While nothing is held, or only something too old, the timed fetches are already frequent. Spending the budget of
        // unknown kids as well would leave none for the first rotation after the outage. A token without a kid waits for a fetch
        // that is made anyway, and asks for none.
        let spends = self.kid.is_some()
            && unavailable.is_none_or(|it| matches!(it.reason(), Reason::Distrusted | Reason::Leaked));
        let (kid, ticket) = (self.kid.unwrap_or_default(), self.wait.map(|(ticket, _)| ticket));
        let answer = core.schedule.ask(now, kid, ticket, spends);
        // The worker is woken only for a fetch that the question brought forward, or that is overdue, as after the machine was
        // suspended: in a flood of unknown kids few are, and an unconditional wake would cost a thread switch for each token.
        if core.schedule.is_behind(now) {
            self.shared.clock.wake();
        }
        let ticket = match answer {
            Answer::Pending(ticket) => ticket,
            Answer::Unknown => return Break(LookupError::UnknownKey),
            Answer::Undetermined { retry_after } => return Break(LookupError::Undetermined { retry_after }),
        };
        let deadline =
            self.wait.map_or_else(|| now.monotonic.saturating_add(self.shared.policy.key_wait), |wait| wait.1);
        if !may_wait || now.monotonic >= deadline {
            return Break(LookupError::Undetermined { retry_after: SHORTLY });
        }
        self.wait = Some((ticket, deadline));
        Continue(deadline)
    }
}

impl Shared {
    /// Looks at the state once. `decide` ends the wait with a result, or continues it until a time. `stopped` is the result after
    /// the end, and in a forked process, where the worker is missing, and the lock may be held by a thread that is missing too.
    ///
    /// A wait is decided twice: without a listener, which costs an allocation that most looks do not need, and with one. It must be
    /// registered before the state is read, or a notification between the two would be missed; and not under the lock, since
    /// wakers run under that of the listeners, and a waker may take this one. `decide` gets the number of listeners, its own
    /// included, once it has one. A counter beside them would have to be kept right when futures are dropped.
    fn look<T>(&self, stopped: T, mut decide: impl FnMut(&mut Core, usize) -> ControlFlow<T, Duration>) -> Poll<T> {
        if self.is_forked() {
            return Poll::Done(stopped);
        }
        let (mut listener, mut listeners) = (None, 0);
        loop {
            let mut core = self.core();
            if self.stopped.load(Ordering::SeqCst) {
                return Poll::Done(stopped);
            }
            // On a result the lock ends before the listener, which is declared before it. One that was notified hands that on when
            // it is dropped, and so runs another's waker.
            let until = match decide(&mut core, listeners) {
                Break(result) => return Poll::Done(result),
                Continue(until) => until,
            };
            if let Some(listener) = listener.take() {
                self.wake_waiters_at(&mut core, until);
                return Poll::Wait(listener, until);
            }
            drop(core);
            listener = Some(self.changed.listen());
            listeners = self.changed.total_listeners();
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
            self.look(Err(Unavailable::new(Reason::Stopped, None)), |_, _| match self.current() {
                Err(_) if self.policy.fetches && self.clock.now().monotonic < deadline => Continue(deadline),
                result => Break(result.map(drop)),
            })
        }
    }

    /// Returns a poll function that asks for a refresh and ends with it.
    pub(super) fn until_refreshed(&self) -> impl FnMut() -> Poll<Result<(), RefreshError>> {
        let deadline = self.clock.now().monotonic.saturating_add(FLIGHT_LIMIT);
        let mut asked = None;
        move || {
            self.look(Err(RefreshError::Stopped), |core, _| {
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

#[cfg(all(test, not(loom)))]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::sync::atomic::AtomicBool;
    use std::sync::{Arc, mpsc};
    use std::task::{Context, Wake, Waker};
    use std::thread;
    use std::time::SystemTime;

    use super::*;
    use crate::environment::KnownEnvironment::IdportenTest;
    use crate::refresh::Refresher;
    use crate::testing::{MemoryProvider, VirtualClock, snapshot};

    /// A waker of a program that looks at the refresher.
    struct TakesTheLock {
        shared: Arc<Shared>,
        has_taken_it: AtomicBool,
    }

    impl Wake for TakesTheLock {
        fn wake(self: Arc<Self>) {
            let (shared, (sender, receiver)) = (Arc::clone(&self.shared), mpsc::channel());
            // On a thread of its own, so that a lock that is held fails the test rather than stop it.
            thread::spawn(move || {
                drop(shared.core());
                sender.send(()).ok()
            });
            self.has_taken_it.store(receiver.recv_timeout(Duration::from_secs(5)).is_ok(), Ordering::SeqCst);
        }
    }

    fn refresher() -> Refresher {
        let seed = snapshot(IdportenTest, SystemTime::UNIX_EPOCH, &["one"]);
        let builder = Refresher::builder(seed.clone()).unwrap().clock(&VirtualClock::new(SystemTime::UNIX_EPOCH));
        builder.start_with(MemoryProvider::new(&seed)).unwrap()
    }

    #[test]
    fn a_wait_that_ends_before_it_begins_runs_no_waker_under_the_lock() {
        let refresher = refresher();
        let shared = &refresher.shared;
        let waker = Arc::new(TakesTheLock { shared: Arc::clone(shared), has_taken_it: AtomicBool::new(false) });
        let mut other = pin!(None);
        let mut looks = 0;
        let poll = shared.look((), |_, _| {
            looks += 1;
            if looks == 1 {
                return Continue(Duration::ZERO);
            }
            // The listener of this look is notified, and the other is registered after that.
            shared.changed.notify(usize::MAX);
            other.set(Some(shared.changed.listen()));
            let waker = Waker::from(Arc::clone(&waker));
            let polled = other.as_mut().as_pin_mut().map(|other| other.poll(&mut Context::from_waker(&waker)));
            assert!(polled.unwrap().is_pending());
            Break(())
        });
        assert!(matches!(poll, Poll::Done(())));
        assert!(waker.has_taken_it.load(Ordering::SeqCst));
    }

    #[test]
    fn a_wait_counts_those_that_began_together_with_it() {
        let refresher = refresher();
        let shared = &refresher.shared;
        let (mut others, mut counts) = (Vec::new(), Vec::new());
        let poll = shared.look((), |_, listeners| {
            counts.push(listeners);
            others.push(shared.changed.listen());
            Continue(Duration::ZERO)
        });
        assert!(matches!(poll, Poll::Wait(..)));
        assert_eq!(counts, [0, 2], "none while it may end at once, then the other and its own");
    }
}
