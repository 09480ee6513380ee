//! Single cases.

use std::time::{Duration, SystemTime};

use idporten_config::refresh::RefreshPolicy;
use idporten_config::refresh::schedule::{Action, Answer, Cause, Health, Limit, Now, Schedule, Seed, Source, Ticket};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// So long after the start, by both clocks.
fn at(time: Duration) -> Now {
    Now { monotonic: time, wall: SystemTime::UNIX_EPOCH + 1_000 * DAY + time }
}

/// A second before.
fn before(time: Duration) -> Duration {
    time.saturating_sub(SECOND)
}

fn policy() -> RefreshPolicy {
    RefreshPolicy::default()
}

/// One that has nothing at the start.
fn empty() -> Schedule {
    Schedule::new(policy(), 1, at(Duration::ZERO), None)
}

fn seeded(policy: RefreshPolicy, random: u64, source: Source, age: Duration) -> Schedule {
    let limit = if source == Source::Baked { Limit::SeedMaxAge } else { Limit::MaxAge };
    let start = at(Duration::ZERO);
    Schedule::new(policy, random, start, Some(Seed { source, as_of: start.wall - age, limit }))
}

/// One that has just fetched.
fn fetched(policy: RefreshPolicy, random: u64) -> Schedule {
    let mut schedule = Schedule::new(policy, random, at(Duration::ZERO), None);
    assert_eq!(schedule.poll(at(Duration::ZERO)), Action::Fetch(Cause::Due));
    schedule.succeeded(Duration::ZERO, None);
    schedule
}

/// When the next fetch begins, if nothing else happens.
fn next_fetch(schedule: &Schedule, from: Duration) -> Duration {
    let mut schedule = schedule.clone();
    let mut now = from;
    loop {
        match schedule.poll(at(now)) {
            Action::Fetch(_) => return now,
            Action::GiveUp => schedule.failed(at(now), None, false),
            Action::Expire(_) => {}
            Action::Sleep(until) => now = until,
        }
    }
}

