//! The store: what one process fetched serves the next, and who can write it chooses the keys.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use idporten_config::document::Origin;
use idporten_config::document::json::Value;
use idporten_config::refresh::{Health, Limit, Reason, RefreshPolicy, Source};
use idporten_config::testing::{MemoryProvider, VirtualClock, jwks, key, snapshot};
use idporten_config::{KnownEnvironment, Snapshot};
use idporten_config_tests::scratch::Scratch;

use crate::story::{DAY, HOUR, MINUTE, SECOND, Setup, Story, TEST, after, before, found, seed, with_origin};

/// A directory and a store in it, with this content.
fn stored(content: &(impl ToString + ?Sized)) -> (Scratch, PathBuf) {
    let scratch = Scratch::new();
    let path = scratch.path().join("idporten.json");
    fs::write(&path, content.to_string()).unwrap();
    (scratch, path)
}

/// A set of so long ago, as another process left it.
fn left(age: Duration) -> (Scratch, PathBuf) {
    stored(&seed(age, &["stored"]))
}

const SECRET: &str = "c2VjcmV0";

/// A key with its private half.
fn leaked_key(kid: &str) -> Value {
    let mut entry = key(kid, 0).as_object().unwrap().clone();
    entry.set("d", SECRET.into());
    entry.into()
}

fn seed_of(environment: KnownEnvironment) -> Snapshot {
    snapshot(environment, after(Duration::ZERO), &["one"])
}

fn read(path: &Path) -> Snapshot {
    Snapshot::parse(fs::read(path).unwrap()).unwrap()
}

/// The kids that are served, and where they come from.
fn serving(story: &Story) -> (Vec<String>, Option<Source>) {
    let status = story.status();
    assert!(status.serving);
    (status.keys.into_iter().filter_map(|key| key.kid).collect(), status.source)
}

/// Asserts that the store is ignored for a reason with this text, and that the seed is served.
#[track_caller]
fn is_ignored(path: &Path, reason: &str) {
    let story = Setup::default().aged(2 * HOUR).store(path).begin();
    assert_eq!(serving(&story), (vec!["one".to_owned()], Some(Source::Baked)));
    let error = story.status().store_error.unwrap();
    assert!(error.contains(reason) && error.contains(&*path.to_string_lossy()), "{error}");
    assert_eq!(story.told(), ["store: broken"]);
    assert_eq!(story.status().health(), Health::Ok, "nothing else is disturbed");
}

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
fn a_store_that_is_not_there_is_made_with_the_first_success() {
    let scratch = Scratch::new();
    let path = scratch.path().join("idporten.json");
    let story = Setup::default().store(&path).begin();
    assert!(!path.exists());
    story.advance(5 * MINUTE);
    let config = story.refresher.current().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), config.snapshot().to_string());
    assert_eq!(story.status().store_error, None);
    assert!(!story.told().iter().any(|told| told.starts_with("store")), "there is nothing to tell");
}

#[test]
fn each_success_is_stored_and_no_other_file_is_left_behind() {
    let scratch = Scratch::new();
    let path = scratch.path().join("idporten.json");
    let story = Setup::default().store(&path).settle();
    for kid in ["two", "three"] {
        story.provider.publish_keys(&[kid]);
        story.refresher.refresh_now().unwrap();
        story.rest();
        assert_eq!(read(&path).jwks().unwrap().keys()[0].kid(), Some(kid));
    }
    story.provider.fail(500);
    assert!(story.refresher.refresh_now().is_err());
    story.rest();
    assert_eq!(read(&path).jwks().unwrap().keys()[0].kid(), Some("three"), "a failure touches it not");
    let names: Vec<_> = fs::read_dir(scratch.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["idporten.json"]);
}

#[cfg(unix)]
#[test]
fn the_store_is_for_its_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let path = scratch.path().join("idporten.json");
    Setup::default().store(&path).settle();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
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
fn a_broken_store_is_reported_and_ignored_and_then_replaced() {
    let whole = seed(HOUR, &["stored"]).to_string();
    let half = &whole[..whole.len() / 2];
    let binary = "\0\u{1}\u{2}";
    let other_issuer = whole.replace("\"issuer\": \"https://test.idporten.no\"", "\"issuer\": \"https://idporten.no\"");
    assert_ne!(other_issuer, whole);
    for broken in ["", "{}", half, binary, &whole.replace("\"format\": 1", "\"format\": 99"), &other_issuer] {
        let (_scratch, path) = stored(broken);
        is_ignored(&path, "is ignored");
        let story = Setup::default().store(&path).begin();
        story.advance(5 * MINUTE);
        assert_eq!(story.status().store_error, None);
        assert_eq!(read(&path).timestamp(), story.refresher.current().unwrap().snapshot().timestamp());
        assert!(story.told().contains(&"store: works".to_owned()));
    }
}

