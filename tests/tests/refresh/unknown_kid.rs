//! Tokens with a kid that is not in the set: one may be the first of a rotation, and a million are an attack.

use std::thread;
use std::time::Duration;

use idporten_config::refresh::LookupError;

use crate::story::{DAY, HOUR, MINUTE, SECOND, Setup, begun, gated, story, undetermined, unknown};

#[test]
fn a_kid_that_is_unknown_after_a_fetch_is_unknown_and_the_fetched_set_is_kept() {
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
fn fifty_unknown_kids_in_a_row_make_two_fetches() {
    let story = story();
    let results: Vec<_> = (0..50).map(|kid| story.wait(&kid.to_string())).collect();
    assert_eq!(story.fetches(), 2);
    let (unknown, rest): (Vec<_>, Vec<_>) =
        results.into_iter().partition(|result| matches!(result, Err(LookupError::UnknownKey)));
    assert_eq!(unknown.len(), 2, "only for these was there a fetch");
    assert!(rest.into_iter().all(|result| undetermined(result) == MINUTE));
}

#[test]
fn failed_fetches_count_among_the_two() {
    let story = story();
    story.provider.fail(500);
    for kid in 0..20 {
        undetermined(story.wait(&kid.to_string()));
    }
    assert_eq!(story.fetches(), 2);
}

#[test]
fn in_the_shadow_of_the_window_the_answer_comes_at_once_and_says_when_to_ask_again() {
    let story = story();
    unknown(story.wait("a"));
    story.advance(20 * SECOND);
    unknown(story.wait("b"));
    story.advance(10 * SECOND);
    story.fetches();
    let before = story.elapsed();
    assert_eq!(undetermined(story.wait("c")), 30 * SECOND);
    assert_eq!(undetermined(story.find("c")), 30 * SECOND);
    assert_eq!((story.elapsed(), story.fetches()), (before, 0));
}

#[test]
fn whoever_asks_again_when_it_was_told_to_has_an_answer() {
    let story = story();
    unknown(story.wait("a"));
    unknown(story.wait("b"));
    story.provider.publish_keys(&["one", "two"]);
    story.advance(undetermined(story.wait("two")));
    assert!(story.wait("two").is_ok());
}

#[test]
fn a_window_counts_from_each_fetch_so_that_no_minute_has_more_than_two() {
    let story = story();
    let mut fetches = Vec::new();
    for kid in 0..600 {
        let _ = story.find(&kid.to_string());
        fetches.extend(std::iter::repeat_n(story.elapsed(), story.fetches()));
        story.advance(SECOND);
    }
    assert!(fetches.windows(3).all(|three| three[2] - three[0] >= MINUTE), "{fetches:?}");
    assert_eq!(fetches.len(), 20, "two in each of ten minutes");
}

#[test]
fn a_known_kid_is_answered_at_once_while_the_window_is_spent_and_a_fetch_hangs() {
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
    unknown(story.wait("c"));
    assert_eq!(story.fetches(), 2);
}

#[test]
fn a_refresh_that_the_program_asks_for_spends_nothing_of_the_window_and_heeds_it_not() {
    let story = story();
    for _ in 0..5 {
        story.refresher.refresh_now().unwrap();
    }
    unknown(story.wait("a"));
    unknown(story.wait("b"));
    undetermined(story.wait("c"));
    story.refresher.refresh_now().unwrap();
    assert_eq!(story.fetches(), 8);
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
fn a_question_during_a_fetch_that_fails_is_not_answered_by_another_one() {
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
fn whoever_saw_an_older_set_needs_no_fetch() {
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
        Setup::default().policy(|policy| policy.with_unknown_kid_window(HOUR).with_unknown_kid_fetches(3)).settle();
    for kid in 0..10 {
        let _ = story.wait(&kid.to_string());
    }
    assert_eq!(story.fetches(), 3);
    assert_eq!(undetermined(story.wait("a")), HOUR);
}

#[test]
fn a_kid_of_any_length_or_kind_disturbs_nothing() {
    let story = Setup::default().policy(|policy| policy.with_unknown_kid_fetches(100)).settle();
    for kid in ["", "\0", "\u{202e}", "../../etc/passwd", "<script>", &"k".repeat(1 << 20)] {
        unknown(story.wait(kid));
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
