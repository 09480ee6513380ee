//! The configuration that is served from the start while the provider is down, and the recovery.

use std::time::Duration;

use idporten_config::refresh::{LookupError, Reason, RefreshError, RefreshPolicy, Source};
use idporten_config_tests::live::{
    JWKS, LONG, WELL_KNOWN, asked, eventually, fetched, keys, metadata, provider, start, start_from,
};
use idporten_config_tests::server::{Reply, Server};

const TWO_DAYS: Duration = Duration::from_secs(2 * 24 * 60 * 60);
const SOON: Duration = Duration::from_millis(50);
const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_seed_with_keys_serves_while_the_provider_is_down() {
    let server = Server::start();
    server.on(WELL_KNOWN, Reply::status(500));
    let refresher = start_from(fetched(TWO_DAYS, &["a"]), &server, RefreshPolicy::default());
    assert!(refresher.find_keys(Some("a"), "RS256").is_ok());
    refresher.wait_ready(Duration::ZERO).unwrap();
    eventually("the fetch that is due at once fails", || refresher.status().consecutive_failures == 1);
    let status = refresher.status();
    assert_eq!((status.serving, status.source), (true, Some(Source::Baked)));
    assert_eq!(status.last_error.as_deref(), Some(&*format!("{WELL_KNOWN}: status 500; try again later")));
    assert!(refresher.find_keys(Some("a"), "RS256").is_ok());
    assert!(matches!(refresher.find_keys_wait(Some("b"), "RS256"), Err(LookupError::Undetermined { .. })));
}

#[test]
fn a_provider_that_refuses_every_connection_costs_a_seed_nothing() {
    let server = provider(&["a"]);
    server.drop_connections(u32::MAX);
    let refresher = start_from(fetched(TWO_DAYS, &["a"]), &server, RefreshPolicy::default());
    eventually("the fetch fails", || refresher.status().consecutive_failures == 1);
    assert!(refresher.find_keys(Some("a"), "RS256").is_ok());
    server.drop_connections(0);
    refresher.refresh_now().unwrap();
    assert_eq!(refresher.status().source, Some(Source::Network));
}

#[test]
fn without_a_seed_the_wait_ends_with_the_providers_error() {
    let server = Server::start();
    let refresher = start(&server, RefreshPolicy::default());
    eventually("the fetch fails", || refresher.status().consecutive_failures == 1);
    let unavailable = refresher.wait_ready(SOON).unwrap_err();
    assert_eq!(unavailable.reason(), Reason::NotYetFetched);
    let text = unavailable.to_string();
    assert!(
        text.contains(&format!("{WELL_KNOWN}: status 404")) && text.ends_with("it is tried again by itself"),
        "{text}"
    );
    assert!(matches!(refresher.find_keys(Some("a"), "RS256"), Err(LookupError::Unavailable(_))));
    assert!(matches!(refresher.refresh_now(), Err(RefreshError::Failed(_))));
}

#[test]
fn a_provider_that_comes_back_is_found_with_nobody_awake() {
    let server = Server::start();
    server.on(WELL_KNOWN, [Reply::status(500), Reply::status(404), metadata()]);
    server.on(JWKS, [Reply::status(500), keys(&["a"])]);
    let refresher = start(&server, RefreshPolicy::default());
    refresher.wait_ready(LONG).unwrap();
    assert!(refresher.find_keys(Some("a"), "RS256").is_ok());
    assert_eq!(asked(&server), [WELL_KNOWN, WELL_KNOWN, WELL_KNOWN, JWKS, WELL_KNOWN, JWKS]);
    let status = refresher.status();
    assert_eq!((status.consecutive_failures, status.last_error), (0, None));
}

#[test]
fn a_provider_that_asks_to_be_left_alone_is() {
    let server = Server::start();
    server.on(WELL_KNOWN, Reply::status(503).header("Retry-After", "600"));
    let policy = RefreshPolicy::default().with_backoff(SECOND, SECOND);
    let refresher = start_from(fetched(TWO_DAYS, &["a"]), &server, policy);
    eventually("the fetch fails", || refresher.status().consecutive_failures == 1);
    let Err(LookupError::Undetermined { retry_after }) = refresher.find_keys_wait(Some("b"), "RS256") else {
        panic!("a look-up that cannot be answered")
    };
    assert!((Duration::from_secs(500)..=Duration::from_secs(600)).contains(&retry_after), "{retry_after:?}");
    std::thread::sleep(2 * SECOND);
    assert_eq!(asked(&server), [WELL_KNOWN], "neither a retry nor an unknown kid asks");
}