fn pending(answer: Answer) -> Ticket {
    match answer {
        Answer::Pending(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

fn retry_after(answer: Answer) -> Duration {
    match answer {
        Answer::Undetermined { retry_after } => retry_after,
        other => panic!("{other:?}"),
    }
}

/// A fetch for an unknown kid begins.
fn asks(schedule: &mut Schedule, now: Duration) -> Ticket {
    let ticket = pending(schedule.ask(at(now), None, true));
    assert_eq!(schedule.poll(at(now)), Action::Fetch(Cause::UnknownKid));
    ticket
}

#[test]
fn the_next_refresh_is_drawn_from_the_last_tenth_of_the_interval_and_instances_differ() {
    let due: Vec<Duration> = (0..1_000).map(|random| next_fetch(&fetched(policy(), random), Duration::ZERO)).collect();
    assert!(due.iter().all(|due| (DAY * 9 / 10..=DAY).contains(due)));
    // Over a span of 144 minutes, no minute is the meeting place of many.
    let busiest = (0..144).map(|minute| {
        let start = DAY * 9 / 10 + minute * MINUTE;
        due.iter().filter(|due| (start..start + MINUTE).contains(due)).count()
    });
    assert!(busiest.max() < Some(25));
}

#[test]
fn a_stated_age_shortens_the_interval_to_an_hour_at_the_least_and_only_where_that_is_asked_for() {
    for (honour, stated, expected) in [
        (false, Some(MINUTE), DAY),
        (true, Some(MINUTE), HOUR),
        (true, Some(2 * HOUR), 2 * HOUR),
        (true, Some(3_650 * DAY), DAY),
        (true, None, DAY),
    ] {
        let mut schedule = Schedule::new(policy().with_honour_max_age(honour), 1, at(Duration::ZERO), None);
        schedule.poll(at(Duration::ZERO));
        schedule.succeeded(Duration::ZERO, stated);
        let due = next_fetch(&schedule, Duration::ZERO);
        assert!((expected * 9 / 10..=expected).contains(&due), "{honour} {stated:?}: {due:?}");
    }
}

#[test]
fn a_young_seed_is_refreshed_within_five_minutes_and_an_old_one_at_once() {
    let first = |source, age| next_fetch(&seeded(policy(), 9, source, age), Duration::ZERO);
    let spread: Vec<_> =
        (0..100).map(|random| next_fetch(&seeded(policy(), random, Source::Baked, HOUR), Duration::ZERO)).collect();
    assert!(spread.iter().all(|first| *first <= 5 * MINUTE));
    assert!(spread.iter().max() > Some(&(4 * MINUTE)) && spread.iter().min() < Some(&MINUTE));
    assert_eq!(first(Source::Baked, DAY), Duration::ZERO);
    assert_eq!(first(Source::Stored, DAY), Duration::ZERO);
    let kept = first(Source::Stored, 20 * HOUR);
    assert!((HOUR..=4 * HOUR).contains(&kept), "what was stored keeps its due time: {kept:?}");
    assert_eq!(next_fetch(&empty(), Duration::ZERO), Duration::ZERO);
}

#[test]
fn a_seed_of_the_future_counts_as_old_and_is_served_no_longer_than_one_of_today() {
    let start = at(Duration::ZERO);
    let seed = Seed { source: Source::Baked, as_of: start.wall + 30 * DAY, limit: Limit::SeedMaxAge };
    let schedule = Schedule::new(policy(), 1, start, Some(seed));
    assert_eq!(schedule.expired(), None);
    assert_eq!(next_fetch(&schedule, Duration::ZERO), Duration::ZERO);
    assert_eq!(schedule.too_stale_at(start), Some(start.wall + 89 * DAY));
}

#[test]
fn a_seed_beyond_its_limit_is_not_served_from_the_start() {
    for (policy, age) in [(policy(), 90 * DAY), (policy().with_seed_max_age(Duration::ZERO), Duration::ZERO)] {
        let schedule = seeded(policy, 1, Source::Baked, age);
        assert_eq!(schedule.expired(), Some(Limit::SeedMaxAge));
        assert_eq!(schedule.health(at(Duration::ZERO)), Health::Failing);
        assert_eq!(next_fetch(&schedule, Duration::ZERO), Duration::ZERO);
    }
    assert_eq!(seeded(policy(), 1, Source::Baked, before(90 * DAY)).expired(), None);
    assert_eq!(seeded(policy(), 1, Source::Stored, 7 * DAY).expired(), Some(Limit::MaxAge));
}

#[test]
fn failures_are_followed_by_delays_that_grow_to_a_limit_and_a_success_ends_them() {
    let mut longest = [Duration::ZERO; 8];
    for random in 0..300 {
        let mut schedule = Schedule::new(policy(), random, at(Duration::ZERO), None);
        let mut now = Duration::ZERO;
        for longest in &mut longest {
            assert_eq!(schedule.poll(at(now)), Action::Fetch(Cause::Due));
            schedule.failed(at(now), None, false);
            let next = next_fetch(&schedule, now);
            assert!(next >= now + SECOND);
            *longest = (*longest).max(next.saturating_sub(now));
            now = next;
        }
        schedule.poll(at(now));
        schedule.succeeded(Duration::ZERO, None);
        assert_eq!(schedule.consecutive_failures(), 0);
        assert!(next_fetch(&schedule, now) >= now + DAY * 9 / 10);
    }
    for (longest, limit) in longest.iter().zip([30, 60, 120, 240, 480, 900, 900, 900]) {
        let limit = Duration::from_secs(limit);
        assert!((limit * 9 / 10..=limit).contains(longest), "{longest:?} of {limit:?}");
    }
}

#[test]
fn a_provider_that_asks_to_be_left_alone_is_obeyed_for_an_hour_at_the_most() {
    for (asked, obeyed) in [(MINUTE * 20, MINUTE * 20), (DAY, HOUR)] {
        let mut schedule = fetched(policy(), 1);
        asks(&mut schedule, HOUR);
        schedule.failed(at(HOUR), Some(asked), false);
        assert_eq!(retry_after(schedule.ask(at(HOUR), None, true)), obeyed, "unknown kids obey");
        assert!(!schedule.report_bad_signature(at(HOUR)), "bad signatures obey");
        asks(&mut schedule, HOUR + obeyed);

        let mut schedule = empty();
        schedule.poll(at(Duration::ZERO));
        schedule.failed(at(Duration::ZERO), Some(asked), false);
        assert_eq!(next_fetch(&schedule, Duration::ZERO), obeyed, "timed refreshes obey");
    }
}

#[test]
fn an_unknown_kid_has_two_fetches_in_a_window_and_is_told_when_it_may_have_another() {
    let mut schedule = fetched(policy(), 1);
    for second in [0, 10] {
        asks(&mut schedule, HOUR + second * SECOND);
        schedule.succeeded(Duration::ZERO, None);
    }
    assert_eq!(retry_after(schedule.ask(at(HOUR + 20 * SECOND), None, true)), 40 * SECOND);
    assert_eq!(retry_after(schedule.ask(at(HOUR + 59 * SECOND), None, true)), SECOND);
    asks(&mut schedule, HOUR + MINUTE);
    schedule.failed(at(HOUR + MINUTE), None, false);
    let shadow = retry_after(schedule.ask(at(HOUR + MINUTE), None, true));
    assert_eq!(shadow, 10 * SECOND, "a failure counts, and the window slides");
}

#[test]
fn the_window_counts_from_the_request_and_not_from_the_question() {
    let mut schedule = fetched(policy().with_unknown_kid_fetches(1), 1);
    pending(schedule.ask(at(HOUR), None, true));
    assert_eq!(schedule.poll(at(HOUR + SECOND)), Action::Fetch(Cause::UnknownKid));
    schedule.succeeded(Duration::ZERO, None);
    assert_eq!(retry_after(schedule.ask(at(HOUR + MINUTE), None, true)), SECOND);
}

#[test]
fn a_fetch_that_is_wanted_is_due_at_once_and_a_failure_leaves_the_delays_of_timed_ones_alone() {
    let mut schedule = fetched(policy(), 1);
    pending(schedule.ask(at(HOUR), None, true));
    assert_eq!(schedule.wake(at(HOUR)), HOUR);
    for i in 0..8 {
        schedule.force();
        schedule.poll(at(HOUR + i * SECOND));
        schedule.failed(at(HOUR + i * SECOND), None, false);
    }
    let due = next_fetch(&schedule, HOUR);
    schedule.poll(at(due));
    schedule.failed(at(due), None, false);
    assert!(next_fetch(&schedule, due) <= due + 30 * SECOND, "the first timed failure is the first");
}

#[test]
fn timed_and_forced_refreshes_spend_nothing_of_the_window() {
    let mut schedule = fetched(policy(), 1);
    for _ in 0..5 {
        schedule.force();
        assert_eq!(schedule.poll(at(HOUR)), Action::Fetch(Cause::Forced));
        schedule.succeeded(Duration::ZERO, None);
    }
    let due = next_fetch(&schedule, HOUR);
    assert_eq!(schedule.poll(at(due)), Action::Fetch(Cause::Due));
    schedule.succeeded(Duration::ZERO, None);
    for _ in 0..2 {
        asks(&mut schedule, due + SECOND);
        schedule.succeeded(Duration::ZERO, None);
    }
    retry_after(schedule.ask(at(due + 2 * SECOND), None, true));
    schedule.force();
    assert_eq!(schedule.poll(at(due + 2 * SECOND)), Action::Fetch(Cause::Forced), "and no window holds them");
}

#[test]
fn a_question_is_answered_by_a_fetch_that_began_after_it_and_by_no_other() {
    let mut schedule = fetched(policy(), 1);
    let first = asks(&mut schedule, HOUR);
    // This one comes while the fetch is under way: it may have read the keys before.
    let second = pending(schedule.ask(at(HOUR + SECOND), None, true));
    schedule.succeeded(Duration::ZERO, None);
    assert_eq!(schedule.ask(at(HOUR + SECOND), Some(first), true), Answer::Unknown);
    let second = pending(schedule.ask(at(HOUR + SECOND), Some(second), true));
    assert_eq!(schedule.poll(at(HOUR + SECOND)), Action::Fetch(Cause::UnknownKid));
    schedule.succeeded(Duration::ZERO, None);
    assert_eq!(schedule.ask(at(HOUR + 2 * SECOND), Some(second), true), Answer::Unknown);
    // A question of now is not answered by what was fetched before.
    retry_after(schedule.ask(at(HOUR + 2 * SECOND), None, true));
}

#[test]
fn what_a_cache_answers_with_from_before_the_question_makes_no_kid_unknown() {
    let mut schedule = fetched(policy(), 1);
    let ticket = asks(&mut schedule, HOUR);
    schedule.succeeded(50 * MINUTE, None);
    retry_after(schedule.ask(at(HOUR + SECOND), Some(ticket), true));
}

#[test]
fn a_fetch_that_does_not_end_is_given_up_after_a_minute_and_another_is_made() {
    let mut schedule = empty();
    schedule.poll(at(Duration::ZERO));
    assert_eq!(schedule.poll(at(before(MINUTE))), Action::Sleep(MINUTE));
    assert_eq!(schedule.poll(at(MINUTE)), Action::GiveUp);
    schedule.failed(at(MINUTE), None, false);
    assert!(next_fetch(&schedule, MINUTE) <= MINUTE + 30 * SECOND);
}

#[test]
fn a_fetch_that_fails_leaves_everybody_who_waited_for_it_undetermined() {
    let mut schedule = fetched(policy(), 1);
    let waiting = [asks(&mut schedule, HOUR), pending(schedule.ask(at(HOUR + SECOND), None, true))];
    schedule.failed(at(HOUR + SECOND), None, false);
    for ticket in waiting {
        retry_after(schedule.ask(at(HOUR + SECOND), Some(ticket), true));
    }
    assert!(
        !schedule.is_fetching() && next_fetch(&schedule, HOUR + SECOND) > 20 * HOUR,
        "no second fetch, no new due time"
    );
}

#[test]
fn who_waits_for_a_refresh_that_is_due_anyway_spends_nothing() {
    let mut schedule = fetched(policy(), 1);
    let due = next_fetch(&schedule, Duration::ZERO);
    let ticket = pending(schedule.ask(at(due), None, false));
    assert_eq!(schedule.poll(at(due)), Action::Fetch(Cause::Due));
    schedule.succeeded(Duration::ZERO, None);
    assert_eq!(schedule.ask(at(due), Some(ticket), false), Answer::Unknown);
}

#[test]
fn a_bad_signature_has_one_fetch_an_hour_and_none_while_the_set_is_young() {
    let mut schedule = fetched(policy(), 1);
    assert!(!schedule.report_bad_signature(at(before(5 * MINUTE))));
    assert!(schedule.report_bad_signature(at(5 * MINUTE)));
    assert_eq!(schedule.poll(at(5 * MINUTE)), Action::Fetch(Cause::BadSignature));
    assert!(schedule.report_bad_signature(at(5 * MINUTE)), "it is under way");
    schedule.failed(at(5 * MINUTE), None, false);
    assert!(!schedule.report_bad_signature(at(HOUR + before(5 * MINUTE))));
    assert!(schedule.report_bad_signature(at(HOUR + 5 * MINUTE)));
}

#[test]
fn a_policy_that_makes_no_request_makes_none_whatever_is_asked() {
    let mut schedule = seeded(RefreshPolicy::never(), 1, Source::Baked, 30 * DAY);
    retry_after(schedule.ask(at(HOUR), None, true));
    assert!(!schedule.report_bad_signature(at(HOUR)));
    assert_eq!(schedule.force(), None);
    let mut now = Duration::ZERO;
    let expired = loop {
        match schedule.poll(at(now)) {
            action @ (Action::Fetch(_) | Action::GiveUp) => panic!("{action:?}"),
            Action::Expire(limit) => break limit,
            Action::Sleep(until) => now = until,
        }
    };
    assert_eq!((expired, now), (Limit::SeedMaxAge, 60 * DAY));
    assert_eq!(schedule.next_attempt(at(now)), None);
}

#[test]
fn a_suspended_machine_refreshes_when_it_wakes() {
    let mut schedule = fetched(policy(), 1);
    let asleep = Now { monotonic: MINUTE, wall: at(2 * DAY).wall };
    assert_eq!(schedule.poll(asleep), Action::Fetch(Cause::Due));
}

#[test]
fn a_wall_clock_that_goes_back_changes_nothing() {
    let mut schedule = fetched(policy(), 1);
    let due = next_fetch(&schedule, Duration::ZERO);
    let back = |time| Now { monotonic: time, wall: at(Duration::ZERO).wall - 300 * DAY };
    assert!(matches!(schedule.poll(back(before(due))), Action::Sleep(_)));
    assert_eq!(schedule.poll(back(due)), Action::Fetch(Cause::Due));
    schedule.failed(back(due), None, false);
    assert!(matches!(schedule.clone().poll(back(before(7 * DAY))), Action::Fetch(_)));
    assert_eq!(schedule.poll(back(7 * DAY)), Action::Expire(Limit::MaxAge));
}

#[test]
fn a_wall_clock_that_leaps_ahead_expires_nothing_until_a_refresh_has_failed() {
    let mut schedule = fetched(policy(), 1);
    let ahead = Now { monotonic: MINUTE, wall: at(8 * DAY).wall };
    assert_eq!(schedule.poll(ahead), Action::Fetch(Cause::Due), "it is due, and served meanwhile");
    assert!(matches!(schedule.poll(ahead), Action::Sleep(_)));
    let mut healed = schedule.clone();
    schedule.failed(ahead, None, false);
    assert_eq!(schedule.poll(ahead), Action::Expire(Limit::MaxAge));
    healed.succeeded(Duration::ZERO, None);
    assert!(matches!(healed.poll(ahead), Action::Sleep(_)));
}

#[test]
fn what_was_old_when_it_was_fetched_goes_on_growing_old() {
    let mut schedule = empty();
    schedule.poll(at(Duration::ZERO));
    assert!(schedule.is_outdated(7 * DAY), "too old to be served");
    schedule.succeeded(3 * DAY, None);
    assert_eq!(schedule.too_stale_at(at(Duration::ZERO)), Some(at(4 * DAY).wall));
    schedule.force();
    schedule.poll(at(DAY));
    assert!(schedule.is_outdated(5 * DAY), "older than what is served");
    assert!(!schedule.is_outdated(4 * DAY) && !schedule.is_outdated(Duration::ZERO));
}

#[test]
fn health_follows_the_age_of_what_is_served() {
    let fetched = fetched(policy(), 1);
    let of = |schedule: &Schedule, time| schedule.health(at(time));
    assert_eq!(of(&fetched, before(2 * DAY)), Health::Ok);
    assert_eq!(of(&fetched, 2 * DAY), Health::Degraded);
    let baked = |policy, age| seeded(policy, 1, Source::Baked, age);
    assert_eq!(of(&baked(policy(), before(72 * DAY)), Duration::ZERO), Health::Ok);
    assert_eq!(of(&baked(policy(), 72 * DAY), Duration::ZERO), Health::Degraded, "80 % of what a seed may be");
    assert_eq!(of(&baked(policy(), HOUR), 2 * DAY), Health::Degraded, "two intervals without a success");
    assert_eq!(of(&baked(RefreshPolicy::never(), HOUR), 2 * DAY), Health::Ok, "none is expected");
    assert_eq!(of(&empty(), Duration::ZERO), Health::Failing);
}

#[test]
fn what_was_asked_for_between_times_leaves_the_timed_refresh_where_it_is() {
    let mut schedule = fetched(policy(), 1);
    let due = next_fetch(&schedule, Duration::ZERO);
    asks(&mut schedule, HOUR);
    schedule.failed(at(HOUR), None, false);
    assert_eq!(next_fetch(&schedule, HOUR), due);
    schedule.force();
    schedule.poll(at(2 * HOUR));
    schedule.succeeded(Duration::ZERO, None);
    assert!(next_fetch(&schedule, 2 * HOUR) >= 2 * HOUR + DAY * 9 / 10, "and a success moves it");
}
