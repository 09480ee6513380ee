//! The environment variables that `start` reads, and missing certificate authorities.

use std::fs;
use std::time::SystemTime;

use idporten_config::fetch::Kind;
use idporten_config::refresh::{LookupError, Refresher, StartError};
use idporten_config_tests::child;
use idporten_config_tests::live::{LONG, Mirror, TEST, WELL_KNOWN, asked, eventually, keys, metadata, provider};
use idporten_config_tests::scratch::Scratch;
use idporten_config_tests::server::{Authority, Reply};

fn start() -> Result<Refresher, StartError> {
    Refresher::builder(TEST.bundled_snapshot()).unwrap().start()
}

#[test]
fn start_reads_the_mirror_and_its_authority() {
    if child::is_child() {
        let refresher = start().unwrap();
        refresher.wait_ready(LONG).unwrap();
        assert!(refresher.find_keys(Some("a"), "RS256").is_ok());
        return;
    }
    let mirror = Mirror::start(&["a"]);
    child::run("variables::start_reads_the_mirror_and_its_authority", &mirror.variables());
    assert_eq!(asked(&mirror.server), [Mirror::WELL_KNOWN, Mirror::JWKS]);
}

#[test]
fn a_kid_is_unknown_behind_a_mirror_that_is_said_to_pass_the_date() {
    const NAME: &str = "variables::a_kid_is_unknown_behind_a_mirror_that_is_said_to_pass_the_date";
    if child::is_child() {
        let refresher = start().unwrap();
        refresher.wait_ready(LONG).unwrap();
        let passes_date = std::env::var("IDPORTEN_CONFIG_MIRROR_PASSES_DATE").unwrap() == "true";
        let found = refresher.find_keys_wait(Some("forged"), "RS256");
        assert_eq!(matches!(found, Err(LookupError::UnknownKey)), passes_date, "{found:?}");
        return;
    }
    let mirror = Mirror::start(&["a"]);
    let date = httpdate::fmt_http_date(SystemTime::now() + LONG);
    mirror.server.on(Mirror::WELL_KNOWN, metadata().header("Date", &date));
    mirror.server.on(Mirror::JWKS, keys(&["a"]).header("Date", &date));
    let [address, authority, alone, direct] = mirror.variables();
    for passes_date in ["false", "true"] {
        let passes_date = ("IDPORTEN_CONFIG_MIRROR_PASSES_DATE", passes_date);
        child::run(NAME, &[address, authority, alone, direct, passes_date]);
    }
}

/// The machine's authorities are where `SSL_CERT_FILE` says on this kind of system.
#[cfg(target_os = "linux")]
#[test]
fn start_trusts_the_machines_authorities_unless_it_is_told_not_to() {
    const NAME: &str = "variables::start_trusts_the_machines_authorities_unless_it_is_told_not_to";
    if child::is_child() {
        let refresher = start().unwrap();
        let alone = std::env::var("IDPORTEN_CONFIG_CA_ONLY").unwrap() == "true";
        assert_eq!(refresher.refresh_now().is_err(), alone, "{}", refresher.status());
        let untrusted = refresher.status().last_error.is_some_and(|error| error.contains("UnknownIssuer"));
        assert_eq!(untrusted, alone, "{}", refresher.status());
        return;
    }
    let (mirror, other) = (Mirror::start(&["a"]), idporten_config_tests::server::Authority::new());
    let [address, (_, machine), _, direct] = mirror.variables();
    for alone in ["true", "false"] {
        let own = ("IDPORTEN_CONFIG_CA_FILE", other.file().to_str().unwrap());
        child::run(NAME, &[address, direct, own, ("SSL_CERT_FILE", machine), ("IDPORTEN_CONFIG_CA_ONLY", alone)]);
    }
    assert_eq!(asked(&mirror.server), [Mirror::WELL_KNOWN, Mirror::JWKS], "of the second alone");
}

