//! One story: a refresher, its clock and its provider, and what came of it.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use idporten_config::document::Origin;
use idporten_config::document::json::{Object, Value};
use idporten_config::refresh::{
    Builder, Event, Keys, LookupError, Reason, RefreshPolicy, Refresher, StartError, Status, Transport,
};
use idporten_config::testing::{MemoryProvider, VirtualClock, snapshot};
use idporten_config::{KnownEnvironment, Snapshot};

pub(crate) const TEST: KnownEnvironment = KnownEnvironment::IdportenTest;
pub(crate) const WELL_KNOWN: &str = "https://test.idporten.no/.well-known/openid-configuration";
pub(crate) const JWKS: &str = "https://test.idporten.no/jwks.json";

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(60 * 60);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The time at which all stories begin.
pub(crate) const BEGINNING: Duration = Duration::from_secs(1_800_000_000);

/// Returns the time this long after the beginning.
pub(crate) fn after(time: Duration) -> SystemTime {
    SystemTime::UNIX_EPOCH + BEGINNING + time
}

/// Returns the time this long before the beginning.
pub(crate) fn before(time: Duration) -> SystemTime {
    SystemTime::UNIX_EPOCH + BEGINNING - time
}

/// The start of a story. By default it has a new seed with one key, and a provider that publishes the same.
pub(crate) struct Setup {
    seed: Snapshot,
    pub(crate) published: Snapshot,
    policy: RefreshPolicy,
    store: Option<PathBuf>,
}

impl Default for Setup {
    fn default() -> Self {
        let seed = seed(Duration::ZERO, &["one"]);
        Self { published: seed.clone(), seed, policy: RefreshPolicy::default(), store: None }
    }
}

impl Setup {
    pub(crate) fn seed(self, seed: Snapshot) -> Self {
        Self { seed, ..self }
    }

    /// A seed of so long ago.
    pub(crate) fn aged(self, age: Duration) -> Self {
        self.seed(seed(age, &["one"]))
    }

    /// A seed that is not served: of it counts which environment it is.
    pub(crate) fn unseeded(self) -> Self {
        self.seed(Snapshot::parse(TEST.bundled_snapshot()).unwrap())
    }

    /// The documents that the provider publishes from the beginning.
    pub(crate) fn published(self, published: Snapshot) -> Self {
        Self { published, ..self }
    }

    pub(crate) fn policy(self, set: impl FnOnce(RefreshPolicy) -> RefreshPolicy) -> Self {
        Self { policy: set(self.policy), ..self }
    }

    pub(crate) fn store(self, path: &Path) -> Self {
        Self { store: Some(path.to_owned()), ..self }
    }

    /// Begins, with a provider that does this from the start.
    pub(crate) fn begin_where(self, provider_does: impl FnOnce(&MemoryProvider)) -> Story {
        let provider = MemoryProvider::new(&self.published);
        provider_does(&provider);
        self.begin_through(provider.clone(), provider)
    }

    pub(crate) fn begin(self) -> Story {
        self.begin_where(|_| ())
    }

    /// Begins, and goes on until the first fetch has been made: at most five minutes.
    pub(crate) fn settle(self) -> Story {
        self.begin().settle()
    }

    /// Begins, with a transport before the provider.
    pub(crate) fn begin_through(self, provider: MemoryProvider, transport: impl Transport) -> Story {
        self.begin_on(VirtualClock::new(after(Duration::ZERO)), provider, transport)
    }

    /// Begins on a clock that the transport may know.
    pub(crate) fn begin_on(self, clock: VirtualClock, provider: MemoryProvider, transport: impl Transport) -> Story {
        let mut builder = self.builder(&clock).unwrap();
        let receiver = builder.events();
        let refresher = builder.start_with(transport).unwrap();
        let events = Mutex::new((receiver, Vec::new()));
        Story { clock, provider, refresher, events, looked: AtomicUsize::new(0) }
    }

    /// Starts a refresher, on a clock that others may be on.
    pub(crate) fn start(self, clock: &VirtualClock, transport: impl Transport) -> Result<Refresher, StartError> {
        self.builder(clock)?.start_with(transport)
    }

