//! The design without any care: a refresh each interval after the start to the second, each failure made good each second, and a
//! fetch for each unknown kid.

use std::time::Duration;

use super::load::Load;
use super::scenario::{Scenario, Span};
use crate::random::Random;

const RETRY: Duration = Duration::from_secs(1);

pub(super) fn run(scenario: &Scenario, process: Span, random: &mut Random, load: &mut Load) {
    let successes = timed(scenario, process, load);
    for key in 1..=scenario.rotations.len() {
        tokens(scenario, process, key, &successes, random, load);
    }
    // None of them is known, so each is a fetch, and there is no need to draw them one by one.
    if let Some(flood) = flood(scenario, process) {
        load.fetches(flood, scenario.flood.a_second);
    }
}

/// The times at which the successful timed fetches began.
fn timed(scenario: &Scenario, process: Span, load: &mut Load) -> Vec<Duration> {
    let mut successes = Vec::new();
    let mut due = process.from;
    while due < process.until {
        let mut at = due;
        while at < process.until {
            load.fetch(at);
            if scenario.is_reachable(at) {
                successes.push(at);
                break;
            }
            at += RETRY;
        }
        due += scenario.policy.refresh_interval;
    }
    successes
}

/// The tokens that this key signs, until it is known.
fn tokens(
    scenario: &Scenario,
    process: Span,
    key: usize,
    successes: &[Duration],
    random: &mut Random,
    load: &mut Load,
) {
    if scenario.baked_at(process.from).contains(key) {
        return;
    }
    let from = scenario.published(key).max(process.from);
    let next = scenario.rotations.get(key).map_or(Duration::MAX, |rotation| rotation.published);
    let timed = successes.iter().copied().find(|begun| *begun >= from);
    let flooded =
        flood(scenario, process).map(|flood| flood.from.max(from)).filter(|at| scenario.flood.span.contains(*at));
    let first = timed.into_iter().chain(flooded.filter(|at| scenario.is_reachable(*at))).min();
    let mut known = first.map_or(Duration::MAX, |begun| begun + scenario.latency);
    let mut at = from + random.wait(scenario.token_every);
    while at < known.min(next).min(process.until) {
        load.fetch(at);
        if scenario.is_reachable(at) {
            known = known.min(at + scenario.latency);
        }
        at += random.wait(scenario.token_every);
    }
}

/// The part of the flood that this process meets.
fn flood(scenario: &Scenario, process: Span) -> Option<Span> {
    let span = scenario.flood.span;
    let met = Span { from: span.from.max(process.from), until: span.until.min(process.until) };
    (scenario.flood.a_second > 0 && met.from < met.until).then_some(met)
}
