//! Whatever happens, in whatever order: a few thousand short runs that shrink, and a long one.

use std::time::Duration;

use idporten_config::refresh::RefreshPolicy;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::model::{Model, Step};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

fn policy(window: u64, fetches: u32) -> RefreshPolicy {
    RefreshPolicy::default().with_unknown_kid_window(Duration::from_secs(window)).with_unknown_kid_fetches(fetches)
}

fn duration(longest: Duration) -> impl Strategy<Value = Duration> {
    // Short ones as often as long ones.
    let milliseconds = u64::try_from(longest.as_millis()).unwrap();
    prop_oneof![0..1_000u64, 0..60_000u64, 0..=milliseconds].prop_map(Duration::from_millis)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => duration(DAY).prop_map(Step::Pass),
        1 => duration(10 * DAY).prop_map(Step::Pass),
        1 => duration(3 * DAY).prop_map(Step::Suspend),
        1 => duration(DAY).prop_map(Step::SetBack),
        2 => Just(Step::Look),
        4 => (prop_oneof![3 => Just(Duration::ZERO), 1 => duration(8 * DAY)], any::<bool>(), any::<u8>())
            .prop_map(|(age, proves, kids)| Step::Succeed(age, proves, kids)),
        4 => proptest::option::weighted(0.3, duration(DAY)).prop_map(Step::Fail),
        6 => (0..8u8).prop_map(Step::Ask),
        2 => (0..8u8).prop_map(Step::Join),
        2 => Just(Step::Report),
        1 => Just(Step::Force),
    ]
}

fn model() -> impl Strategy<Value = (RefreshPolicy, u64, Option<Duration>)> {
    let policy = (1..600u64, 0..5u32).prop_map(|(window, fetches)| policy(window, fetches));
    (policy, any::<u64>(), proptest::option::of(duration(100 * DAY)))
}

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, rng_seed: RngSeed::Fixed(4), failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
}

#[test]
fn what_must_hold_holds_whatever_happens() {
    let runs = (model(), proptest::collection::vec(step(), 1..120));
    let result = runner(2_000).run(&runs, |((policy, random, seed_age), steps)| {
        let mut model = Model::new(policy, random, seed_age);
        for step in steps {
            model.apply(step);
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn what_must_hold_holds_for_a_million_events_in_one_life() {
    let mut dice = Dice(7);
    let mut model = Model::new(policy(60, 3), 7, Some(DAY));
    for _ in 0..1_000_000 {
        model.apply(dice.step());
    }
    assert!(model.fetches > 100_000, "{} fetches", model.fetches);
}

/// Steps for a long life, drawn without the means to shrink them.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        // Xorshift64, by Marsaglia.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn kids(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }

    fn up_to(&mut self, longest: Duration) -> Duration {
        let longest = if self.below(2) == 0 { longest } else { MINUTE };
        Duration::from_millis(self.below(u64::try_from(longest.as_millis()).unwrap()))
    }

    fn step(&mut self) -> Step {
        match self.below(20) {
            0..4 => Step::Pass(self.up_to(DAY)),
            4 => Step::Suspend(self.up_to(10 * MINUTE)),
            5 => Step::SetBack(self.up_to(10 * MINUTE)),
            6 => Step::Look,
            7..10 => Step::Succeed(Duration::ZERO, true, self.kids()),
            10 => Step::Succeed(self.up_to(8 * DAY), self.below(2) == 0, self.kids()),
            11 => Step::Fail(Some(self.up_to(DAY))),
            12..14 => Step::Fail(None),
            14..17 => Step::Ask(self.kids() % 8),
            17 => Step::Join(self.kids() % 8),
            18 => Step::Report,
            _ => Step::Force,
        }
    }
}
