//! Whole exchanges: the bytes are a script of answers, clocks, questions and tokens for a refresher and a verifier.

mod provider;
mod tokens;
mod watch;

use std::time::{Duration, SystemTime};

use idporten_config::KnownEnvironment::IdportenTest;
use idporten_config::interop::jsonwebtoken::{Expect, InvalidToken, Rules, Verifier, VerifyError};
use idporten_config::refresh::{LookupError, RefreshPolicy, Refresher};
use idporten_config::testing::{VirtualClock, jwks, signing_key, snapshot_with_keys};
use serde::de::IgnoredAny;

use provider::Scripted;
use watch::Watch;

/// The kids that are published and asked for. The last is never published.
pub(crate) const KIDS: [&str; 5] = ["one", "two", "three", "four", "nobody"];
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// The most steps of a script. What is more is not run, so that a case is short.
const MAX_STEPS: usize = 80;

/// The bytes of a script, each taken once. After the last all are zero.
pub(crate) struct Script<'a>(std::slice::Iter<'a, u8>);

impl Script<'_> {
    pub(crate) fn byte(&mut self) -> u8 {
        self.0.next().copied().unwrap_or_default()
    }

    pub(crate) fn number(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    pub(crate) fn kid(&mut self) -> &'static str {
        KIDS[usize::from(self.byte()) % KIDS.len()]
    }

    fn is_over(&self) -> bool {
        self.0.len() == 0
    }
}

/// Whatever is answered, whenever, and whatever is asked: no panic, no key that no accepted answer published, no `UnknownKey` for
/// a key of the newest accepted set, at most three fetches for unknown kids in a minute, and no date that goes back.
pub fn exchange(bytes: &[u8]) {
    let mut script = Script(bytes.iter());
    let clock = VirtualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    let setup = script.byte();
    let published = provider::keys(script.byte());
    let seed_keys = if published.is_empty() { jwks([signing_key("one", 0)]) } else { jwks(published) };
    let age = SECOND * u32::from(script.number());
    let seed = snapshot_with_keys(IdportenTest, clock.now() - age, &seed_keys);
    let watch = Watch::new(&clock);
    let provider = Scripted::new(&seed, &clock, &watch);
    let mut builder = match setup & 1 {
        0 => Refresher::for_provider(IdportenTest).expect("a builder"),
        _ => Refresher::builder(seed.clone()).expect("a seed"),
    };
    watch.listen(builder.events());
    if setup & 1 == 1 {
        watch.accept(&seed);
    }
    let refresher = builder.clock(&clock).policy(policy()).start_with(provider.clone()).expect("a refresher");
    let rules = Rules::access_token(tokens::AUDIENCE);
    let verifier = Verifier::new(&refresher, rules).expect("a verifier");
    let run = Run { clock, provider, watch, refresher, verifier };
    for _ in 0..MAX_STEPS {
        if script.is_over() {
            break;
        }
        run.step(&mut script);
    }
    // A fetch that is answered later than the script ends would leave its thread asleep: nobody moves this clock again.
    run.clock.advance(2 * MINUTE);
    run.check();
}

/// Durations that are short enough for a script to pass all of them.
fn policy() -> RefreshPolicy {
    RefreshPolicy::default()
        .with_refresh_interval(10 * MINUTE)
        .with_max_age(60 * MINUTE)
        .with_seed_max_age(120 * MINUTE)
        .with_backoff(5 * SECOND, 60 * SECOND)
}

struct Run {
    clock: VirtualClock,
    provider: Scripted,
    watch: Watch,
    refresher: Refresher,
    verifier: Verifier,
}

impl Run {
    fn step(&self, script: &mut Script<'_>) {
        self.watch.begin();
        match script.byte() % 16 {
            0 => self.clock.advance(Duration::from_millis(script.number().into())),
            1 => self.clock.advance(SECOND * u32::from(script.byte())),
            2 => self.clock.advance(MINUTE * u32::from(script.byte() % 128)),
            3 => self.set_clock(script),
            4 => {
                let time = MINUTE * u32::from(script.byte());
                self.watch.shift(time, true);
                self.clock.suspend(time);
            }
            5 => self.provider.publish(provider::keys(script.byte())),
            6 => self.provider.damage(script),
            7 | 8 => self.provider.behave(script),
            9 => self.provider.recover(),
            10 => self.look_up(script.kid(), false),
            11 => self.look_up(script.kid(), true),
            12 | 13 => self.verify(script),
            14 => drop(self.refresher.refresh_now()),
            _ => _ = self.refresher.report_bad_signature(script.kid()),
        }
        // Everything that is due now is done.
        self.clock.advance(Duration::ZERO);
        self.check();
    }

    fn set_clock(&self, script: &mut Script<'_>) {
        let (ahead, time) = (script.byte().is_multiple_of(2), MINUTE * u32::from(script.number() % 4_000));
        let now = self.clock.now();
        self.watch.shift(time, ahead);
        self.clock.set(if ahead { now + time } else { now - time });
    }

    fn look_up(&self, kid: &str, waits: bool) {
        let found = if waits {
            self.refresher.find_keys_wait(Some(kid), "RS256")
        } else {
            self.refresher.find_keys(Some(kid), "RS256")
        };
        self.watch.settle();
        match found {
            Ok(keys) => {
                for key in keys.iter() {
                    assert_eq!(key.kid(), Some(kid));
                    assert!(self.watch.held(key), "{kid}: a key that no accepted answer published");
                }
            }
            Err(LookupError::UnknownKey) => {
                assert!(!self.watch.publishes(kid), "{kid} is in the accepted set, and was called unknown");
            }
            Err(LookupError::Undetermined { retry_after }) => {
                assert!(!self.watch.publishes(kid), "{kid} is in the accepted set, and was undetermined");
                assert!(retry_after <= 61 * MINUTE, "{retry_after:?} is longer than any `Retry-After` that is obeyed");
            }
            Err(_) => {}
        }
    }

    fn verify(&self, script: &mut Script<'_>) {
        let token = tokens::draw(script);
        let verified = match script.byte() % 2 {
            0 => self.verifier.verify::<IgnoredAny>(&token.text, &Expect::none()),
            _ => self.verifier.verify_wait::<IgnoredAny>(&token.text, &Expect::none()),
        };
        self.watch.settle();
        let (held, sets) = self.watch.count_of(&token);
        match verified {
            Ok(_) => {
                assert!(token.is_whole(), "a token that was changed was accepted: {}", token.text);
                assert!(held > 0, "{} was accepted, and no accepted answer published it", token.kid);
            }
            Err(VerifyError::Invalid(InvalidToken::UnknownKey | InvalidToken::Signature)) => {
                assert!(
                    !token.is_whole() || held < sets,
                    "{} is in the accepted set, and its token was refused",
                    token.kid
                );
            }
            Err(_) => {}
        }
    }

    fn check(&self) {
        self.watch.settle();
        let status = self.refresher.status();
        assert_eq!((status.counters.panics, status.counters.missed_events), (0, 0), "{status}");
        assert!(status.unavailable.as_ref().is_none_or(|reason| !reason.contains("has ended")), "{status}");
        self.watch.check_date(status.as_of);
        let kids: Vec<_> = status.keys.iter().filter_map(|key| key.kid.clone()).collect();
        assert!(status.source.is_none() || self.watch.has_kids(&kids), "{kids:?} are held: {status}");
        assert!(idporten_config::document::json::Value::parse(status.to_string().as_bytes()).is_ok(), "{status}");
    }
}
