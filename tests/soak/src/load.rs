//! The load: so many requests a second, whatever becomes of those before.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idporten_config_tests::random::Random;
use tokio::runtime::Runtime;

use crate::client::Client;
use crate::clock;
use crate::judge::Judge;
use crate::tally::Answer;

/// The time after which a request counts as one without an answer. A look-up waits 3 s.
const TIMEOUT: Duration = Duration::from_secs(15);
/// The requests that may be under way at once.
const MAX_UNDER_WAY: usize = 4_000;
/// The time between two looks at how many requests are due.
const TICK: Duration = Duration::from_millis(2);

/// Tokens that are sent with a weight.
#[derive(Clone)]
pub(crate) struct Share {
    pub(crate) weight: u64,
    /// The number of their key; `None` for a token of a kid that nobody publishes.
    pub(crate) key: Option<usize>,
    pub(crate) tokens: Arc<[Arc<str>]>,
}

/// The state that the load shares with its driver.
pub(crate) struct Shared {
    judge: Mutex<Judge>,
    mix: Mutex<Vec<Share>>,
    client: Mutex<Arc<Client>>,
    under_way: AtomicUsize,
    stopped: AtomicBool,
}

/// The load, which ends with its holder.
pub(crate) struct Load {
    pub(crate) shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

impl Shared {
    pub(crate) fn judge(&self) -> MutexGuard<'_, Judge> {
        self.judge.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_mix(&self, mix: Vec<Share>) {
        *self.mix.lock().unwrap_or_else(PoisonError::into_inner) = mix;
    }

    pub(crate) fn set_client(&self, client: Client) {
        *self.client.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(client);
    }

    fn client(&self) -> Arc<Client> {
        Arc::clone(&self.client.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Draws the token of the next request.
    fn draw(&self, random: &mut Random) -> Option<(Option<usize>, Arc<str>)> {
        let mix = self.mix.lock().unwrap_or_else(PoisonError::into_inner);
        let total = mix.iter().map(|share| share.weight).sum::<u64>();
        let mut place = random.below(total.max(1));
        let share = mix.iter().find(|share| {
            let found = place < share.weight;
            place = place.saturating_sub(share.weight);
            found
        })?;
        let count = u64::try_from(share.tokens.len()).ok()?;
        let token = Arc::clone(&share.tokens[usize::try_from(random.below(count)).ok()?]);
        Some((share.key, if share.key.is_some() { token } else { forged(&token, random.number()).into() }))
    }
}

/// Returns the token with a header that names a kid which nobody publishes.
fn forged(token: &str, number: u64) -> String {
    let header = format!(r#"{{"alg":"RS256","typ":"at+jwt","kid":"forged-{number}"}}"#);
    let rest = token.split_once('.').map_or("", |(_, rest)| rest);
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
}

impl Load {
    /// Starts with nothing to send.
    pub(crate) fn start(judge: Judge, client: Client, rate: u64, seed: u64) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let shared = Arc::new(Shared {
            judge: Mutex::new(judge),
            mix: Mutex::default(),
            client: Mutex::new(Arc::new(client)),
            under_way: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        });
        runtime.spawn(run(Arc::clone(&shared), rate, seed));
        Self { shared, runtime: Some(runtime) }
    }

    /// Sends one request beside the load, and returns the body of its answer.
    pub(crate) fn ask(&self, method: Method, path: &str) -> Option<String> {
        let client = self.shared.client();
        let answer = async { tokio::time::timeout(TIMEOUT, client.ask(method, path)).await };
        self.runtime.as_ref()?.block_on(answer).ok()?.ok()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn run(shared: Arc<Shared>, rate: u64, seed: u64) {
    let mut random = Random::new(seed);
    let mut ticks = tokio::time::interval(TICK);
    let (start, mut sent) = (clock::now(), 0);
    while !shared.stopped.load(Ordering::SeqCst) {
        ticks.tick().await;
        let due = u128::from(rate) * clock::now().saturating_sub(start).as_millis() / 1_000;
        while sent < due {
            sent += 1;
            // What is too much for this machine is not sent: it would measure the driver.
            if shared.under_way.load(Ordering::Relaxed) < MAX_UNDER_WAY
                && let Some((key, token)) = shared.draw(&mut random)
            {
                shared.under_way.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(request(Arc::clone(&shared), key, token));
            }
        }
    }
}

async fn request(shared: Arc<Shared>, key: Option<usize>, token: Arc<str>) {
    let client = shared.client();
    let sent = clock::now();
    let answer = match tokio::time::timeout(TIMEOUT, client.get(&token)).await {
        Ok(Ok(200)) => Answer::Accepted,
        Ok(Ok(401)) => Answer::Invalid,
        Ok(Ok(503)) => Answer::Undetermined,
        _ => Answer::Missing,
    };
    shared.judge().answered(key, sent, clock::now(), answer);
    shared.under_way.fetch_sub(1, Ordering::Relaxed);
}
