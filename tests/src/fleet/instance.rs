//! A process of the fleet: what the worker, the provider and those who ask do to a schedule.

use std::collections::VecDeque;
use std::mem;
use std::time::{Duration, SystemTime};

use idporten_config::refresh::schedule::{Action, Answer, Cause, Limit, Now, Schedule, Seed, Source, Success, Ticket};

use super::load::Load;
use super::scenario::{Keys, Scenario, Span};
use super::tally::{Group, Refusal, Tally};
use crate::random::Random;

/// The start of runs on the wall clock: any day that leaves room for older snapshots.
const ORIGIN: Duration = Duration::from_secs(50 * 365 * 24 * 60 * 60);

pub(super) struct Instance<'a> {
    scenario: &'a Scenario,
    process: Span,
    random: &'a mut Random,
    load: &'a mut Load,
    tally: &'a mut Tally,
    schedule: Schedule,
    held: Held,
    flight: Option<Flight>,
    /// Those who wait, the first to come first.
    waiting: Vec<Lookup>,
    next_token: Duration,
    next_random_kid: Duration,
    /// Since when the newest key has been answered with `Undetermined`.
    undetermined: Option<(usize, Duration)>,
    /// The times of the fetches for unknown kids within the window.
    asked: VecDeque<Duration>,
}

/// The served keys, tracked independently of the schedule.
struct Held {
    keys: Keys,
    since: Duration,
    age: Duration,
    limit: Duration,
}

struct Flight {
    begun: Duration,
    ends: Duration,
    cause: Cause,
}

#[derive(Clone, Copy)]
struct Lookup {
    /// None for a kid that nobody has published.
    key: Option<usize>,
    since: Duration,
    ticket: Option<Ticket>,
}

impl<'a> Instance<'a> {
    pub(super) fn new(
        scenario: &'a Scenario,
        process: Span,
        random: &'a mut Random,
        load: &'a mut Load,
        tally: &'a mut Tally,
    ) -> Self {
        let start = moment(process.from);
        let as_of = |age| start.wall - age;
        let seed = |age| Seed { source: Source::Baked, as_of: as_of(age), limit: Limit::SeedMaxAge };
        let held = Held {
            keys: scenario.baked_at(process.from),
            since: process.from,
            age: scenario.snapshot_age.unwrap_or_default(),
            limit: scenario.policy.seed_max_age,
        };
        let schedule = Schedule::new(scenario.policy.clone(), random.number(), start, scenario.snapshot_age.map(seed));
        Self {
            scenario,
            process,
            random,
            load,
            tally,
            schedule,
            held,
            flight: None,
            waiting: Vec::new(),
            next_token: Duration::MAX,
            next_random_kid: Duration::MAX,
            undetermined: None,
            asked: VecDeque::new(),
        }
    }

    /// From the start to the end, from one moment at which something happens to the next.
    pub(super) fn run(mut self) {
        let mut now = self.process.from;
        self.draw_token(now);
        self.draw_random_kid(now);
        let mut wake = self.work(now);
        loop {
            now = self.next(wake);
            if now >= self.process.until {
                break;
            }
            self.happen(now);
            wake = self.work(now);
        }
        self.end();
    }

    fn next(&self, wake: Duration) -> Duration {
        let ends = self.flight.as_ref().map(|flight| flight.ends);
        let gives_up = self.waiting.first().map(|lookup| lookup.since + self.scenario.policy.key_wait);
        let others = ends.into_iter().chain(gives_up);
        others.fold(wake.min(self.next_token).min(self.next_random_kid), Duration::min)
    }

    fn happen(&mut self, now: Duration) {
        if self.is_serving() {
            let beyond = self.held.age_at(now).saturating_sub(self.held.limit);
            self.tally.beyond_limit = self.tally.beyond_limit.max(beyond);
        }
        let landed = self.flight.take_if(|flight| flight.ends == now);
        if let Some(flight) = &landed {
            self.land(now, flight);
            // As in the worker: what is due begins before those who wait are heard.
            self.work(now);
        }
        if landed.is_some() || self.waiting.first().is_some_and(|lookup| self.has_waited(now, *lookup)) {
            for lookup in mem::take(&mut self.waiting) {
                self.turn(now, lookup);
            }
        }
        if self.next_token == now {
            self.turn(now, Lookup { key: Some(self.scenario.signs_at(now)), since: now, ticket: None });
            self.draw_token(now);
        }
        if self.next_random_kid == now {
            self.draw_random_kid(now);
            self.turn(now, Lookup { key: None, since: now, ticket: None });
        }
    }

    /// Does what the schedule says, and returns when to ask it again.
    fn work(&mut self, now: Duration) -> Duration {
        loop {
            match self.schedule.poll(moment(now)) {
                Action::Fetch(cause) => self.fetch(now, cause),
                Action::GiveUp => unreachable!("each fetch ends"),
                Action::Expire(_) => self.draw_token(now),
                Action::Sleep(until) if self.scenario.minutes => return until.min(now + Duration::from_secs(60)),
                Action::Sleep(until) => return until,
            }
        }
    }

    fn fetch(&mut self, now: Duration, cause: Cause) {
        self.load.fetch(now);
        self.flight = Some(Flight { begun: now, ends: now + self.scenario.latency, cause });
        if cause != Cause::UnknownKid {
            self.tally.due += 1;
            return;
        }
        self.tally.for_unknown_kids += 1;
        let window = self.scenario.policy.unknown_kid_window;
        while self.asked.front().is_some_and(|asked| *asked + window <= now) {
            self.asked.pop_front();
        }
        self.asked.push_back(now);
        self.tally.most_in_a_window = self.tally.most_in_a_window.max(self.asked.len());
    }

