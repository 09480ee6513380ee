//! A web site that logs users in with ID-porten.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use idporten_config::testing::sign;
use idporten_config_tests::cargo::{self, Finished};
use idporten_config_tests::places;
use idporten_config_tests::scratch::Scratch;

use crate::running::{
    Running, break_client_key_file, client_jwk, client_key_file, get, post, program, script, wait_for, wait_until,
};

/// The ports that the program's `idporten.toml` and this test name. The provider is at `localhost` and the site at `127.0.0.1`:
/// two sites, to which a browser sends cookies as it does between ID-porten and a relying party.
pub(crate) const PROVIDER: u16 = 8492;
pub(crate) const SITE: u16 = 8493;

/// One test at a time has these ports: the program has the provider's compiled in, and one that ends at once asks it too.
pub(crate) static PORTS: Mutex<()> = Mutex::new(());

pub(crate) fn site(path: &str) -> String {
    format!("http://127.0.0.1:{SITE}{path}")
}

pub(crate) fn relying_party(scratch: &Scratch, log: impl Into<Stdio>) -> Running {
    Running::start_with_log(&mut command(scratch), log)
}

fn command(scratch: &Scratch) -> Command {
    let mut command = program("relying-party");
    command
        .env("IDPORTEN_ENVIRONMENT", "local")
        .env("IDPORTEN_CLIENT_ID", "example-client")
        .env("IDPORTEN_KEY_FILE", client_key_file(scratch.path()))
        .env("IDPORTEN_KEY_ID", "client-key")
        .env("BASE_URL", site(""))
        .env("LISTEN", format!("127.0.0.1:{SITE}"));
    command
}

/// The directory of screenshots, empty. It outlives the test.
fn screenshots() -> PathBuf {
    let directory = places::target().join("screenshots");
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

fn drive_browser(screenshots: &Path) {
    let mut browser = script("browser.mjs");
    browser.args([site(""), format!("http://localhost:{PROVIDER}")]).arg(screenshots);
    let Finished { succeeded, stdout, stderr, .. } = cargo::run(&mut browser);
    assert!(succeeded, "the last of these steps failed:\n{stdout}\n{stderr}\nscreenshots: {}", screenshots.display());
    assert_eq!(stdout.lines().count(), 11, "{stdout}");
}

#[test]
#[ignore = "needs npm ci --prefix tests/provider, the programs built, and Chromium"]
fn a_user_logs_in_and_out_with_a_browser() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let scratch = Scratch::new();
    let _site = relying_party(&scratch, Stdio::null());
    let _provider = Running::start(script("idporten.mjs").args([PROVIDER.to_string(), client_jwk(), site("")]));
    wait_for(SITE, "/health/ready", 200);
    let screenshots = screenshots();
    drive_browser(&screenshots);
    let taken = fs::read_dir(&screenshots).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len());
    let lengths: Vec<_> = taken.collect();
    assert!(lengths.len() > 10 && lengths.iter().all(|length| *length > 1_000), "{lengths:?}");
}

#[test]
#[ignore = "needs the programs built"]
fn a_key_that_cannot_sign_is_refused_at_start() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let scratch = Scratch::new();
    let mut command = command(&scratch);
    break_client_key_file(scratch.path());
    let ended = command.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(!ended.status.success() && said.contains("client.pem: this key cannot sign: "), "{said}");
}

#[test]
#[ignore = "needs the programs built"]
fn a_site_that_is_set_up_wrongly_names_the_variable() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let scratch = Scratch::new();
    for (variable, value, wanted) in [
        ("IDPORTEN_ENVIRONMENT", "test", "BASE_URL is \"http://127.0.0.1:8493\"; users of idporten-test need https"),
        ("BASE_URL", "www.example.no", "BASE_URL is \"www.example.no\"; write scheme and host alone"),
        ("BASE_URL", "https://www.example.no/", "BASE_URL is \"https://www.example.no/\"; write scheme and host alone"),
        ("LISTEN", "8493", "LISTEN is \"8493\": invalid socket address"),
    ] {
        let ended = command(&scratch).env(variable, value).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success() && said.contains(&format!("error: {wanted}")), "{value}: {said}");
    }
}

#[test]
#[ignore = "needs the programs built"]
fn the_site_answers_while_the_provider_is_down() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let scratch = Scratch::new();
    let site = relying_party(&scratch, Stdio::null());
    for (path, status) in [
        ("/health/live", 200),
        ("/", 200),
        ("/health/ready", 503),
        ("/login", 503),
        ("/callback?code=any&state=any", 400),
        ("/callback?code=one&code=two", 400),
    ] {
        let answer = get(SITE, path, None);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
        assert!(answer.contains("\r\ncontent-security-policy: default-src 'none';"), "{answer}");
        assert!(!answer.contains("localhost"), "{path} names what the site talks to: {answer}");
        assert!(
            path.starts_with("/health/") || answer.contains("<header>Example service</header>"),
            "{path}: {answer}"
        );
    }
    assert!(site.terminate().success(), "it ends by itself when it is told to");
}

#[test]
#[ignore = "needs the programs built"]
fn the_back_channel_takes_log_out_tokens_alone() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let scratch = Scratch::new();
    let log = scratch.path().join("log");
    let _site = relying_party(&scratch, File::create(&log).unwrap());
    let claims = serde_json::json!({ "iss": format!("http://localhost:{PROVIDER}"), "exp": 9_999_999_999_u64 });
    let undecided = format!("logout_token={}", sign("a-key", 0, &claims));
    let oversized = format!("logout_token={}", "x".repeat(40_000));
    for (form, status) in [
        ("", 400),
        ("token=other", 400),
        ("logout_token=not.a.token", 400),
        ("logout_token=a&logout_token=b", 400),
        (&oversized, 400),
        (&undecided, 503),
    ] {
        let answer = post(SITE, "/backchannel-logout", form);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{form:.40}: {answer}");
        assert_eq!(answer.contains("\r\nretry-after: "), status == 503, "{form:.40}: {answer}");
    }

    // One of 16 places is taken.
    for _ in 0..15 {
        post(SITE, "/backchannel-logout", &undecided);
    }
    let is_dropped = || fs::read_to_string(&log).unwrap().contains("and is dropped: all places are taken\n");
    assert!(!is_dropped());
    post(SITE, "/backchannel-logout", &undecided);
    wait_until(is_dropped);
}
