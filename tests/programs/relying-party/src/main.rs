//! A web site that logs users in with ID-porten. It starts and listens whether or not ID-porten can be reached.
//!
//! | variable | holds |
//! |---|---|
//! | `IDPORTEN_ENVIRONMENT` | `test`, `prod`, or `local` for a stand-in on this machine; there is no default |
//! | `IDPORTEN_CLIENT_ID` | the client's id |
//! | `IDPORTEN_KEY_FILE` | the client's private RSA key of 2048, 3072 or 4096 bits as PEM (PKCS #1 or #8), in a file that this user alone may read |
//! | `IDPORTEN_KEY_ID` | the `kid` under which its public half is registered |
//! | `BASE_URL` | where users find this site, as `https://www.example.no` |
//! | `LISTEN` | the address to listen at, as `127.0.0.1:8080` |
//!
//! Register three URIs of the client with ID-porten: `BASE_URL/callback` as redirect URI, `BASE_URL/` (with the slash) as
//! post-logout redirect URI, and `BASE_URL/backchannel-logout` as back-channel log-out URI.
//!
//! It speaks plain http: a proxy in front ends TLS, limits the rate of requests, and cuts slow clients. Each visit of `/login` is a
//! request to ID-porten. What happens to the refresher, and why a log-in failed, is written to standard error.

mod answer;
mod cookies;
mod error;
mod idporten;
mod layout;
mod log;
mod login;
mod logout;
mod pages;
mod random;
mod sessions;
mod shutdown;
mod table;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::{env, fs, thread};

use cookies::Cookies;
use idporten::{Client, Idporten};
use idporten_config::Refresher;
use idporten_config::interop::jsonwebtoken::ring;
use idporten_config::refresh::Event;
use jsonwebtoken::{Algorithm, EncodingKey};
use log::log;
use providers::idporten::Environment;
use sessions::Sessions;
use tokio::net::TcpListener;

/// The constants and enums that build.rs makes of `idporten.toml`.
mod providers {
    include!(concat!(env!("OUT_DIR"), "/idporten_config.rs"));
}

/// The state that all pages share.
struct App {
    idporten: Idporten,
    sessions: Sessions,
    cookies: Cookies,
    base_url: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log(format_args!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    choose_cryptography();
    let environment: Environment = variable("IDPORTEN_ENVIRONMENT")?.parse()?;
    let refresher = refresher(environment.snapshot())?;
    let (base_url, secure) = base_url(environment)?;
    let client = Client {
        id: variable("IDPORTEN_CLIENT_ID")?,
        key_id: variable("IDPORTEN_KEY_ID")?,
        key: key(&variable("IDPORTEN_KEY_FILE")?)?,
        redirect_uri: format!("{base_url}/callback"),
    };
    let app = App {
        idporten: Idporten::new(refresher, client)?,
        sessions: Sessions::default(),
        cookies: Cookies { secure },
        base_url,
    };

    let address = variable("LISTEN")?;
    let listener = TcpListener::bind(&address).await.map_err(|error| format!("LISTEN is {address:?}: {error}"))?;
    println!("listening at {}", listener.local_addr()?);
    Ok(shutdown::serve(listener, pages::router(Arc::new(app))).await?)
}

/// Names `ring` to reqwest and to `jsonwebtoken`, which are compiled without cryptography of their own.
fn choose_cryptography() {
    rustls::crypto::ring::default_provider().install_default().expect("no provider is installed before");
    ring::DEFAULT_PROVIDER.install_default().expect("no back-end is installed before");
}

/// Starts a refresher, and a thread that writes its events, such as failures and rotations, until it ends.
fn refresher(seed: &'static str) -> Result<Refresher, Box<dyn Error>> {
    let mut builder = Refresher::builder(seed)?;
    let events = builder.events();
    thread::spawn(move || {
        // Not that a fetch begins: its success or failure is an event too.
        for event in events.iter().filter(|event| !matches!(event, Event::Started { .. })) {
            log(format_args!("refresher: {event}"));
        }
    });
    Ok(builder.start()?)
}

/// Reads the private key that the client signs with.
fn key(file: &str) -> Result<EncodingKey, String> {
    let pem = fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    let key =
        EncodingKey::from_rsa_pem(&pem).map_err(|error| format!("{file} is not an RSA private key in PEM: {error}"))?;
    // Only a signature shows whether `ring` takes the key: better now than at the first log-in.
    jsonwebtoken::crypto::sign(b"", &key, Algorithm::RS256)
        .map_err(|error| format!("{file}: this key cannot sign: {error}"))?;
    Ok(key)
}

/// Returns the site's origin, as browsers write it, and whether it is at https.
fn base_url(environment: Environment) -> Result<(String, bool), Box<dyn Error>> {
    let text = variable("BASE_URL")?;
    let url = text.parse::<reqwest::Url>().ok().filter(|url| url.origin().ascii_serialization() == text);
    let url =
        url.ok_or_else(|| format!("BASE_URL is {text:?}; write scheme and host alone, as https://www.example.no"))?;
    let secure = url.scheme() == "https";
    if !secure && environment != Environment::Local {
        return Err(format!("BASE_URL is {text:?}; users of {environment} need https").into());
    }
    Ok((text, secure))
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} must be set"))
}
