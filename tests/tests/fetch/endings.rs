//! Time, size, and connections that end too early or never.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use idporten_config::fetch::{Kind, Step};
use idporten_config_tests::server::{Reply, Server};

use crate::story::{JWKS, MARKER, Outcome, WELL_KNOWN, fetch, fetch_from, keys, metadata};

const MAX_BYTES: usize = 1024 * 1024;
const DEADLINE: Duration = Duration::from_millis(800);
const PAUSE: Duration = Duration::from_millis(10);

/// Fetches with a deadline that the replies are made to miss.
fn hurried(metadata: impl Into<Vec<Reply>>, keys: impl Into<Vec<Reply>>) -> Outcome {
    let server = Server::start();
    server.on(WELL_KNOWN, metadata);
    server.on(JWKS, keys);
    let mut options = server.options();
    options.deadline = DEADLINE;
    fetch_from(&server, options).within(DEADLINE)
}

/// A document padded with blanks to a size.
fn padded(text: &str, size: usize) -> Vec<u8> {
    let mut document = text.as_bytes().to_vec();
    document.resize(size, b' ');
    document
}

fn text(reply: &Reply) -> String {
    String::from_utf8(reply.body().to_vec()).unwrap()
}

#[test]
fn a_server_that_never_answers_is_given_up_in_time() {
    hurried(Reply::silence(), keys()).refused(Kind::Network, Step::Metadata, "no answer within the time allowed");
    hurried(metadata(), Reply::silence()).refused(Kind::Network, Step::Keys, "no answer within the time allowed");
}

#[test]
fn one_byte_at_a_time_is_ended_by_the_deadline() {
    for reply in [metadata(), metadata().chunked(), metadata().unframed()] {
        hurried(reply.dripped(1, PAUSE), keys()).refused(
            Kind::Network,
            Step::Metadata,
            "the document did not end within the time allowed",
        );
    }
    hurried(metadata(), keys().dripped(1, PAUSE)).refused(Kind::Network, Step::Keys, "did not end within the time");
}

#[test]
fn the_deadline_is_one_for_both_documents_and_the_second_try() {
    // Either alone would be in time.
    let in_halves = |reply: Reply| {
        let half = reply.body().len() / 2 + 1;
        reply.dripped(half, DEADLINE * 3 / 10)
    };
    hurried(in_halves(metadata()), in_halves(keys())).refused(Kind::Network, Step::Keys, "within the time allowed");
    hurried([Reply::status(503), Reply::silence()], keys()).refused(Kind::Network, Step::Metadata, "within the time");
}

#[test]
fn a_document_in_pieces_is_put_together() {
    let pieces = |reply: Reply| reply.dripped(500, Duration::from_millis(1));
    fetch(pieces(metadata()), pieces(keys())).accepted();
    fetch(pieces(metadata()).chunked(), pieces(keys()).unframed()).accepted();
}

#[test]
fn a_document_of_the_largest_size_is_accepted() {
    let largest = |reply: Reply| Reply::json(padded(&text(&reply), MAX_BYTES));
    fetch(largest(metadata()), largest(keys())).accepted();
    fetch(largest(metadata()).chunked(), largest(keys()).unframed()).accepted();
}

#[test]
fn a_document_announced_as_too_large_is_refused_unread() {
    // Only the announcement is sent: who waited for the body would call it cut short.
    let announced = Reply::json("").announcing(MAX_BYTES + 1);
    fetch(announced.clone(), keys()).refused(Kind::Document, Step::Metadata, "larger than 1048576 bytes");
    fetch(metadata(), announced).refused(Kind::Document, Step::Keys, "larger than 1048576 bytes");
}

#[test]
fn a_document_that_turns_out_larger_is_refused() {
    let larger = || Reply::json(padded(&text(&metadata()), MAX_BYTES + 1));
    for reply in [larger(), larger().chunked(), larger().unframed()] {
        fetch(reply, keys()).refused(Kind::Document, Step::Metadata, "larger than 1048576 bytes").asked(&[WELL_KNOWN]);
    }
}

#[test]
fn a_truncated_document_is_an_error_of_the_network() {
    let whole = text(&metadata());
    let more = whole.len() + 1;
    for reply in [
        Reply::json(&whole[..100]).announcing(more),
        Reply::json(whole.as_str()).announcing(more),
        Reply::json(whole.as_str()).announcing(more).cut(),
        // A body that ends with the connection may have been cut by an attacker, unless TLS signals the end.
        Reply::json(whole.as_str()).unframed().cut(),
        Reply::json(whole.as_str()).chunked().cut(),
    ] {
        fetch(reply, keys()).refused(Kind::Network, Step::Metadata, "the document was cut short").asked(&[WELL_KNOWN]);
    }
    fetch(metadata(), Reply::json(MARKER).announcing(100)).refused(Kind::Network, Step::Keys, "cut short");
}

#[test]
fn a_refused_connection_is_tried_twice_and_reported_with_its_cause() {
    let server = Server::start();
    // No program may listen on this port without being the system's own.
    let options = server.options_with(&[("test.idporten.no", SocketAddr::from((Ipv4Addr::LOCALHOST, 1)))]);
    let outcome = fetch_from(&server, options).refused(Kind::Network, Step::Metadata, "cannot connect");
    assert!(outcome.error().to_string().contains("refused"), "{}", outcome.error());
    assert!(std::error::Error::source(outcome.error()).is_some());
}

#[test]
fn a_connection_that_ends_at_once_is_made_once_more() {
    let server = Server::start();
    server.on(WELL_KNOWN, metadata());
    server.on(JWKS, keys());
    server.drop_connections(1);
    fetch_from(&server, server.options()).asked(&[WELL_KNOWN, JWKS]).accepted();
    assert_eq!(server.connections(), 2);
    let server = Server::start();
    server.drop_connections(2);
    fetch_from(&server, server.options()).refused(Kind::Network, Step::Metadata, "cannot connect");
    assert_eq!(server.connections(), 2);
}

#[test]
fn a_request_that_is_hung_up_on_is_made_once_more() {
    fetch([Reply::hang_up(), metadata()], keys()).asked(&[WELL_KNOWN, WELL_KNOWN, JWKS]).accepted();
    fetch(Reply::hang_up(), keys())
        .refused(Kind::Network, Step::Metadata, "the exchange failed")
        .asked(&[WELL_KNOWN, WELL_KNOWN]);
}

#[test]
fn a_connection_never_made_is_given_up_within_its_limit() {
    // A listener that accepts nothing: the TCP connection stands, TLS never begins.
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let server = Server::start();
    let options = server.options_with(&[("test.idporten.no", listener.local_addr().unwrap())]);
    let options = options.with_connect_timeout(Duration::from_millis(100));
    fetch_from(&server, options).refused(Kind::Network, Step::Metadata, "connect timed out").within(DEADLINE);
}

#[test]
fn what_is_not_http_is_an_error_of_the_network() {
    for head in ["SSH-2.0-x\r\n\r\n", "HTTP/1.1 200\r\nContent-Length: x\r\n\r\n", "m4rk3r m4rk3r\r\n\r\n"] {
        fetch(Reply::raw(head), keys()).refused(Kind::Network, Step::Metadata, "the exchange failed");
    }
    hurried(Reply::raw("HTTP/1.1 100 Continue\r\n\r\n").endless(), keys()).refused(Kind::Network, Step::Metadata, "");
}
