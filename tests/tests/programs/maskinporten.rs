//! A client of Maskinporten's and the API that it calls.

use std::process::Command;

use idporten_config_tests::scratch::Scratch;

use crate::running::{Running, client_jwk, client_key_file, get, program, script, wait_for};

/// The ports that the programs' `idporten.toml` and this test name.
const PROVIDER: u16 = 8490;
const API: u16 = 8491;

fn resource_server() -> Running {
    let mut command = program("resource-server");
    command.env("MASKINPORTEN_ENVIRONMENT", "local");
    command.env("AUDIENCE", format!("http://127.0.0.1:{API}")).env("LISTEN", format!("127.0.0.1:{API}"));
    Running::start(&mut command)
}

fn client(scratch: &Scratch, scopes: &str) -> Command {
    let mut command = program("maskinporten-client");
    command
        .env("MASKINPORTEN_ENVIRONMENT", "local")
        .env("MASKINPORTEN_CLIENT_ID", "example-client")
        .env("MASKINPORTEN_KEY_FILE", client_key_file(scratch.path()))
        .env("MASKINPORTEN_KEY_ID", "client-key")
        .env("MASKINPORTEN_SCOPES", scopes)
        .env("API_URL", format!("http://127.0.0.1:{API}/hello"));
    command
}

#[test]
#[ignore = "needs npm ci --prefix tests/provider, and the programs built"]
fn a_client_calls_an_api_and_is_refused_without_the_scope() {
    let _api = resource_server();
    assert!(
        get(API, "/health/ready", None).starts_with("HTTP/1.1 503 "),
        "it listens before the provider can be reached"
    );
    let missing = get(API, "/hello", None).to_lowercase();
    assert!(missing.starts_with("http/1.1 401 ") && missing.contains("\r\nwww-authenticate: bearer\r\n"), "{missing}");

    let provider = Running::start(script("maskinporten.mjs").args([PROVIDER.to_string(), client_jwk()]));
    wait_for(API, "/health/ready", 200);
    for (authorization, status, challenge) in [
        ("Basic YTpi", 401, "Bearer\r\n"),
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
    let scratch = Scratch::new();
    for (variable, value, wanted) in [
        ("MASKINPORTEN_ENVIRONMENT", "tset", "choose one of maskinporten-test"),
        ("MASKINPORTEN_ENVIRONMENT", "test", "tokens of maskinporten-test need https"),
        ("MASKINPORTEN_KEY_FILE", "missing.pem", "missing.pem: No such file"),
        ("MASKINPORTEN_KEY_FILE", "/dev/null", "/dev/null is not an RSA private key in PEM"),
    ] {
        let ended = client(&scratch, "example:read").env(variable, value).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success() && said.starts_with("error: ") && said.contains(wanted), "{value}: {said}");
    }
}