    fn land(&mut self, now: Duration, flight: &Flight) {
        if self.scenario.is_reachable(flight.begun) {
            let (age, limit) = (Duration::ZERO, self.scenario.policy.max_age);
            self.schedule.succeeded(&Success::of_age(age));
            let keys = self.scenario.keys_at(flight.begun);
            let before = mem::replace(&mut self.held, Held { keys, since: flight.begun, age, limit });
            self.refuse(now, before.keys, flight.cause == Cause::UnknownKid);
            self.learn(now, before.keys);
        } else {
            self.schedule.failed(moment(now), None, false);
        }
        if self.undetermined.is_some_and(|(key, _)| self.held.keys.contains(key)) {
            self.determine(now);
        }
        // It may now have the key that signs, or none. Who comes at random comes no sooner or later for being drawn anew.
        self.draw_token(now);
    }

    /// Counts the time that the keys took which are new here, and were published while this process lived.
    fn learn(&mut self, now: Duration, before: Keys) {
        for key in 1..=self.scenario.rotations.len() {
            let published = self.scenario.published(key);
            if self.held.keys.contains(key) && !before.contains(key) && published > self.process.from {
                let group = self.coming(key);
                group.longest_lag = group.longest_lag.max(now.saturating_sub(published));
            }
        }
    }

    /// Counts the keys that are no longer trusted.
    fn refuse(&mut self, now: Duration, before: Keys, by_unknown_kid: bool) {
        let start = self.process.from;
        let keys = 0..self.scenario.rotations.len();
        for key in keys.filter(|key| before.contains(*key) && !self.held.keys.contains(*key)) {
            let after = now.saturating_sub(self.scenario.withdrawn(key).max(start));
            self.tally.going(self.scenario, key, start).refusals.push(Refusal { after, by_unknown_kid });
        }
    }

    /// A look at what is served, and a question where it is not there.
    fn turn(&mut self, now: Duration, lookup: Lookup) {
        let serves = self.is_serving();
        if let Some(key) = lookup.key.filter(|key| serves && self.held.keys.contains(*key)) {
            let wait = now.saturating_sub(lookup.since);
            let group = self.coming(key);
            group.waited += 1;
            group.longest_wait = group.longest_wait.max(wait);
            return;
        }
        let answer = self.schedule.ask(moment(now), &kid(lookup.key), lookup.ticket, serves);
        match (answer, lookup.key) {
            (Answer::Pending(ticket), _) if !self.has_waited(now, lookup) => {
                self.waiting.push(Lookup { ticket: Some(ticket), ..lookup });
            }
            (_, Some(_)) if !serves => self.tally.unavailable += 1,
            (Answer::Unknown, Some(key)) if self.scenario.published(key) > now => {}
            (Answer::Unknown, Some(key)) => self.coming(key).unknown += 1,
            (_, Some(key)) => self.cannot_tell(now, key),
            (Answer::Undetermined { retry_after }, None) if lookup.ticket.is_none() => {
                // Until then, all that come are told the same.
                self.draw_random_kid(now + retry_after);
            }
            (_, None) => {}
        }
    }

    fn cannot_tell(&mut self, now: Duration, key: usize) {
        self.coming(key).undetermined += 1;
        if self.undetermined.is_none_or(|(before, _)| before != key) {
            self.determine(now);
            self.undetermined = Some((key, now));
            self.coming(key).undetermined_processes += 1;
        }
    }

    /// The newest key is known, or nobody asks any more.
    fn determine(&mut self, now: Duration) {
        if let Some((key, since)) = self.undetermined.take() {
            let group = self.coming(key);
            group.longest_undetermined = group.longest_undetermined.max(now.saturating_sub(since));
        }
    }

    fn end(mut self) {
        self.determine(self.process.until);
        let withdrawn = 0..self.scenario.rotations.len();
        for key in withdrawn.filter(|key| self.scenario.withdrawn(*key) < self.process.until) {
            if self.held.keys.contains(key) {
                self.tally.going(self.scenario, key, self.process.from).never_refused += 1;
            }
        }
    }

    /// Returns the time of the next token under a kid that is not served by then.
    fn draw_token(&mut self, now: Duration) {
        let key = self.scenario.signs_at(now);
        let known = self.is_serving() && self.held.keys.contains(key);
        let next = || self.scenario.rotations.get(key).map(|rotation| rotation.signs);
        let from = if known { next() } else { Some(now) };
        self.next_token = from.map_or(Duration::MAX, |from| from + self.random.wait(self.scenario.token_every));
    }

    fn draw_random_kid(&mut self, from: Duration) {
        let flood = self.scenario.flood;
        let at = match flood.a_second {
            0 => Duration::MAX,
            a_second => from.max(flood.span.from) + self.random.wait(Duration::from_secs(1) / a_second),
        };
        self.next_random_kid = if flood.span.contains(at) { at } else { Duration::MAX };
    }

    fn is_serving(&self) -> bool {
        self.schedule.source().is_some() && self.schedule.expired().is_none()
    }

    fn has_waited(&self, now: Duration, lookup: Lookup) -> bool {
        now >= lookup.since + self.scenario.policy.key_wait
    }

    fn coming(&mut self, key: usize) -> &mut Group {
        self.tally.coming(self.scenario, key, self.process.from)
    }
}

impl Held {
    fn age_at(&self, now: Duration) -> Duration {
        self.age + now.saturating_sub(self.since)
    }
}

/// The kid of a key, or a random one.
fn kid(key: Option<usize>) -> String {
    key.map_or_else(|| "random".to_owned(), |key| key.to_string())
}

/// Both clocks go at one pace.
fn moment(at: Duration) -> Now {
    Now { monotonic: at, wall: SystemTime::UNIX_EPOCH + ORIGIN + at }
}
