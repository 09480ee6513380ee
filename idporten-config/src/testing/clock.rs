//! A clock that moves only when a test moves it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, SystemTime};

use event_listener::{EventListener, Listener};

use crate::clock::{Clock, LONGEST_SLEEP, Now};

/// A clock that stands still until a test moves it. Refreshers with this clock do everything that becomes due on the way, one step
/// after another, and are idle when [`advance`](Self::advance) returns: no test sleeps, and each run is the same. The random delays
/// are the same in each run too; those of two refreshers on one clock differ.
///
/// A call that waits (`find_keys_wait`, `wait_ready`, `refresh_now`) moves the clock by itself when nothing else can
/// happen; for the async forms, [`block_on`](Self::block_on) does so. Clones share one clock.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use idporten_config::testing::VirtualClock;
///
/// let clock = VirtualClock::new(SystemTime::UNIX_EPOCH);
/// clock.advance(Duration::from_secs(60 * 60));
/// assert_eq!(clock.now(), SystemTime::UNIX_EPOCH + Duration::from_secs(60 * 60));
/// ```
#[derive(Clone)]
pub struct VirtualClock(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    moved: Condvar,
}

struct State {
    now: Now,
    sleepers: BTreeMap<u64, Sleep>,
    /// The threads that were woken before they slept.
    woken: BTreeSet<u64>,
    /// The number of busy threads. The clock stands still while there are any.
    busy: usize,
    last_id: u64,
}

/// The sleep of one thread.
#[derive(Clone, Copy)]
struct Sleep {
    until: Duration,
    /// True if the thread counts as busy when awake.
    counts: bool,
    /// True for a refresher's worker, which also looks when the clocks move apart.
    looks: bool,
}

impl VirtualClock {
    /// Returns a clock that stands at this time of day.
    #[must_use]
    pub fn new(wall: SystemTime) -> Self {
        let now = Now { monotonic: Duration::ZERO, wall };
        let state = State { now, sleepers: BTreeMap::new(), woken: BTreeSet::new(), busy: 0, last_id: 0 };
        Self(Arc::new(Inner { state: Mutex::new(state), moved: Condvar::new() }))
    }