#[test]
fn an_unusable_variable_is_refused_by_the_start_and_named() {
    const NAME: &str = "variables::an_unusable_variable_is_refused_by_the_start_and_named";
    if child::is_child() {
        let Err(StartError::Client(error)) = start() else { panic!("it started") };
        assert_eq!(error.kind(), Kind::Setup);
        let text = error.to_string();
        assert!(text.contains(&std::env::var("SAYS").unwrap()), "{text}");
        // Options that the program sets replace the variables.
        let server = provider(&["a"]);
        let own = Refresher::builder(TEST.bundled_snapshot()).unwrap().fetch_options(server.options()).start().unwrap();
        own.wait_ready(LONG).unwrap();
        return;
    }
    for (variable, value, says) in [
        (
            "IDPORTEN_CONFIG_CA_ONLY",
            "maybe",
            "IDPORTEN_CONFIG_CA_ONLY cannot be used: it is \"maybe\"; set it to `true`",
        ),
        (
            "IDPORTEN_CONFIG_MIRROR_PASSES_DATE",
            "1",
            "IDPORTEN_CONFIG_MIRROR_PASSES_DATE cannot be used: it is \"1\"; set it to `true`",
        ),
        (
            "IDPORTEN_CONFIG_MIRROR",
            "http://mirror.example",
            "\"http://mirror.example\" is not https; give an https URL",
        ),
        ("IDPORTEN_CONFIG_MIRROR", "https://mirror.example/?a", "has a query"),
        ("IDPORTEN_CONFIG_MIRROR", "mirror", "the mirror cannot be used"),
    ] {
        child::run(NAME, &[(variable, value), ("SAYS", says)]);
    }
}

#[test]
fn an_unusable_mirror_in_the_options_is_refused_by_the_start() {
    let server = provider(&["a"]);
    let mut options = server.options();
    options.mirror = Some("https://user:m4rk3r@mirror.example".to_owned());
    let started = Refresher::builder(TEST.bundled_snapshot()).unwrap().fetch_options(options).start();
    let Err(error @ StartError::Client(_)) = started else { panic!("{started:?}") };
    assert!(
        error.to_string().contains("user information before the host") && !error.to_string().contains("m4rk3r"),
        "{error}"
    );
}

#[test]
fn a_missing_authority_file_fails_fetches_until_it_appears() {
    let (server, directory) = (provider(&["a"]), Scratch::new());
    let file = directory.path().join("authorities.pem");
    let mut options = server.options();
    options.ca_file = Some(file.clone());
    let builder = Refresher::builder(TEST.bundled_snapshot()).unwrap().fetch_options(options);
    let refresher = builder.start().unwrap();
    eventually("the fetch fails", || refresher.status().consecutive_failures > 0);
    let error = refresher.status().last_error.unwrap();
    assert!(error.contains("authorities.pem, cannot be used") && error.contains("certificates in PEM"), "{error}");
    assert_eq!(server.connections(), 0);

    let whole = directory.path().join("whole.pem");
    fs::copy(server.authority().file(), &whole).unwrap();
    fs::rename(whole, file).unwrap();
    refresher.wait_ready(LONG).unwrap();
    assert_eq!(refresher.status().last_error, None);
}

#[test]
fn authorities_that_change_in_their_file_are_read_again_after_a_failure() {
    let (server, directory) = (provider(&["a"]), Scratch::new());
    let file = directory.path().join("authorities.pem");
    fs::copy(Authority::new().file(), &file).unwrap();
    let mut options = server.options();
    options.ca_file = Some(file.clone());
    let refresher = Refresher::builder(TEST.bundled_snapshot()).unwrap().fetch_options(options).start().unwrap();
    assert!(refresher.refresh_now().unwrap_err().to_string().contains("UnknownIssuer"));
    fs::copy(server.authority().file(), &file).unwrap();
    refresher.refresh_now().unwrap();
}

#[test]
fn a_failure_that_other_authorities_would_not_prevent_keeps_the_client() {
    let (server, directory) = (provider(&["a"]), Scratch::new());
    let file = directory.path().join("authorities.pem");
    fs::copy(server.authority().file(), &file).unwrap();
    let mut options = server.options();
    options.ca_file = Some(file.clone());
    let refresher = Refresher::builder(TEST.bundled_snapshot()).unwrap().fetch_options(options).start().unwrap();
    refresher.wait_ready(LONG).unwrap();
    fs::remove_file(file).unwrap();
    server.on(WELL_KNOWN, Reply::status(500));
    assert!(refresher.refresh_now().is_err());
    server.on(WELL_KNOWN, metadata());
    refresher.refresh_now().expect("a new client would find no authorities");
}

#[cfg(unix)]
#[test]
fn a_variable_that_cannot_be_read_is_refused_and_not_overlooked() {
    use std::os::unix::ffi::OsStrExt;
    const NAME: &str = "variables::a_variable_that_cannot_be_read_is_refused_and_not_overlooked";
    if child::is_child() {
        let Err(StartError::Client(error)) = start() else { panic!("it started") };
        assert!(error.to_string().contains("IDPORTEN_CONFIG_CA_FILE cannot be used"), "{error}");
        return;
    }
    let odd = std::ffi::OsStr::from_bytes(b"authorities\xff.pem");
    let output = child::command(NAME, &[]).env("IDPORTEN_CONFIG_CA_FILE", odd).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
