//! The web site, with a provider that answers wrongly, and with a browser that is asked for less than a real one.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use idporten_config::testing::{jwks, sign, signing_key};
use idporten_config_tests::scratch::Scratch;
use serde_json::{Value, json};

use crate::idporten::{PORTS, PROVIDER, SITE, relying_party, site};
use crate::running::{answer, get, post, send_form, wait_for, wait_until};
use crate::stand_in::StandIn;

/// A stand-in for ID-porten. The tests change its script.
struct Idporten {
    script: Arc<Mutex<Script>>,
    _server: StandIn,
}

struct Script {
    /// The answer for the keys.
    keys: (u16, String),
    /// Claims of the next ID tokens, in place of the right ones.
    claims: Vec<(&'static str, Value)>,
    /// The key that signs ID tokens: 0 is the one that is published.
    variant: u32,
    /// The answer of the token endpoint, in place of one with an ID token.
    token_answer: Option<String>,
    /// What the token endpoint adds to an ID token.
    padding: String,
    /// The requests that were pushed, each a form.
    pushed: Vec<String>,
}

/// A browser as far as these tests need one: it keeps cookies.
#[derive(Default)]
struct Browser(BTreeMap<String, String>);

fn issuer() -> String {
    format!("http://localhost:{PROVIDER}")
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

fn metadata() -> String {
    let at = |path| format!("{}/{path}", issuer());
    let metadata = json!({
        "issuer": issuer(),
        "authorization_endpoint": at("authorize"),
        "pushed_authorization_request_endpoint": at("par"),
        "token_endpoint": at("token"),
        "jwks_uri": at("jwks"),
        "end_session_endpoint": at("logout"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "acr_values_supported": ["idporten-loa-substantial"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    });
    metadata.to_string()
}

impl Idporten {
    fn start() -> Self {
        let script = Arc::new(Mutex::new(Script {
            keys: (200, jwks([signing_key("key", 0)]).to_string()),
            claims: Vec::new(),
            variant: 0,
            token_answer: None,
            padding: String::new(),
            pushed: Vec::new(),
        }));
        let answers = Arc::clone(&script);
        let server = StandIn::start(PROVIDER, move |path, body| answers.lock().unwrap().answer(path, body));
        wait_for(SITE, "/health/ready", 200);
        Self { script, _server: server }
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }
}

impl Script {
    fn answer(&mut self, path: &str, body: &str) -> (u16, String) {
        match path {
            "/.well-known/openid-configuration" => (200, metadata()),
            "/jwks" => self.keys.clone(),
            "/par" => {
                self.pushed.push(body.to_owned());
                (201, json!({ "request_uri": "urn:pushed", "expires_in": 60 }).to_string())
            }
            "/token" => {
                let token = || json!({ "id_token": self.id_token(&field(body, "code")), "padding": self.padding });
                (200, self.token_answer.clone().unwrap_or_else(|| token().to_string()))
            }
            _ => (404, "{}".to_owned()),
        }
    }

    /// The ID token of the log-in with this state, which is its code too.
    fn id_token(&self, state: &str) -> String {
        let request = self.pushed.iter().find(|request| field(request, "state") == state).unwrap();
        let mut claims = json!({
            "iss": issuer(), "aud": "example-client", "sub": "kari", "sid": "session", "iat": now(), "exp": now() + 120,
            "acr": "idporten-loa-substantial", "nonce": field(request, "nonce"),
        });
        for (name, value) in &self.claims {
            claims[name] = value.clone();
        }
        sign("key", self.variant, &claims)
    }

    fn last_state(&self) -> String {
        field(self.pushed.last().unwrap(), "state")
    }
}

/// A field of a form. Those that are asked for are base64url, which a form does not change.
fn field(form: &str, name: &str) -> String {
    let mut fields = form.split('&').filter_map(|field| field.split_once('='));
    fields.find(|(other, _)| *other == name).unwrap().1.to_owned()
}

impl Browser {
    fn ask(&mut self, method: &str, path: &str, header: &str) -> String {
        let cookies: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let head = format!("{method} {path} HTTP/1.1\r\nCookie: {}\r\n{header}", cookies.join("; "));
        let answer = answer(SITE, &head, "");
        for cookie in answer.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.0.insert(name.to_owned(), value.to_owned());
        }
        self.0.retain(|_, value| !value.is_empty());
        answer
    }

    /// Begins a log-in. Returns the path to which the provider sends the browser back.
    fn begin(&mut self, provider: &Idporten) -> String {
        assert_status(&self.ask("GET", "/login", "Sec-Fetch-Mode: navigate\r\n"), 303);
        let state = provider.script().last_state();
        format!("/callback?code={state}&state={state}&iss={}", issuer())
    }

    fn log_in(&mut self, provider: &Idporten) -> String {
        let back = self.begin(provider);
        self.ask("GET", &back, "")
    }

    fn log_out(&mut self) -> String {
        self.ask("POST", "/logout", &format!("Origin: {}\r\n", site("")))
    }

    fn is_logged_in(&mut self) -> bool {
        self.ask("GET", "/", "").contains("id=\"sub\">kari<")
    }
}

#[track_caller]
fn assert_status(answer: &str, status: u16) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {answer}");
}

fn logout_claims(jti: &str) -> Value {
    json!({
        "iss": issuer(), "aud": "example-client", "sub": "kari", "sid": "session", "iat": now(), "exp": now() + 120, "jti": jti,
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    })
}

fn send_logout_token(token: &str) -> String {
    post(SITE, "/backchannel-logout", &format!("logout_token={token}"))
}

/// Runs a story while the site runs.
fn with_site(story: impl FnOnce()) {
    with_site_and_log(Stdio::null(), story);
}

/// The same with a place for what the site writes to standard error.
fn with_site_and_log(log: impl Into<Stdio>, story: impl FnOnce()) {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let scratch = Scratch::new();
    let _site = relying_party(&scratch, log);
    story();
}

#[test]
#[ignore = "needs the programs built"]
fn a_log_out_goes_to_the_provider_with_a_session_here_and_without() {
    with_site(|| {
        let mut browser = Browser::default();
        let answer = browser.log_out();
        assert_status(&answer, 200);
        assert!(answer.contains("Your session at ID-porten may still be open."), "no endpoint is known: {answer}");

        let provider = Idporten::start();
        let target = format!("location: {}/logout?client_id=example-client&post_logout_redirect_uri=", issuer());
        for has_session in [false, true] {
            if has_session {
                assert_status(&browser.log_in(&provider), 303);
            }
            let answer = browser.log_out();
            assert_status(&answer, 303);
            assert!(answer.contains(&target), "{answer}");
            assert_eq!(answer.contains("&id_token_hint="), has_session, "{answer}");
            assert_eq!(browser.0.len(), 0, "{:?}", browser.0);
        }
    });
}

#[test]
#[ignore = "needs the programs built"]
fn a_forged_log_out_token_and_another_kind_of_token_end_nothing() {
    with_site(|| {
        let provider = Idporten::start();
        let mut browser = Browser::default();
        assert_status(&browser.log_in(&provider), 303);
        let mut without_events = logout_claims("without");
        without_events.as_object_mut().unwrap().remove("events");
        let (forged, unknown) =
            (sign("key", 1, &logout_claims("forged")), sign("unknown", 1, &logout_claims("unknown")));
        let state = provider.script().last_state();
        let id_token = provider.script().id_token(&state);
        for (what, token) in [
            ("signed by another key under a published kid", forged),
            ("signed by a key that is not published", unknown),
            ("an ID token", id_token),
            ("without events", sign("key", 0, &without_events)),
        ] {
            let answer = send_logout_token(&token);
            assert!(answer.starts_with("HTTP/1.1 400 "), "{what}: {answer}");
            assert!(browser.is_logged_in(), "{what}");
        }
        assert_status(&send_logout_token(&sign("key", 0, &logout_claims("right"))), 200);
        assert!(!browser.is_logged_in());
    });
}

#[test]
#[ignore = "needs the programs built"]
fn a_response_without_the_issuer_is_refused_where_the_provider_sends_it() {
    with_site(|| {
        let provider = Idporten::start();
        let mut browser = Browser::default();
        let back = browser.begin(&provider);
        let (without, _) = back.split_once("&iss=").unwrap();
        assert_status(&browser.ask("GET", without, ""), 400);
        assert_status(&browser.ask("GET", &back, ""), 400);
        assert_status(&browser.log_in(&provider), 303);
    });
}

#[test]
#[ignore = "needs the programs built"]
fn an_id_token_that_is_not_the_users_fault_is_an_outage() {
    with_site(|| {
        let provider = Idporten::start();
        for (claim, value, variant, status, text) in [
            ("nonce", json!("of another log-in"), 0, 400, "The log-in did not succeed."),
            ("acr", json!("idporten-loa-low"), 0, 400, "a higher level of security"),
            ("aud", json!("another-client"), 0, 503, "Nobody can log in now."),
            ("exp", json!(now() - 1_000), 0, 503, "Nobody can log in now."),
            ("sub", json!("signed by another key"), 1, 503, "Nobody can log in now."),
        ] {
            let mut browser = Browser::default();
            (provider.script().claims, provider.script().variant) = (vec![(claim, value)], variant);
            let answer = browser.log_in(&provider);
            assert_status(&answer, status);
            assert!(answer.contains(text) && !browser.is_logged_in(), "{claim}: {answer}");
            assert_eq!(answer.contains("\r\nretry-after: "), status == 503, "{claim}: {answer}");
        }
    });
}

#[test]
#[ignore = "needs the programs built"]
fn an_answer_of_the_token_endpoint_that_is_large_or_no_json_is_an_outage() {
    with_site(|| {
        let provider = Idporten::start();
        for wrong in ["<html></html>", "{}"] {
            provider.script().token_answer = Some(wrong.to_owned());
            let answer = Browser::default().log_in(&provider);
            assert_status(&answer, 503);
            assert!(answer.contains("\r\nretry-after: 5\r\n"), "{answer}");
        }
        provider.script().token_answer = None;
        for (length, status) in [(250 << 10, 303), (256 << 10, 503)] {
            provider.script().padding = "x".repeat(length);
            assert_status(&Browser::default().log_in(&provider), status);
        }
    });
}

#[test]
#[ignore = "needs the programs built"]
fn log_ins_in_two_tabs_do_not_disturb_each_other() {
    with_site(|| {
        let provider = Idporten::start();
        let (mut browser, mut attacker) = (Browser::default(), Browser::default());
        let backs = [browser.begin(&provider), browser.begin(&provider)];
        assert_status(&attacker.ask("GET", &backs[0], ""), 400);
        let of_the_attacker = attacker.begin(&provider);
        assert_status(&browser.ask("GET", &of_the_attacker, ""), 400);
        for status in [303, 400] {
            for back in &backs {
                assert_status(&browser.ask("GET", back, ""), status);
                assert!(browser.is_logged_in());
            }
        }
    });
}

#[test]
#[ignore = "needs the programs built"]
fn only_a_visit_begins_a_log_in() {
    with_site(|| {
        let provider = Idporten::start();
        for (headers, status) in [
            ("Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n", 400),
            ("Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n", 400),
            ("Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n", 400),
            ("Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Purpose: prefetch;prerender\r\n", 400),
            ("Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n", 303),
            ("", 303),
        ] {
            assert_status(&Browser::default().ask("GET", "/login", headers), status);
            assert_eq!(provider.script().pushed.is_empty(), status == 400, "{headers}");
        }
        let mut browser = Browser::default();
        browser.0.insert("login".to_owned(), "x".repeat(4_000));
        assert_status(&browser.log_in(&provider), 303);
        assert_eq!(browser.0["login"].len(), 43, "a value of another length is not kept");
    });
}

#[test]
#[ignore = "needs the programs built"]
fn a_session_that_ends_before_its_log_in_is_complete_is_not_kept() {
    with_site(|| {
        let provider = Idporten::start();
        let mut browser = Browser::default();
        let back = browser.begin(&provider);
        assert_status(&send_logout_token(&sign("key", 0, &logout_claims("early"))), 200);
        let answer = browser.ask("GET", &back, "");
        assert_status(&answer, 400);
        assert!(answer.contains("You were logged out. Log in again."), "{answer}");
        assert_status(&browser.log_in(&provider), 303);
        assert!(browser.is_logged_in());
    });
}

#[test]
#[ignore = "needs the programs built"]
fn a_log_out_token_that_cannot_be_judged_is_verified_again() {
    with_site(|| {
        let provider = Idporten::start();
        let mut browser = Browser::default();
        assert_status(&browser.log_in(&provider), 303);
        provider.script().keys = (500, "{}".to_owned());
        let answer = send_logout_token(&sign("next", 1, &logout_claims("late")));
        assert_status(&answer, 503);
        assert!(answer.contains("\r\nretry-after: ") && browser.is_logged_in(), "{answer}");
        provider.script().keys = (200, jwks([signing_key("key", 0), signing_key("next", 1)]).to_string());
        wait_until(|| !browser.is_logged_in());
    });
}

#[test]
#[ignore = "needs the programs built"]
fn requests_are_answered_while_nobody_reads_the_log() {
    let (reader, log) = io::pipe().unwrap();
    drop(reader);
    with_site_and_log(log, || {
        let provider = Idporten::start();
        let mut browser = Browser::default();
        assert_status(&browser.log_in(&provider), 303);
        assert_status(&get(SITE, "/callback?code=any&state=any", None), 400);
        let mut of_nobody = logout_claims("of nobody");
        of_nobody["sid"] = json!("another session");
        assert_status(&send_logout_token(&sign("key", 0, &of_nobody)), 200);
        provider.script().keys = (500, "{}".to_owned());
        assert_status(&send_logout_token(&sign("next", 1, &logout_claims("late"))), 503);
        assert!(browser.is_logged_in());
        provider.script().keys = (200, jwks([signing_key("key", 0), signing_key("next", 1)]).to_string());
        wait_until(|| !browser.is_logged_in());
    });
}

#[test]
#[ignore = "needs the programs built"]
fn a_log_out_token_whose_sender_stops_waiting_is_verified_again() {
    let scratch = Scratch::new();
    let log = scratch.path().join("log");
    with_site_and_log(File::create(&log).unwrap(), || {
        let provider = Idporten::start();
        let mut browser = Browser::default();
        assert_status(&browser.log_in(&provider), 303);
        drop(provider);
        let hanging = TcpListener::bind(("127.0.0.1", PROVIDER)).unwrap();
        let token = sign("next", 1, &logout_claims("late"));
        let sender = send_form(SITE, "/backchannel-logout", &format!("logout_token={token}"));
        let fetch = hanging.accept().unwrap();
        drop(sender);
        wait_until(|| fs::read_to_string(&log).unwrap().contains("back-channel log-out: it cannot be told now"));
        drop((fetch, hanging));
        let provider = Idporten::start();
        provider.script().keys = (200, jwks([signing_key("key", 0), signing_key("next", 1)]).to_string());
        wait_until(|| !browser.is_logged_in());
    });
}

#[test]
#[ignore = "needs the programs built"]
fn a_log_out_token_that_ends_no_session_leaves_a_line_without_claims() {
    let scratch = Scratch::new();
    let log = scratch.path().join("log");
    with_site_and_log(File::create(&log).unwrap(), || {
        let provider = Idporten::start();
        assert_status(&send_logout_token(&sign("key", 0, &logout_claims("of nobody"))), 200);
        let mut browser = Browser::default();
        assert_status(&browser.log_in(&provider), 303);
        assert_status(&send_logout_token(&sign("key", 0, &logout_claims("of a user"))), 200);
        assert!(!browser.is_logged_in());
        let log = fs::read_to_string(&log).unwrap();
        let lines: Vec<_> = log.lines().filter(|line| line.starts_with("back-channel log-out: ")).collect();
        assert_eq!(lines, ["back-channel log-out: a token ended no session"]);
    });
}

#[test]
#[ignore = "needs the programs built"]
fn a_site_whose_provider_takes_no_pushed_requests_is_not_ready() {
    let scratch = Scratch::new();
    let log = scratch.path().join("log");
    with_site_and_log(File::create(&log).unwrap(), || {
        let _provider = StandIn::start(PROVIDER, |path, _| match path {
            "/.well-known/openid-configuration" => (200, metadata().replace("pushed_authorization_request_", "other_")),
            _ => (200, jwks([signing_key("key", 0)]).to_string()),
        });
        wait_until(|| {
            assert_status(&get(SITE, "/login", None), 503);
            fs::read_to_string(&log).unwrap().contains("publishes no endpoint for pushed requests")
        });
        assert_status(&get(SITE, "/health/ready", None), 503);
    });
}
