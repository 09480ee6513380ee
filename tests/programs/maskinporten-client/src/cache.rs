//! The last token, kept until it expires, and the last failure, which answers those who waited for it.

use std::error::Error;
use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::Mutex;

/// A token that expires within this time is not used any more: it must outlive the request that carries it.
const MARGIN: Duration = Duration::from_secs(10);
/// A token is used for at most this long, whatever the answer says.
const LONGEST_USE: Duration = Duration::from_secs(60 * 60);
/// The time after a failed attempt in which no other is made.
const PAUSE: Duration = Duration::from_secs(1);

/// The outcome of the last attempt to buy a token.
#[derive(Default)]
pub struct Cache(Mutex<Option<Attempt>>);

struct Attempt {
    ended: Instant,
    outcome: Result<Token, TokenError>,
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
    /// Returns a token that is valid for ten seconds or more: the last one, or the one that `buy` brings.
    pub async fn get(&self, buy: impl Future<Output = Result<Token, TokenError>>) -> Result<String, TokenError> {
        let asked = Instant::now();
        // Held while a token is bought, so that many calls at once buy one.
        let mut last = self.0.lock().await;
        match &*last {
            Some(Attempt { outcome: Ok(token), .. }) if token.is_usable() => return Ok(token.text.clone()),
            // Without this, calls that came during an outage would run into its time-outs one after the other.
            Some(Attempt { outcome: Err(error), ended }) if asked < *ended + PAUSE => return Err(error.clone()),
            _ => {}
        }
        let outcome = buy.await;
        let answer = outcome.as_ref().map(|token| token.text.clone()).map_err(TokenError::clone);
        *last = Some(Attempt { ended: Instant::now(), outcome });
        answer
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
    use std::cell::Cell;

    use super::*;

    /// Three calls at once, and one after them, where each purchase has this outcome. Returns the answers and the purchases.
    async fn four_calls(outcome: impl Fn() -> Result<Token, TokenError>) -> (Vec<Result<String, TokenError>>, u32) {
        let (cache, bought) = (Cache::default(), Cell::new(0));
        let call = || {
            cache.get(async {
                tokio::task::yield_now().await;
                bought.set(bought.get() + 1);
                outcome()
            })
        };
        let (first, second, third) = tokio::join!(call(), call(), call());
        let answers = vec![first, second, third, call().await];
        (answers, bought.get())
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
        let (answers, bought) = four_calls(|| Err(error.clone())).await;
        assert_eq!((answers, bought), (vec![Err(error.clone()); 4], 1));
    }

    #[tokio::test]
    async fn a_token_near_its_end_is_used_once() {
        for short in [|| token(10), || Token { expires: Instant::now(), ..token(120) }] {
            assert_eq!(four_calls(|| Ok(short())).await.1, 4);
        }
        let slept = || Ok(Token { expires_at: SystemTime::now(), ..token(120) });
        assert_eq!(four_calls(slept).await.1, 4, "the machine was suspended");
        assert!(token(u64::MAX).is_usable());
    }
}
