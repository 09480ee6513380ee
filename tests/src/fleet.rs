//! A fleet of instances over a week of virtual time, each with the refresher's own schedule: what it asks of the provider, and what
//! it answers, beside the same fleet without any of it.
//!
//! The model covers:
//!
//! * Instances do not touch each other, so each is run alone, from one moment at which something happens to the next.
//! * A fetch is two requests, counted when it begins, failed ones as well. It ends after [`Scenario::latency`], and brings what
//!   was published when it began: the hardest case.
//! * Tokens come to each instance at random, as a Poisson process, signed with the newest key from the moment that it is
//!   published. Each is a look-up that waits. Those under a kid that is served do not come to the schedule and are left out.
//! * A flood of random kids comes in the same way. What falls into the shadow of a spent window changes nothing and is left out:
//!   the next that counts comes after it.

mod instance;
mod load;
mod naive;
mod scenario;
mod tally;

pub use load::Load;
pub use scenario::{Flood, Phase, Rollout, Rotation, Scenario, Span};
pub use tally::{Group, Refusal, Tally};

use crate::random::Random;
use instance::Instance;

/// The result of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The load on the provider by the refresher's schedule.
    pub load: Load,
    /// The load by the naive schedule.
    pub naive: Load,
    /// The answers of the refresher's schedule.
    pub tally: Tally,
}

/// Runs both designs through the scenario.
#[must_use]
pub fn run(scenario: &Scenario) -> Report {
    let mut report = Report {
        load: Load::new(scenario.length),
        naive: Load::new(scenario.length),
        tally: Tally::new(scenario.rotations.len()),
    };
    let mut seeds = Random::new(scenario.seed);
    for _ in 0..scenario.instances {
        let mut random = Random::new(seeds.number());
        for process in scenario.processes(&mut random) {
            naive::run(scenario, process, &mut random, &mut report.naive);
            Instance::new(scenario, process, &mut random, &mut report.load, &mut report.tally).run();
        }
    }
    report
}