    fn builder(self, clock: &VirtualClock) -> Result<Builder, StartError> {
        let builder = Refresher::builder(self.seed)?.policy(self.policy).clock(clock);
        Ok(match self.store {
            Some(path) => builder.store(path),
            None => builder,
        })
    }
}

pub(crate) struct Story {
    pub(crate) clock: VirtualClock,
    pub(crate) provider: MemoryProvider,
    pub(crate) refresher: Refresher,
    /// The receiver, and what it has received.
    events: Mutex<(Receiver<Event>, Vec<Event>)>,
    looked: AtomicUsize,
}

/// The usual beginning: all is well, and the first fetch has been made.
pub(crate) fn story() -> Story {
    Setup::default().settle()
}

/// Instances of one program, begun one after another on one clock, each with a provider of its own.
pub(crate) fn fleet(setup: impl Fn() -> Setup, provider_does: impl Fn(&MemoryProvider)) -> impl Iterator<Item = Story> {
    let clock = VirtualClock::new(after(Duration::ZERO));
    std::iter::repeat_with(move || {
        let setup = setup();
        let provider = MemoryProvider::new(&setup.published);
        provider_does(&provider);
        setup.begin_on(clock.clone(), provider.clone(), provider)
    })
    .take(12)
}

impl Story {
    /// Goes on until the first fetch has been made, and forgets it.
    pub(crate) fn settle(self) -> Self {
        self.advance(5 * MINUTE);
        assert_eq!(self.fetches(), 1, "the fetch after the start");
        self.told();
        self
    }

    pub(crate) fn advance(&self, time: Duration) {
        let mut left = time;
        while !left.is_zero() {
            // An outage of days has more events than the queue holds.
            let part = left.min(DAY);
            self.clock.advance(part);
            self.receive();
            left -= part;
        }
        self.rest();
    }

    fn receive(&self) {
        let (receiver, all) = &mut *self.events.lock().unwrap();
        all.extend(receiver.try_iter());
    }

    /// Waits until nobody is at work.
    pub(crate) fn rest(&self) {
        self.clock.advance(Duration::ZERO);
    }

    /// Returns the time since the beginning.
    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.now().duration_since(after(Duration::ZERO)).unwrap()
    }

    /// Returns the number of requests for metadata since the last call.
    pub(crate) fn fetches(&self) -> usize {
        self.rest();
        let requests = self.provider.requests();
        let all = requests.iter().filter(|url| *url == WELL_KNOWN).count();
        all - self.looked.swap(all, Ordering::SeqCst)
    }

    /// Returns the events since the last call.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.rest();
        self.receive();
        std::mem::take(&mut self.events.lock().unwrap().1)
    }

    /// The same in words.
    pub(crate) fn told(&self) -> Vec<String> {
        self.events().iter().map(told).collect()
    }

    pub(crate) fn status(&self) -> Status {
        self.rest();
        self.refresher.status()
    }

    pub(crate) fn find(&self, kid: &str) -> Result<Keys, LookupError> {
        self.refresher.find_keys(Some(kid), "RS256")
    }

    pub(crate) fn wait(&self, kid: &str) -> Result<Keys, LookupError> {
        self.refresher.find_keys_wait(Some(kid), "RS256")
    }

    /// There is one key of this kid, at once.
    #[track_caller]
    pub(crate) fn serves(&self, kid: &str) {
        let keys = self.find(kid).unwrap_or_else(|error| panic!("{kid}: {error}"));
        assert_eq!(keys.iter().map(|key| key.kid()).collect::<Vec<_>>(), [Some(kid)]);
    }

    /// Nothing is served, for this reason.
    #[track_caller]
    pub(crate) fn is_unavailable(&self, reason: Reason) {
        self.rest();
        assert_eq!(self.refresher.current().unwrap_err().reason(), reason);
        assert!(matches!(self.find("one"), Err(LookupError::Unavailable(why)) if why.reason() == reason));
        assert!(!self.refresher.status().serving);
    }
}

