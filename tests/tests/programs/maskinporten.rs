//! A client of Maskinporten's and the API that it calls.

use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idporten_config::testing::{jwks, signing_key};
use idporten_config_tests::scratch::Scratch;
use serde_json::{Value, json};

use crate::running::{Running, break_client_key_file, client_jwk, client_key_file, get, program, script, wait_for};
use crate::stand_in::StandIn;

/// The ports that the programs' `idporten.toml` and this test name.
const PROVIDER: u16 = 8490;
const API: u16 = 8491;

/// One test at a time has these ports: the programs have the provider's compiled in, and those that end at once ask it too.
static PORTS: Mutex<()> = Mutex::new(());

fn resource_server() -> Command {
    let mut command = program("resource-server");
    command.env("MASKINPORTEN_ENVIRONMENT", "local");
    command.env("AUDIENCE", format!("http://127.0.0.1:{API}")).env("LISTEN", format!("127.0.0.1:{API}"));
    command
}

fn client(scratch: &Scratch, scopes: &str) -> Command {
    let mut command = program("maskinporten-client");
    command
        .env("MASKINPORTEN_ENVIRONMENT", "local")
        .env("MASKINPORTEN_CLIENT_ID", "example-client")
        .env("MASKINPORTEN_KEY_FILE", client_key_file(scratch.path()))
        .env("MASKINPORTEN_KEY_ID", "client-key")
        .env("MASKINPORTEN_SCOPES", scopes)
        .env("MASKINPORTEN_RESOURCE", format!("http://127.0.0.1:{API}"))
        .env("API_URL", format!("http://127.0.0.1:{API}/hello"));
    command
}

#[test]
#[ignore = "needs npm ci --prefix tests/provider, and the programs built"]
fn a_client_calls_an_api_and_is_refused_without_the_scope() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let _api = Running::start(&mut resource_server());
    assert!(
        get(API, "/health/ready", None).starts_with("HTTP/1.1 503 "),
        "it listens before the provider can be reached"
    );
    let missing = get(API, "/hello", None).to_lowercase();
    assert!(
        missing.starts_with("http/1.1 401 ") && missing.contains("\r\nwww-authenticate: bearer realm=\"api\"\r\n"),
        "{missing}"
    );

    let provider = Running::start(script("maskinporten.mjs").args([PROVIDER.to_string(), client_jwk()]));
    wait_for(API, "/health/ready", 200);
    for (authorization, status, challenge) in [
        ("Basic YTpi", 401, "Bearer realm=\"api\"\r\n"),
        ("bEaReR not.a.token", 401, "Bearer error=\"invalid_token\""),
        ("Bearer   not.a.token", 401, "Bearer error=\"invalid_token\""),
        ("Bearer", 400, "Bearer error=\"invalid_request\""),
        ("", 400, "Bearer error=\"invalid_request\""),
        ("Bearer \u{e6}", 400, "Bearer error=\"invalid_request\""),
        ("Bearer a.b.c\r\nAuthorization: Bearer a.b.c", 400, "Bearer error=\"invalid_request\""),
    ] {
        let answer = get(API, "/hello", Some(authorization));
        let is_refused = answer.starts_with(&format!("HTTP/1.1 {status} "));
        assert!(is_refused && answer.contains(&format!("www-authenticate: {challenge}")), "{authorization}: {answer}");
    }

    let scratch = Scratch::new();
    let called = client(&scratch, "example:read").output().unwrap();
    let said = String::from_utf8_lossy(&called.stdout);
    assert_eq!(said, "{\"hello\":\"example-client\"}\n".repeat(2), "{}", String::from_utf8_lossy(&called.stderr));
    assert!(get(PROVIDER, "/bought", None).ends_with("\r\n\r\n1"), "two calls take one token");

    let refused = client(&scratch, "example:write").output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("403"), "{said}");

    drop(provider);
    assert!(get(API, "/health/ready", None).starts_with("HTTP/1.1 200 "), "it goes on without the provider");
}

