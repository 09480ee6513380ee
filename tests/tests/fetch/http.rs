//! Statuses, redirects, retries and headers.

use std::time::Duration;

use idporten_config::fetch::{Kind, Step};
use idporten_config_tests::server::{Reply, Server};

use crate::story::{JWKS, MARKER, WELL_KNOWN, fetch, fetch_from, keys, metadata};

#[test]
fn a_status_other_than_200_is_an_error_of_that_status() {
    for status in [201, 204, 206, 301, 304, 400, 401, 403, 404, 410, 429, 500, 501] {
        let message = format!("status {status}");
        fetch(Reply::status(status), keys())
            .refused(Kind::Status(status), Step::Metadata, &message)
            .asked(&[WELL_KNOWN]);
    }
}

#[test]
fn a_document_with_an_error_status_is_not_looked_at() {
    let outcome = fetch(metadata().with_status(500), keys());
    outcome.refused(Kind::Status(500), Step::Metadata, "status 500").asked(&[WELL_KNOWN]);
}

#[test]
fn good_metadata_without_its_keys_is_no_success() {
    for status in [404, 500] {
        let outcome = fetch(metadata(), Reply::status(status)).refused(Kind::Status(status), Step::Keys, "status");
        assert_eq!(outcome.asked(&[WELL_KNOWN, JWKS]).error().url(), Some(JWKS));
    }
}

#[test]
fn a_redirect_is_not_followed_and_its_target_hears_nothing() {
    let target = Server::start();
    let targets = [
        "https://mirror.example/jwks.json",
        "https://user:password@mirror.example/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://test.idporten.no/elsewhere",
        "http://test.idporten.no/jwks.json",
    ];
    for status in [301, 302, 303, 307, 308] {
        for location in targets {
            let server = Server::start();
            server.on(WELL_KNOWN, metadata());
            server.on(JWKS, Reply::status(status).header("Location", location));
            let options = server.options_with(&[("mirror.example", target.address())]);
            let outcome = fetch_from(&server, options);
            outcome.refused(Kind::Status(status), Step::Keys, "redirects are not followed").asked(&[WELL_KNOWN, JWKS]);
        }
    }
    assert_eq!(target.connections(), 0);
}

#[test]
fn what_may_pass_at_once_is_tried_once_more() {
    for status in [408, 502, 503, 504] {
        fetch([Reply::status(status), metadata()], keys()).asked(&[WELL_KNOWN, WELL_KNOWN, JWKS]).accepted();
        fetch(metadata(), [Reply::status(status), keys()]).asked(&[WELL_KNOWN, JWKS, JWKS]).accepted();
        fetch(Reply::status(status), keys())
            .refused(Kind::Status(status), Step::Metadata, "status")
            .asked(&[WELL_KNOWN, WELL_KNOWN]);
    }
}

#[test]
fn the_second_try_is_one_for_both_documents() {
    fetch([Reply::status(503), metadata()], Reply::status(503))
        .refused(Kind::Status(503), Step::Keys, "status 503")
        .asked(&[WELL_KNOWN, WELL_KNOWN, JWKS]);
}

#[test]
fn a_retry_after_is_returned_and_neither_slept_on_nor_retried() {
    for status in [429, 503] {
        let outcome = fetch(Reply::status(status).header("Retry-After", "120"), keys())
            .refused(Kind::Status(status), Step::Metadata, "(retry after 120 s)")
            .asked(&[WELL_KNOWN])
            .within(Duration::ZERO);
        assert_eq!(outcome.error().retry_after(), Some(Duration::from_secs(120)));
    }
    let past = fetch(Reply::status(503).header("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"), keys());
    assert_eq!(past.asked(&[WELL_KNOWN]).error().retry_after(), Some(Duration::ZERO));
    let far = fetch(Reply::status(503).header("Retry-After", u64::MAX.to_string()), keys());
    assert_eq!(far.asked(&[WELL_KNOWN]).error().retry_after(), Some(Duration::from_secs(u64::MAX)));
    let nonsense = fetch(Reply::status(503).header("Retry-After", MARKER), keys());
    assert_eq!(nonsense.refused(Kind::Status(503), Step::Metadata, "503").error().retry_after(), None);
}

#[test]
fn a_request_says_what_it_wants_and_who_asks() {
    let outcome = fetch(metadata(), keys());
    for request in &outcome.requests {
        assert_eq!(request.headers["accept"], "application/json, application/jwk-set+json");
        assert_eq!(request.headers["user-agent"], concat!("idporten-config/", env!("CARGO_PKG_VERSION")));
        assert!(!request.headers.contains_key("cookie") && !request.headers.contains_key("referer"));
    }
    outcome.asked(&[WELL_KNOWN, JWKS]).accepted();
}

#[test]
fn both_documents_come_over_one_connection() {
    let server = Server::start();
    server.on(WELL_KNOWN, metadata().header("Set-Cookie", "a=b"));
    server.on(JWKS, keys());
    let outcome = fetch_from(&server, server.options());
    assert!(!outcome.requests[1].headers.contains_key("cookie"));
    outcome.accepted();
    assert_eq!(server.connections(), 1);
}
