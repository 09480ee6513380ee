//! Mirrors and caches: what they answer with is as old as they say, and one that serves a dead provider's documents grows old.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use idporten_config::refresh::{FetchError, Limit, Reason, RefreshError, Response, Transport};
use idporten_config::testing::{MemoryProvider, VirtualClock};

use crate::story::{DAY, HOUR, JWKS, MINUTE, SECOND, Setup, Story, seed, undetermined, unknown};
use crate::transport::Own;

/// A story behind a mirror, and how old it says that its answers are.
fn mirrored(age: Duration) -> (Story, Arc<Mutex<Duration>>) {
    let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
    let (inner, age) = (provider.clone(), Arc::new(Mutex::new(age)));
    let said = Arc::clone(&age);
    let mirror = Own(move |url: &str, timeout| Ok(inner.get(url, timeout)?.with_age(*said.lock().unwrap())));
    let story = Setup::default().unseeded().begin_through(provider, mirror);
    story.rest();
    (story, age)
}

fn say(said: &Mutex<Duration>, age: Duration) {
    *said.lock().unwrap() = age;
}

#[test]
fn what_a_mirror_serves_is_as_old_as_it_says() {
    let (story, _) = mirrored(5 * HOUR);
    let status = story.status();
    assert_eq!(status.age, Some(5 * HOUR));
    assert_eq!(status.as_of, Some(story.clock.now() - 5 * HOUR));
    assert_eq!(status.last_success, status.as_of);
    assert_eq!(status.too_stale_at, Some(story.clock.now() + 7 * DAY - 5 * HOUR));
}

#[test]
fn the_older_of_the_two_documents_counts() {
    let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
    let inner = provider.clone();
    let mirror = Own(move |url: &str, timeout| {
        let age = if url == JWKS { 3 * HOUR } else { HOUR };
        Ok(inner.get(url, timeout)?.with_age(age))
    });
    let story = Setup::default().unseeded().begin_through(provider, mirror);
    assert_eq!(story.status().age, Some(3 * HOUR));
}

#[test]
fn a_past_date_sets_the_age_and_a_future_one_none() {
    for (ahead, behind) in [(Duration::ZERO, 2 * HOUR), (2 * HOUR, Duration::ZERO)] {
        let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
        let inner = provider.clone();
        let date = crate::story::after(ahead) - behind;
        let mirror = Own(move |url: &str, timeout| Ok(inner.get(url, timeout)?.with_date(date)));
        let story = Setup::default().unseeded().begin_through(provider, mirror);
        assert_eq!(story.status().age, Some(behind));
    }
}

#[test]
fn a_mirror_of_a_dead_provider_becomes_too_stale() {
    let (story, age) = mirrored(HOUR);
    let growing = |story: &Story, time: Duration| {
        for _ in 0..time.as_secs() / 60 {
            story.advance(MINUTE);
            *age.lock().unwrap() += MINUTE;
        }
    };
    growing(&story, 7 * DAY - 2 * HOUR);
    story.serves("one");
    assert!(story.fetches() >= 7, "the mirror answers each time");
    growing(&story, HOUR + MINUTE);
    story.is_unavailable(Reason::TooStale(Limit::MaxAge));
}

#[test]
fn a_too_old_answer_is_a_failed_fetch_naming_the_mirror() {
    let (story, age) = mirrored(HOUR);
    say(&age, 7 * DAY);
    let Err(RefreshError::Failed(error)) = story.refresher.refresh_now() else { panic!("it was taken") };
    let message = error.to_string();
    let reason = "the answer is 7days old by its `Age`, older than the policy's `max_age` allows";
    assert!(message.contains(reason), "found `{message}`");
    story.serves("one");
    assert_eq!(story.status().as_of, Some(story.clock.now() - HOUR));
}

#[test]
fn an_older_answer_does_not_bring_withdrawn_keys_back() {
    let (story, age) = mirrored(HOUR);
    story.provider.publish_keys(&["two"]);
    say(&age, Duration::ZERO);
    story.refresher.refresh_now().unwrap();
    story.provider.publish_keys(&["one"]);
    say(&age, 2 * HOUR);
    assert!(matches!(story.refresher.refresh_now(), Err(RefreshError::Failed(_))));
    story.serves("two");
    assert!(story.find("one").is_err());
}

#[test]
fn an_answer_only_seconds_older_than_the_held_one_is_accepted() {
    let (story, age) = mirrored(Duration::ZERO);
    say(&age, 30 * SECOND);
    story.provider.publish_keys(&["two"]);
    story.refresher.refresh_now().unwrap();
    story.serves("two");
}

#[test]
fn an_answer_that_is_older_than_the_seed_is_not_taken() {
    let provider = MemoryProvider::new(&seed(Duration::ZERO, &["old"]));
    let inner = provider.clone();
    let mirror = Own(move |url: &str, timeout| Ok(inner.get(url, timeout)?.with_age(5 * HOUR)));
    let story = Setup::default().aged(HOUR).begin_through(provider, mirror);
    story.advance(5 * MINUTE);
    story.serves("one");
    assert!(story.status().last_error.unwrap().contains("older than what is held"));
}

#[test]
fn an_age_beyond_all_time_disturbs_nothing() {
    let (story, age) = mirrored(Duration::ZERO);
    for age_said in [Duration::from_secs(u64::MAX), Duration::MAX] {
        say(&age, age_said);
        assert!(matches!(story.refresher.refresh_now(), Err(RefreshError::Failed(_))));
    }
    story.serves("one");
    say(&age, Duration::ZERO);
    unknown(story.wait("two"));
}