#[test]
fn what_is_no_store_is_left_as_it_is() {
    let other = seed_of(KnownEnvironment::MaskinportenTest).to_string();
    for (content, reason) in
        [("[server]\nport = 80\n", "holds something else"), ("null", "holds"), (&other, "is of maskin")]
    {
        let (_scratch, path) = stored(content);
        let story = Setup::default().store(&path).settle();
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
        assert!(story.status().store_error.unwrap().contains(reason));
        assert!(story.status().serving);
    }
}

#[test]
fn an_answer_that_is_not_taken_is_not_stored() {
    let scratch = Scratch::new();
    let path = scratch.path().join("idporten.json");
    let story = Setup::default().store(&path).settle();
    let whole = fs::read_to_string(&path).unwrap();
    story.provider.publish_keys(&["withdrawn"]);
    story.provider.state_age(3 * DAY);
    assert!(story.refresher.refresh_now().is_err());
    story.rest();
    assert_eq!(fs::read_to_string(&path).unwrap(), whole);
}

#[test]
fn a_wholly_leaked_key_set_removes_the_store() {
    let scratch = Scratch::new();
    let path = scratch.path().join("idporten.json");
    let story = Setup::default().store(&path).settle();
    assert!(path.exists());
    story.provider.publish_jwks(&jwks([leaked_key("one")]));
    assert!(story.refresher.refresh_now().is_err());
    story.rest();
    assert!(!path.exists(), "the next process is not to start from it");
    story.is_unavailable(Reason::Leaked);
}

#[test]
fn no_private_key_reaches_the_disk() {
    let scratch = Scratch::new();
    let path = scratch.path().join("idporten.json");
    let story = Setup::default().store(&path).settle();
    story.provider.publish_jwks(&jwks([leaked_key("leaked"), key("good", 0)]));
    story.refresher.refresh_now().unwrap();
    story.rest();
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains(SECRET) && !format!("{:?}", story.refresher.current().unwrap().snapshot()).contains(SECRET));
    assert!(read(&path).jwks().unwrap().is_leaked(), "and it is still known to be leaked");
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
fn a_link_in_place_of_the_store_is_replaced_not_followed() {
    let (scratch, path) = stored("precious");
    let link = scratch.path().join("link.json");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    Setup::default().store(&link).settle();
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    assert!(fs::symlink_metadata(&link).unwrap().is_file());
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
fn nothing_is_written_where_others_may_write_the_directory() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let path = scratch.path().join("idporten.json");
    fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o770)).unwrap();
    let story = Setup::default().store(&path).settle();
    assert!(!path.exists());
    let status = story.status();
    assert_eq!(status.counters.failed_store_writes, 1);
    assert!(status.store_error.unwrap().contains("its group may write"));
}

#[cfg(unix)]
#[test]
fn a_store_of_another_user_is_reported_and_ignored() {
    let (_scratch, path) = left(HOUR);
    match std::os::unix::fs::chown(&path, Some(65_534), None) {
        Ok(()) => is_ignored(&path, "belongs to user 65534"),
        // Nobody but the superuser gives a file away: then there is none to try it with.
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied),
    }
}

#[test]
fn what_is_no_file_is_reported_and_ignored() {
    let scratch = Scratch::new();
    let directory = scratch.path().join("directory");
    fs::create_dir(&directory).unwrap();
    is_ignored(&directory, "is not a regular file");
    is_ignored(Path::new("/dev/zero"), "is not a regular file");
}

#[test]
fn a_store_that_cannot_be_written_disturbs_nothing_and_is_reported_once() {
    let scratch = Scratch::new();
    let directory = scratch.path().join("directory");
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("kept"), "").unwrap();
    for path in [scratch.path().join("none/idporten.json"), directory.clone()] {
        let story = Setup::default().unseeded().store(&path).begin();
        story.refresher.wait_ready(SECOND).unwrap();
        for _ in 0..3 {
            story.refresher.refresh_now().unwrap();
        }
        story.serves("one");
        let status = story.status();
        assert!(status.store_error.unwrap().contains(&*path.to_string_lossy()));
        assert_eq!((status.health, status.last_error), (Health::Ok, None));
    }
    let names: Vec<_> = fs::read_dir(scratch.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["directory"], "no half-written file is left");
}

#[test]
fn a_store_that_works_again_is_told_of() {
    let scratch = Scratch::new();
    let path = scratch.path().join("late/idporten.json");
    let story = Setup::default().store(&path).settle();
    story.refresher.refresh_now().unwrap();
    assert!(!story.told().contains(&"store: broken".to_owned()), "it was told of before");
    fs::create_dir(scratch.path().join("late")).unwrap();
    story.refresher.refresh_now().unwrap();
    assert!(story.told().contains(&"store: works".to_owned()));
    assert_eq!(story.status().store_error, None);
    assert!(path.exists());
}

