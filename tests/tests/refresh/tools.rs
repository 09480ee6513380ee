//! The tools that the library offers to the tests of programs: a virtual clock, and a provider in memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use idporten_config::document::JwkSet;
use idporten_config::fetch::Transport;
use idporten_config::testing::{MemoryProvider, VirtualClock, jwks, key, snapshot};
use idporten_config::{KnownEnvironment, Snapshot};

use crate::story::{DAY, HOUR, JWKS, SECOND, Setup, TEST, WELL_KNOWN, after, seed, story};
use crate::transport::Own;

#[test]
fn a_virtual_month_refreshes_on_every_day() {
    let (story, start) = (story(), Instant::now());
    story.advance(30 * DAY);
    assert!(story.fetches() >= 30);
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn clones_are_the_same_clock_and_the_same_provider() {
    let clock = VirtualClock::new(after(Duration::ZERO));
    clock.clone().advance(HOUR);
    assert_eq!(clock.now(), after(HOUR));
    clock.clone().set(after(DAY));
    clock.clone().suspend(HOUR);
    assert_eq!(clock.now(), after(DAY + HOUR));
    let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
    provider.clone().fail(418);
    assert!(!format!("{:?}", provider.get(WELL_KNOWN, SECOND).unwrap()).contains("200"));
    assert_eq!(provider.requests(), [WELL_KNOWN]);
}

#[test]
fn refreshers_on_one_clock_act_in_order_of_time() {
    let clock = VirtualClock::new(after(Duration::ZERO));
    let times = Arc::new(Mutex::new(Vec::new()));
    let refreshers: Vec<_> = (0..5)
        .map(|_| {
            let (times, asked_at) = (Arc::clone(&times), clock.clone());
            let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
            let transport = Own(move |url: &str, timeout| {
                times.lock().unwrap().push(asked_at.now());
                provider.get(url, timeout)
            });
            Setup::default().start(&clock, transport).unwrap()
        })
        .collect();
    clock.advance(3 * DAY);
    let times = times.lock().unwrap();
    assert!(times.is_sorted() && times.len() >= 5 * 2 * 3, "{}", times.len());
    drop(refreshers);
}

#[test]
fn a_wait_that_cannot_end_panics_instead_of_hanging() {
    let clock = VirtualClock::new(after(Duration::ZERO));
    let wait = || clock.block_on(std::future::pending::<()>());
    let message = *catch_unwind(AssertUnwindSafe(wait)).unwrap_err().downcast::<&str>().unwrap();
    assert!(message.contains("this wait would never end"), "{message}");
    clock.advance(HOUR);
    assert_eq!(clock.now(), after(HOUR), "and the clock goes on");
}

#[test]
fn a_provider_with_a_delay_may_be_asked_by_anybody() {
    let clock = VirtualClock::new(after(Duration::ZERO));
    let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
    provider.delay(&clock, HOUR);
    thread::scope(|scope| {
        let asker = scope.spawn(|| provider.get(WELL_KNOWN, SECOND).is_err());
        while !asker.is_finished() {
            clock.advance(SECOND);
        }
        assert!(asker.join().unwrap());
    });
    clock.advance(HOUR);
    assert!(clock.now() >= after(HOUR + SECOND), "and the clock goes on");
}

#[test]
fn keys_are_made_of_their_names_alone_and_look_like_a_providers() {
    assert_eq!(key("one", 0), key("one", 0));
    assert!(key("one", 0) != key("one", 1) && key("one", 0) != key("two", 0));
    let kids: Vec<String> = (0..100).map(|kid| kid.to_string()).collect();
    let set = JwkSet::parse(jwks(kids.iter().map(|kid| key(kid, 0))).to_string().as_bytes()).unwrap();
    assert_eq!((set.keys().len(), set.rejected().len(), set.is_leaked()), (100, 0, false));
}

#[test]
fn a_snapshot_for_tests_is_complete_for_each_environment() {
    for environment in KnownEnvironment::ALL {
        let made = snapshot(*environment, after(Duration::ZERO), &["one", "two"]);
        assert_eq!(made.missing_members(), [""; 0], "{environment:?}");
        assert_eq!(Snapshot::parse(made.to_string()).unwrap(), made);
    }
}

#[test]
fn a_provider_answers_its_own_urls_as_configured() {
    let provider = MemoryProvider::new(&snapshot(TEST, after(Duration::ZERO), &["one"]));
    let answer = |url: &str| format!("{:?}", provider.get(url, SECOND).unwrap());
    assert!(answer(WELL_KNOWN).contains("status: 200") && answer(JWKS).contains("status: 200"));
    assert!(answer("https://test.idporten.no/other").contains("status: 404"));
    provider.disconnect();
    assert!(provider.get(JWKS, SECOND).is_err());
    provider.recover();
    assert!(answer(JWKS).contains("status: 200"));
}

#[test]
fn each_url_of_a_provider_answers_in_its_own_way() {
    let clock = VirtualClock::new(after(Duration::ZERO));
    let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
    let get = |url: &str| provider.get(url, 10 * SECOND).map(|response| format!("{response:?}"));
    let [whole, keys] = [WELL_KNOWN, JWKS].map(|url| get(url).unwrap());
    provider.at(JWKS).fail(418);
    assert!(get(JWKS).unwrap().contains("418") && get(WELL_KNOWN).unwrap() == whole);
    provider.fail(500);
    assert!(get(JWKS).unwrap().contains("418") && get(WELL_KNOWN).unwrap().contains("500"));
    provider.recover();
    assert_eq!([WELL_KNOWN, JWKS].map(|url| get(url).unwrap()), [whole.clone(), keys]);
    provider.at(WELL_KNOWN).state_content_type("text/html");
    assert!(get(WELL_KNOWN).unwrap().contains("text/html") && !get(JWKS).unwrap().contains("text/html"));
    provider.at(WELL_KNOWN).recover();
    assert_eq!(get(WELL_KNOWN).unwrap(), whole);
    provider.at(JWKS).disconnect();
    assert!(get(JWKS).unwrap_err().to_string().contains("out of reach"));
    provider.at(JWKS).recover();
    provider.at(JWKS).delay(&clock, DAY);
    let asked = provider.clone();
    let waiting = thread::spawn(move || asked.get(JWKS, SECOND).unwrap_err().to_string());
    while !waiting.is_finished() {
        clock.advance(SECOND);
    }
    assert!(waiting.join().unwrap().contains("no answer within the time allowed"));
}
