//! The story: what a service under load does through the events of a provider's year. Each scenario begins with a service that
//! has just started, so that the fetches of one are not those of another.

use std::thread;
use std::time::Duration;

use crate::bed::{Bed, Options};
use crate::judge::Bounds;
use crate::tally::{Answer, Tally};

/// The bounds that hold for a key that comes and for one that goes. A flood or an outage has others.
const BOUNDS: Bounds = Bounds {
    new_key: Duration::from_secs(5),
    // 30 s, and a fetch.
    reused_kid: Duration::from_secs(32),
    withdrawn: Duration::from_secs(15),
};

type Scenario = fn(&mut Bed);

const SCENARIOS: [(Bounds, Scenario); 5] = [
    (BOUNDS, rotation),
    (BOUNDS, lag),
    (Bounds { new_key: Duration::from_secs(25), ..BOUNDS }, outage),
    (Bounds { new_key: Duration::from_secs(25), ..BOUNDS }, flood),
    (BOUNDS, reuse),
];

/// The phases of a run, and what did not hold.
pub(crate) struct Outcome {
    pub(crate) phases: Vec<Tally>,
    pub(crate) violations: u64,
    pub(crate) words: Vec<String>,
}

/// Runs the scenarios, one after another or side by side.
pub(crate) fn run(rate: u64, side_by_side: bool) -> Outcome {
    let mut outcome = Outcome { phases: Vec::new(), violations: 0, words: Vec::new() };
    let mut take = |(phases, violations, words): (Vec<Tally>, u64, Vec<String>)| {
        outcome.phases.extend(phases);
        outcome.violations += violations;
        outcome.words.extend(words);
    };
    if side_by_side {
        let threads = SCENARIOS.map(|scenario| thread::spawn(move || play(rate, scenario)));
        for thread in threads {
            take(thread.join().expect("a scenario that ends"));
        }
    } else {
        for scenario in SCENARIOS {
            take(play(rate, scenario));
        }
    }
    outcome
}

fn play(rate: u64, (bounds, scenario): (Bounds, Scenario)) -> (Vec<Tally>, u64, Vec<String>) {
    let mut bed = Bed::start(Options { rate, seed: 1, bounds, interval: None, fakes_time: false });
    scenario(&mut bed);
    bed.end()
}

fn wait(seconds: u64) {
    thread::sleep(Duration::from_secs(seconds));
}

/// A new key beside the old one, and then the end of the old one.
fn rotation(bed: &mut Bed) {
    bed.phase("quiet");
    wait(3);
    let new = bed.key("b");
    bed.phase("rotation");
    bed.publish(&[0, new]);
    bed.mix(&[(1, Some(0)), (1, Some(new))]);
    wait(4);
    let tally = bed.tally();
    let allowed = tally.longest_fetch + Duration::from_millis(100);
    bed.require(tally.new_key <= allowed, "valid tokens were refused for longer than the first fetch took");
    bed.phase("the old key withdrawn");
    bed.publish(&[new]);
    bed.mix(&[(9, Some(new)), (1, Some(0))]);
    bed.require(bed.refresh() == "refreshed", "the refresh failed");
    wait(16);
    bed.phase("after it");
    wait(2);
    let tally = bed.tally();
    bed.require(tally.count(Answer::Undetermined) == 0, "tokens of a withdrawn key are undetermined");
}

/// The first tokens of a key come eight seconds before the key.
fn lag(bed: &mut Bed) {
    let new = bed.key("b");
    bed.phase("tokens 8 s ahead of their key");
    bed.mix(&[(9, Some(0)), (1, Some(new))]);
    wait(8);
    bed.phase("their key");
    bed.publish(&[0, new]);
    wait(6);
}

/// An outage with a rotation inside, and a restart inside.
fn outage(bed: &mut Bed) {
    bed.phase("outage");
    bed.answer("down");
    wait(4);
    bed.phase("rotation in the outage");
    let new = bed.key("b");
    bed.publish(&[0, new]);
    bed.mix(&[(9, Some(0)), (1, Some(new))]);
    wait(5);
    bed.phase("restart in the outage");
    bed.restart();
    wait(6);
    bed.require(bed.is_tidy(), "a temporary file is left beside the store");
    bed.phase("the provider is back");
    bed.answer("well");
    wait(26);
}

/// Forged kids for more than a minute, and then a rotation among them.
fn flood(bed: &mut Bed) {
    bed.phase("three forged tokens in ten");
    bed.mix(&[(7, Some(0)), (3, None)]);
    wait(65);
    let new = bed.key("b");
    bed.phase("a rotation among them");
    bed.publish(&[0, new]);
    bed.mix(&[(4, Some(0)), (3, Some(new)), (3, None)]);
    wait(26);
}

/// Another key under the kid of the first.
fn reuse(bed: &mut Bed) {
    bed.phase("quiet, the kid to come");
    wait(2);
    let new = bed.key("a!");
    bed.phase("a new key under its kid");
    bed.publish(&[new]);
    bed.mix(&[(9, Some(new)), (1, Some(0))]);
    wait(36);
    bed.phase("after the reused kid");
    wait(2);
    let tally = bed.tally();
    bed.require(tally.refused == 0, "tokens of the new key are refused");
    bed.require(tally.count(Answer::Invalid) > 0, "tokens of the old key are not invalid");
}
