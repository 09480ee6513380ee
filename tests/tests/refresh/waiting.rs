//! Waiting: one fetch for all, its result for all, and an end to each wait.

use std::sync::{Arc, Barrier};
use std::task::{Context, Wake};
use std::thread;
use std::time::Duration;

use idporten_config::refresh::{Limit, LookupError, Reason, RefreshError, Transport};
use idporten_config::testing::{MemoryProvider, VirtualClock};

use crate::story::{
    DAY, HOUR, MINUTE, SECOND, Setup, after, begun, boxed, found, glance, seed, story, undetermined, unknown,
};
use crate::transport::{Own, behind, gated};

#[test]
fn a_hundred_threads_that_wait_for_the_first_set_make_one_fetch() {
    let (story, gate) = behind(Setup::default().unseeded());
    gate.arrival();
    thread::scope(|scope| {
        let (barrier, waiters) = (Arc::new(Barrier::new(101)), 100);
        let threads: Vec<_> = (0..waiters)
            .map(|_| {
                let (story, barrier) = (&story, Arc::clone(&barrier));
                scope.spawn(move || {
                    let lookup = begun(story.refresher.find_keys_async(Some("one"), "RS256"));
                    barrier.wait();
                    found(story.clock.block_on(lookup))
                })
            })
            .collect();
        barrier.wait();
        gate.open();
        assert!(threads.into_iter().all(|thread| thread.join().unwrap() == ["one"]));
    });
    assert_eq!(story.fetches(), 1);
}

#[test]
fn a_hundred_threads_that_block_for_the_first_set_make_one_fetch() {
    let (story, gate) = behind(Setup::default().unseeded());
    gate.arrival();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..100).map(|_| scope.spawn(|| found(story.wait("one")))).collect();
        gate.open();
        assert!(threads.into_iter().all(|thread| thread.join().unwrap() == ["one"]));
    });
    assert_eq!(story.fetches(), 1);
}

#[test]
fn a_hundred_threads_that_wait_for_a_new_key_make_one_fetch() {
    let (story, gate) = gated(Setup::default());
    story.provider.publish_keys(&["one", "two"]);
    gate.shut();
    thread::scope(|scope| {
        let barrier = Arc::new(Barrier::new(101));
        let threads: Vec<_> = (0..100)
            .map(|_| {
                let (story, barrier) = (&story, Arc::clone(&barrier));
                scope.spawn(move || {
                    let lookup = begun(story.refresher.find_keys_async(Some("two"), "RS256"));
                    barrier.wait();
                    found(story.clock.block_on(lookup))
                })
            })
            .collect();
        barrier.wait();
        gate.open();
        assert!(threads.into_iter().all(|thread| thread.join().unwrap() == ["two"]));
    });
    assert_eq!(story.fetches(), 1);
}

#[test]
fn all_waiters_get_the_same_error_of_a_failed_fetch() {
    let (story, gate) = gated(Setup::default());
    story.provider.fail(500);
    gate.shut();
    let refreshes: Vec<_> = (0..100).map(|_| begun(story.refresher.refresh_now_async())).collect();
    let lookups: Vec<_> = (0..100).map(|_| begun(story.refresher.find_keys_async(Some("two"), "RS256"))).collect();
    gate.open();
    let errors: Vec<_> = refreshes
        .into_iter()
        .map(|refresh| match story.clock.block_on(refresh) {
            Err(RefreshError::Failed(error)) => error,
            other => panic!("failed, found {other:?}"),
        })
        .collect();
    assert!(errors.iter().all(|error| Arc::ptr_eq(error, &errors[0])));
    for lookup in lookups {
        undetermined(story.clock.block_on(lookup));
    }
    assert_eq!(story.fetches(), 1);
}

#[test]
fn a_refresh_that_is_asked_for_while_one_runs_is_that_one() {
    let (story, gate) = gated(Setup::default());
    gate.shut();
    let first = begun(story.refresher.refresh_now_async());
    gate.arrival();
    let second = begun(story.refresher.refresh_now_async());
    gate.open();
    story.clock.block_on(first).unwrap();
    story.clock.block_on(second).unwrap();
    assert_eq!(story.fetches(), 1);
}

