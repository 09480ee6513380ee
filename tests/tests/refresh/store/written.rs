//! Writes of the store: the last success, whole or not at all, and nothing that leaked.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, SystemTime};

use idporten_config::KnownEnvironment;
use idporten_config::refresh::{Health, Reason, Source, Transport};
use idporten_config::testing::{MemoryProvider, jwks, key, snapshot};
use idporten_config_tests::scratch::Scratch;

use super::{SECRET, is_ignored, leaked_key, left, read, seed_of, serving, stored};
use crate::story::{DAY, HOUR, JWKS, MINUTE, SECOND, Setup, Story, TEST, seed};
use crate::transport::Own;

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
fn a_broken_store_is_reported_and_ignored_and_then_replaced() {
    let whole = seed(HOUR, &["stored"]).to_string();
    let half = &whole[..whole.len() / 2];
    let binary = "\0\u{1}\u{2}";
    let other_issuer = whole.replace("\"issuer\": \"https://test.idporten.no\"", "\"issuer\": \"https://idporten.no\"");
    assert_ne!(other_issuer, whole);
    let other_format = whole.replace("\"format\": 1", "\"format\": 99");
    // One member that only a snapshot has.
    let (date, url) = (r#"{"as_of": 1}"#, r#"{"well_known_url": 1}"#);
    for broken in ["", "{}", "{\n  \"as", half, binary, &other_format, &other_issuer, date, url] {
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
    for (content, reason) in [
        ("[server]\nport = 80\n", "holds something else"),
        ("{ \"port\": 80 }\n", "holds something else"),
        ("null", "holds something else"),
        ("{ \"port\": 80 }\n{ \"port\": 81 }\n", "holds something else"),
        ("{ // a comment\n  \"port\": 80 }\n", "holds something else"),
        (&other, "is of maskin"),
    ] {
        let (_scratch, path) = stored(content);
        let story = Setup::default().store(&path).settle();
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
        assert!(story.status().store_error.unwrap().contains(reason));
        assert!(story.status().serving);
    }
}

#[test]
fn a_distrusted_key_leaves_the_store_with_the_next_refresh() {
    let scratch = Scratch::new();
    let path = scratch.path().join("idporten.json");
    let kids =
        || read(&path).jwks().unwrap().keys().iter().map(|key| key.kid().unwrap().to_owned()).collect::<Vec<_>>();
    let story = Setup::default().store(&path).settle();
    story.provider.publish_keys(&["one", "two"]);
    story.refresher.refresh_now().unwrap();
    story.rest();
    assert_eq!(kids(), ["one", "two"]);
    story.refresher.distrust("one");
    story.provider.fail(500);
    assert!(story.refresher.refresh_now().is_err());
    story.rest();
    assert_eq!(kids(), ["two"], "also where the refresh fails");
    story.provider.recover();
    story.refresher.refresh_now().unwrap();
    story.rest();
    assert_eq!(kids(), ["two"], "though it is published");
    assert_eq!(story.status().keys.len(), 2, "the status shows both");
    story.refresher.distrust("two");
    assert!(story.refresher.refresh_now().is_ok());
    story.rest();
    assert!(!path.exists(), "no key is left");
}

#[cfg(unix)]
#[test]
fn a_distrusted_key_leaves_a_store_that_cannot_be_written_with_the_first_refresh_after_it_can() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let path = scratch.path().join("idporten.json");
    let open_to = |mode| fs::set_permissions(scratch.path(), fs::Permissions::from_mode(mode)).unwrap();
    let story = Setup::default().published(seed(Duration::ZERO, &["one", "two"])).store(&path).settle();
    story.provider.fail(500);
    story.refresher.distrust("one");
    open_to(0o770);
    for failures in [1, 2] {
        assert!(story.refresher.refresh_now().is_err());
        let status = story.status();
        assert!(status.store_error.unwrap().contains("its group may write"));
        assert_eq!(status.counters.failed_store_writes, failures);
    }
    open_to(0o700);
    assert!(story.refresher.refresh_now().is_err());
    assert_eq!(story.status().store_error, None);
    let stored = read(&path);
    assert_eq!(stored.jwks().unwrap().keys().iter().map(|key| key.kid()).collect::<Vec<_>>(), [Some("two")]);
    assert_eq!(
        story.told().iter().filter(|told| told.starts_with("store")).collect::<Vec<_>>(),
        ["store: broken", "store: works"]
    );
}

#[test]
fn documents_that_could_not_be_written_never_replace_what_another_process_stored_since() {
    let scratch = Scratch::new();
    let path = scratch.path().join("late/idporten.json");
    let story = Setup::default().published(seed(Duration::ZERO, &["one", "two"])).store(&path).settle();
    fs::create_dir(scratch.path().join("late")).unwrap();
    fs::write(&path, seed(Duration::ZERO, &["two", "three"]).to_string()).unwrap();
    story.provider.fail(500);
    assert!(story.refresher.refresh_now().is_err());
    assert!(story.status().store_error.is_some(), "its own documents are not in the file");
    story.refresher.distrust("two");
    assert!(story.refresher.refresh_now().is_err());
    assert!(story.status().store_error.is_some(), "keys that left say nothing of its documents");
    let kids: Vec<_> = read(&path).jwks().unwrap().keys().iter().map(|key| key.kid().map(str::to_owned)).collect();
    assert_eq!(kids, [Some("three".to_owned())]);
}

#[test]
fn a_key_leaves_the_store_of_another_process_and_what_is_newer_there_stays() {
    let (_scratch, path) = stored(&seed(HOUR, &["one"]).to_string());
    let story = Setup::default().store(&path).settle();
    let other = snapshot(TEST, SystemTime::UNIX_EPOCH + 50_000 * DAY, &["one", "new"]);
    fs::write(&path, other.to_string()).unwrap();
    story.refresher.distrust("one");
    story.provider.fail(500);
    assert!(story.refresher.refresh_now().is_err());
    story.rest();
    assert_eq!(read(&path).jwks().unwrap().keys()[0].kid(), Some("new"));
    assert_eq!(read(&path).as_of(), other.as_of());
}

#[test]
fn no_store_is_made_of_a_seed() {
    let scratch = Scratch::new();
    let path = scratch.path().join("idporten.json");
    let story = Setup::default().store(&path).begin();
    story.refresher.distrust("one");
    story.provider.fail(500);
    assert!(story.refresher.refresh_now().is_err());
    story.rest();
    assert!(!path.exists());
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
    story.refresher.distrust("leaked");
    story.refresher.refresh_now().unwrap();
    story.rest();
    assert!(read(&path).jwks().unwrap().is_leaked(), "also where its kid is distrusted");
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

#[test]
fn a_store_that_cannot_be_written_disturbs_nothing_and_is_reported_once() {
    let scratch = Scratch::new();
    let directory = scratch.path().join("directory");
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("kept"), "").unwrap();
    for path in [scratch.path().join("none").join("idporten.json"), directory.clone()] {
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
fn nothing_is_written_after_the_last_handle_is_gone() {
    let scratch = Scratch::new();
    let path = scratch.path().join("idporten.json");
    let setup = Setup::default().unseeded().store(&path);
    let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
    let (asked, was_asked) = mpsc::channel();
    let (released, release) = mpsc::channel::<()>();
    let (asked, release, answers) = (Mutex::new(asked), Mutex::new(release), provider.clone());
    let transport = Own(move |url: &str, timeout| {
        if url == JWKS {
            asked.lock().unwrap().send(()).unwrap();
            assert!(release.lock().unwrap().recv().is_err());
        }
        answers.get(url, timeout)
    });
    let Story { clock, refresher, .. } = setup.begin_through(provider, transport);
    was_asked.recv().unwrap();
    drop(refresher);
    drop(released);
    clock.advance(Duration::ZERO);
    assert!(!path.exists(), "the last document came after the end");
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
