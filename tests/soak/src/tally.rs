//! The counts of one phase, and its row of the table.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// The answer to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Answer {
    /// Status 200.
    Accepted,
    /// Status 401.
    Invalid,
    /// Status 503.
    Undetermined,
    /// No answer, or another one.
    Missing,
}

/// The counts of one phase.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) name: String,
    pub(crate) answers: BTreeMap<Answer, u64>,
    /// Valid tokens of published keys that were refused: before the service had fetched the key.
    pub(crate) refused: u64,
    /// The longest time after its publication for which tokens of a key were refused.
    pub(crate) new_key: Duration,
    /// The longest time after the refresh that dropped a key for which its tokens were undetermined.
    pub(crate) withdrawn: Duration,
    pub(crate) longest_fetch: Duration,
    /// Fetches by their causes.
    pub(crate) fetches: BTreeMap<String, u64>,
    pub(crate) failed_fetches: u64,
}

pub(crate) const HEADER: &str = "\
| phase | requests | 200 | 401 | 503 | no answer | valid tokens refused | new key served after | withdrawn key refused after | fetches (failed) |
|---|---|---|---|---|---|---|---|---|---|";

impl Tally {
    pub(crate) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    pub(crate) fn count(&self, answer: Answer) -> u64 {
        self.answers.get(&answer).copied().unwrap_or_default()
    }

    pub(crate) fn row(&self) -> String {
        let seconds =
            |time: Duration| if time.is_zero() { "-".to_owned() } else { format!("{:.1} s", time.as_secs_f64()) };
        let mut row = format!("| {} | {}", self.name, self.answers.values().sum::<u64>());
        for answer in [Answer::Accepted, Answer::Invalid, Answer::Undetermined, Answer::Missing] {
            let _ = write!(row, " | {}", self.count(answer));
        }
        let _ = write!(row, " | {} | {} | {}", self.refused, seconds(self.new_key), seconds(self.withdrawn));
        let fetches: Vec<_> = self.fetches.iter().map(|(cause, count)| format!("{count} {cause}")).collect();
        let _ = write!(row, " | {} ({}) |", fetches.join(", "), self.failed_fetches);
        row
    }
}
