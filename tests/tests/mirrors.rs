//! The recipes of `docs/mirrors.md`, run with nginx and Varnish themselves. Their caches know the machine's clock alone, so that
//! lifetimes are short; the provider's `Date` and the refresher follow a virtual clock.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use idporten_config::Refresher;
use idporten_config::fetch::{Fetcher, Options};
use idporten_config::refresh::{Health, LookupError, Reason, RefreshPolicy};
use idporten_config::testing::{self, VirtualClock};
use idporten_config_tests::live::{JWKS, TEST, WELL_KNOWN, asked, eventually, keys, metadata};
use idporten_config_tests::places;
use idporten_config_tests::scratch::Scratch;
use idporten_config_tests::server::{Authority, Server};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: u32 = 24;

/// The recipe of the mirror.
#[derive(Debug, Clone, Copy)]
enum Cache {
    Nginx,
    Varnish,
}

/// A provider, a cache before it, and the time that both the provider and the refresher live in.
struct Mirror {
    clock: VirtualClock,
    provider: Option<Server>,
    // The file with its certificate is there for as long as it lives.
    _authority: Arc<Authority>,
    options: Options,
    lifetime: Duration,
    _processes: Vec<Process>,
    _directory: Scratch,
}

/// A process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Varnish is two processes, the second of which ends when the first is asked to, and not when it is killed.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

impl Mirror {
    /// Starts a recipe that keeps answers for so many seconds in place of an hour.
    fn start(cache: Cache, lifetime: u64) -> Self {
        // Behind the machine's clock: a date that a cache makes up is then in the future, and makes an answer look new.
        let clock = VirtualClock::new(SystemTime::now() - 30 * DAY * HOUR);
        let (provider, directory) = (Server::start(), Scratch::new());
        let path = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
        let [front, middle, back] = free_ports();
        let origin = provider.address().port();
        provider.authority().write(
            &["127.0.0.1"],
            &directory.path().join("cert.pem"),
            &directory.path().join("key.pem"),
        );
        let authority = provider.authority().file().to_string_lossy().into_owned();
        let common = [
            ("listen 443 ssl;".to_owned(), format!("listen 127.0.0.1:{front} ssl;")),
            ("/etc/nginx/mirror.pem".to_owned(), path("cert.pem")),
            ("/etc/nginx/mirror.key".to_owned(), path("key.pem")),
            ("/etc/ssl/certs/ca-certificates.crt".to_owned(), authority.clone()),
            ("/var/log/nginx/".to_owned(), path("")),
            ("/run/".to_owned(), path("")),
            ("resolver 192.0.2.53;".to_owned(), String::new()),
        ];
        let edit = |name: &str, edits: &[(String, String)]| {
            let mut text = recipe(name);
            for (from, to) in edits {
                assert!(text.contains(from.as_str()), "{name} has no {from:?}");
                text = text.replace(from.as_str(), to);
            }
            fs::write(path(name), text).unwrap();
            path(name)
        };
        let processes = match cache {
            Cache::Nginx => {
                let own = [
                    ("/var/cache/nginx/mirror".to_owned(), path("cache")),
                    ("https://$provider$document".to_owned(), format!("https://127.0.0.1:{origin}$document")),
                    ("proxy_cache_valid 200 1h;".to_owned(), format!("proxy_cache_valid 200 {lifetime}s;")),
                ];
                vec![nginx(directory.path(), &edit("nginx.conf", &[&common[..], &own].concat()))]
            }
            Cache::Varnish => {
                let tls = [
                    ("127.0.0.1:8081".to_owned(), format!("127.0.0.1:{middle}")),
                    ("127.0.0.1:8082".to_owned(), format!("127.0.0.1:{back}")),
                    ("https://$host$request_uri".to_owned(), format!("https://127.0.0.1:{origin}$request_uri")),
                ];
                let own = [
                    ("\"8082\"".to_owned(), format!("\"{back}\"")),
                    ("ttl = 1h".to_owned(), format!("ttl = {lifetime}s")),
                ];
                vec![
                    nginx(directory.path(), &edit("tls.conf", &[&common[..], &tls].concat())),
                    varnish(&directory.path().join("varnish"), &edit("default.vcl", &own), middle),
                ]
            }
        };
        let ports: &[u16] = if let Cache::Nginx = cache { &[front] } else { &[front, middle, back] };
        for port in ports {
            eventually("a port is open", || TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).is_ok());
        }
        let options = Options::default()
            .with_ca_file(authority)
            .with_ca_only(true)
            .with_mirror(format!("https://127.0.0.1:{front}"))
            .with_mirror_passes_date(true)
            .with_addresses([]);
        Self {
            clock,
            _authority: Arc::clone(provider.authority()),
            provider: Some(provider),
            options,
            lifetime: Duration::from_secs(lifetime),
            _processes: processes,
            _directory: directory,
        }
    }

    /// The provider answers with these keys, dated now.
    fn publish(&self, kids: &[&str]) {
        let date = httpdate::fmt_http_date(self.clock.now());
        let provider = self.provider.as_ref().expect("a provider that lives");
        provider.on(WELL_KNOWN, metadata().header("Date", &date));
        provider.on(JWKS, keys(kids).header("Date", &date).header("Vary", "Origin"));
    }

    /// A refresher whose seed is of now.
    fn refresher(&self, policy: RefreshPolicy) -> Refresher {
        let seed = testing::snapshot(TEST, self.clock.now(), &["a"]);
        let builder = Refresher::builder(seed).unwrap().policy(policy).clock(&self.clock);
        builder.fetch_options(self.options.clone()).start().unwrap()
    }

    /// Lets what the cache holds pass its lifetime. nginx counts in whole seconds.
    fn expire(&self) {
        thread::sleep(self.lifetime + Duration::from_millis(1_100));
    }

    /// Lets hours pass in which the provider publishes these keys. Once a day the cache's lifetime passes too.
    fn hours(&self, count: u32, kids: &[&str]) {
        for hour in 0..count {
            if hour % DAY == DAY - 4 {
                self.expire();
            }
            self.publish(kids);
            self.clock.advance(HOUR);
        }
    }
}

