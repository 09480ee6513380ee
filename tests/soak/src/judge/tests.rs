//! The judge, on times that are numbers.

use super::*;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A judge with one key, which was published at 10 s.
fn judge() -> Judge {
    let bounds = Bounds { new_key: seconds(5), reused_kid: seconds(35), withdrawn: seconds(15) };
    let mut judge = Judge::new(bounds, seconds(0));
    assert_eq!(judge.add_key("a", false), 0);
    judge.publishing(&[0], seconds(9));
    judge.published(seconds(10));
    judge
}

fn refresh(judge: &mut Judge, began: u64, ended: u64) {
    judge.event(seconds(began), "fetching: due");
    judge.event(seconds(ended), "refreshed, unchanged");
}

#[test]
fn a_published_key_may_be_undetermined_within_the_bound_alone() {
    let mut judge = judge();
    judge.answered(Some(0), seconds(14), seconds(14), Answer::Undetermined);
    assert_eq!((judge.violations().0, judge.phase().new_key), (0, seconds(4)));
    judge.answered(Some(0), seconds(16), seconds(16), Answer::Undetermined);
    judge.answered(Some(0), seconds(12), seconds(12), Answer::Invalid);
    assert_eq!(judge.violations().0, 2, "{:?}", judge.violations());
}

#[test]
fn a_fault_of_the_provider_postpones_the_bound() {
    let mut judge = judge();
    judge.well(false, seconds(11));
    judge.answered(Some(0), seconds(60), seconds(60), Answer::Undetermined);
    judge.well(true, seconds(61));
    judge.answered(Some(0), seconds(65), seconds(65), Answer::Undetermined);
    assert_eq!(judge.violations().0, 0);
    refresh(&mut judge, 66, 67);
    judge.well(false, seconds(68));
    judge.answered(Some(0), seconds(69), seconds(69), Answer::Undetermined);
    assert_eq!(judge.violations().0, 1, "a key that is held is served in an outage");
}

#[test]
fn a_withdrawn_key_may_be_accepted_until_a_refresh_alone() {
    let mut judge = judge();
    refresh(&mut judge, 11, 12);
    judge.publishing(&[], seconds(20));
    judge.published(seconds(21));
    judge.answered(Some(0), seconds(30), seconds(30), Answer::Accepted);
    refresh(&mut judge, 31, 32);
    judge.answered(Some(0), seconds(32), seconds(32), Answer::Accepted);
    judge.answered(Some(0), seconds(40), seconds(40), Answer::Undetermined);
    assert_eq!(judge.violations().0, 0);
    judge.answered(Some(0), seconds(48), seconds(48), Answer::Undetermined);
    judge.answered(Some(0), seconds(33), seconds(33), Answer::Accepted);
    assert_eq!(judge.violations().0, 2, "{:?}", judge.violations());
}

#[test]
fn four_fetches_for_unknown_kids_in_a_minute_are_too_many() {
    let mut judge = judge();
    for at in [10, 14, 22, 70, 75] {
        judge.event(seconds(at), "fetching: unknown_kid");
    }
    assert_eq!(judge.violations().0, 0);
    judge.event(seconds(80), "fetching: unknown_kid");
    assert_eq!(judge.violations().0, 1);
    judge.answered(None, seconds(80), seconds(80), Answer::Accepted);
    assert_eq!(judge.violations().0, 2, "no key signed it");
}
