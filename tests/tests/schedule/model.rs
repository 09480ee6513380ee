//! A schedule, and beside it what an onlooker knows: from that alone follows what the schedule may answer.

use std::time::{Duration, SystemTime};

use idporten_config::refresh::RefreshPolicy;
use idporten_config::refresh::schedule::{Action, Answer, Cause, Limit, Now, Schedule, Seed, Source, Success, Ticket};

/// Something that happens.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// Time goes by on both clocks.
    Pass(Duration),
    /// The machine is suspended: only the wall clock goes on.
    Suspend(Duration),
    /// The wall clock is set back.
    SetBack(Duration),
    /// The worker polls, as it does at the announced time or earlier.
    Look,
    /// The fetch under way succeeds, with documents of this age, which the answers prove or not, and with these kids.
    Succeed(Duration, bool, u8),
    /// The fetch under way fails.
    Fail(Option<Duration>),
    /// A caller asks for this kid if it is not in the set, and keeps asking where it is to wait.
    Ask(u8),
    /// A caller asks that may not spend anything.
    Join(u8),
    /// A bad signature is reported.
    Report,
    /// The program asks for a refresh.
    Force,
}

/// The time of a question: the number of events before it, and the monotonic clock.
#[derive(Debug, Clone, Copy)]
struct Asked {
    count: u64,
    monotonic: Duration,
}

/// A kid that has left the set.
#[derive(Debug, Clone, Copy)]
struct Gone {
    /// The time at which the fetch that first lacked it began.
    lacked: Duration,
    /// True if an answer that was generated at least five seconds later lacked it too.
    confirmed: bool,
}

/// A schedule under watch.
pub(crate) struct Model {
    policy: RefreshPolicy,
    schedule: Schedule,
    now: Now,
    /// The time and the reason of the fetch under way, if there is one.
    flight: Option<(Now, Cause)>,
    /// True if a timed fetch failed, and none has succeeded since.
    missed: bool,
    /// Counts what happened, to tell before from after.
    clock: u64,
    /// The number of events before the fetch under way, and before the last that succeeded.
    begun: u64,
    success_begun: Option<u64>,
    /// The times of fetches for unknown kids and bad signatures, on the monotonic clock.
    unknown_kid_fetches: Vec<Duration>,
    signature_fetches: Vec<Duration>,
    /// The served documents: their time, their age at that time, and their limit.
    served: Option<(Now, Duration, Duration)>,
    /// The time at which the fetch of the last success began, on the monotonic clock, and the proven age of its documents.
    seen: Option<(Duration, Duration)>,
    /// The kids in the set, a bit for each.
    kids: u8,
    /// The state of the kids that have left the set.
    gone: [Option<Gone>; 8],
    /// The time at which the last fetch for one of these began.
    vanished_fetch: Option<Duration>,
    /// Those who wait: when they asked for which kid, and their tickets.
    waiting: Vec<(Asked, u8, Ticket)>,
    forced: Vec<u64>,
    pub(crate) fetches: u64,
}

const START: Now = Now { monotonic: Duration::ZERO, wall: SystemTime::UNIX_EPOCH };
const MINUTE: Duration = Duration::from_secs(60);
/// No `Retry-After` is obeyed longer.
const HOUR: Duration = Duration::from_secs(3_600);

impl Model {
    /// Starts at a wall time that can be set back, with a baked seed of this age or with nothing.
    pub(crate) fn new(policy: RefreshPolicy, random: u64, seed_age: Option<Duration>) -> Self {
        let now = Now { wall: START.wall + Duration::from_secs(1_000_000_000), ..START };
        let as_of = |age: Duration| now.wall - age;
        let seed = seed_age.map(|age| Seed { source: Source::Baked, as_of: as_of(age), limit: Limit::SeedMaxAge });
        let schedule = Schedule::new(policy.clone(), random, now, seed);
        let served = seed_age.map(|age| (now, age, policy.seed_max_age)).filter(|(_, age, limit)| age < limit);
        Self {
            policy,
            schedule,
            now,
            flight: None,
            missed: false,
            clock: 0,
            begun: 0,
            success_begun: None,
            unknown_kid_fetches: Vec::new(),
            signature_fetches: Vec::new(),
            served,
            seen: None,
            kids: 0,
            gone: [None; 8],
            vanished_fetch: None,
            waiting: Vec::new(),
            forced: Vec::new(),
            fetches: 0,
        }
    }