#[test]
fn a_bad_signature_during_a_fetch_makes_no_second_one() {
    let (story, gate) = gated(Setup::default());
    gate.shut();
    let refresh = begun(story.refresher.refresh_now_async());
    gate.arrival();
    assert!(story.refresher.report_bad_signature("one"), "one is under way");
    gate.open();
    story.clock.block_on(refresh).unwrap();
    assert_eq!(story.fetches(), 1);
}

#[test]
fn a_look_up_waits_for_key_wait_while_the_fetch_continues() {
    let story = story();
    story.provider.publish_keys(&["one", "two"]);
    story.provider.delay(&story.clock, 5 * SECOND);
    let start = story.elapsed();
    undetermined(story.wait("two"));
    assert_eq!(story.elapsed() - start, 3 * SECOND);
    assert!(story.find("two").is_err());
    story.advance(7 * SECOND);
    story.serves("two");
    assert_eq!(story.fetches(), 1);
}

#[test]
fn another_time_to_wait_is_heeded_and_none_is_no_wait() {
    for wait in [Duration::ZERO, 10 * SECOND] {
        let story = Setup::default().policy(|policy| policy.with_key_wait(wait)).settle();
        story.provider.delay(&story.clock, 15 * SECOND);
        let start = story.elapsed();
        undetermined(story.wait("two"));
        assert_eq!(story.elapsed() - start, wait);
    }
}

#[test]
fn a_second_look_waits_for_what_is_left_of_the_fetch() {
    let story = story();
    story.provider.publish_keys(&["one", "two"]);
    story.provider.delay(&story.clock, 2 * SECOND);
    undetermined(story.wait("two"));
    let start = story.elapsed();
    assert!(story.wait("two").is_ok());
    assert_eq!(story.elapsed() - start, SECOND);
    assert_eq!(story.fetches(), 1);
}

#[test]
fn waits_of_different_beginnings_each_end_in_time() {
    let story = story();
    story.provider.delay(&story.clock, 15 * SECOND);
    let mut first = begun(story.refresher.find_keys_async(Some("two"), "RS256"));
    story.advance(SECOND);
    let mut second = begun(story.refresher.find_keys_async(Some("three"), "RS256"));
    story.advance(2 * SECOND);
    undetermined(glance(&mut first).expect("its three seconds are over"));
    assert!(glance(&mut second).is_none(), "it has one more");
    story.advance(SECOND);
    undetermined(glance(&mut second).expect("its three seconds are over"));
}

#[test]
fn a_caller_that_gives_up_does_not_affect_the_others() {
    let (story, gate) = gated(Setup::default());
    story.provider.publish_keys(&["one", "two"]);
    gate.shut();
    let first = begun(story.refresher.find_keys_async(Some("two"), "RS256"));
    gate.arrival();
    let second = begun(story.refresher.find_keys_async(Some("two"), "RS256"));
    drop(first);
    gate.open();
    assert_eq!(found(story.clock.block_on(second)), ["two"]);
    assert_eq!(story.fetches(), 1);
}

#[test]
fn a_fetch_that_all_have_left_is_ended_and_counts() {
    let (story, gate) = gated(Setup::default());
    story.provider.publish_keys(&["one", "two"]);
    gate.shut();
    drop(begun(story.refresher.find_keys_async(Some("two"), "RS256")));
    drop(begun(story.refresher.refresh_now_async()));
    gate.arrival();
    gate.open();
    story.rest();
    story.serves("two");
}

#[test]
fn at_most_1024_look_ups_wait_and_the_rest_are_answered() {
    let (story, gate) = gated(Setup::default());
    gate.shut();
    let mut waiting = vec![begun(story.refresher.find_keys_async(Some("unknown"), "RS256"))];
    gate.arrival();
    for caller in 1..10_000 {
        let (refresher, kid) = (&story.refresher, format!("unknown {caller}"));
        let mut lookup = boxed(async move { refresher.find_keys_async(Some(&kid), "RS256").await });
        match glance(&mut lookup) {
            None => waiting.push(lookup),
            Some(answer) => assert_eq!(undetermined(answer), SECOND),
        }
    }
    assert_eq!(waiting.len(), 1_024);
    story.serves("one");
    gate.open();
    let mut answers = waiting.into_iter().map(|lookup| story.clock.block_on(lookup));
    unknown(answers.next().unwrap());
    assert!(answers.all(|answer| undetermined(answer) == 4 * SECOND), "the fetch may have been too early for these");
    assert_eq!(story.fetches(), 1);
    assert_eq!(story.status().counters.undetermined, 10_000 - 1);
}

