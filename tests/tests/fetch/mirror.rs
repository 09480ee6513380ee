//! Mirrors: both documents come from there, and their age with them.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::{Duration, SystemTime};

use idporten_config::Snapshot;
use idporten_config::document::{Description, Provider};
use idporten_config::fetch::{Fetcher, Kind, Options, Step};
use idporten_config_tests::server::{Reply, Server};

use crate::story::{TEST, fetch_from, key, keys, metadata, metadata_with};

const METADATA: &str = "https://mirror.example/idp/test.idporten.no/.well-known/openid-configuration";
const KEYS: &str = "https://mirror.example/idp/test.idporten.no/jwks.json";

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn mirror(metadata: impl Into<Vec<Reply>>, keys: impl Into<Vec<Reply>>) -> Server {
    let server = Server::start();
    server.on(METADATA, metadata);
    server.on(KEYS, keys);
    server
}

fn options(server: &Server) -> Options {
    let mut options = server.options();
    options.mirror = Some(format!("https://mirror.example:{}/idp", server.address().port()));
    options
}

fn fetched(server: &Server) -> Snapshot {
    Fetcher::new(options(server)).unwrap().fetch(&TEST.into(), now()).unwrap()
}

#[test]
fn both_documents_are_read_from_the_mirror_and_from_nowhere_else() {
    for slash in ["", "/"] {
        let server = mirror(metadata(), keys());
        let mut options = options(&server);
        options.mirror = options.mirror.map(|mirror| mirror + slash);
        let snapshot = fetch_from(&server, options).asked(&[METADATA, KEYS]).accepted();
        assert_eq!(snapshot.provider().well_known_url(), TEST.well_known_url());
    }
}

#[test]
fn what_a_mirror_serves_is_as_old_as_it_says() {
    let date = |ago: u64| httpdate::fmt_http_date(now() - Duration::from_secs(ago));
    let age = |metadata: Reply, keys: Reply| fetched(&mirror(metadata, keys)).age(now()).as_secs();
    assert_eq!(age(metadata(), keys()), 0);
    assert_eq!(age(metadata().header("Age", "60"), keys()), 60);
    assert_eq!(age(metadata(), keys().header("Age", "60")), 60);
    assert_eq!(age(metadata().header("Date", date(3600)), keys().header("Age", "60")), 3600);
    assert_eq!(age(metadata().header("Date", date(5)), keys().header("Date", date(7200))), 7200);
    assert_eq!(age(metadata().header("Date", "x").header("Age", "-1"), keys()), 0);
    let future = httpdate::fmt_http_date(now() + Duration::from_secs(3600));
    assert_eq!(age(metadata().header("Date", future), keys()), 0);
}

#[test]
fn an_age_beyond_all_time_is_old_and_not_young() {
    for beyond in ["99999999999", "9999999999999999999", "99999999999999999999999"] {
        let snapshot = fetched(&mirror(metadata().header("Age", beyond), keys()));
        assert_eq!(snapshot.as_of(), SystemTime::UNIX_EPOCH, "{beyond}");
    }
}

#[test]
fn the_provider_itself_is_taken_to_be_up_to_date() {
    let server = Server::start();
    server.on(TEST.well_known_url(), metadata().header("Age", "60"));
    server.on("https://test.idporten.no/jwks.json", keys());
    let fetcher = Fetcher::new(server.options()).unwrap();
    assert_eq!(fetcher.fetch(&TEST.into(), now()).unwrap().as_of(), now());
}

#[test]
fn a_development_environment_over_plain_http_is_not_read_from_the_mirror() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let metadata = format!(
        r#"{{"issuer":"{issuer}","authorization_endpoint":"{issuer}/authorize","token_endpoint":"{issuer}/token",
        "jwks_uri":"{issuer}/jwks","response_types_supported":["code"],"subject_types_supported":["public"],
        "id_token_signing_alg_values_supported":["RS256"]}}"#
    );
    let bodies = [metadata, format!(r#"{{"keys":[{}]}}"#, key("one"))];
    let provider = thread::spawn(move || {
        for body in bodies {
            let mut connection = listener.accept().unwrap().0;
            let head = BufReader::new(&connection).lines().map_while(|line| line.ok().filter(|line| !line.is_empty()));
            assert!(head.count() > 0);
            let headers = "content-type: application/json\r\nage: 60\r\nconnection: close";
            let length = body.len();
            write!(connection, "HTTP/1.1 200 -\r\n{headers}\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
        }
    });
    let well_known = format!("{issuer}/.well-known/openid-configuration");
    let description = Description::new("local", well_known, issuer).with_development(true);
    let server = mirror(Reply::status(404), Reply::status(404));
    let fetcher = Fetcher::new(options(&server)).unwrap();
    let snapshot = fetcher.fetch(&Provider::describe(description).unwrap(), now()).unwrap();
    assert_eq!(snapshot.as_of(), now(), "the provider itself is up to date");
    assert_eq!(server.connections(), 0);
    provider.join().unwrap();
}

#[test]
fn a_mirror_is_held_to_the_rules_of_the_provider() {
    let server = mirror(metadata_with("jwks_uri", "https://mirror.example/idp/test.idporten.no/jwks.json"), keys());
    let outcome = fetch_from(&server, options(&server));
    let outcome = outcome.refused(Kind::Document, Step::Metadata, "is not on test.idporten.no").asked(&[METADATA]);
    assert!(outcome.error().url().is_some_and(|url| url.starts_with("https://mirror.example")), "{}", outcome.error());
    let server = mirror(metadata_with("issuer", "https://idporten.no"), keys());
    fetch_from(&server, options(&server)).refused(Kind::Document, Step::Metadata, "issuer").asked(&[METADATA]);
    let server = mirror(metadata(), Reply::json("{}"));
    let outcome = fetch_from(&server, options(&server)).refused(Kind::Document, Step::Keys, "must have a list `keys`");
    assert!(outcome.error().url().is_some_and(|url| url.starts_with("https://mirror.example")), "{}", outcome.error());
    let server = mirror(Reply::status(404), keys());
    let outcome = fetch_from(&server, options(&server)).refused(Kind::Status(404), Step::Metadata, "404");
    assert!(outcome.error().url().is_some_and(|url| url.starts_with("https://mirror.example")), "{}", outcome.error());
}

#[test]
fn an_unusable_mirror_is_refused_with_the_fix() {
    for (mirror, message) in [
        ("http://mirror.example", "is not https"),
        ("mirror.example", "is not an absolute https URL"),
        ("", "is not an absolute https URL"),
        ("https://mirror.example/?a=b", "has a query"),
        ("https://user:password@mirror.example", "has user information"),
        ("https://mirror.example/#a", "has a fragment"),
    ] {
        let server = Server::start();
        let mut options = server.options();
        options.mirror = Some(mirror.to_owned());
        let outcome = fetch_from(&server, options).refused(Kind::Setup, None, message).asked(&[]);
        assert!(outcome.error().to_string().ends_with("; give an https URL"), "{}", outcome.error());
    }
}
