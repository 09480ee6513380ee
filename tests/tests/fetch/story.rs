//! One story: a server's replies, a fetch, and what came of it.

use std::env;
use std::error::Error;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use idporten_config::KnownEnvironment;
use idporten_config::Snapshot;
use idporten_config::document::json::{Object, Value};
use idporten_config::fetch::{FetchError, Fetcher, Kind, Options, Step};
use idporten_config_tests::server::{Reply, Request, Server};

pub(crate) const TEST: KnownEnvironment = KnownEnvironment::IdportenTest;
pub(crate) const WELL_KNOWN: &str = "https://test.idporten.no/.well-known/openid-configuration";
pub(crate) const JWKS: &str = "https://test.idporten.no/jwks.json";

/// Stands in every body, key and private member here, and so must stand in no error.
pub(crate) const MARKER: &str = "m4rk3r";

/// The result of a fetch.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) result: Result<Snapshot, FetchError>,
    pub(crate) requests: Vec<Request>,
    pub(crate) took: Duration,
}

/// Fetches ID-porten TEST where its two URLs answer with these.
pub(crate) fn fetch(metadata: impl Into<Vec<Reply>>, keys: impl Into<Vec<Reply>>) -> Outcome {
    let server = Server::start();
    server.on(WELL_KNOWN, metadata);
    server.on(JWKS, keys);
    fetch_from(&server, server.options())
}

/// Fetches ID-porten TEST from a server that has its script.
pub(crate) fn fetch_from(server: &Server, options: Options) -> Outcome {
    let start = Instant::now();
    let result = Fetcher::new(options).and_then(|fetcher| fetcher.fetch(&TEST.into(), SystemTime::now()));
    Outcome { result, requests: server.requests(), took: start.elapsed() }
}

impl Outcome {
    /// It succeeded.
    #[track_caller]
    pub(crate) fn accepted(self) -> Snapshot {
        self.result.unwrap_or_else(|error| panic!("{error}: {error:?}"))
    }

    /// It failed so, with this in the message, and without a word of a body.
    #[track_caller]
    pub(crate) fn refused(self, kind: Kind, step: impl Into<Option<Step>>, message: &str) -> Self {
        let error = self.error();
        assert!(error.to_string().contains(message), "{error}: {error:?}");
        assert_eq!((error.kind(), error.step()), (kind, step.into()), "{error}");
        assert_tells_nothing(error);
        self
    }

    #[track_caller]
    pub(crate) fn error(&self) -> &FetchError {
        self.result.as_ref().expect_err("a failed fetch")
    }

    /// These URLs were asked for, and no others.
    #[track_caller]
    pub(crate) fn asked(self, urls: &[&str]) -> Self {
        assert_eq!(self.requests.iter().map(|request| request.url.as_str()).collect::<Vec<_>>(), urls);
        self
    }

    /// It ended within this time, and some more for a machine that is busy.
    #[track_caller]
    pub(crate) fn within(self, limit: Duration) -> Self {
        assert!(self.took < limit + Duration::from_secs(2), "{:?}", self.took);
        self
    }
}

#[track_caller]
fn assert_tells_nothing(error: &FetchError) {
    let mut texts = vec![format!("{error} {error:?}")];
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.push(format!("{error} {error:?}"));
        cause = error.source();
    }
    assert!(texts.iter().all(|text| !text.contains(MARKER)), "{texts:?}");
}

/// A complete document for an environment, with the marker in a member of its own.
pub(crate) fn document(environment: KnownEnvironment) -> Object {
    let bundled = Snapshot::parse(environment.bundled_snapshot()).unwrap();
    let mut document = bundled.metadata_json().clone();
    let issuer = environment.issuer().trim_end_matches('/');
    for (member, value) in [
        ("issuer", environment.issuer().into()),
        ("authorization_endpoint", format!("{issuer}/authorize").into()),
        ("token_endpoint", format!("{issuer}/token").into()),
        ("jwks_uri", format!("{issuer}/jwks.json").into()),
        ("response_types_supported", vec!["code"].into()),
        ("subject_types_supported", vec!["pairwise"].into()),
        ("id_token_signing_alg_values_supported", vec!["RS256"].into()),
        ("served_by", MARKER.into()),
    ] {
        if !document.contains(member) {
            document.set(member, value);
        }
    }
    document
}

/// The good metadata.
pub(crate) fn metadata() -> Reply {
    Reply::json(Value::from(document(TEST)).to_string())
}

/// The good metadata but for one member.
pub(crate) fn metadata_with(member: &str, value: impl Into<Value>) -> Reply {
    let mut document = document(TEST);
    document.set(member, value.into());
    Reply::json(Value::from(document).to_string())
}

/// The good metadata without a member.
pub(crate) fn metadata_without(member: &str) -> Reply {
    let document = document(TEST);
    let rest: Object = document
        .iter()
        .filter(|(name, _)| *name != member)
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect();
    Reply::json(Value::from(rest).to_string())
}

/// An RSA key in form: 256 bytes that nobody has the other half of.
pub(crate) fn key(kid: &str) -> String {
    format!(r#"{{"kty":"RSA","use":"sig","kid":"{kid}","e":"AQAB","n":"{}"}}"#, modulus(kid))
}

/// A modulus of 2,048 bits that holds the marker, another one for each seed.
pub(crate) fn modulus(seed: &str) -> String {
    let seed: String = seed.chars().filter(char::is_ascii_alphanumeric).collect();
    let text = format!("{MARKER}{seed}").repeat(342);
    format!("{}Q", &text[..341])
}

/// The good key set.
pub(crate) fn keys() -> Reply {
    key_set(&[key("a")])
}

pub(crate) fn key_set(entries: &[String]) -> Reply {
    Reply::json(format!(r#"{{"keys":[{}],"served_by":"{MARKER}"}}"#, entries.join(",")))
}

/// Runs the test of this name once more, in a process with these variables, and says whether this is that process.
#[track_caller]
pub(crate) fn is_child(test: &str, variables: &[(&str, &str)]) -> bool {
    const CHILD: &str = "IDPORTEN_CONFIG_TESTS_CHILD";
    if env::var_os(CHILD).is_some() {
        return true;
    }
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", test])
        .env(CHILD, "1")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && report.contains("1 passed"),
        "{report}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    false
}
