//! Loads of the store at the start: who can write the file chooses the keys.

use std::fs;
#[cfg(unix)]
use std::path::Path;
use std::time::Duration;

use idporten_config::KnownEnvironment;
use idporten_config::document::Origin;
use idporten_config::refresh::{Limit, Reason, RefreshPolicy, Source};
use idporten_config::testing::{MemoryProvider, VirtualClock, snapshot};
use idporten_config_tests::scratch::Scratch;

use super::{is_ignored, left, read, serving, stored};
use crate::story::{DAY, HOUR, MINUTE, SECOND, Setup, TEST, after, before, found, seed, with_origin};

#[test]
fn what_was_fetched_serves_the_next_process_and_keeps_its_due_time() {
    let (_scratch, path) = left(6 * HOUR);
    let story = Setup::default().aged(30 * DAY).store(&path).begin();
    assert_eq!(serving(&story), (vec!["stored".to_owned()], Some(Source::Stored)));
    let due = story.status().next_attempt.unwrap().duration_since(before(6 * HOUR)).unwrap();
    assert!(due >= DAY.mul_f64(0.9) && due <= DAY, "{due:?}");
    assert_eq!(story.refresher.current().unwrap().as_of(), before(6 * HOUR));
    story.advance(15 * HOUR);
    assert_eq!(story.fetches(), 0);
    story.advance(3 * HOUR);
    assert_eq!(story.fetches(), 1);
}

#[test]
fn of_seed_and_store_the_newer_serves() {
    let (_scratch, path) = left(3 * HOUR);
    let story = Setup::default().aged(2 * HOUR).store(&path).begin();
    assert_eq!(serving(&story), (vec!["one".to_owned()], Some(Source::Baked)));
    let story = Setup::default().aged(4 * HOUR).store(&path).begin();
    assert_eq!(serving(&story), (vec!["stored".to_owned()], Some(Source::Stored)));
}

#[test]
fn a_store_serves_where_the_seed_says_only_which_environment_it_is() {
    let (_scratch, path) = left(3 * DAY);
    let story = Setup::default().unseeded().store(&path).begin_where(MemoryProvider::disconnect);
    assert_eq!(serving(&story), (vec!["stored".to_owned()], Some(Source::Stored)));
}

#[test]
fn a_store_serves_for_as_long_as_a_success_does() {
    let (_scratch, path) = left(5 * DAY);
    let story = Setup::default().aged(30 * DAY).store(&path).begin_where(MemoryProvider::disconnect);
    story.advance(2 * DAY - SECOND);
    story.serves("stored");
    story.advance(SECOND);
    story.is_unavailable(Reason::TooStale(Limit::MaxAge));
}

#[test]
fn an_expired_store_replaces_an_older_seed_that_may_serve() {
    // A key that was withdrawn between the two is not to come back.
    let (_scratch, path) = left(10 * DAY);
    let story = Setup::default().aged(80 * DAY).store(&path).begin_where(MemoryProvider::disconnect);
    assert_eq!(serving(&story).0, ["stored"]);
    assert!(story.wait("one").is_err());
}

#[test]
fn an_older_store_serves_if_the_seed_may_not() {
    let (_scratch, path) = left(2 * DAY);
    let forbidding = |policy: RefreshPolicy| policy.with_seed_max_age(Duration::ZERO);
    let story = Setup::default().policy(forbidding).store(&path).begin_where(|provider| provider.fail(500));
    assert_eq!(serving(&story), (vec!["stored".to_owned()], Some(Source::Stored)));
}

#[test]
fn an_expired_store_beside_an_expired_seed_serves_nothing() {
    let (_scratch, path) = left(10 * DAY);
    for setup in [Setup::default().aged(91 * DAY), Setup::default().unseeded()] {
        setup.store(&path).begin_where(MemoryProvider::disconnect).is_unavailable(Reason::TooStale(Limit::MaxAge));
    }
}

#[test]
fn a_store_of_the_future_is_reported_and_does_not_serve() {
    let (_scratch, path) = stored(&snapshot(TEST, after(30 * DAY), &["stored"]));
    let story = Setup::default().aged(2 * DAY).store(&path).begin_where(MemoryProvider::disconnect);
    assert_eq!(serving(&story).0, ["one"]);
    let error = story.status().store_error.unwrap();
    assert!(error.contains("more than a day ahead"), "found `{error}`");
    let story = Setup::default().aged(2 * DAY).store(&path).begin();
    assert_eq!(story.fetches(), 1, "refreshed at once");
    assert_eq!(read(&path).as_of(), after(Duration::ZERO), "and replaced");
}

#[test]
fn a_success_under_a_slow_clock_outlives_the_replaced_seed() {
    let (_scratch, path) = stored(&snapshot(TEST, before(400 * DAY), &["stored"]));
    // The program was built thirty days from now, as this clock has it; the provider has withdrawn its key.
    let seed = snapshot(TEST, after(30 * DAY), &["one"]);
    let published = snapshot(TEST, after(30 * DAY), &["two"]);
    let story = Setup::default().seed(seed.clone()).published(published).store(&path).begin();
    story.rest();
    story.serves("two");
    assert_eq!(story.status().as_of, Some(after(Duration::ZERO)));
    drop(story);
    let right = VirtualClock::new(after(31 * DAY));
    let provider = MemoryProvider::new(&seed);
    provider.disconnect();
    let refresher = Setup::default().seed(seed).store(&path).start(&right, provider).unwrap();
    right.advance(Duration::ZERO);
    assert!(refresher.find_keys(Some("two"), "RS256").is_ok());
    assert!(refresher.find_keys(Some("one"), "RS256").is_err(), "a withdrawn key came back");
}

