//! Single cases.

use std::time::{Duration, SystemTime};

use idporten_config::refresh::RefreshPolicy;
use idporten_config::refresh::schedule::{
    Action, Answer, Cause, Health, Limit, Now, Outdated, Schedule, Seed, Source, Success, Ticket,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// The least delays in milliseconds while nothing is served.
const COLD: [u64; 8] = [250, 500, 1_000, 2_000, 4_000, 7_500, 7_500, 7_500];

/// A success with documents of now, which hold no kid.
const NEW: Success<'_> = Success { age: Duration::ZERO, proven_age: Some(Duration::ZERO), kids_before: &[], kids: &[] };

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

fn empty_of(random: u64) -> Schedule {
    Schedule::new(policy(), random, at(Duration::ZERO), None)
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
    schedule.succeeded(&NEW);
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
    let ticket = pending(schedule.ask(at(now), "new", None, true));
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
fn a_seed_less_than_a_day_ahead_counts_as_of_now() {
    let start = at(Duration::ZERO);
    let seed = |ahead| Seed { source: Source::Baked, as_of: start.wall + ahead, limit: Limit::SeedMaxAge };
    let schedule = Schedule::new(policy(), 1, start, Some(seed(DAY)));
    assert_eq!(schedule.expired(), None);
    assert_eq!(schedule.too_stale_at(start), Some(start.wall + 90 * DAY));
    let schedule = Schedule::new(policy(), 1, start, Some(seed(DAY + SECOND)));
    assert_eq!(schedule.expired(), Some(Limit::SeedMaxAge));
    assert_eq!(next_fetch(&schedule, Duration::ZERO), Duration::ZERO);
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
fn failures_are_followed_by_delays_that_grow_to_a_limit() {
    for (serves, least, limits) in
        [(true, [1_000; 8], [30, 60, 120, 240, 480, 900, 900, 900]), (false, COLD, [1, 2, 4, 8, 16, 30, 30, 30])]
    {
        let mut delays = [(); 8].map(|()| Vec::new());
        for random in 0..300 {
            let mut schedule = if serves { fetched(policy(), random) } else { empty_of(random) };
            let mut now = next_fetch(&schedule, Duration::ZERO);
            for delays in &mut delays {
                assert_eq!(schedule.poll(at(now)), Action::Fetch(Cause::Due));
                schedule.failed(at(now), None, false);
                let next = next_fetch(&schedule, now);
                delays.push(next.saturating_sub(now));
                now = next;
            }
            schedule.poll(at(now));
            schedule.succeeded(&NEW);
            assert_eq!(schedule.consecutive_failures(), 0);
            assert!(next_fetch(&schedule, now) >= now + DAY * 9 / 10, "a success ends them");
        }
        for ((delays, least), limit) in delays.iter().zip(least).zip(limits) {
            let (least, limit) = (Duration::from_millis(least), Duration::from_secs(limit));
            let (shortest, longest) = (*delays.iter().min().unwrap(), *delays.iter().max().unwrap());
            assert!((least..=least.max(limit / 3)).contains(&shortest), "{shortest:?} of {least:?} to {limit:?}");
            assert!((limit * 9 / 10..=limit).contains(&longest), "{longest:?} of {limit:?}");
        }
    }
}

#[test]
fn an_expiry_in_an_outage_brings_the_next_attempt_within_half_a_minute() {
    let mut schedule = fetched(policy().with_backoff(HOUR, HOUR), 1);
    let mut now = Duration::ZERO;
    let expired = loop {
        match schedule.poll(at(now)) {
            Action::Fetch(_) => schedule.failed(at(now), Some(HOUR), false),
            Action::Expire(_) => break now,
            Action::Sleep(until) => now = until,
            Action::GiveUp => panic!("no fetch hangs"),
        }
    };
    assert_eq!(expired, 7 * DAY);
    let next = next_fetch(&schedule, expired).saturating_sub(expired);
    assert!(next <= MINUTE, "`Retry-After` is obeyed for a minute now, found {next:?}");
}

#[test]
fn a_provider_that_asks_to_be_left_alone_is_obeyed_for_an_hour() {
    for (asked, obeyed) in [(MINUTE * 20, MINUTE * 20), (DAY, HOUR)] {
        let mut schedule = fetched(policy(), 1);
        asks(&mut schedule, HOUR);
        schedule.failed(at(HOUR), Some(asked), false);
        assert_eq!(retry_after(schedule.ask(at(HOUR), "new", None, true)), obeyed, "unknown kids obey");
        assert!(!schedule.report_bad_signature(at(HOUR)), "bad signatures obey");
        asks(&mut schedule, HOUR + obeyed);

        let mut schedule = fetched(policy(), 1);
        let due = next_fetch(&schedule, Duration::ZERO);
        schedule.poll(at(due));
        schedule.failed(at(due), Some(asked), false);
        assert_eq!(next_fetch(&schedule, due), due + obeyed, "timed refreshes obey");
    }
    let mut schedule = empty();
    schedule.poll(at(Duration::ZERO));
    schedule.failed(at(Duration::ZERO), Some(DAY), false);
    assert_eq!(next_fetch(&schedule, Duration::ZERO), MINUTE, "a minute while nothing is served");
}

/// When unknown kids have fetches made, from the hour on, if one comes each tenth of a second for this long.
fn flood(policy: RefreshPolicy, time: Duration) -> Vec<Duration> {
    let mut schedule = fetched(policy, 1);
    let mut fetches = Vec::new();
    let mut passed = Duration::ZERO;
    while passed < time {
        let _ = schedule.ask(at(HOUR + passed), "new", None, true);
        if schedule.poll(at(HOUR + passed)) == Action::Fetch(Cause::UnknownKid) {
            fetches.push(passed);
            if fetches.len() % 2 == 0 {
                schedule.failed(at(HOUR + passed), None, false);
            } else {
                schedule.succeeded(&NEW);
            }
        }
        passed += SECOND / 10;
    }
    fetches
}

#[test]
fn three_fetches_are_spread_at_first_and_even_in_a_flood_that_lasts() {
    let seconds = |policy| flood(policy, 150 * SECOND).iter().map(Duration::as_secs).collect::<Vec<_>>();
    assert_eq!(seconds(policy()), [0, 4, 12, 60, 80, 100, 120, 140]);
    assert_eq!(seconds(policy().with_unknown_kid_fetches(2)), [0, 30, 60, 90, 120]);
    assert_eq!(seconds(policy().with_unknown_kid_fetches(1)), [0, 60, 120]);
    let half = policy().with_unknown_kid_window(30 * SECOND);
    assert_eq!(seconds(half), [0, 2, 6, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140]);
    assert_eq!(flood(policy().with_unknown_kid_fetches(30), MINUTE).len(), 30);
}

#[test]
fn no_window_has_more_fetches_than_the_budget_whatever_the_pauses() {
    for pause in 1..90_u32 {
        let mut schedule = fetched(policy(), pause.into());
        let mut fetches = Vec::new();
        let mut now = HOUR;
        for question in 0..200 {
            let _ = schedule.ask(at(now), "new", None, true);
            if schedule.poll(at(now)) == Action::Fetch(Cause::UnknownKid) {
                fetches.push(now);
                schedule.failed(at(now), None, false);
            }
            now += if question % 5 == 0 { pause * SECOND } else { SECOND };
        }
        assert!(fetches.windows(4).all(|four| four[3] - four[0] >= MINUTE), "{fetches:?}");
    }
}

#[test]
fn a_question_in_the_shadow_is_told_when_the_next_fetch_may_be() {
    let mut schedule = fetched(policy(), 1);
    asks(&mut schedule, HOUR);
    schedule.succeeded(&NEW);
    assert_eq!(retry_after(schedule.ask(at(HOUR + SECOND), "new", None, true)), 3 * SECOND);
    asks(&mut schedule, HOUR + 4 * SECOND);
    schedule.failed(at(HOUR + 4 * SECOND), None, false);
    assert_eq!(retry_after(schedule.ask(at(HOUR + 4 * SECOND), "new", None, true)), 8 * SECOND, "a failure counts");
    asks(&mut schedule, HOUR + 20 * SECOND);
    schedule.succeeded(&NEW);
    assert_eq!(retry_after(schedule.ask(at(HOUR + 21 * SECOND), "new", None, true)), 39 * SECOND);
}

#[test]
fn the_window_counts_from_the_request_and_not_from_the_question() {
    let mut schedule = fetched(policy().with_unknown_kid_fetches(1), 1);
    pending(schedule.ask(at(HOUR), "new", None, true));
    assert_eq!(schedule.poll(at(HOUR + SECOND)), Action::Fetch(Cause::UnknownKid));
    schedule.succeeded(&NEW);
    assert_eq!(retry_after(schedule.ask(at(HOUR + MINUTE), "new", None, true)), SECOND);
}

#[test]
fn a_fetch_that_is_wanted_is_due_at_once_and_a_failure_leaves_the_delays_of_timed_ones_alone() {
    let mut schedule = fetched(policy(), 1);
    pending(schedule.ask(at(HOUR), "new", None, true));
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
        schedule.succeeded(&NEW);
    }
    let due = next_fetch(&schedule, HOUR);
    assert_eq!(schedule.poll(at(due)), Action::Fetch(Cause::Due));
    schedule.succeeded(&NEW);
    for second in [1, 5, 13] {
        asks(&mut schedule, due + second * SECOND);
        schedule.succeeded(&NEW);
    }
    retry_after(schedule.ask(at(due + 14 * SECOND), "new", None, true));
    schedule.force();
    assert_eq!(schedule.poll(at(due + 14 * SECOND)), Action::Fetch(Cause::Forced), "and no window holds them");
}

#[test]
fn a_question_is_answered_by_a_fetch_that_began_after_it() {
    let mut schedule = fetched(policy(), 1);
    let first = asks(&mut schedule, HOUR);
    // This one comes while the fetch is under way: it may have read the keys before.
    let second = pending(schedule.ask(at(HOUR + SECOND), "new", None, true));
    schedule.succeeded(&NEW);
    assert_eq!(schedule.ask(at(HOUR + SECOND), "new", Some(first), true), Answer::Unknown);
    retry_after(schedule.ask(at(HOUR + SECOND), "new", Some(second), true));
    schedule.force();
    schedule.poll(at(HOUR + 2 * SECOND));
    schedule.succeeded(&NEW);
    assert_eq!(schedule.ask(at(HOUR + 2 * SECOND), "new", Some(second), true), Answer::Unknown);
    // A question of now is not answered by what was fetched before.
    retry_after(schedule.ask(at(HOUR + 2 * SECOND), "new", None, true));
}

#[test]
fn an_old_answer_in_the_first_second_makes_no_kid_unknown() {
    for (asked, age) in [(0, 10), (900, 10), (1_100, 10), (900, 1)] {
        let (asked, age) = (Duration::from_millis(asked), age * SECOND);
        let mut schedule = empty();
        let ticket = pending(schedule.ask(at(asked), "new", None, true));
        assert!(matches!(schedule.poll(at(asked)), Action::Fetch(_)));
        schedule.succeeded(&Success::of_age(age));
        retry_after(schedule.ask(at(asked), "new", Some(ticket), true));
    }
}

#[test]
fn an_answer_that_proves_nothing_makes_no_kid_unknown() {
    let mut schedule = fetched(policy(), 1);
    let ticket = asks(&mut schedule, HOUR);
    schedule.succeeded(&Success { proven_age: None, ..NEW });
    retry_after(schedule.ask(at(HOUR), "new", Some(ticket), true));
    assert_eq!(schedule.proves_freshness(), Some(false));
    assert_eq!((fetched(policy(), 1).proves_freshness(), empty().proves_freshness()), (Some(true), None));
}

/// One that held the kid, and whose fetch of the hour lacks it.
fn retired() -> Schedule {
    let mut schedule = fetched(policy(), 1);
    let kids = ["old".to_owned()];
    for success in [Success { kids: &kids, ..NEW }, Success { kids_before: &kids, ..NEW }] {
        schedule.force();
        assert_eq!(schedule.poll(at(HOUR)), Action::Fetch(Cause::Forced));
        schedule.succeeded(&success);
    }
    schedule
}

/// When the fetch begins that a token of the kid asks for at this time; it succeeds, and lacks the kid too.
fn confirms(schedule: &mut Schedule, asked: Duration) -> Duration {
    let left = retry_after(schedule.ask(at(asked), "old", None, true));
    let begun = next_fetch(schedule, asked);
    assert_eq!(left, begun - asked + SECOND);
    assert_eq!(schedule.poll(at(begun)), Action::Fetch(Cause::VanishedKid));
    schedule.succeeded(&NEW);
    begun
}

#[test]
fn a_kid_that_left_is_undetermined_until_a_later_answer_lacks_it_too() {
    let mut schedule = retired();
    let begun = confirms(&mut schedule, HOUR);
    assert!((HOUR + 5 * SECOND..=HOUR + 10 * SECOND).contains(&begun), "{begun:?}");
    assert_eq!(schedule.ask(at(begun), "old", None, true), Answer::Unknown);
    assert!(next_fetch(&schedule, begun) > begun + 20 * HOUR, "and no fetch");
    asks(&mut schedule, begun);
}

#[test]
fn an_answer_too_soon_or_too_old_confirms_no_absence() {
    for (time, age) in [(4 * SECOND, Duration::ZERO), (MINUTE, 56 * SECOND)] {
        let mut schedule = retired();
        schedule.force();
        schedule.poll(at(HOUR + time));
        schedule.succeeded(&Success::of_age(age));
        let answer = schedule.ask(at(HOUR + time), "old", None, true);
        assert!(!matches!(answer, Answer::Unknown), "found {answer:?}");
    }
}

#[test]
fn a_kid_that_comes_back_is_forgotten() {
    let mut schedule = retired();
    let back = ["old".to_owned()];
    for success in [Success { kids: &back, ..NEW }, Success { kids_before: &back, ..NEW }] {
        schedule.force();
        schedule.poll(at(HOUR + MINUTE));
        schedule.succeeded(&success);
    }
    let begun = confirms(&mut schedule, HOUR + MINUTE);
    assert!(begun >= HOUR + 65 * SECOND, "the absence counts from the last time: {begun:?}");
}

#[test]
fn a_kid_that_left_is_checked_each_five_minutes_while_it_is_asked_for() {
    let mut schedule = retired();
    let begun = confirms(&mut schedule, HOUR);
    let mut checks = Vec::new();
    for second in 0..(16 * 60) {
        let now = begun + second * SECOND;
        assert_eq!(schedule.ask(at(now), "old", None, true), Answer::Unknown);
        if let Action::Fetch(cause) = schedule.poll(at(now)) {
            assert_eq!(cause, Cause::VanishedKid);
            schedule.succeeded(&NEW);
            checks.push(second / 60);
        }
    }
    assert_eq!(checks, [5, 10, 15]);
    assert!(next_fetch(&schedule, begun + 16 * MINUTE) > begun + 20 * HOUR, "nobody asks, and there is no fetch");
}

#[test]
fn kids_that_left_have_one_fetch_a_minute_together() {
    let mut schedule = retired();
    let mut fetches = Vec::new();
    let mut now = HOUR;
    while now < HOUR + 10 * MINUTE {
        let _ = schedule.ask(at(now), "old", None, true);
        if matches!(schedule.poll(at(now)), Action::Fetch(_)) {
            schedule.failed(at(now), None, false);
            fetches.push(now);
        }
        now += SECOND / 2;
    }
    assert_eq!(fetches.len(), 10, "{fetches:?}");
    assert!(fetches.windows(2).all(|two| two[1] - two[0] >= MINUTE), "{fetches:?}");
}

#[test]
fn a_kid_that_left_is_an_unknown_one_after_a_day() {
    let mut schedule = retired();
    confirms(&mut schedule, HOUR);
    let next_day = HOUR + DAY;
    let due = next_fetch(&schedule, HOUR + MINUTE);
    schedule.poll(at(due));
    schedule.succeeded(&NEW);
    assert_eq!(schedule.ask(at(before(next_day)), "old", None, true), Answer::Unknown);
    schedule.poll(at(before(next_day)));
    schedule.succeeded(&NEW);
    pending(schedule.ask(at(next_day), "old", None, true));
    assert_eq!(schedule.poll(at(next_day)), Action::Fetch(Cause::UnknownKid));
}

#[test]
fn what_arrives_old_brings_one_early_refresh_an_interval() {
    let normal = DAY * 9 / 10..=DAY;
    let mut schedule = fetched(policy(), 1);
    let due = next_fetch(&schedule, Duration::ZERO);
    schedule.poll(at(due));
    schedule.succeeded(&Success::of_age(DAY));
    let early = next_fetch(&schedule, due);
    assert_eq!(early, due + 30 * SECOND, "after the first back-off");
    for (age, left) in
        [(Duration::ZERO, normal.clone()), (DAY + 30 * SECOND, normal.clone()), (6 * HOUR, 15 * HOUR..=18 * HOUR)]
    {
        let mut schedule = schedule.clone();
        schedule.poll(at(early));
        schedule.succeeded(&Success::of_age(age));
        let next = next_fetch(&schedule, early) - early;
        assert!(left.contains(&next), "of {age:?}: {next:?}");
        schedule.poll(at(early + next));
        schedule.succeeded(&Success::of_age(DAY));
        assert_eq!(next_fetch(&schedule, early + next), early + next + 30 * SECOND, "and again in the next interval");
    }
}

#[test]
fn old_answers_to_unknown_kids_bring_no_more_early_refreshes() {
    let mut schedule = fetched(policy(), 1);
    let mut early = 0;
    for minute in 0..600 {
        let now = HOUR + minute * MINUTE;
        let _ = schedule.ask(at(now), "new", None, true);
        if let Action::Fetch(cause) = schedule.poll(at(now)) {
            early += u32::from(cause == Cause::Due);
            schedule.succeeded(&Success::of_age(6 * HOUR));
        }
    }
    assert!(early <= 1, "{early} early refreshes in ten hours");
}

#[test]
fn a_success_under_a_clock_that_is_behind_is_not_too_stale_later() {
    let behind = |time| Now { monotonic: time, wall: at(time).wall - 365 * DAY };
    let mut schedule = seeded(policy(), 1, Source::Stored, HOUR);
    schedule.force();
    schedule.poll(behind(HOUR));
    let begun = schedule.fetching_since().unwrap();
    assert_eq!(begun.wall, at(Duration::ZERO).wall - HOUR, "no earlier than what was stored");
    schedule.succeeded(&NEW);
    schedule.force();
    let right = at(2 * HOUR);
    assert!(matches!(schedule.poll(right), Action::Fetch(_)));
    schedule.failed(right, None, false);
    assert!(matches!(schedule.poll(right), Action::Sleep(_)), "and still served");
}

#[test]
fn what_a_cache_answers_with_from_before_the_question_makes_no_kid_unknown() {
    let mut schedule = fetched(policy(), 1);
    let ticket = asks(&mut schedule, HOUR);
    schedule.succeeded(&Success::of_age(50 * MINUTE));
    retry_after(schedule.ask(at(HOUR + SECOND), "new", Some(ticket), true));
}

#[test]
fn a_fetch_that_does_not_end_is_given_up_after_a_minute_and_another_is_made() {
    let mut schedule = empty();
    schedule.poll(at(Duration::ZERO));
    assert_eq!(schedule.poll(at(before(MINUTE))), Action::Sleep(MINUTE));
    assert_eq!(schedule.poll(at(MINUTE)), Action::GiveUp);
    schedule.failed(at(MINUTE), None, false);
    assert!(next_fetch(&schedule, MINUTE) <= MINUTE + SECOND);
}

#[test]
fn a_fetch_that_fails_leaves_everybody_who_waited_for_it_undetermined() {
    let mut schedule = fetched(policy(), 1);
    let waiting = [asks(&mut schedule, HOUR), pending(schedule.ask(at(HOUR + SECOND), "new", None, true))];
    schedule.failed(at(HOUR + SECOND), None, false);
    for ticket in waiting {
        retry_after(schedule.ask(at(HOUR + SECOND), "new", Some(ticket), true));
    }
    assert!(
        schedule.fetching_since().is_none() && next_fetch(&schedule, HOUR + SECOND) > 20 * HOUR,
        "no second fetch, no new due time"
    );
}

#[test]
fn who_waits_for_a_refresh_that_is_due_anyway_spends_nothing() {
    let mut schedule = fetched(policy(), 1);
    let due = next_fetch(&schedule, Duration::ZERO);
    let ticket = pending(schedule.ask(at(due), "new", None, false));
    assert_eq!(schedule.poll(at(due)), Action::Fetch(Cause::Due));
    schedule.succeeded(&NEW);
    assert_eq!(schedule.ask(at(due), "new", Some(ticket), false), Answer::Unknown);
}

#[test]
fn bad_signatures_have_two_fetches_an_hour_and_none_while_the_set_is_young() {
    let mut schedule = fetched(policy(), 1);
    assert!(!schedule.report_bad_signature(at(29 * SECOND)));
    for second in [30, 60] {
        let now = at(second * SECOND);
        assert!(schedule.report_bad_signature(now));
        assert_eq!(schedule.poll(now), Action::Fetch(Cause::BadSignature));
        assert!(schedule.report_bad_signature(now), "it is under way");
        schedule.failed(now, None, false);
        assert!(!schedule.report_bad_signature(at(before((second + 30) * SECOND))), "two are not spent at once");
    }
    assert!(!schedule.report_bad_signature(at(HOUR + 29 * SECOND)));
    assert!(schedule.report_bad_signature(at(HOUR + 30 * SECOND)));
}

#[test]
fn a_policy_that_makes_no_request_makes_none_whatever_is_asked() {
    let mut schedule = seeded(RefreshPolicy::never(), 1, Source::Baked, 30 * DAY);
    retry_after(schedule.ask(at(HOUR), "new", None, true));
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
    healed.succeeded(&NEW);
    assert!(matches!(healed.poll(ahead), Action::Sleep(_)));
}

#[test]
fn what_was_old_when_it_was_fetched_goes_on_growing_old() {
    let mut schedule = empty();
    schedule.poll(at(Duration::ZERO));
    assert_eq!(schedule.outdated(7 * DAY), Some(Outdated::MaxAge));
    schedule.succeeded(&Success::of_age(3 * DAY));
    assert_eq!(schedule.too_stale_at(at(Duration::ZERO)), Some(at(4 * DAY).wall));
    schedule.force();
    schedule.poll(at(DAY));
    assert_eq!(schedule.outdated(5 * DAY), Some(Outdated::Held(4 * DAY)));
    assert_eq!([4 * DAY, Duration::ZERO].map(|age| schedule.outdated(age)), [None; 2]);
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
    schedule.succeeded(&NEW);
    assert!(next_fetch(&schedule, 2 * HOUR) >= 2 * HOUR + DAY * 9 / 10, "and a success moves it");
}
