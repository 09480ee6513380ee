//! A schedule, and beside it what an onlooker knows: from that alone follows what the schedule may answer.

use std::time::{Duration, SystemTime};

use idporten_config::refresh::RefreshPolicy;
use idporten_config::refresh::schedule::{Action, Answer, Cause, Limit, Now, Schedule, Seed, Source, Ticket};

/// Something that happens.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// Time goes by on both clocks.
    Pass(Duration),
    /// The machine is suspended: only the wall clock goes on.
    Suspend(Duration),
    /// The wall clock is set back.
    SetBack(Duration),
    /// The worker looks, as it does at the latest when it said it would.
    Look,
    /// The fetch under way succeeds, with documents of this age that state this `max-age`.
    Succeed(Duration, Option<Duration>),
    /// The fetch under way fails.
    Fail(Option<Duration>),
    /// A caller asks for an unknown kid, and keeps asking where it is to wait.
    Ask,
    /// A caller asks that may not spend anything.
    Join,
    /// A bad signature is reported.
    Report,
    /// The program asks for a refresh.
    Force,
}

/// When a question was asked: in the count of what happened, and on the monotonic clock.
#[derive(Debug, Clone, Copy)]
struct Asked {
    count: u64,
    monotonic: Duration,
}

/// A schedule under watch.
pub(crate) struct Model {
    policy: RefreshPolicy,
    schedule: Schedule,
    now: Now,
    /// When the fetch under way began, if there is one, and why.
    flight: Option<(Now, Cause)>,
    /// Whether a fetch failed that was made because it was time, and none has succeeded since.
    missed: bool,
    /// Counts what happened, to tell before from after.
    clock: u64,
    /// When in that count the fetch under way began, and the last that succeeded.
    begun: u64,
    success_begun: Option<u64>,
    /// When unknown kids and bad signatures had fetches, on the monotonic clock.
    unknown_kid_fetches: Vec<Duration>,
    signature_fetches: Vec<Duration>,
    /// What is served: since when, how old it was then, its limit.
    served: Option<(Now, Duration, Duration)>,
    /// Up to when the last success has seen what was published, on the monotonic clock.
    seen: Duration,
    /// Those who wait: when they asked, and their tickets.
    waiting: Vec<(Asked, Ticket)>,
    forced: Vec<u64>,
    pub(crate) fetches: u64,
}

const START: Now = Now { monotonic: Duration::ZERO, wall: SystemTime::UNIX_EPOCH };
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
            seen: Duration::ZERO,
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
            Step::Succeed(age, max_age) => self.succeed(age, max_age),
            Step::Fail(retry_after) => self.fail(retry_after),
            Step::Ask => self.ask(true),
            Step::Join => self.ask(false),
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
            let wake = self.schedule.wake(self.now).max(self.now.monotonic).min(target);
            let by = wake.saturating_sub(self.now.monotonic);
            self.now = Now { monotonic: wake, wall: self.now.wall + by };
            if wake == target {
                return;
            }
            self.look();
            if self.flight.is_some() && self.schedule.wake(self.now) > target {
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
                    assert!(until <= self.now.monotonic + Duration::from_secs(60), "it would not see the wall clock");
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
            Cause::BadSignature => (&mut self.signature_fetches, HOUR, 1),
            _ => return,
        };
        fetches.push(self.now.monotonic);
        let within = fetches.iter().rev().take_while(|at| **at + window > self.now.monotonic).count();
        assert!(within <= allowed, "{within} fetches in a window, for {cause:?}");
    }

    fn succeed(&mut self, age: Duration, max_age: Option<Duration>) {
        if self.flight.is_some() && self.schedule.is_outdated(age) {
            return self.fail(None);
        }
        let Some((begun, _)) = self.flight.take() else { return };
        self.missed = false;
        self.seen = begun.monotonic.saturating_sub(age);
        self.schedule.succeeded(age, max_age);
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

    /// A fetch has ended: whoever waits asks again.
    fn tell(&mut self) {
        for (asked, ticket) in std::mem::take(&mut self.waiting) {
            self.answer(asked, Some(ticket), true);
        }
        let schedule = &self.schedule;
        self.forced.retain(|number| schedule.outcome(*number).is_none());
    }

    fn ask(&mut self, spends: bool) {
        self.answer(Asked { count: self.clock, monotonic: self.now.monotonic }, None, spends);
    }

    fn answer(&mut self, asked: Asked, ticket: Option<Ticket>, spends: bool) {
        match self.schedule.ask(self.now, ticket, spends) {
            Answer::Pending(ticket) => self.waiting.push((asked, ticket)),
            Answer::Unknown => {
                let begun = self.success_begun.expect("a success");
                assert!(begun > asked.count, "unknown by a fetch that began before the question");
                let seen = self.seen + Duration::from_secs(1);
                assert!(seen >= asked.monotonic, "unknown by documents from before the question");
            }
            Answer::Undetermined { retry_after } => {
                assert!(retry_after > Duration::ZERO);
                let longest = self.policy.unknown_kid_window.max(HOUR).max(self.policy.refresh_interval);
                assert!(retry_after <= longest, "{retry_after:?}");
            }
        }
    }

    /// What holds at any time.
    fn check(&mut self) {
        self.look();
        let next = self.schedule.wake(self.now).saturating_sub(self.now.monotonic);
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
