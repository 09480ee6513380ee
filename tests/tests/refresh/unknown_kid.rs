//! Tokens with a kid that is not in the set: one may be the first of a rotation, and a million are an attack.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use idporten_config::refresh::{LookupError, Transport};
use idporten_config::testing::{MemoryProvider, VirtualClock};

use crate::story::{
    DAY, HOUR, MINUTE, SECOND, Setup, Story, WELL_KNOWN, after, begun, seed, story, undetermined, unknown,
};
use crate::transport::{Own, gated};

#[test]
fn a_kid_missing_after_a_fetch_is_unknown() {
    let story = story();
    story.provider.publish_keys(&["one", "two"]);
    unknown(story.wait("three"));
    assert_eq!(story.fetches(), 1);
    story.serves("two");
    assert_eq!(story.fetches(), 0);
}

#[test]
fn a_look_that_does_not_wait_calls_no_kid_unknown() {
    let story = story();
    for _ in 0..5 {
        undetermined(story.find("two"));
        story.rest();
    }
}

#[test]
fn fifty_unknown_kids_at_once_make_one_fetch() {
    let story = story();
    let results: Vec<_> = (0..50).map(|kid| story.wait(&kid.to_string())).collect();
    assert_eq!(story.fetches(), 1);
    let (unknown, rest): (Vec<_>, Vec<_>) =
        results.into_iter().partition(|result| matches!(result, Err(LookupError::UnknownKey)));
    assert_eq!(unknown.len(), 1, "only for this was there a fetch");
    assert!(rest.into_iter().all(|result| undetermined(result) == 4 * SECOND));
}

#[test]
fn failed_fetches_count_among_the_three() {
    let story = story();
    story.provider.fail(500);
    for kid in 0..60 {
        undetermined(story.wait(&kid.to_string()));
        story.advance(SECOND);
    }
    assert_eq!(story.fetches(), 3);
}

#[test]
fn during_the_cooldown_the_answer_is_immediate_with_a_retry_time() {
    let story = story();
    for (kid, pause) in [("a", 10), ("b", 10), ("c", 10)] {
        unknown(story.wait(kid));
        story.advance(pause * SECOND);
    }
    story.fetches();
    let before = story.elapsed();
    assert_eq!(undetermined(story.wait("d")), 30 * SECOND);
    assert_eq!(undetermined(story.find("d")), 30 * SECOND);
    assert_eq!((story.elapsed(), story.fetches()), (before, 0));
}

#[test]
fn a_caller_that_obeys_the_retry_time_gets_an_answer() {
    let story = story();
    unknown(story.wait("a"));
    story.provider.publish_keys(&["one", "two"]);
    story.advance(undetermined(story.wait("two")));
    assert!(story.wait("two").is_ok());
}

#[test]
fn a_flood_makes_at_most_three_fetches_a_minute() {
    let story = story();
    let mut fetches = Vec::new();
    for kid in 0..600 {
        let _ = story.find(&kid.to_string());
        fetches.extend(std::iter::repeat_n(story.elapsed(), story.fetches()));
        story.advance(SECOND);
    }
    assert!(fetches.windows(4).all(|four| four[3] - four[0] >= MINUTE), "{fetches:?}");
    assert!(fetches[3..].windows(2).all(|two| two[1] - two[0] == 20 * SECOND), "{fetches:?}");
    assert_eq!(fetches.len(), 30, "three in each of ten minutes");
}

/// Returns the time from its publication after which a new key is served, if `a_second` tokens of it come from the `first` moment on.
fn served_after(story: &Story, first: Duration, published: Duration, a_second: u32) -> Duration {
    let start = story.elapsed();
    loop {
        let passed = story.elapsed() - start;
        if passed >= published {
            story.provider.publish_keys(&["one", "new"]);
        }
        if passed >= first && story.wait("new").is_ok() {
            return story.elapsed() - start - published;
        }
        story.advance(SECOND / a_second);
    }
}

#[test]
fn a_key_set_that_lags_its_first_token_costs_seconds() {
    let (story, fetches) = slow_and_counted();
    let lag = 8 * SECOND;
    let after = served_after(&story, Duration::ZERO, lag, 100);
    assert!(after <= 5 * SECOND, "served {after:?} after its publication");
    assert_no_minute_has_more_than_three(&fetches);
}

#[test]
fn a_rotation_in_a_flood_that_lasts_is_followed_within_25_seconds() {
    for published in [61, 65, 75, 79_u32] {
        let (story, fetches) = slow_and_counted();
        let start = story.elapsed();
        let flooded = |until: u32| {
            let mut kid = 0;
            while story.elapsed() - start < until * SECOND {
                let _ = story.find(&kid.to_string());
                kid += 1;
                story.advance(SECOND / 300);
            }
        };
        flooded(published);
        story.provider.publish_keys(&["one", "new"]);
        let mut second = published;
        while story.find("new").is_err() {
            second += 1;
            flooded(second);
        }
        assert!(second - published <= 25, "served {} s after its publication", second - published);
        assert_no_minute_has_more_than_three(&fetches);
    }
}

/// A story whose provider takes 200 ms for each document, and the times of the fetches.
fn slow_and_counted() -> (Story, Arc<Mutex<Vec<SystemTime>>>) {
    let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
    let clock = VirtualClock::new(after(Duration::ZERO));
    provider.delay(&clock, SECOND / 5);
    let fetches = Arc::new(Mutex::new(Vec::new()));
    let (inner, times, now) = (provider.clone(), Arc::clone(&fetches), clock.clone());
    let counted = Own(move |url: &str, timeout| {
        if url == WELL_KNOWN {
            times.lock().unwrap().push(now.now());
        }
        inner.get(url, timeout)
    });
    let story = Setup::default().begin_on(clock, provider, counted).settle();
    fetches.lock().unwrap().clear();
    (story, fetches)
}

