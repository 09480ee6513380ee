//! The last token, kept until it expires, and the last failure, which answers those who waited for it.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::Mutex;

/// A token that expires within this time is not used any more: it must outlive the request that carries it.
const MARGIN: Duration = Duration::from_secs(10);
/// A token is used for at most this long, whatever the answer says.
const LONGEST_USE: Duration = Duration::from_secs(60 * 60);
/// The time after a failed attempt in which no other is made. It doubles with each failure in a row.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A token that an API does not accept is bought anew if it is older than this. If it is not, a new one would not help, and an API
/// that accepts none would make the client buy one for each call.
const YOUNG: Duration = Duration::from_secs(60);

/// The outcome of the last attempt to buy a token.
#[derive(Default)]
pub struct Cache(Arc<Mutex<Option<Attempt>>>);

struct Attempt {
    ended: Instant,
    outcome: Result<Token, TokenError>,
    /// Zero after a success.
    pause: Duration,
}

/// Not `Debug`: logs must not hold tokens.
pub struct Token {
    text: String,
    expires: Instant,
    /// The same by the clock that goes on while the machine is suspended.
    expires_at: SystemTime,
}

/// The reason why there is no token. It holds neither key nor token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenError(pub String);

impl Token {
    /// Makes a token that was asked for at these times and is good for some seconds from then on.
    pub fn new(text: String, asked: (Instant, SystemTime), expires_in: u64) -> Self {
        let life = Duration::from_secs(expires_in).min(LONGEST_USE);
        Self { text, expires: asked.0 + life, expires_at: asked.1 + life }
    }

    fn is_usable(&self) -> bool {
        Instant::now() + MARGIN < self.expires && SystemTime::now() + MARGIN < self.expires_at
    }
}

impl Cache {
    /// Returns the last token if it is valid for ten seconds or more, or else the one that `buy` brings, whatever its life.
    pub async fn get<F>(&self, buy: F) -> Result<String, TokenError>
    where
        F: Future<Output = Result<Token, TokenError>> + Send + 'static,
    {
        let asked = Instant::now();
        // Held while a token is bought, so that many calls at once buy one.
        let mut last = Arc::clone(&self.0).lock_owned().await;
        match &*last {
            Some(Attempt { outcome: Ok(token), .. }) if token.is_usable() => return Ok(token.text.clone()),
            // Without this, calls that came during an outage would run into its time-outs one after the other.
            Some(Attempt { outcome: Err(error), ended, pause }) if asked < *ended + *pause => return Err(error.clone()),
            _ => {}
        }
        // A task of its own: a caller that gives up does not end the purchase, and the others get its token.
        let purchase = tokio::spawn(async move {
            let outcome = buy.await;
            let answer = outcome.as_ref().map(|token| token.text.clone()).map_err(TokenError::clone);
            let before = last.as_ref().map_or(Duration::ZERO, |attempt| attempt.pause);
            let pause = if outcome.is_ok() { Duration::ZERO } else { (before * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE) };
            *last = Some(Attempt { ended: Instant::now(), outcome, pause });
            answer
        });
        purchase.await.unwrap_or_else(|error| Err(TokenError(format!("the purchase of a token ended: {error}"))))
    }