/// It cannot be told now, and when it is worth asking again.
#[track_caller]
pub(crate) fn undetermined(result: Result<Keys, LookupError>) -> Duration {
    match result {
        Err(LookupError::Undetermined { retry_after }) => retry_after,
        other => panic!("undetermined, found {other:?}"),
    }
}

/// The provider publishes no such key.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "an answer is judged where it comes")]
pub(crate) fn unknown(result: Result<Keys, LookupError>) {
    assert!(matches!(result, Err(LookupError::UnknownKey)), "unknown, found {result:?}");
}

/// The kids of what was found.
#[track_caller]
pub(crate) fn found(result: Result<Keys, LookupError>) -> Vec<String> {
    result.unwrap().iter().filter_map(|key| key.kid().map(str::to_owned)).collect()
}

fn told(event: &Event) -> String {
    match event {
        Event::Started { cause, .. } => format!("started: {cause:?}"),
        Event::Refreshed { changes, .. } => format!("refreshed: {}", changes.summary()),
        Event::Failed { consecutive_failures, .. } => format!("failed: {consecutive_failures}"),
        Event::Expired { limit, .. } => format!("expired: {limit}"),
        Event::HealthChanged { from, to, .. } => format!("health: {} to {}", from.as_str(), to.as_str()),
        Event::Drifted { drift, .. } => format!("drifted: {}", drift.len()),
        Event::StoreChanged { error: Some(_), .. } => "store: broken".to_owned(),
        Event::StoreChanged { error: None, .. } => "store: works".to_owned(),
        other => format!("{other:?}"),
    }
}

/// A snapshot of so long before the beginning.
pub(crate) fn seed(age: Duration, kids: &[&str]) -> Snapshot {
    snapshot(TEST, before(age), kids)
}

/// The snapshot, but for members of its metadata.
pub(crate) fn with(snapshot: &Snapshot, members: &[(&str, Value)]) -> Snapshot {
    with_members_and_keys(snapshot, members, snapshot.jwks_json().unwrap())
}

/// The snapshot, but for members of its metadata and for its keys.
pub(crate) fn with_members_and_keys(snapshot: &Snapshot, members: &[(&str, Value)], jwks: &Value) -> Snapshot {
    let mut metadata = snapshot.metadata_json().clone();
    for (name, value) in members {
        metadata.set(name, value.clone());
    }
    made(snapshot, Origin::Fetched, metadata, jwks)
}

/// The snapshot, but for its keys.
pub(crate) fn with_keys(snapshot: &Snapshot, jwks: &Value) -> Snapshot {
    made(snapshot, Origin::Fetched, snapshot.metadata_json().clone(), jwks)
}

/// The snapshot, from elsewhere.
pub(crate) fn with_origin(snapshot: &Snapshot, origin: Origin) -> Snapshot {
    made(snapshot, origin, snapshot.metadata_json().clone(), snapshot.jwks_json().unwrap())
}

fn made(like: &Snapshot, origin: Origin, metadata: Object, jwks: &Value) -> Snapshot {
    Snapshot::new(like.provider().clone(), like.as_of(), origin, metadata, Some(jwks.clone())).unwrap()
}

/// The entry, but for one member.
pub(crate) fn member(entry: &Value, name: &str, value: impl Into<Value>) -> Value {
    let mut entry = entry.as_object().unwrap().clone();
    entry.set(name, value.into());
    entry.into()
}

/// A future that was polled once and was not ready, so that its wait has begun.
#[track_caller]
pub(crate) fn begun<'a, T>(
    future: impl Future<Output = T> + Send + 'a,
) -> Pin<Box<dyn Future<Output = T> + Send + 'a>> {
    let mut future: Pin<Box<dyn Future<Output = T> + Send + 'a>> = Box::pin(future);
    assert!(glance(&mut future).is_none(), "it does not wait");
    future
}

pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pub(crate) fn boxed<'a, T>(future: impl Future<Output = T> + Send + 'a) -> Boxed<'a, T> {
    Box::pin(future)
}

/// The result of a poll of a future.
pub(crate) fn glance<T>(future: &mut Boxed<'_, T>) -> Option<T> {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