    /// Returns the time of day.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.state().now.wall
    }

    /// Moves the clock forward by a duration. Everything that becomes due is done at its time.
    pub fn advance(&self, by: Duration) {
        let target = self.state().now.monotonic.saturating_add(by);
        while self.step(target) {}
        drop(self.at_rest());
    }

    /// Sets the time of day, as an operator or a time server does. The monotonic clock does not move. A refresher notices it within
    /// a minute of the clock's time, as on the clock of a machine.
    pub fn set(&self, wall: SystemTime) {
        self.at_rest().set_wall(wall);
    }

    /// Suspends the machine for a duration: the time of day moves on, and the monotonic clock stands still. A refresher notices it
    /// within a minute after.
    pub fn suspend(&self, time: Duration) {
        let mut state = self.at_rest();
        let wall = state.now.wall + time;
        state.set_wall(wall);
    }

    /// Runs a future to its end, and moves the clock when nothing else can happen.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        loop {
            let flag = Arc::new(Flag(AtomicBool::new(false)));
            let waker = Waker::from(Arc::clone(&flag));
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
            loop {
                let mut state = self.at_rest();
                if flag.0.load(Ordering::SeqCst) {
                    break;
                }
                self.jump(&mut state);
            }
        }
    }

    /// Sleeps for a duration of the clock's time, for custom transports that answer slowly. The thread of a refresher's fetch counts
    /// as idle meanwhile. Any other thread sleeps until a further thread moves the clock.
    pub fn sleep(&self, time: Duration) {
        let mut state = self.state();
        let until = state.now.monotonic.saturating_add(time);
        let id = state.id();
        self.sleep_as(state, id, until, false);
    }

    /// Returns a number for a refresher to draw its delays from, which no other refresher on this clock gets.
    pub(crate) fn random(&self) -> u64 {
        self.state().id()
    }

    /// Returns this clock in the form that a refresher takes.
    pub(crate) fn sleeper(&self) -> Arc<dyn Clock> {
        Arc::new(Sleeper { clock: self.clone(), id: self.state().id() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the state once no thread is busy.
    fn at_rest(&self) -> MutexGuard<'_, State> {
        self.0.moved.wait_while(self.state(), |state| state.busy > 0).unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves to the next due time, at most to the target. Returns whether more may be due before the target.
    fn step(&self, target: Duration) -> bool {
        let mut state = self.at_rest();
        let next = state.next().filter(|next| *next <= target);
        state.move_to(next.unwrap_or(target));
        self.0.moved.notify_all();
        next.is_some()
    }

    /// Moves to the next due time, if there is one.
    fn jump(&self, state: &mut State) {
        let next = state.next().filter(|next| *next < Duration::MAX);
        assert!(next.is_some(), "this wait would never end: nothing is due");
        state.move_to(next.unwrap_or_default());
        self.0.moved.notify_all();
    }

    fn sleep_as(&self, mut state: MutexGuard<'_, State>, id: u64, until: Duration, looks: bool) {
        if state.woken.remove(&id) || until <= state.now.monotonic {
            return;
        }
        let counts = state.busy > 0;
        state.sleepers.insert(id, Sleep { until, counts, looks });
        state.busy -= usize::from(counts);
        self.0.moved.notify_all();
        drop(self.0.moved.wait_while(state, |state| state.sleepers.contains_key(&id)));
    }
}

impl State {
    /// Returns the time at which the first sleeper wakes.
    fn next(&self) -> Option<Duration> {
        self.sleepers.values().map(|sleep| sleep.until).min()
    }

    fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn move_to(&mut self, monotonic: Duration) {
        let by = monotonic.saturating_sub(self.now.monotonic);
        self.now = Now { monotonic: self.now.monotonic + by, wall: self.now.wall + by };
        let due: Vec<u64> =
            self.sleepers.iter().filter(|(_, sleep)| sleep.until <= monotonic).map(|(id, _)| *id).collect();
        for id in due {
            self.rouse(id);
        }
    }

    /// Sets the time of day. A refresher on the system's clock looks at it once a minute, and so it does here, once: to wake each
    /// virtual minute would make a story of a year cost half a million turns of the worker.
    fn set_wall(&mut self, wall: SystemTime) {
        self.now.wall = wall;
        let look = self.now.monotonic.saturating_add(LONGEST_SLEEP);
        for sleep in self.sleepers.values_mut().filter(|sleep| sleep.looks) {
            sleep.until = sleep.until.min(look);
        }
    }

    /// Wakes a sleeper, or notes the wake for its next sleep. A woken thread counts as busy from this moment, not from when it is
    /// scheduled.
    fn rouse(&mut self, id: u64) {
        match self.sleepers.remove(&id) {
            Some(sleep) => self.busy += usize::from(sleep.counts),
            None => drop(self.woken.insert(id)),
        }
    }
}

impl fmt::Debug for VirtualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VirtualClock").field(&self.now()).finish()
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// The handle of one refresher to the clock.
struct Sleeper {
    clock: VirtualClock,
    id: u64,
}

impl Clock for Sleeper {
    fn now(&self) -> Now {
        self.clock.state().now
    }

    fn park(&self, until: Duration) {
        self.clock.sleep_as(self.clock.state(), self.id, until, true);
    }

    fn wake(&self) {
        self.clock.state().rouse(self.id);
        self.clock.0.moved.notify_all();
    }

    fn enter(&self) {
        self.clock.state().busy += 1;
    }

    fn leave(&self) {
        self.clock.state().busy -= 1;
        self.clock.0.moved.notify_all();
    }

    fn block(&self, mut listener: EventListener, _: Duration) {
        loop {
            let state = self.clock.at_rest();
            if Pin::new(&mut listener).poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                return;
            }
            if state.sleepers.is_empty() {
                // No thread is left to wait for: the refresher has ended, and the next look reports that.
                drop(state);
                return listener.wait();
            }
            let mut state = state;
            self.clock.jump(&mut state);
        }
    }
}
