//! The status as `OpenMetrics` text, for a metrics endpoint.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use super::schedule::{Health, Source};
use super::status::Status;

/// The beginning of each metric's name.
const PREFIX: &str = "idporten_config_";

/// One sample: the labels after `environment`, and the value.
type Sample = (String, u64);

/// A metric family: name, type, help, and the samples of one status.
type Family = (&'static str, &'static str, &'static str, fn(&Status) -> Vec<Sample>);

/// Writes the status of several refreshers as one `OpenMetrics` 1.0 exposition, to be served as
/// `application/openmetrics-text; version=1.0.0; charset=utf-8`. Each sample has the label `environment`.
///
/// | metric | type | meaning |
/// |---|---|---|
/// | `idporten_config_health` | stateset | `ok`, `degraded`, `critical` or `failing` |
/// | `idporten_config_source` | stateset | `baked`, `stored` or `network`; no sample while nothing is held |
/// | `idporten_config_serving` | gauge | 1 while something is served |
/// | `idporten_config_as_of_timestamp_seconds` | gauge | the time at which the provider served the held documents |
/// | `idporten_config_last_success_timestamp_seconds` | gauge | the same of the last successful fetch of this process |
/// | `idporten_config_next_attempt_timestamp_seconds` | gauge | the time of the next timed fetch |
/// | `idporten_config_too_stale_timestamp_seconds` | gauge | the time at which serving ends if no refresh succeeds |
/// | `idporten_config_consecutive_failures` | gauge | fetches that failed since the last success |
/// | `idporten_config_keys` | gauge | keys by `state`: `trusted`, `distrusted`, `rejected` |
/// | `idporten_config_ambiguous_kids` | gauge | kids with several keys for one algorithm |
/// | `idporten_config_leaked` | gauge | 1 if the provider published a private key |
/// | `idporten_config_drift` | gauge | generated constants that differ from the live document |
/// | `idporten_config_store_failing` | gauge | 1 if the last change of the store failed |
/// | `idporten_config_fetches_total` | counter | fetches begun, by `reason` |
/// | `idporten_config_fetch_results_total` | counter | fetches ended, by `result`: `succeeded`, `failed` |
/// | `idporten_config_unanswered_lookups_total` | counter | look-ups without a key, by `answer` |
/// | `idporten_config_failed_store_writes_total` | counter | writes and removals of the store that failed |
/// | `idporten_config_missed_events_total` | counter | events that a full receiver did not get |
/// | `idporten_config_panics_total` | counter | panics of a transport, a log subscriber or a waker |
///
/// ```
/// # use idporten_config::KnownEnvironment;
/// # use idporten_config::testing::{MemoryProvider, snapshot};
/// use idporten_config::refresh::{Refresher, openmetrics};
///
/// # let seed = snapshot(KnownEnvironment::IdportenTest, std::time::SystemTime::now(), &["one"]);
/// # let refresher = Refresher::builder(seed.clone())?.start_with(MemoryProvider::new(&seed))?;
/// let text = openmetrics([&refresher.status()]);
/// assert!(text.contains("idporten_config_serving{environment=\"idporten-test\"} 1\n"));
/// assert!(text.ends_with("# EOF\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn openmetrics<'a>(statuses: impl IntoIterator<Item = &'a Status>) -> String {
    let statuses: Vec<_> = statuses.into_iter().collect();
    let mut text = String::new();
    for (name, kind, help, samples) in FAMILIES {
        let _ = writeln!(text, "# TYPE {PREFIX}{name} {kind}\n# HELP {PREFIX}{name} {help}.");
        let suffix = if *kind == "counter" { "_total" } else { "" };
        for status in &statuses {
            for (labels, value) in samples(status) {
                // A slug is of lower-case letters, digits and hyphens: nothing to escape.
                let environment = &status.environment;
                let _ = writeln!(text, "{PREFIX}{name}{suffix}{{environment=\"{environment}\"{labels}}} {value}");
            }
        }
    }
    text + "# EOF\n"
}