#[test]
fn a_waiter_that_is_woken_in_a_crowd_keeps_its_place() {
    let story = story();
    story.provider.publish_keys(&["one", "two"]);
    story.provider.delay(&story.clock, 2 * SECOND);
    let _first = begun(story.refresher.find_keys_async(Some("three"), "RS256"));
    story.advance(2 * SECOND);
    let mut second = begun(story.refresher.find_keys_async(Some("two"), "RS256"));
    let _crowd: Vec<_> = (0..1_024).map(|_| begun(story.refresher.refresh_now_async())).collect();
    story.advance(SECOND);
    // All have been woken, since the first one's three seconds are over.
    assert!(glance(&mut second).is_none(), "it has two more");
    assert_eq!(found(story.clock.block_on(second)), ["two"]);
}

#[test]
fn a_dropped_wait_frees_its_place() {
    let (story, gate) = gated(Setup::default());
    gate.shut();
    story.provider.publish_keys(&["one", "two"]);
    for kid in 0..5_000 {
        drop(begun(story.refresher.find_keys_async(Some(&kid.to_string()), "RS256")));
    }
    let lookup = begun(story.refresher.find_keys_async(Some("two"), "RS256"));
    gate.open();
    assert!(story.clock.block_on(lookup).is_ok());
}

#[test]
fn a_waker_that_panics_disturbs_no_other_wait() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("a waker of the program");
        }
    }
    let (story, gate) = gated(Setup::default());
    for (kid, other) in [("two", "three"), ("four", "five")] {
        gate.shut();
        let mut panics = boxed(story.refresher.find_keys_async(Some(kid), "RS256"));
        assert!(panics.as_mut().poll(&mut Context::from_waker(&Arc::new(Panics).into())).is_pending());
        let lookup = begun(story.refresher.find_keys_async(Some(other), "RS256"));
        story.provider.publish_keys(&["one", kid, other]);
        gate.open();
        assert!(story.clock.block_on(lookup).is_ok(), "{other}");
        assert!(glance(&mut panics).is_some_and(|result| result.is_ok()), "{kid}");
        story.advance(MINUTE);
    }
    assert_eq!(story.status().counters.panics, 2);
}

#[test]
fn a_timed_out_wait_frees_its_place() {
    let story = Setup::default().policy(|policy| policy.with_unknown_kid_fetches(60_000)).settle();
    for _ in 0..1_100 {
        unknown(story.wait("two"));
        story.advance(SECOND);
    }
    story.provider.delay(&story.clock, 15 * SECOND);
    let start = story.elapsed();
    undetermined(story.wait("two"));
    assert_eq!(story.elapsed() - start, 3 * SECOND, "it waited");
}

#[test]
fn reading_never_waits_while_a_refresh_that_is_due_hangs() {
    let (story, gate) = gated(Setup::default());
    gate.shut();
    thread::scope(|scope| {
        let advance = scope.spawn(|| story.advance(DAY));
        gate.arrival();
        for _ in 0..100 {
            story.serves("one");
            assert!(story.refresher.current().is_ok());
            assert!(story.refresher.wait_ready(Duration::ZERO).is_ok());
            assert_eq!(story.refresher.status().next_attempt, None, "one is under way");
            assert!(!format!("{:?}", story.refresher).is_empty());
        }
        gate.open();
        advance.join().unwrap();
    });
    assert_eq!(story.fetches(), 1);
}