fn recipe(name: &str) -> String {
    fs::read_to_string(places::workspace().join("tests/mirrors").join(name)).unwrap()
}

fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    let listeners = [(); COUNT].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

fn nginx(directory: &Path, configuration: &str) -> Process {
    let settings = "daemon off; master_process off;";
    started(Command::new("nginx").arg("-p").arg(directory).args(["-c", configuration, "-g", settings]))
}

fn varnish(directory: &Path, configuration: &str, port: u16) -> Process {
    let address = format!("127.0.0.1:{port}");
    let arguments = ["-F", "-f", configuration, "-a", &address, "-s", "malloc,16m", "-j", "none"];
    started(Command::new("varnishd").args(arguments).arg("-n").arg(directory))
}

fn started(command: &mut Command) -> Process {
    // Their directories are not on the path of every user.
    let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    Process(command.env("PATH", path).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it is installed"))
}

/// A provider that lives and changes nothing for days, and then publishes a key.
#[track_caller]
fn stays_sound(cache: Cache) {
    let mirror = Mirror::start(cache, 1);
    let refresher = mirror.refresher(RefreshPolicy::default());
    mirror.hours(10 * DAY, &["a"]);
    let status = refresher.status();
    assert_eq!((status.health, status.consecutive_failures), (Health::Ok, 0), "{status}");
    mirror.hours(DAY + 2, &["a", "b"]);
    assert!(refresher.find_keys(Some("b"), "RS256").is_ok(), "{}", refresher.status());
}

/// A provider that is dead while the cache answers on. Limits are two days in place of seven, and retries rare: what counts is the
/// age of the answers.
#[track_caller]
fn becomes_too_stale(cache: Cache) {
    let mut mirror = Mirror::start(cache, 1);
    let policy = RefreshPolicy::default().with_max_age(HOUR * (2 * DAY)).with_backoff(HOUR, HOUR * 6);
    let refresher = mirror.refresher(policy);
    mirror.hours(DAY, &["a"]);
    mirror.provider = None;
    mirror.expire();
    Fetcher::new(mirror.options.clone()).unwrap().fetch(&TEST.into(), mirror.clock.now()).expect("a stale answer");
    // The last answer of the provider is between no time and a day old here.
    mirror.clock.advance(HOUR * 16);
    assert!(refresher.current().is_ok(), "{}", refresher.status());
    mirror.clock.advance(HOUR * (2 * DAY));
    let reason = refresher.current().err().map(|error| error.reason());
    assert!(matches!(reason, Some(Reason::TooStale(_))), "{reason:?}: {}", refresher.status());
}

/// A key is published while the cache holds the set without it.
#[track_caller]
fn lags_without_a_refusal(cache: Cache) {
    let mirror = Mirror::start(cache, 4);
    mirror.publish(&["a"]);
    let refresher = mirror.refresher(RefreshPolicy::default());
    refresher.refresh_now().unwrap();
    mirror.publish(&["a", "b"]);
    let mut undetermined = 0;
    eventually("the new key is found", || {
        mirror.clock.advance(Duration::from_secs(20));
        match refresher.find_keys_wait(Some("b"), "RS256") {
            Ok(_) => return true,
            Err(LookupError::Undetermined { .. }) => undetermined += 1,
            Err(error) => panic!("a valid token is refused: {error}"),
        }
        thread::sleep(Duration::from_millis(100));
        false
    });
    assert!(undetermined > 0, "the cache did not lag");
}

/// A hundred instances refresh at once, twice.
#[track_caller]
fn asks_once_for_all(cache: Cache) {
    let mirror = Mirror::start(cache, 10);
    mirror.publish(&["a"]);
    let fetcher = Fetcher::new(mirror.options.clone()).unwrap();
    let upstream = || asked(mirror.provider.as_ref().unwrap()).len();
    for round in 1..=2 {
        thread::scope(|scope| {
            for _ in 0..100 {
                scope.spawn(|| fetcher.fetch(&TEST.into(), mirror.clock.now()).unwrap());
            }
        });
        assert_eq!(upstream(), 2 * round, "one request for each document in round {round}");
        mirror.expire();
    }
}

#[test]
#[ignore = "needs nginx"]
fn a_refresher_behind_nginx_is_sound_after_ten_days() {
    stays_sound(Cache::Nginx);
}

#[test]
#[ignore = "needs nginx"]
fn stale_answers_of_nginx_become_too_stale() {
    becomes_too_stale(Cache::Nginx);
}

#[test]
#[ignore = "needs nginx"]
fn nginx_that_lags_costs_no_valid_token() {
    lags_without_a_refusal(Cache::Nginx);
}

#[test]
#[ignore = "needs nginx"]
fn nginx_asks_the_provider_once_for_a_hundred() {
    asks_once_for_all(Cache::Nginx);
}

#[test]
#[ignore = "needs Varnish and nginx"]
fn a_refresher_behind_varnish_is_sound_after_ten_days() {
    stays_sound(Cache::Varnish);
}

#[test]
#[ignore = "needs Varnish and nginx"]
fn stale_answers_of_varnish_become_too_stale() {
    becomes_too_stale(Cache::Varnish);
}

#[test]
#[ignore = "needs Varnish and nginx"]
fn varnish_that_lags_costs_no_valid_token() {
    lags_without_a_refusal(Cache::Varnish);
}

#[test]
#[ignore = "needs Varnish and nginx"]
fn varnish_asks_the_provider_once_for_a_hundred() {
    asks_once_for_all(Cache::Varnish);
}

#[test]
fn the_page_shows_the_recipes_that_are_run() {
    let page = fs::read_to_string(places::workspace().join("docs/mirrors.md")).unwrap();
    for name in ["nginx.conf", "default.vcl", "tls.conf"] {
        let recipe = recipe(name);
        assert!(
            page.contains(&format!("\n{recipe}```\n")),
            "docs/mirrors.md does not show tests/mirrors/{name} as it is"
        );
    }
}