#[test]
#[ignore = "needs the programs built"]
fn a_program_that_is_set_up_wrongly_says_what_is_wrong() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let scratch = Scratch::new();
    for (variable, value, wanted) in [
        ("MASKINPORTEN_ENVIRONMENT", "tset", "choose one of maskinporten-test"),
        ("MASKINPORTEN_ENVIRONMENT", "test", "tokens of maskinporten-test need https"),
        ("API_URL", "www.example.no", "API_URL is \"www.example.no\": relative URL without a base"),
        ("MASKINPORTEN_KEY_FILE", "missing.pem", "missing.pem: No such file"),
        ("MASKINPORTEN_KEY_FILE", "/dev/null", "/dev/null is not an RSA private key in PEM"),
    ] {
        let ended = client(&scratch, "example:read").env(variable, value).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success() && said.starts_with("error: ") && said.contains(wanted), "{value}: {said}");
    }
    let ended = resource_server().env("LISTEN", "8491").output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(!ended.status.success() && said.contains("error: LISTEN is \"8491\": invalid socket address"), "{said}");
}

#[test]
#[ignore = "needs the programs built"]
fn a_key_of_the_client_that_cannot_sign_is_refused_at_start() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let scratch = Scratch::new();
    let mut command = client(&scratch, "example:read");
    break_client_key_file(scratch.path());
    let ended = command.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(!ended.status.success() && said.contains("client.pem: this key cannot sign: "), "{said}");
}

/// A stand-in for Maskinporten that sells any client a token, and keeps the claims of the assertions.
fn provider(sold: &Arc<Mutex<Vec<Value>>>) -> StandIn {
    let sold = Arc::clone(sold);
    let issuer = format!("http://127.0.0.1:{PROVIDER}/maskinporten/");
    StandIn::start(PROVIDER, move |path, body| {
        let answer = match path {
            "/maskinporten/.well-known/oauth-authorization-server" => json!({
                "issuer": issuer, "token_endpoint": format!("{issuer}token"), "jwks_uri": format!("{issuer}jwks"),
                "grant_types_supported": ["urn:ietf:params:oauth:grant-type:jwt-bearer"],
            }),
            "/maskinporten/jwks" => return (200, jwks([signing_key("key", 0)]).to_string()),
            _ => {
                let claims = body.split_once("assertion=").unwrap().1.split('.').nth(1).unwrap();
                sold.lock().unwrap().push(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap());
                json!({ "access_token": "a-token", "token_type": "Bearer", "expires_in": 120 })
            }
        };
        (200, answer.to_string())
    })
}

#[test]
#[ignore = "needs the programs built"]
fn a_client_takes_no_large_answer_and_buys_no_token_for_an_api_that_accepts_none() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let scratch = Scratch::new();
    for (status, length, resource, wanted) in [
        (200, 256 << 10, None, ""),
        (200, 0, Some(""), ""),
        (200, (256 << 10) + 1, None, "error: the answer is larger than 262144 bytes\n"),
        (401, 0, None, "401"),
    ] {
        let sold = Arc::default();
        let _provider = provider(&sold);
        let _api = StandIn::start(API, move |_, _| (status, "x".repeat(length)));
        let mut client = client(&scratch, "example:read");
        client.env_remove("MASKINPORTEN_RESOURCE").envs(resource.map(|resource| ("MASKINPORTEN_RESOURCE", resource)));
        let ended = client.output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success() == wanted.is_empty() && said.contains(wanted), "{said}");
        let sold = sold.lock().unwrap();
        assert!(sold.len() == 1 && sold[0].get("resource").is_none(), "one token, for no API in particular: {sold:?}");
    }
}

#[test]
#[ignore = "needs the programs built"]
fn a_call_that_fails_says_why() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let scratch = Scratch::new();
    let _provider = provider(&Arc::default());
    let ended = client(&scratch, "example:read").output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(!ended.status.success() && said.contains("Connection refused"), "{said}");
}