fn assert_no_minute_has_more_than_three(fetches: &Mutex<Vec<SystemTime>>) {
    let fetches = fetches.lock().unwrap();
    let spans = fetches.windows(4).map(|four| four[3].duration_since(four[0]).unwrap());
    assert!(spans.min().is_none_or(|shortest| shortest >= MINUTE), "{fetches:?}");
}

#[test]
fn impossible_kids_and_algorithms_are_unknown_without_a_fetch() {
    let story = story();
    unknown(story.find(&"k".repeat(257)));
    unknown(story.refresher.find_keys(Some("new"), "none"));
    unknown(story.refresher.find_keys(Some("one"), "HS256"));
    assert_eq!(story.fetches(), 0);
    unknown(story.refresher.find_keys(Some("one"), "ES256"));
    unknown(story.refresher.find_keys(Some("one"), "EdDSA"));
    assert_eq!(story.fetches(), 1, "a key of another type may have come under the kid");
    undetermined(story.find(&"k".repeat(256)));
}

#[test]
fn a_known_kid_is_answered_while_a_fetch_hangs() {
    let (story, gate) = gated(Setup::default());
    gate.shut();
    for kid in 0..100 {
        undetermined(story.find(&kid.to_string()));
    }
    gate.arrival();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1_000).for_each(|_| story.serves("one")));
        }
        for kid in 0..1_000 {
            undetermined(story.find(&kid.to_string()));
        }
    });
    gate.open();
}

#[test]
fn a_timed_refresh_spends_nothing_of_the_window() {
    let story = story();
    unknown(story.wait("a"));
    story.advance(DAY);
    story.fetches();
    unknown(story.wait("b"));
    story.advance(4 * SECOND);
    unknown(story.wait("c"));
    story.advance(8 * SECOND);
    unknown(story.wait("d"));
    assert_eq!(story.fetches(), 3);
}

#[test]
fn a_forced_refresh_neither_spends_nor_needs_the_budget() {
    let story = story();
    for _ in 0..5 {
        story.refresher.refresh_now().unwrap();
    }
    unknown(story.wait("a"));
    undetermined(story.wait("b"));
    story.refresher.refresh_now().unwrap();
    assert_eq!(story.fetches(), 7);
}

#[test]
fn the_answer_unknown_needs_a_fetch_that_began_after_the_question() {
    let (story, gate) = gated(Setup::default());
    gate.shut();
    let refresh = begun(story.refresher.refresh_now_async());
    gate.arrival();
    // The fetch under way may have seen the keys before this one was published.
    let lookup = begun(story.refresher.find_keys_async(Some("two"), "RS256"));
    gate.open();
    story.clock.block_on(refresh).unwrap();
    unknown(story.clock.block_on(lookup));
    assert_eq!(story.fetches(), 2);
}

#[test]
fn a_question_during_a_failing_fetch_causes_no_second_one() {
    let (story, gate) = gated(Setup::default());
    gate.shut();
    let refresh = begun(story.refresher.refresh_now_async());
    gate.arrival();
    let lookup = begun(story.refresher.find_keys_async(Some("two"), "RS256"));
    story.provider.fail(500);
    gate.open();
    assert!(story.clock.block_on(refresh).is_err());
    undetermined(story.clock.block_on(lookup));
    assert_eq!(story.fetches(), 1);
}

#[test]
fn a_reader_of_an_older_set_needs_no_fetch() {
    let (story, gate) = gated(Setup::default());
    story.provider.publish_keys(&["one", "two"]);
    gate.shut();
    let refresh = begun(story.refresher.refresh_now_async());
    gate.arrival();
    let lookup = begun(story.refresher.find_keys_async(Some("two"), "RS256"));
    gate.open();
    story.clock.block_on(refresh).unwrap();
    assert!(story.clock.block_on(lookup).is_ok());
    assert_eq!(story.fetches(), 1);
}

#[test]
fn a_budget_of_none_leaves_new_keys_to_the_timed_refresh() {
    let story = Setup::default().policy(|policy| policy.with_unknown_kid_fetches(0)).settle();
    story.provider.publish_keys(&["one", "two"]);
    let retry_after = undetermined(story.wait("two"));
    assert_eq!(story.fetches(), 0);
    assert!(retry_after > 20 * HOUR && retry_after <= DAY, "{retry_after:?}");
    story.advance(retry_after);
    story.serves("two");
}

#[test]
fn another_window_and_budget_are_heeded() {
    let story =
        Setup::default().policy(|policy| policy.with_unknown_kid_window(HOUR).with_unknown_kid_fetches(4)).settle();
    for kid in 0..60 {
        let _ = story.wait(&kid.to_string());
        story.advance(MINUTE);
    }
    assert_eq!(story.fetches(), 4, "one each quarter of an hour");
}

#[test]
fn a_kid_of_any_length_or_kind_disturbs_nothing() {
    let story = story();
    for kid in ["", "\0", "\u{202e}", "../../etc/passwd", "<script>", &"k".repeat(1 << 20)] {
        unknown(story.wait(kid));
        story.advance(MINUTE);
    }
    story.serves("one");
}

#[test]
fn no_retry_after_is_zero() {
    let story = story();
    for second in 0..130 {
        let retry_after = undetermined(story.find(&second.to_string()));
        assert!(retry_after > Duration::ZERO && retry_after <= MINUTE, "{retry_after:?}");
        story.advance(SECOND / 2);
    }
}