#[test]
fn what_a_killed_process_left_half_written_is_ignored_and_cleared() {
    let (scratch, path) = left(HOUR);
    // A process id that no machine gives, and this one's as an earlier process had it.
    let beside = [u32::MAX, std::process::id()].map(|process| {
        let name = format!(".idporten.json.{process}-0123456789abcdef-0123456789abcdef.tmp");
        scratch.path().join(name)
    });
    let (foreign, old) = (scratch.path().join(".other.json.1-2-3.tmp"), scratch.path().join(".idporten.json.old.tmp"));
    for path in beside.iter().chain([&foreign, &old]) {
        fs::write(path, "{ \"as_of\": ").unwrap();
    }
    let story = Setup::default().aged(DAY).store(&path).begin();
    assert_eq!(serving(&story), (vec!["stored".to_owned()], Some(Source::Stored)));
    assert_eq!(story.status().store_error, None);
    story.refresher.refresh_now().unwrap();
    story.rest();
    assert!(foreign.exists() && old.exists(), "not known to be of a process that ended");
    fs::File::options().write(true).open(&old).unwrap().set_modified(SystemTime::now() - 2 * HOUR).unwrap();
    story.refresher.refresh_now().unwrap();
    story.rest();
    let mut names: Vec<_> = fs::read_dir(scratch.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".other.json.1-2-3.tmp", "idporten.json"]);
}

#[test]
fn of_two_changes_within_one_write_the_later_is_in_the_file() {
    let scratch = Scratch::new();
    let path = scratch.path().join("idporten.json");
    let story = Setup::default().store(&path).settle();
    for round in 0..1_000 {
        for kid in ["first", "second"] {
            story.provider.publish_keys(&[kid, &round.to_string()]);
            // Not through the clock, which would wait for the write.
            smol::block_on(story.refresher.refresh_now_async()).unwrap();
        }
        story.rest();
        assert_eq!(read(&path).jwks().unwrap().keys()[0].kid(), Some("second"), "round {round}");
        story.events();
    }
    let status = story.status();
    assert_eq!((status.store_error, status.counters.failed_store_writes), (None, 0));
}

#[test]
fn a_removal_is_not_undone_by_the_write_before_it() {
    let scratch = Scratch::new();
    let path = scratch.path().join("idporten.json");
    let story = Setup::default().store(&path).settle();
    for round in 0..300 {
        story.provider.publish_keys(&["one"]);
        smol::block_on(story.refresher.refresh_now_async()).unwrap();
        story.provider.publish_jwks(&jwks([leaked_key("one")]));
        assert!(smol::block_on(story.refresher.refresh_now_async()).is_err());
        story.rest();
        assert!(!path.exists(), "round {round}");
        story.events();
    }
}

#[test]
fn the_store_error_is_of_the_last_change_and_failures_count() {
    let scratch = Scratch::new();
    let path = scratch.path().join("late/idporten.json");
    let story = Setup::default().store(&path).settle();
    for failures in 1..=3 {
        let status = story.status();
        assert_eq!((status.store_error.is_some(), status.counters.failed_store_writes), (true, failures));
        story.refresher.refresh_now().unwrap();
    }
    story.rest();
    fs::create_dir(scratch.path().join("late")).unwrap();
    story.refresher.refresh_now().unwrap();
    let status = story.status();
    assert_eq!((status.store_error, status.counters.failed_store_writes), (None, 4));
}

#[test]
fn processes_share_a_store_and_readers_find_it_whole() {
    let scratch = Scratch::new();
    let path = scratch.path().join("idporten.json");
    let stories: Vec<_> = ["first", "second", "third"]
        .map(|kid| {
            let published = snapshot(TEST, SystemTime::UNIX_EPOCH, &[kid]);
            let story = Setup::default().published(published).store(&path).begin();
            story.refresher.refresh_now().unwrap();
            story
        })
        .into();
    let over = AtomicBool::new(false);
    let reads = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0;
            while !over.load(Ordering::Relaxed) || reads == 0 {
                assert_eq!(read(&path).jwks().unwrap().keys().len(), 1);
                reads += 1;
            }
            reads
        });
        let writers: Vec<_> = stories
            .iter()
            .map(|story| {
                scope.spawn(|| {
                    for _ in 0..40 {
                        story.refresher.refresh_now().unwrap();
                        story.rest();
                        assert_eq!(story.status().store_error, None);
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        over.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    assert!(reads > 1);
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
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
