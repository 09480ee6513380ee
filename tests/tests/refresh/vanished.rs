//! Tokens of keys that have left the set: a withdrawn key must not cost the next rotation its fetches, and one replica that lags
//! must not make a valid token invalid.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use idporten_config::refresh::Transport;
use idporten_config::testing::{MemoryProvider, jwks, key};

use crate::story::{JWKS, MINUTE, SECOND, Setup, Story, seed, story, undetermined, unknown};
use crate::transport::Own;

/// A story whose provider has withdrawn the key `old`, and whose refresher has just learned of it.
fn retired() -> Story {
    let story = Setup::default().published(seed(Duration::ZERO, &["one", "old"])).settle();
    story.serves("old");
    story.provider.publish_keys(&["one"]);
    story.refresher.refresh_now().unwrap();
    story.fetches();
    story
}

/// A story of two replicas that answer in turn: one publishes `one` and `new`, the other `one` alone.
fn replicas() -> Story {
    let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
    let lagging = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
    provider.publish_keys(&["one", "new"]);
    let (inner, asked) = (provider.clone(), Arc::new(AtomicUsize::new(0)));
    let balanced = Own(move |url: &str, timeout| {
        let turn = if url == JWKS { asked.fetch_add(1, Ordering::SeqCst) } else { 0 };
        // Both are asked, so that the fetches are counted in one place.
        let answer = inner.get(url, timeout)?;
        if turn % 2 == 0 { Ok(answer) } else { lagging.get(url, timeout) }
    });
    Setup::default().begin_through(provider, balanced).settle()
}

#[test]
fn tokens_of_a_withdrawn_key_are_invalid_within_fifteen_seconds() {
    let story = retired();
    let start = story.elapsed();
    for _ in 0..150 {
        story.advance(SECOND / 10);
        if story.elapsed() - start < 5 * SECOND {
            undetermined(story.wait("old"));
        }
        let _ = story.wait("old");
    }
    unknown(story.wait("old"));
    unknown(story.find("old"));
    let counters = story.status().counters;
    assert_eq!((counters.vanished_kid_fetches, counters.unknown_kid_fetches), (1, 0));
}

#[test]
fn a_withdrawn_key_leaves_the_next_rotation_its_fetches() {
    let story = retired();
    for _ in 0..MINUTE.as_secs() {
        let _ = story.wait("old");
        story.advance(SECOND);
    }
    story.provider.publish_keys(&["one", "new"]);
    assert!(story.wait("new").is_ok());
}

#[test]
fn a_token_that_comes_late_asks_for_its_fetch_at_once() {
    let story = retired();
    story.advance(10 * SECOND);
    assert_eq!(story.fetches(), 0, "no token, no fetch");
    unknown(story.wait("old"));
    assert_eq!(story.fetches(), 1);
}

#[test]
fn alternating_replicas_never_make_a_published_key_invalid() {
    for step in [1, 2, 3, 7, 31, 61] {
        let story = replicas();
        story.serves("new");
        for number in 0..400_u32 {
            let answers = [story.find("new"), story.wait("new"), story.wait("one")];
            for answer in answers {
                if let Err(error) = answer {
                    undetermined(Err(error));
                }
            }
            if number % 3 == 0 {
                let _ = story.wait(&number.to_string());
            }
            if number % 11 == 0 {
                story.refresher.refresh_now().unwrap();
            }
            story.advance(step * SECOND);
        }
    }
}

#[test]
fn one_lagging_answer_costs_a_published_key_seconds() {
    let story = replicas();
    story.refresher.refresh_now().unwrap();
    let retry_after = undetermined(story.wait("new"));
    assert!(retry_after <= 11 * SECOND, "{retry_after:?}");
    story.advance(retry_after);
    story.serves("new");
}

#[test]
fn a_kid_that_is_published_again_is_served_by_its_check() {
    let story = retired();
    story.advance(10 * SECOND);
    unknown(story.wait("old"));
    story.provider.publish_keys(&["one", "old"]);
    for _ in 0..5 {
        unknown(story.wait("old"));
        story.advance(MINUTE);
    }
    unknown(story.wait("old"));
    story.rest();
    story.serves("old");
}

#[test]
fn a_hundred_kids_that_leave_together_have_one_fetch_a_minute() {
    let kids: Vec<String> = (0..99).map(|kid| format!("old {kid}")).collect();
    let story = story();
    story.provider.publish_jwks(&jwks(kids.iter().map(|kid| key(kid, 0)).chain([key("one", 0)])));
    story.refresher.refresh_now().unwrap();
    story.provider.publish_keys(&["one"]);
    story.refresher.refresh_now().unwrap();
    story.fetches();
    let mut fetches = Vec::new();
    for second in 0..120_u32 {
        for kid in &kids {
            let _ = story.find(kid);
        }
        fetches.extend(std::iter::repeat_n(second, story.fetches()));
        story.advance(SECOND);
    }
    assert_eq!(fetches.len(), 1, "one tells about all: {fetches:?}");
    for kid in &kids {
        unknown(story.find(kid));
    }
}

#[test]
fn while_confirmation_fails_the_kid_stays_undetermined() {
    let story = retired();
    story.provider.fail(500);
    for _ in 0..120 {
        undetermined(story.wait("old"));
        story.advance(SECOND);
    }
    assert_eq!(story.fetches(), 2, "one each minute");
}