    pub(crate) fn apply(&mut self, step: Step) {
        self.clock += 1;
        match step {
            Step::Pass(time) => self.pass(time),
            Step::Suspend(time) => self.now.wall += time,
            Step::SetBack(time) => self.now.wall -= time.min(HOUR),
            Step::Look => self.look(),
            Step::Succeed(age, proves, kids) => self.succeed(age, proves, kids),
            Step::Fail(retry_after) => self.fail(retry_after),
            Step::Ask(kid) => self.ask(kid, true),
            Step::Join(kid) => self.ask(kid, false),
            Step::Report => {
                if self.schedule.report_bad_signature(self.now) {
                    self.look();
                    assert!(self.flight.is_some(), "it said that a fetch is under way");
                }
            }
            Step::Force => self.forced.push(self.schedule.force().expect("this policy makes requests")),
        }
        self.check();
    }

    /// Time goes by in steps: the worker sleeps no longer than it said.
    fn pass(&mut self, time: Duration) {
        let target = self.now.monotonic + time;
        loop {
            let wake = self.schedule.next_wake(self.now).max(self.now.monotonic).min(target);
            let by = wake.saturating_sub(self.now.monotonic);
            self.now = Now { monotonic: wake, wall: self.now.wall + by };
            if wake == target {
                return;
            }
            self.look();
            if self.flight.is_some() && self.schedule.next_wake(self.now) > target {
                let by = target.saturating_sub(self.now.monotonic);
                self.now = Now { monotonic: target, wall: self.now.wall + by };
                return;
            }
        }
    }

    fn look(&mut self) {
        loop {
            match self.schedule.poll(self.now) {
                Action::Fetch(cause) => self.begin(cause),
                Action::GiveUp => {
                    let (begun, _) = self.flight.expect("only what is under way is given up");
                    let time = self.now.monotonic.saturating_sub(begun.monotonic);
                    assert!(time >= Duration::from_secs(60), "a fetch was given up after {time:?}");
                    self.fail(None);
                }
                Action::Expire(limit) => {
                    let (since, age, allowed) = self.served.take().expect("only what is served expires");
                    assert!(age + self.now.since(since) >= allowed, "{limit} was not over");
                }
                Action::Sleep(until) => {
                    assert!(until > self.now.monotonic, "it would not sleep");
                    return;
                }
            }
        }
    }

    fn begin(&mut self, cause: Cause) {
        assert!(self.flight.is_none(), "a second fetch while one is under way");
        self.flight = Some((self.now, cause));
        self.clock += 1;
        self.begun = self.clock;
        self.fetches += 1;
        let (fetches, window, allowed) = match cause {
            Cause::UnknownKid => {
                let policy = &self.policy;
                (&mut self.unknown_kid_fetches, policy.unknown_kid_window, policy.unknown_kid_fetches as usize)
            }
            Cause::BadSignature => (&mut self.signature_fetches, HOUR, 2),
            Cause::VanishedKid => {
                let last = self.vanished_fetch.replace(self.now.monotonic);
                assert!(last.is_none_or(|last| self.now.monotonic >= last + MINUTE), "two such fetches in a minute");
                return;
            }
            _ => return,
        };
        fetches.push(self.now.monotonic);
        let within = fetches.iter().rev().take_while(|at| **at + window > self.now.monotonic).count();
        assert!(within <= allowed, "{within} fetches in a window, for {cause:?}");
    }

