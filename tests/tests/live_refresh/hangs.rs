//! A server that takes a request and says nothing.

use std::time::{Duration, Instant};

use idporten_config::refresh::{LookupError, Reason, RefreshPolicy};
use idporten_config_tests::live::{JWKS, WELL_KNOWN, asked, eventually, keys, metadata, provider, ready, start};
use idporten_config_tests::server::{Reply, Server};

/// Far less than a fetch may take, which is 20 seconds.
const LITTLE: Duration = Duration::from_secs(5);
const KEY_WAIT: Duration = Duration::from_millis(200);

fn impatient() -> RefreshPolicy {
    RefreshPolicy::default().with_key_wait(KEY_WAIT)
}

/// Says nothing to the next request for this document, and then publishes `b`.
fn hang(server: &Server, url: &str) {
    let reply = if url == JWKS { keys(&["b"]) } else { metadata() };
    server.on(JWKS, keys(&["b"]));
    server.on(url, [Reply::silence(), reply]);
}

#[test]
fn held_keys_are_served_while_the_server_hangs_at_either_document() {
    for url in [WELL_KNOWN, JWKS] {
        let server = provider(&["a"]);
        let refresher = ready(&server, impatient());
        hang(&server, url);
        assert!(refresher.find_keys(Some("b"), "RS256").is_err());
        eventually("the server hangs", || server.requests().len() > 2 && asked(&server).ends_with(&[url.to_owned()]));
        let start = Instant::now();
        for _ in 0..1_000 {
            assert!(refresher.current().is_ok());
            assert!(refresher.find_keys(Some("a"), "RS256").is_ok());
            assert!(refresher.find_keys_wait(Some("a"), "RS256").is_ok());
        }
        assert!(refresher.status().serving);
        assert!(start.elapsed() < LITTLE, "{:?}", start.elapsed());

        server.hang_up();
        assert!(refresher.find_keys_wait(Some("b"), "RS256").is_ok(), "{url}: the fetch went on");
    }
}

#[test]
fn an_unknown_kid_is_undetermined_after_the_longest_wait() {
    let server = provider(&["a"]);
    let refresher = ready(&server, impatient());
    hang(&server, WELL_KNOWN);
    let start = Instant::now();
    let error = refresher.find_keys_wait(Some("b"), "RS256").unwrap_err();
    let took = start.elapsed();
    assert!(matches!(error, LookupError::Undetermined { .. }), "{error}");
    assert!((KEY_WAIT..LITTLE).contains(&took), "{took:?}");
    assert_eq!(asked(&server).len(), 3, "it asked once");
}

#[test]
fn a_start_never_waits_and_wait_ready_ends_at_its_timeout() {
    let server = provider(&[]);
    server.on(WELL_KNOWN, Reply::silence());
    let begun = Instant::now();
    let refresher = start(&server, impatient());
    assert_eq!(refresher.current().unwrap_err().reason(), Reason::NotYetFetched);
    assert_eq!(refresher.wait_ready(KEY_WAIT).unwrap_err().reason(), Reason::NotYetFetched);
    let took = begun.elapsed();
    assert!((KEY_WAIT..LITTLE).contains(&took), "{took:?}");
}
