//! One attempt to refresh, on a thread of its own: from the requests to the configuration in force, the events and the store.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc as StdArc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::config::ProviderConfig;
use super::event::Event;
use super::schedule::{Cause, Now, Outdated, Success};
use super::state::{Core, Shared, Unstored};
use super::sync::{Arc, thread};
use super::worker::Busy;
use crate::document::compare::{Change, Comparison, compare};
use crate::document::snapshot::{Origin, Snapshot};
use crate::document::violation::Rule;
use crate::fetch::{self, Age, FetchError};

/// A fetch that the schedule has begun.
struct Attempt {
    number: u64,
    begun: Now,
    cause: Cause,
}

/// The documents of a successful fetch, ready to be put in force. They are prepared without the lock: parsing and comparing under
/// it would delay every look-up of an unknown kid.
struct Prepared {
    config: ProviderConfig,
    /// The age of the documents when the fetch began, and the URL whose answer stated it.
    age: Age,
    url: String,
    changes: Comparison,
    drift: Vec<Change>,
}

/// Begins the fetch that the schedule has just counted.
pub(super) fn begin(shared: &Arc<Shared>, cause: Cause) {
    if let Err(error) = spawn(shared, cause) {
        fail(shared, &mut shared.core(), error);
        shared.wake_all();
    }
}

fn spawn(shared: &Arc<Shared>, cause: Cause) -> Result<(), FetchError> {
    let mut core = shared.core();
    // A thread cannot be ended from outside. A second one beside a client that hangs would add one more at each attempt.
    if core.has_fetch_thread {
        return Err(FetchError::setup("an earlier fetch has not ended", "see that the HTTP client has a limit"));
    }
    core.has_fetch_thread = true;
    let begun = core.schedule.fetching_since().unwrap_or_else(|| shared.clock.now());
    let attempt = Attempt { number: core.schedule.number(), begun, cause };
    drop(core);
    let busy = Busy::new(shared);
    let run = move || attempt.run(&busy.0);
    let spawned = thread::Builder::new().name("idporten-config-fetch".to_owned()).spawn(run);
    spawned.map(drop).map_err(|error| {
        shared.core().has_fetch_thread = false;
        FetchError::no_thread(&error)
    })
}

impl Attempt {
    /// Fetches, and does all that follows, in the order that matters: the schedule, the configuration in force, the events, those
    /// who wait, and the store.
    fn run(&self, shared: &Shared) {
        // The transport is the program's code. Its panic is one failed fetch, and not the end of the refresher.
        let prepared = catch_unwind(AssertUnwindSafe(|| self.prepare(shared)));
        let mut core = shared.core();
        // The flag is cleared under the lock that makes the result visible: the next fetch may begin once that is released.
        core.has_fetch_thread = false;
        let prepared = prepared.unwrap_or_else(|panic| {
            core.counters.count_panic(panic);
            Err(FetchError::crashed())
        });
        // The result of a fetch that was given up arrives late and is ignored: it was already counted as a failure. After the end
        // nothing is put in force. What could not be removed from the store is still removed.
        let is_awaited = core.schedule.fetching_since().is_some() && core.schedule.number() == self.number;
        if is_awaited && !shared.stopped.load(Ordering::SeqCst) {
            match prepared.and_then(|prepared| check_age(&core, prepared)) {
                Ok(prepared) => succeed(shared, &mut core, prepared),
                Err(error) => fail(shared, &mut core, error),
            }
        }
        drop(core);
        shared.wake_all();
        // The worker still sleeps until the old due time, and has the events to log.
        shared.clock.wake();
        // The disk comes last: one that hangs delays no answer, and costs this thread alone.
        write_store(shared);
    }

    /// Fetches both documents, and prepares what is put in force.
    fn prepare(&self, shared: &Shared) -> Result<Prepared, FetchError> {
        let elapsed = || shared.clock.now().monotonic.saturating_sub(self.begun.monotonic);
        let stopped = || shared.stopped.load(Ordering::SeqCst);
        let (provider, past_caches) = (shared.seed.provider(), self.cause.needs_revalidation());
        let fetched = fetch::fetch(&*shared.transport, provider, self.begun.wall, &elapsed, &stopped, past_caches)?;
        // The configuration is copied out, so that the comparison runs without the lock.
        let (before, past) = {
            let core = shared.core();
            (core.config.clone(), core.schedule.past())
        };
        // By a wall clock that is behind, an answer of some age would be dated before what it replaces.
        let as_of = fetched.snapshot.as_of().max(past);
        let snapshot = fetched.snapshot.dated(as_of);
        // `fetch` has checked the rules that make documents complete, with a usable key; a failure here is a bug.
        let config = ProviderConfig::new(&snapshot).ok_or_else(FetchError::crashed)?;
        let before = before.as_deref().map_or(&shared.seed, |config| &config.documents);
        Ok(Prepared {
            age: fetched.age,
            url: fetched.url,
            changes: compare(before, &snapshot),
            drift: shared.drift_of(&snapshot),
            config,
        })
    }
}