    fn succeed(&mut self, age: Duration, proves: bool, kids: u8) {
        if self.flight.is_some() && self.schedule.outdated(age).is_some() {
            return self.fail(None);
        }
        let Some((begun, _)) = self.flight.take() else { return };
        self.missed = false;
        let proven_age = proves.then_some(age);
        self.seen = proven_age.map(|age| (begun.monotonic, age));
        let names = |kids: u8| (0..8).filter(|kid| kids >> kid & 1 == 1).map(|kid| kid.to_string()).collect::<Vec<_>>();
        let (before, after) = (names(self.kids), names(kids));
        self.schedule.succeeded(&Success { age, proven_age, kids_before: &before, kids: &after });
        for kid in 0..8 {
            let (held, comes) = (self.kids >> kid & 1 == 1, kids >> kid & 1 == 1);
            match &mut self.gone[kid] {
                gone if comes => *gone = None,
                Some(gone) => {
                    let later = |age| begun.monotonic >= gone.lacked + Duration::from_secs(5) + age;
                    gone.confirmed |= proven_age.is_some_and(later);
                }
                gone if held => *gone = Some(Gone { lacked: begun.monotonic, confirmed: false }),
                _ => {}
            }
        }
        self.kids = kids;
        self.success_begun = Some(self.begun);
        self.served = Some((begun, age, self.policy.max_age));
        assert_eq!((self.schedule.source(), self.schedule.expired()), (Some(Source::Network), None));
        assert_eq!(self.schedule.consecutive_failures(), 0);
        self.tell();
    }

    fn fail(&mut self, retry_after: Option<Duration>) {
        let Some((_, cause)) = self.flight.take() else { return };
        self.missed |= cause == Cause::Due;
        let (source, expired) = (self.schedule.source(), self.schedule.expired());
        self.schedule.failed(self.now, retry_after, false);
        assert_eq!(
            (self.schedule.source(), self.schedule.expired()),
            (source, expired),
            "a failure touched what is served"
        );
        self.tell();
    }

    /// Repeats the questions of all waiters after the end of a fetch.
    fn tell(&mut self) {
        for (asked, kid, ticket) in std::mem::take(&mut self.waiting) {
            self.answer(asked, kid, Some(ticket), true);
        }
        let schedule = &self.schedule;
        self.forced.retain(|number| schedule.outcome(*number).is_none());
    }

    fn ask(&mut self, kid: u8, spends: bool) {
        self.answer(Asked { count: self.clock, monotonic: self.now.monotonic }, kid, None, spends);
    }

    fn answer(&mut self, asked: Asked, kid: u8, ticket: Option<Ticket>, spends: bool) {
        if self.kids >> kid & 1 == 1 {
            return;
        }
        match self.schedule.ask(self.now, &kid.to_string(), ticket, spends) {
            Answer::Pending(ticket) => self.waiting.push((asked, kid, ticket)),
            Answer::Unknown => self.check_unknown(asked, kid, spends),
            Answer::Undetermined { retry_after } => {
                assert!(retry_after > Duration::ZERO);
                let longest = self.policy.unknown_kid_window.max(HOUR).max(self.policy.refresh_interval);
                assert!(retry_after <= longest, "{retry_after:?}");
            }
        }
    }

    fn check_unknown(&self, asked: Asked, kid: u8, spends: bool) {
        let day = Duration::from_secs(24 * 3_600);
        let gone = self.gone[usize::from(kid)].filter(|gone| spends && gone.lacked + day > self.now.monotonic);
        if let Some(gone) = gone {
            return assert!(gone.confirmed, "unknown although one answer alone lacks it: {gone:?}");
        }
        let begun = self.success_begun.expect("a success");
        assert!(begun > asked.count, "unknown by a fetch that began before the question");
        let (begun, age) = self.seen.expect("unknown by an answer that proves nothing");
        assert!(begun >= asked.monotonic + age, "unknown by documents from before the question");
    }

    /// Asserts the invariants that hold at any time.
    fn check(&mut self) {
        self.look();
        let next = self.schedule.next_wake(self.now).saturating_sub(self.now.monotonic);
        if self.flight.is_none() {
            assert!(next <= self.policy.refresh_interval.max(HOUR), "the next refresh is {next:?} away");
            assert!(self.waiting.is_empty() && self.forced.is_empty(), "somebody waits, and nothing is under way");
        }
        if let Some((since, age, allowed)) = self.served {
            let monotonic = self.now.monotonic.saturating_sub(since.monotonic);
            assert!(age + monotonic < allowed, "served beyond its limit");
            assert!(!self.missed || age + self.now.since(since) < allowed, "served beyond its limit by the wall clock");
        }
        assert_eq!(self.served.is_none(), self.schedule.source().is_none() || self.schedule.expired().is_some());
    }
}