    /// Drops this token unless it is younger than a minute. Returns whether `get` would now return another.
    pub async fn forget(&self, text: &str) -> bool {
        let mut last = self.0.lock().await;
        match &*last {
            Some(Attempt { outcome: Ok(token), ended, .. }) if token.text == text => {
                if ended.elapsed() < YOUNG {
                    return false;
                }
                *last = None;
                true
            }
            _ => true,
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for TokenError {}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::task::yield_now;

    use super::*;

    /// Three calls at once, and one after them, where each purchase has this outcome. Returns the answers and the purchases.
    async fn four_calls(
        outcome: impl Fn() -> Result<Token, TokenError> + Copy + Send + 'static,
    ) -> (Vec<Result<String, TokenError>>, u32) {
        let (cache, bought) = (Cache::default(), Arc::new(AtomicU32::new(0)));
        let call = || cache.get(purchase(&bought, outcome));
        let (first, second, third) = tokio::join!(call(), call(), call());
        let answers = vec![first, second, third, call().await];
        (answers, bought.load(Ordering::Relaxed))
    }

    /// A purchase that takes a moment, and is counted when it ends.
    fn purchase(
        bought: &Arc<AtomicU32>,
        outcome: impl Fn() -> Result<Token, TokenError> + Send + 'static,
    ) -> impl Future<Output = Result<Token, TokenError>> + Send + 'static {
        let bought = Arc::clone(bought);
        async move {
            yield_now().await;
            bought.fetch_add(1, Ordering::Relaxed);
            outcome()
        }
    }

    fn token(expires_in: u64) -> Token {
        Token::new("a-token".to_owned(), (Instant::now(), SystemTime::now()), expires_in)
    }

    #[tokio::test]
    async fn many_calls_take_one_token() {
        let (answers, bought) = four_calls(|| Ok(token(120))).await;
        assert_eq!((answers, bought), (vec![Ok("a-token".to_owned()); 4], 1));
    }

    #[tokio::test]
    async fn a_failure_answers_all_who_waited_for_it() {
        let error = TokenError("no".to_owned());
        let (answers, bought) = four_calls(|| Err(TokenError("no".to_owned()))).await;
        assert_eq!((answers, bought), (vec![Err(error); 4], 1));
    }

    #[tokio::test]
    async fn the_pause_after_a_failure_doubles_until_a_success() {
        let (cache, bought) = (Cache::default(), Arc::new(AtomicU32::new(0)));
        let fail = || cache.get(purchase(&bought, || Err(TokenError("no".to_owned()))));
        let pass = async |seconds| cache.0.lock().await.as_mut().unwrap().ended -= Duration::from_secs(seconds);
        let mut wanted = 0;
        for pauses in [&[1, 2, 4, 8, 16, 30, 30][..], &[1, 2]] {
            for pause in pauses {
                wanted += 1;
                fail().await.unwrap_err();
                pass(pause - 1).await;
                fail().await.unwrap_err();
                assert_eq!(bought.load(Ordering::Relaxed), wanted, "less than {pause} s after a failure");
                pass(1).await;
            }
            wanted += 1;
            cache.get(purchase(&bought, || Ok(token(10)))).await.unwrap();
        }
        assert_eq!(bought.load(Ordering::Relaxed), wanted);
    }

    #[tokio::test]
    async fn a_token_near_its_end_is_used_once() {
        for short in [|| token(10), || Token { expires: Instant::now(), ..token(120) }] {
            assert_eq!(four_calls(move || Ok(short())).await.1, 4);
        }
        let slept = || Ok(Token { expires_at: SystemTime::now(), ..token(120) });
        assert_eq!(four_calls(slept).await.1, 4, "the machine was suspended");
        assert!(token(u64::MAX).is_usable());
    }

    #[tokio::test]
    async fn a_caller_that_gives_up_does_not_end_the_purchase() {
        let (cache, bought) = (Cache::default(), Arc::new(AtomicU32::new(0)));
        let call = || cache.get(purchase(&bought, || Ok(token(120))));
        tokio::select! {
            biased;
            _ = call() => panic!("a purchase takes longer than one poll"),
            () = std::future::ready(()) => {}
        }
        assert_eq!(call().await, Ok("a-token".to_owned()));
        assert_eq!(bought.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_token_that_an_api_refuses_is_bought_anew_unless_it_is_young() {
        let (cache, bought) = (Cache::default(), Arc::new(AtomicU32::new(0)));
        let call = || cache.get(purchase(&bought, || Ok(token(120))));
        call().await.unwrap();
        assert!(!cache.forget("a-token").await);
        call().await.unwrap();
        assert_eq!(bought.load(Ordering::Relaxed), 1);

        cache.0.lock().await.as_mut().unwrap().ended -= YOUNG;
        assert!(cache.forget("of another call").await, "it was replaced meanwhile");
        call().await.unwrap();
        assert_eq!(bought.load(Ordering::Relaxed), 1);
        assert!(cache.forget("a-token").await);
        call().await.unwrap();
        assert_eq!(bought.load(Ordering::Relaxed), 2);
    }
}