#[test]
fn a_kid_missing_from_a_cached_answer_is_undetermined() {
    let (story, said) = mirrored(Duration::ZERO);
    say(&said, 50 * MINUTE);
    story.advance(HOUR);
    undetermined(story.wait("new"));
    say(&said, Duration::ZERO);
    story.advance(MINUTE);
    unknown(story.wait("new"));
}

#[test]
fn a_mirror_that_says_nothing_of_its_age_makes_no_kid_unknown() {
    for (passes_date, date, is_unknown) in
        [(false, false, false), (false, true, false), (true, false, false), (true, true, true)]
    {
        let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
        let (inner, clock) = (provider.clone(), VirtualClock::new(crate::story::after(Duration::ZERO)));
        let now = clock.clone();
        let mirror = Own(move |url: &str, timeout| {
            let response =
                inner.get(url, timeout)?.via_mirror("https://mirror.example/x").with_passed_date(passes_date);
            // The provider's clock is two seconds slow.
            Ok(response.with_date(date.then(|| now.now() - 2 * SECOND)))
        });
        let story = Setup::default().unseeded().begin_on(clock, provider, mirror);
        story.rest();
        story.advance(MINUTE);
        let answer = story.wait("forged");
        if is_unknown {
            unknown(answer);
        } else {
            undetermined(answer);
        }
        story.serves("one");
    }
}

#[test]
fn an_old_answer_right_after_the_start_makes_no_published_kid_unknown() {
    for asked in [0, 900, 1_100] {
        let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
        let inner = provider.clone();
        let mirror = Own(move |url: &str, timeout| Ok(inner.get(url, timeout)?.with_age(10 * SECOND)));
        let story = Setup::default().aged(10 * MINUTE).begin_through(provider, mirror);
        story.advance(Duration::from_millis(asked));
        undetermined(story.wait("new"));
    }
}

#[test]
fn a_cache_that_revalidates_behind_its_readers_costs_a_second_look() {
    let provider = MemoryProvider::new(&seed(Duration::ZERO, &["old"]));
    let clock = VirtualClock::new(crate::story::after(Duration::ZERO));
    let (inner, now) = (provider.clone(), clock.clone());
    // It hands out what it has, and asks for what is new only then.
    let kept = Mutex::new(BTreeMap::<String, (SystemTime, Response)>::new());
    let cache = Own(move |url: &str, timeout| {
        let fresh = (now.now(), inner.get(url, timeout)?);
        let (at, response) = kept.lock().unwrap().insert(url.to_owned(), fresh.clone()).unwrap_or(fresh);
        Ok(response.with_age(now.now().duration_since(at).unwrap()))
    });
    let story = Setup::default().seed(seed(25 * HOUR, &["old"])).begin_on(clock, provider, cache);
    story.advance(60 * HOUR);
    story.provider.publish_keys(&["new"]);
    story.advance(DAY + MINUTE);
    story.serves("new");
    assert!(story.find("old").is_err(), "the withdrawn key is gone within the day");
    story.fetches();
    story.advance(10 * DAY);
    let fetches = story.fetches();
    assert!((20..=24).contains(&fetches), "one early refresh an interval, found {fetches} fetches");
}

#[test]
fn a_mirror_of_a_dead_provider_is_asked_early_once_an_interval() {
    let (story, age) = mirrored(2 * HOUR);
    story.fetches();
    for _ in 0..(5 * 24 * 60) {
        story.advance(MINUTE);
        *age.lock().unwrap() += MINUTE;
    }
    let fetches = story.fetches();
    assert!((10..=12).contains(&fetches), "two an interval, found {fetches}");
}

#[test]
fn an_answer_older_than_what_is_held_names_mirror_age_and_header() {
    let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
    let inner = provider.clone();
    let mirror = Own(move |url: &str, timeout| {
        let address = format!("https://mirror.example/{}", url.trim_start_matches("https://"));
        Ok(inner.get(url, timeout)?.via_mirror(address).with_date(crate::story::before(5 * HOUR)))
    });
    let story = Setup::default().aged(HOUR).begin_through(provider, mirror);
    let error = story.refresher.refresh_now().unwrap_err().to_string();
    let place = "https://mirror.example/test.idporten.no/.well-known/openid-configuration";
    let reason = "the answer is 5h old by its `Date`, older than what is held, which is 1h old";
    assert_eq!(error, format!("{place}: {reason}; have the cache there ask the provider again"));
}

#[test]
fn only_fetches_that_look_for_a_key_ask_past_caches() {
    struct Recorded(MemoryProvider, Arc<Mutex<Vec<bool>>>);
    impl Transport for Recorded {
        fn get(&self, url: &str, timeout: Duration) -> Result<Response, FetchError> {
            self.1.lock().unwrap().push(false);
            self.0.get(url, timeout)
        }

        fn get_fresh(&self, url: &str, timeout: Duration) -> Result<Response, FetchError> {
            self.1.lock().unwrap().push(true);
            self.0.get(url, timeout)
        }
    }
    let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let story = Setup::default().begin_through(provider.clone(), Recorded(provider, Arc::clone(&asked))).settle();
    let past_caches = || std::mem::take(&mut *asked.lock().unwrap());
    assert_eq!(past_caches(), [false, false]);
    unknown(story.wait("new"));
    assert_eq!(past_caches(), [true, true]);
    story.refresher.refresh_now().unwrap();
    assert_eq!(past_caches(), [false, false]);
}