/// Returns the families. They hold timestamps rather than ages, so that a late scrape is not wrong; the names state the units.
const FAMILIES: &[Family] = &[
    ("health", "stateset", "State of the refresher", |status| {
        let all = [Health::Ok, Health::Degraded, Health::Critical, Health::Failing];
        states("health", all.map(Health::as_str), status.health.as_str())
    }),
    ("source", "stateset", "Where the held configuration comes from", |status| {
        let all = [Source::Baked, Source::Stored, Source::Network];
        status.source.map(|source| states("source", all.map(Source::as_str), source.as_str())).unwrap_or_default()
    }),
    ("serving", "gauge", "Whether something is served", |status| one(status.serving)),
    ("as_of_timestamp_seconds", "gauge", "Time at which the provider served the held documents", |status| {
        time(status.as_of)
    }),
    ("last_success_timestamp_seconds", "gauge", "Time at which it served those of the last success", |status| {
        time(status.last_success)
    }),
    ("next_attempt_timestamp_seconds", "gauge", "Time of the next timed fetch", |status| time(status.next_attempt)),
    ("too_stale_timestamp_seconds", "gauge", "Time at which serving ends if no refresh succeeds", |status| {
        time(status.too_stale_at)
    }),
    ("consecutive_failures", "gauge", "Fetches that failed since the last success", |status| {
        one(status.consecutive_failures)
    }),
    ("keys", "gauge", "Keys by state", |status| {
        let distrusted = status.keys.iter().filter(|key| key.distrusted).count();
        let counts = [status.keys.len() - distrusted, distrusted, status.rejected_keys.len()];
        labelled("state", ["trusted", "distrusted", "rejected"].into_iter().zip(counts.map(|count| count as u64)))
    }),
    ("ambiguous_kids", "gauge", "Kids with several keys for one algorithm", |status| {
        one(status.ambiguous_kids.len() as u64)
    }),
    ("leaked", "gauge", "Whether the provider published a private key", |status| one(status.leaked)),
    ("drift", "gauge", "Generated constants that differ from the live document", |status| {
        one(status.drift.len() as u64)
    }),
    ("store_failing", "gauge", "Whether the last change of the store failed", |status| {
        one(status.store_error.is_some())
    }),
    ("fetches", "counter", "Fetches begun", |Status { counters, .. }| {
        let reasons = [
            ("due", counters.due_fetches),
            ("unknown_kid", counters.unknown_kid_fetches),
            ("vanished_kid", counters.vanished_kid_fetches),
            ("bad_signature", counters.bad_signature_fetches),
            ("forced", counters.forced_fetches),
        ];
        labelled("reason", reasons)
    }),
    ("fetch_results", "counter", "Fetches ended", |Status { counters, .. }| {
        labelled("result", [("succeeded", counters.succeeded_fetches), ("failed", counters.failed_fetches)])
    }),
    ("unanswered_lookups", "counter", "Look-ups without a key", |Status { counters, .. }| {
        let answers = [
            ("unknown_key", counters.unknown_keys),
            ("undetermined", counters.undetermined),
            ("unavailable", counters.unavailable),
        ];
        labelled("answer", answers)
    }),
    ("failed_store_writes", "counter", "Changes of the store that failed", |status| {
        one(status.counters.failed_store_writes)
    }),
    ("missed_events", "counter", "Events that a full receiver did not get", |status| {
        one(status.counters.missed_events)
    }),
    ("panics", "counter", "Panics of a transport, a log subscriber or a waker", |status| one(status.counters.panics)),
];

fn one(value: impl Into<u64>) -> Vec<Sample> {
    vec![(String::new(), value.into())]
}

fn time(time: Option<SystemTime>) -> Vec<Sample> {
    let seconds = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map(|time| time.as_secs());
    seconds.map(one).unwrap_or_default()
}

fn labelled(label: &str, values: impl IntoIterator<Item = (&'static str, u64)>) -> Vec<Sample> {
    values.into_iter().map(|(name, value)| (format!(",{label}=\"{name}\""), value)).collect()
}

/// Returns one sample for each state of a state set. Its label has the name of the metric, as `OpenMetrics` requires.
fn states<const N: usize>(name: &str, all: [&'static str; N], current: &str) -> Vec<Sample> {
    labelled(&format!("{PREFIX}{name}"), all.map(|state| (state, u64::from(state == current))))
}
