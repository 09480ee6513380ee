//! A web site that logs users in with ID-porten.

use std::thread;
use std::time::{Duration, Instant};

use idporten_config_tests::scratch::Scratch;

use crate::browser::{Browser, Page};
use crate::running::{Running, client_jwk, client_key_file, get, program, script};

/// The ports that the program's `idporten.toml` and this test name. The provider is at `localhost` and the site at `127.0.0.1`:
/// two sites, to which a browser sends cookies as it does between ID-porten and a relying party.
const PROVIDER: u16 = 8492;
const SITE: u16 = 8493;

fn site(path: &str) -> String {
    format!("http://127.0.0.1:{SITE}{path}")
}

fn relying_party(scratch: &Scratch) -> Running {
    let mut command = program("relying-party");
    command
        .env("IDPORTEN_ENVIRONMENT", "local")
        .env("IDPORTEN_CLIENT_ID", "example-client")
        .env("IDPORTEN_KEY_FILE", client_key_file(scratch.path()))
        .env("IDPORTEN_KEY_ID", "client-key")
        .env("BASE_URL", site(""))
        .env("LISTEN", format!("127.0.0.1:{SITE}"));
    Running::start(&mut command)
}

fn wait_until_ready() {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !get(SITE, "/health/ready", None).starts_with("HTTP/1.1 200 ") {
        assert!(Instant::now() < deadline, "the site is not ready a minute after the provider");
        thread::sleep(Duration::from_millis(100));
    }
}

/// Logs in, as far as the page that the site shows then.
fn log_in(browser: &mut Browser, name: &str) -> Page {
    let page = browser.get(&site("/login"));
    assert!(page.url.starts_with("http://localhost:8492/interaction/"), "{page:?}");
    let page = browser.post(&page.url, &format!("prompt=login&login={name}&password=any"));
    // A user who consented before is not asked again.
    if page.url.contains("/interaction/") { browser.post(&page.url, "prompt=consent") } else { page }
}

/// Confirms a log-out on the provider's page.
fn confirm(browser: &mut Browser, page: &Page) -> Page {
    let form = format!("xsrf={}&logout=yes", page.field("xsrf"));
    browser.post(&format!("http://localhost:{PROVIDER}/session/end/confirm"), &form)
}

#[test]
#[ignore = "needs npm ci --prefix tests/provider, and the programs built"]
fn a_user_logs_in_and_is_logged_out_from_either_side() {
    let scratch = Scratch::new();
    let _site = relying_party(&scratch);
    let mut browser = Browser::default();
    assert_eq!(browser.get(&site("/login")).status, 503, "it listens before the provider can be reached");
    let arguments = [PROVIDER.to_string(), client_jwk(), site("")];
    let _provider = Running::start(script("idporten.mjs").args(arguments));
    wait_until_ready();

    assert!(browser.get(&site("/")).body.contains("id=\"nobody\""));
    let page = log_in(&mut browser, "kari");
    assert!(page.body.contains("<b id=\"sub\">kari</b>") && page.body.contains("idporten-loa-substantial"), "{page:?}");
    assert_eq!(page.url, site("/"));

    // The user logs out at the provider, which says so behind the browser's back.
    let page = browser.get(&format!("http://localhost:{PROVIDER}/session/end"));
    confirm(&mut browser, &page);
    assert!(browser.get(&site("/")).body.contains("id=\"nobody\""), "the back channel ended the session");

    assert!(log_in(&mut browser, "ola").body.contains("<b id=\"sub\">ola</b>"));
    let page = browser.post(&site("/logout"), "");
    let page = confirm(&mut browser, &page);
    assert_eq!(page.url, site("/"));
    assert!(page.body.contains("id=\"nobody\""), "{page:?}");

    let refused = log_in(&mut browser, "per-low");
    assert_eq!(refused.status, 400, "a level that is too low: {refused:?}");

    for query in ["", "?code=any", "?code=any&state=forged", "?code=any&state=forged&iss=https://attacker.example"] {
        assert_eq!(browser.get(&site(&format!("/callback{query}"))).status, 400, "{query}");
    }
    assert_eq!(browser.post(&site("/backchannel-logout"), "logout_token=not.a.token").status, 400);
}
