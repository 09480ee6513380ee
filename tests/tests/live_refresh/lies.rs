//! A provider that answers, and not with its documents.

use idporten_config::refresh::{Health, LookupError, RefreshError, RefreshPolicy, Refresher, Source};
use idporten_config::testing::{jwks, key};
use idporten_config_tests::live::{JWKS, WELL_KNOWN, asked, keys, metadata, metadata_with, provider, ready};
use idporten_config_tests::server::{Reply, Server};

/// Stands in every lie, and so must stand in no error.
const MARKER: &str = "m4rk3r";

/// The key, with a member of its private half.
fn private(kid: &str) -> String {
    key(kid, 0).to_string().replacen('{', &format!(r#"{{"d":"{MARKER}","#), 1)
}

fn set(entries: &[String]) -> Reply {
    Reply::json(format!(r#"{{"keys":[{}]}}"#, entries.join(",")))
}

/// A refresh that is told this lie fails so, touches nothing of what is served, and leaves no trace once the provider has
/// recovered.
#[track_caller]
fn is_refused(lie: [Reply; 2], message: &str) {
    let server = provider(&["a"]);
    let refresher = ready(&server, RefreshPolicy::default());
    let before = refresher.current().unwrap().to_arc();
    let [metadata_lie, keys_lie] = lie;
    server.on(WELL_KNOWN, metadata_lie);
    server.on(JWKS, keys_lie);
    let Err(RefreshError::Failed(error)) = refresher.refresh_now() else { panic!("{message}: it was believed") };
    let status = refresher.status();
    assert!(error.to_string().contains(message), "{error}");
    assert_eq!(status.last_error, Some(error.to_string()));
    assert!(!format!("{error} {error:?} {status} {status:?}").contains(MARKER), "{error:?} {status:?}");
    assert_eq!((status.consecutive_failures, status.health()), (1, Health::Ok));
    assert!(std::sync::Arc::ptr_eq(&before, &refresher.current().unwrap().to_arc()), "{message}: it was touched");
    assert!(asked(&server).iter().all(|url| [WELL_KNOWN, JWKS].contains(&&**url)), "{:?}", asked(&server));
    recovers(&server, &refresher);
}

#[track_caller]
fn recovers(server: &Server, refresher: &Refresher) {
    server.on(WELL_KNOWN, metadata());
    server.on(JWKS, keys(&["b"]));
    assert!(refresher.find_keys_wait(Some("b"), "RS256").is_ok());
    let status = refresher.status();
    assert_eq!((status.consecutive_failures, status.last_error, status.health), (0, None, Health::Ok));
}

fn moved() -> Reply {
    metadata_with("token_endpoint", "https://test.idporten.no/moved")
}

#[test]
fn a_page_in_place_of_a_document_is_refused() {
    let page = || Reply::json(format!("<html>{MARKER}</html>")).header("Content-Type", "text/html");
    is_refused([page(), keys(&["b"])], "the content type is \"text/html\", not JSON");
    is_refused([moved(), page()], "jwks.json: the content type is \"text/html\", not JSON");
    is_refused([Reply::json(format!("<html>{MARKER}</html>")), keys(&["b"])], "not JSON");
}

#[test]
fn metadata_of_another_issuer_is_refused() {
    is_refused([metadata_with("issuer", "https://idporten.no"), keys(&["b"])], "https://idporten.no");
    is_refused([metadata_with("jwks_uri", "https://evil.example/jwks.json"), keys(&["b"])], "jwks_uri");
    is_refused([metadata_with("jwks_uri", "https://login.idporten.no/jwks.json"), keys(&["b"])], "jwks_uri");
}

#[test]
fn a_document_that_is_cut_short_is_refused() {
    let cut = |reply: Reply| {
        let half = reply.body()[..reply.body().len() / 2].to_vec();
        (Reply::json(half.clone()).announcing(reply.body().len()).cut(), Reply::json(half))
    };
    let ((short, half), (few, some)) = (cut(metadata()), cut(keys(&["b", "c"])));
    is_refused([short, keys(&["b"])], "the document was cut short");
    is_refused([half, keys(&["b"])], "not JSON");
    is_refused([moved(), few], "the document was cut short");
    is_refused([moved(), some], "not JSON");
}

#[test]
fn a_redirect_is_not_followed() {
    let redirect = || Reply::status(302).header("Location", "https://login.idporten.no/");
    is_refused([redirect(), keys(&["b"])], "status 302: redirects are not followed");
    is_refused([moved(), redirect()], "status 302: redirects are not followed");
}

#[test]
fn good_metadata_without_keys_is_not_taken_alone() {
    is_refused([moved(), Reply::status(500)], "jwks.json: status 500");
    is_refused([moved(), set(&[])], "the key set has no usable key");
    is_refused([moved(), Reply::hang_up()], "jwks.json: the exchange failed");
}

#[test]
fn a_private_key_beside_a_good_one_is_dropped_and_reported() {
    let server = provider(&["a", "b"]);
    let refresher = ready(&server, RefreshPolicy::default());
    server.on(JWKS, set(&[private("a"), key("b", 0).to_string()]));
    refresher.refresh_now().unwrap();
    assert!(refresher.find_keys(Some("b"), "RS256").is_ok());
    assert!(matches!(refresher.find_keys_wait(Some("a"), "RS256"), Err(LookupError::Undetermined { .. })));
    let status = refresher.status();
    assert_eq!((status.health(), status.leaked, status.source), (Health::Critical, true, Some(Source::Network)));
    assert!(!format!("{status} {status:?} {refresher:?}").contains(MARKER), "{status}");
    server.on(JWKS, Reply::json(jwks([key("b", 0)]).to_string()));
    refresher.refresh_now().unwrap();
    assert_eq!(refresher.status().health(), Health::Ok);
}

#[test]
fn a_set_of_private_keys_alone_leaves_nothing_to_be_served() {
    let server = provider(&["a"]);
    let refresher = ready(&server, RefreshPolicy::default());
    server.on(JWKS, set(&[private("a")]));
    // The refresh may count as failed or not.
    let _ = refresher.refresh_now();
    assert!(matches!(refresher.find_keys(Some("a"), "RS256"), Err(LookupError::Unavailable(_))));
    assert!(refresher.status().leaked, "{}", refresher.status());
}