#[test]
fn a_success_under_a_slow_clock_serves_at_the_next_start() {
    let scratch = Scratch::new();
    let path = scratch.path().join("idporten.json");
    let story = Setup::default().store(&path).settle();
    story.clock.set(before(365 * DAY));
    story.provider.publish_keys(&["two"]);
    story.refresher.refresh_now().unwrap();
    assert!(story.status().as_of.unwrap() >= after(Duration::ZERO), "found {:?}", story.status().as_of);
    let right = VirtualClock::new(after(HOUR));
    story.provider.disconnect();
    let refresher = Setup::default().store(&path).start(&right, story.provider.clone()).unwrap();
    assert!(refresher.find_keys(Some("two"), "RS256").is_ok());
}

#[test]
fn an_oversized_store_is_ignored_without_reading_all_of_it() {
    let (_scratch, path) = stored("");
    fs::File::options().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
    is_ignored(&path, "is larger than");
}

#[test]
fn a_store_of_another_environment_is_reported_and_ignored() {
    let other = snapshot(KnownEnvironment::IdportenProd, before(HOUR), &["stored"]);
    let (_scratch, path) = stored(&other);
    is_ignored(&path, "is of idporten-prod, not of idporten-test");
}

#[test]
fn a_store_that_no_refresher_wrote_is_reported_and_ignored() {
    let (_scratch, path) = stored(&with_origin(&seed(HOUR, &["stored"]), Origin::Documented));
    is_ignored(&path, "was not written by a refresher");
}

#[cfg(unix)]
#[test]
fn no_link_is_followed() {
    use std::os::unix::fs::symlink;
    let (scratch, path) = left(HOUR);
    let link = scratch.path().join("link.json");
    symlink(&path, &link).unwrap();
    is_ignored(&link, "no link is followed");
    let dangling = scratch.path().join("dangling.json");
    symlink(scratch.path().join("nothing"), &dangling).unwrap();
    is_ignored(&dangling, "no link is followed");
}

#[cfg(unix)]
#[test]
fn a_store_that_others_may_write_is_reported_and_ignored() {
    use std::os::unix::fs::PermissionsExt;
    let (scratch, path) = left(HOUR);
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    for (mode, reason) in [
        (0o602, "everybody may write to it; run `chmod o-w`"),
        (0o620, "its group may write to it; run `chmod g-w`"),
        (0o666, "everybody may write to it; run `chmod go-w`"),
    ] {
        set(&path, mode);
        is_ignored(&path, reason);
    }
    set(&path, 0o600);
    for (mode, reason) in [
        (0o777, "everybody may write to its directory; run `chmod go-w`"),
        (0o1777, "everybody may write to its directory; run `chmod go-w`"),
        (0o775, "its group may write to its directory; run `chmod g-w`"),
    ] {
        set(scratch.path(), mode);
        is_ignored(&path, reason);
    }
}

#[cfg(unix)]
#[test]
fn a_store_of_another_user_is_reported_and_ignored() {
    let (_scratch, path) = left(HOUR);
    match std::os::unix::fs::chown(&path, Some(65_534), None) {
        Ok(()) => is_ignored(&path, "belongs to user 65534"),
        // Nobody but the superuser gives a file away, so that one of the superuser stands in.
        Err(_) => is_ignored(Path::new("/etc/passwd"), "belongs to user 0"),
    }
}

#[cfg(unix)]
#[test]
fn a_store_in_a_directory_of_another_user_is_reported_and_ignored() {
    let (scratch, path) = left(HOUR);
    // Nobody but the superuser can try it.
    if std::os::unix::fs::chown(scratch.path(), Some(65_534), None).is_ok() {
        is_ignored(&path, "its directory belongs to user 65534");
    }
}

#[test]
fn what_is_no_file_is_reported_and_ignored() {
    let scratch = Scratch::new();
    let directory = scratch.path().join("directory");
    fs::create_dir(&directory).unwrap();
    is_ignored(&directory, "is not a regular file");
    #[cfg(unix)]
    is_ignored(Path::new("/dev/zero"), "is not a regular file");
}

#[test]
fn the_store_serves_a_machine_without_requests() {
    let (_scratch, path) = left(HOUR);
    let story = Setup::default().aged(DAY).store(&path).policy(|_| RefreshPolicy::never()).begin();
    story.serves("stored");
    story.advance(7 * DAY - HOUR);
    story.is_unavailable(Reason::TooStale(Limit::MaxAge));
    assert!(story.provider.requests().is_empty());
}

#[test]
fn a_restart_in_an_outage_serves_the_stored_set() {
    let scratch = Scratch::new();
    let path = scratch.path().join("idporten.json");
    let clock = VirtualClock::new(after(Duration::ZERO));
    let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one", "two"]));
    for age in [30, 31, 32] {
        let setup = Setup::default().aged(age * DAY).store(&path);
        let refresher = setup.start(&clock, provider.clone()).unwrap();
        clock.advance(5 * MINUTE);
        assert_eq!(found(refresher.find_keys(Some("two"), "RS256")), ["two"]);
        provider.disconnect();
    }
}