/// Refuses documents of a cache that are too old to be of use.
fn check_age(core: &Core, prepared: Prepared) -> Result<Prepared, FetchError> {
    let short = |age: Duration| humantime::format_duration(Duration::from_secs(age.as_secs()));
    let limit = match core.schedule.outdated(prepared.age.stated) {
        None => return Ok(prepared),
        Some(Outdated::MaxAge) => "the policy's `max_age` allows".to_owned(),
        Some(Outdated::Held(age)) => format!("what is held, which is {} old", short(age)),
    };
    let header = prepared.age.header.map(|header| format!(" by its `{header}`")).unwrap_or_default();
    let age = short(prepared.age.stated);
    let reason =
        format!("the answer is {age} old{header}, older than {limit}; have the cache there ask the provider again");
    Err(FetchError::outdated(&prepared.url, &reason))
}

/// Puts the documents in force, as a whole.
fn succeed(shared: &Shared, core: &mut Core, prepared: Prepared) {
    let config = StdArc::new(prepared.config);
    let before = core.config.replace(StdArc::clone(&config));
    let kids = |config: &ProviderConfig| -> Vec<String> {
        config.keys().filter_map(|(key, _)| key.kid().map(str::to_owned)).collect()
    };
    // The schedule comes before the swap, which asks it whether what is held has expired.
    core.schedule.succeeded(&Success {
        age: prepared.age.stated,
        proven_age: prepared.age.proven,
        kids_before: &before.as_deref().map(kids).unwrap_or_default(),
        kids: &kids(&config),
    });
    // This set has a usable key, so that not all of it has leaked.
    (core.last_error, core.all_leaked, core.last_success) = (None, false, Some(config.as_of()));
    shared.publish(core);
    core.counters.succeeded_fetches += 1;
    core.unstored = Some(Unstored::Documents);
    core.report(&Event::Refreshed { changes: prepared.changes });
    if prepared.drift != core.drift {
        core.drift.clone_from(&prepared.drift);
        core.report(&Event::Drifted { drift: prepared.drift });
    }
}

/// Keeps what is held. Only leaked keys withdraw it.
pub(super) fn fail(shared: &Shared, core: &mut Core, error: FetchError) {
    if error.violations().iter().any(|violation| violation.rule == Rule::Leaked) {
        // The store is removed as well: the next process would otherwise serve keys that are known to have leaked.
        (core.all_leaked, core.unstored) = (true, Some(Unstored::Documents));
    }
    core.schedule.failed(shared.clock.now(), error.retry_after(), core.all_leaked);
    core.counters.failed_fetches += 1;
    let error = StdArc::new(error);
    core.last_error = Some(StdArc::clone(&error));
    // While nothing is served, the error is published as the cause in the answer.
    if core.all_leaked || shared.current().is_err() {
        shared.publish(core);
    }
    let consecutive_failures = core.schedule.consecutive_failures();
    core.report(&Event::Failed { error, consecutive_failures });
}

/// Writes what was accepted last to the store, or removes the file if no key of it is trusted. After a `distrust` alone, what is in
/// the file loses those keys. One thread writes, and looks again after each write: with a write by each thread, the older of two
/// could be the last to reach the disk.
fn write_store(shared: &Shared) {
    let Some(store) = &shared.store else { return };
    let mut core = shared.core();
    while core.writing_since.is_none()
        && let Some(unstored) = core.unstored.take()
    {
        core.writing_since = Some(shared.clock.now().monotonic);
        let (config, distrusted) = (core.config.clone().filter(|_| !core.all_leaked), core.distrusted.clone());
        drop(core);
        let provider = shared.seed.provider();
        let result = match unstored {
            Unstored::Distrust => store.distrust(provider, &distrusted),
            Unstored::Documents => match config.and_then(|config| config.storable(&distrusted)) {
                Some(documents) => store.save(&stored_form(&shared.seed, documents)),
                None => store.remove(provider),
            },
        };
        core = shared.core();
        core.writing_since = None;
        let Err(reason) = result else {
            // Keys that leave a file say nothing of whether documents can be written to it.
            core.store_error.take_if(|(failed, _)| *failed <= unstored);
            continue;
        };
        core.counters.failed_store_writes += 1;
        let failed = core.store_error.take().map_or(unstored, |(failed, _)| failed.max(unstored));
        core.store_error = Some((failed, store.named(&reason)));
        // The next fetch removes keys again, or this thread if there is something new. It does not write the same documents again:
        // another process may have stored newer ones by then.
        let removal = if core.all_leaked { Unstored::Documents } else { Unstored::Distrust };
        let new = core.unstored;
        core.unstored = new.max(Some(removal));
        if new.is_none() {
            break;
        }
    }
    drop(core);
    shared.clock.wake();
}

/// Returns the documents as they are stored. A success under a clock that is behind would be dated before the seed, and the seed
/// with its withdrawn keys would win at the next start.
fn stored_form(seed: &Snapshot, documents: Snapshot) -> Snapshot {
    let earliest = if seed.origin() == Origin::Fetched { seed.as_of() } else { documents.as_of() };
    let as_of = documents.as_of().max(earliest);
    documents.dated(as_of)
}
