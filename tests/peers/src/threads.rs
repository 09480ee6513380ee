//! The time that threads take, side by side.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// Returns the time until each of several threads, started together, has done its rounds.
///
/// Divided by the rounds it is what one round takes as one of the threads sees it. With more threads than cores that includes
/// waiting for a core: compare it with that of a contender which shares nothing.
///
/// # Panics
///
/// If the work does.
pub fn time(threads: usize, rounds: u64, work: impl Fn() + Sync) -> Duration {
    let barrier = Barrier::new(threads);
    let run = || {
        barrier.wait();
        let start = Instant::now();
        for _ in 0..rounds {
            work();
        }
        (start, Instant::now())
    };
    // From the first start to the last end: starting the threads and joining them is left out.
    let (start, end) = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let spans = running.into_iter().map(|thread| thread.join().expect("a thread that ended well"));
        spans.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1))).expect("a thread")
    });
    end - start
}
