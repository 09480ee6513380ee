//! Mirrors and caches: what they answer with is as old as they say, and one that serves a dead provider's documents grows old.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use idporten_config::refresh::{Limit, Reason, RefreshError, Transport};
use idporten_config::testing::MemoryProvider;

use crate::story::{DAY, HOUR, JWKS, MINUTE, Own, SECOND, Setup, Story, seed, undetermined, unknown};

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
fn an_answer_dated_in_the_past_is_of_then_and_one_of_the_future_is_of_now() {
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
fn a_mirror_of_a_dead_provider_grows_old_and_is_too_stale_in_time() {
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
fn an_answer_that_is_too_old_to_be_served_is_a_failed_fetch_that_names_the_mirror() {
    let (story, age) = mirrored(HOUR);
    say(&age, 7 * DAY);
    let Err(RefreshError::Failed(error)) = story.refresher.refresh_now() else { panic!("it was taken") };
    assert!(error.to_string().contains("see to the mirror"), "{error}");
    story.serves("one");
    assert_eq!(story.status().as_of, Some(story.clock.now() - HOUR));
}

#[test]
fn an_answer_that_is_older_than_what_is_held_does_not_bring_withdrawn_keys_back() {
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
fn an_answer_that_is_some_seconds_older_than_what_is_held_is_taken() {
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
fn the_next_refresh_is_an_interval_after_the_fetch_and_not_after_the_documents() {
    let (story, _) = mirrored(20 * HOUR);
    let next = story.status().next_attempt.unwrap().duration_since(story.clock.now()).unwrap();
    assert!(next >= DAY.mul_f64(0.9) && next <= DAY, "{next:?}");
}

#[test]
fn a_kid_that_a_cache_does_not_know_yet_is_undetermined_and_not_unknown() {
    let (story, said) = mirrored(Duration::ZERO);
    say(&said, 50 * MINUTE);
    story.advance(HOUR);
    undetermined(story.wait("new"));
    say(&said, Duration::ZERO);
    story.advance(MINUTE);
    unknown(story.wait("new"));
}