#[test]
fn what_is_too_stale_is_withdrawn_on_time_though_a_request_hangs() {
    let story = Setup::default().policy(|policy| policy.with_max_age(DAY)).settle();
    story.refresher.refresh_now().unwrap();
    // Attempts that fail at once, so that none of them is under way when the one that hangs is asked for.
    story.provider.fail(500);
    story.advance(DAY - SECOND);
    story.provider.recover();
    story.provider.delay(&story.clock, MINUTE);
    let refresh = begun(story.refresher.refresh_now_async());
    story.rest();
    story.serves("one");
    story.advance(SECOND);
    assert_eq!(story.status().next_attempt, None, "a request is under way");
    story.is_unavailable(Reason::TooStale(Limit::MaxAge));
    assert!(matches!(story.clock.block_on(refresh), Err(RefreshError::Failed(_))));
}

#[test]
fn waiting_until_something_is_served_ends_as_soon_as_it_is() {
    let story = Setup::default().unseeded().begin_where(|provider| provider.fail(500));
    let mut ready = begun(story.refresher.wait_ready_async(HOUR));
    story.advance(MINUTE);
    assert!(glance(&mut ready).is_none());
    story.provider.recover();
    assert!(story.clock.block_on(ready).is_ok());
    assert!(story.elapsed() <= 16 * MINUTE);
}

#[test]
fn wait_ready_ends_in_time_with_the_reason() {
    let story = Setup::default().unseeded().begin_where(|provider| provider.fail(500));
    for error in [
        story.refresher.wait_ready(10 * SECOND).unwrap_err(),
        story.clock.block_on(story.refresher.wait_ready_async(10 * SECOND)).unwrap_err(),
    ] {
        assert_eq!(error.reason(), Reason::NotYetFetched);
        assert!(error.to_string().contains("status 500"), "{error}");
    }
    assert_eq!(story.elapsed(), 20 * SECOND);
}

#[test]
fn a_refresh_that_was_asked_for_is_waited_for_within_a_limit() {
    let story = story();
    let (provider, clock) = (story.provider.clone(), story.clock.clone());
    provider.delay(&clock, MINUTE);
    // A client that heeds no limit: each request takes as long as four may.
    let client = Own(move |url: &str, timeout| {
        for _ in 0..3 {
            let _ = provider.get(url, timeout);
        }
        provider.get(url, timeout)
    });
    let refresher = Setup::default().start(&clock, client).unwrap();
    let start = story.elapsed();
    let error = refresher.refresh_now().unwrap_err();
    assert!(
        matches!(&error, RefreshError::Failed(_)) && error.to_string().contains("see that the HTTP client has a limit"),
        "{error}"
    );
    assert_eq!(story.elapsed() - start, MINUTE);
}

#[test]
fn a_wait_without_a_set_ends_with_the_fetch_that_fails() {
    let (story, gate) = behind(Setup::default().unseeded());
    gate.arrival();
    story.provider.fail(500);
    let lookup = begun(story.refresher.find_keys_async(Some("one"), "RS256"));
    gate.open();
    let Err(LookupError::Unavailable(error)) = story.clock.block_on(lookup) else { panic!("something is served") };
    assert_eq!(error.reason(), Reason::NotYetFetched);
    assert!(error.last_error().is_some());
}

#[test]
fn a_token_without_a_kid_waits_for_the_first_set() {
    let (story, gate) = behind(Setup::default().unseeded());
    gate.arrival();
    let lookup = begun(story.refresher.find_keys_async(None, "RS256"));
    gate.open();
    assert_eq!(found(story.clock.block_on(lookup)), ["one"]);
    assert_eq!(story.fetches(), 1);
}

#[test]
fn a_hanging_client_is_used_again_once_it_returns() {
    let (provider, clock) =
        (MemoryProvider::new(&seed(Duration::ZERO, &["one"])), VirtualClock::new(after(Duration::ZERO)));
    let inner = provider.clone();
    provider.delay(&clock, 10 * MINUTE);
    let client = Own(move |url: &str, _: Duration| {
        // As if it had been told of no limit; the next answer comes at once.
        let answer = inner.get(url, HOUR);
        inner.recover();
        answer
    });
    let refresher = Setup::default().unseeded().start(&clock, client).unwrap();
    clock.advance(9 * MINUTE);
    assert!(refresher.status().last_error.unwrap().contains("has not ended"));
    assert_eq!(provider.requests().len(), 1, "and there is no second beside it");
    clock.advance(HOUR);
    assert!(refresher.current().is_ok(), "{}", refresher.status());
}
