//! The log: one warning for each change of state, and nothing that is secret or long.

use std::fmt;
use std::sync::{Mutex, Once};
use std::time::Duration;

use idporten_config::Snapshot;
use idporten_config::document::Origin;
use idporten_config::document::Provider;
use idporten_config::document::json::object;
use idporten_config::refresh::Refresher;
use idporten_config::testing::{MemoryProvider, VirtualClock, jwks, key};
use tracing::field::{Field, Visit};
use tracing::span;
use tracing::{Event, Level, Metadata, Subscriber};

use crate::story::{DAY, HOUR, MINUTE, Setup, after};

/// A line of the log.
#[derive(Clone, Debug, Default)]
struct Line {
    environment: String,
    message: String,
    /// Everything else that is in it.
    fields: String,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "environment" => value.clone_into(&mut self.environment),
            name => self.fields += &format!("{name}={value} "),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            name => self.fields += &format!("{name}={value:?} "),
        }
    }
}

/// Keeps every line of every thread. Each story here has a separate environment.
struct Log;

static LINES: Mutex<Vec<(Level, Line)>> = Mutex::new(Vec::new());

/// The environment of whose lines the log cannot bear the sight.
const UNBEARABLE: &str = "unbearable";

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("idporten_config")
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        if line.environment == UNBEARABLE {
            std::panic::resume_unwind(Box::new("a subscriber's own trouble"));
        }
        LINES.lock().unwrap().push((*event.metadata().level(), line));
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

struct Logged {
    slug: &'static str,
    clock: VirtualClock,
    provider: MemoryProvider,
    refresher: Refresher,
}

/// A set of an environment that only its story has.
fn published(slug: &str, token_endpoint: &str, kid: &str) -> Snapshot {
    let url = |path: &str| format!("https://{slug}.example/{path}");
    let provider = Provider::custom(slug, url(".well-known/oauth-authorization-server"), url(""));
    let metadata = object([
        ("issuer", url("").into()),
        ("token_endpoint", url(token_endpoint).into()),
        ("jwks_uri", url("jwks").into()),
    ]);
    let keys = Some(jwks([key(kid, 0)]));
    Snapshot::new(provider.unwrap(), after(Duration::ZERO), Origin::Fetched, metadata, keys).unwrap()
}

fn logged(slug: &'static str) -> Logged {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Log).unwrap());
    let clock = VirtualClock::new(after(Duration::ZERO));
    let seed = published(slug, "token", "one");
    let provider = MemoryProvider::new(&seed);
    let refresher = Setup::default().seed(seed).start(&clock, provider.clone()).unwrap();
    Logged { slug, clock, provider, refresher }
}

impl Logged {
    /// The lines at this level or a graver one, without their fields.
    fn lines(&self, least: Level) -> Vec<String> {
        self.clock.advance(Duration::ZERO);
        let lines = LINES.lock().unwrap();
        let own = lines.iter().filter(|(level, line)| line.environment == self.slug && *level <= least);
        own.map(|(level, line)| format!("{level} {}", line.message)).collect()
    }

    fn fields(&self) -> String {
        let lines = LINES.lock().unwrap();
        lines.iter().filter(|(_, line)| line.environment == self.slug).map(|(_, line)| &*line.fields).collect()
    }
}

#[test]
fn a_good_week_writes_nothing_above_debug() {
    let story = logged("good-week");
    story.clock.advance(7 * DAY);
    assert_eq!(story.lines(Level::INFO), [""; 0]);
    let all = story.lines(Level::TRACE);
    assert_eq!(all[..2], ["DEBUG fetching: due", "DEBUG refreshed, unchanged"]);
    assert!(all.len() >= 14);
}

#[test]
fn an_outage_logs_one_warning_per_change_of_state() {
    let story = logged("outage");
    story.clock.advance(5 * MINUTE);
    story.provider.fail(500);
    story.clock.advance(8 * DAY);
    let lines = story.lines(Level::WARN);
    let failed = "WARN refresh failed: https://outage.example/.well-known/oauth-authorization-server: status 500; try again later";
    let [degraded, failing] =
        ["WARN health changed from ok to degraded", "ERROR health changed from degraded to failing"];
    assert_eq!(lines, [failed, degraded, failing]);
    story.provider.recover();
    story.clock.advance(15 * MINUTE);
    assert_eq!(story.lines(Level::INFO).last().map(String::as_str), Some("INFO health changed from failing to ok"));
    assert!(story.lines(Level::TRACE).len() > 600, "each attempt is there at a lower level");
}

#[test]
fn a_rotation_and_drift_are_written_in_words_without_a_key() {
    let story = logged("rotation");
    let moved = published(story.slug, "moved", "two");
    story.provider.publish(&moved);
    story.refresher.refresh_now().unwrap();
    let lines = story.lines(Level::INFO);
    assert_eq!(
        lines,
        [
            "INFO refreshed: 1 breaking change, 2 key rotations",
            "WARN generated constants differ from the live document: 1",
        ]
    );
    let key = moved.jwks().unwrap().keys()[0].clone();
    let all = lines.concat() + &story.fields();
    assert!(!all.contains(&key.thumbprint()) && !all.contains("AQAB"), "{all}");
}

#[test]
fn a_subscriber_that_panics_ends_nothing() {
    let story = logged(UNBEARABLE);
    story.clock.advance(HOUR);
    assert!(story.refresher.current().is_ok());
    assert!(story.refresher.status().counters.panics > 0);
    story.refresher.refresh_now().unwrap();
}
