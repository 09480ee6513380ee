//! A web site that logs users in with ID-porten. It starts and listens whether or not ID-porten can be reached.
//!
//! | variable | holds |
//! |---|---|
//! | `IDPORTEN_ENVIRONMENT` | `test`, `prod`, or `local` for a stand-in on this machine; there is no default |
//! | `IDPORTEN_CLIENT_ID` | the client's id |
//! | `IDPORTEN_KEY_FILE` | the client's private RSA key, as PEM (PKCS #1 or PKCS #8) |
//! | `IDPORTEN_KEY_ID` | the `kid` under which its public half is registered |
//! | `BASE_URL` | where users find this site, as `https://www.example.no`; `/callback` below it is the redirect URI |
//! | `LISTEN` | the address to listen at, as `127.0.0.1:8080` |
//!
//! It speaks plain http: a proxy in front ends TLS, limits the rate of requests, and cuts slow clients.

mod cookies;
mod idporten;
mod layout;
mod pages;
mod random;
mod sessions;
mod shutdown;

use std::error::Error;
use std::sync::Arc;
use std::{env, fs};

use ::idporten_config::Refresher;
use cookies::Cookies;
use idporten::{Client, Idporten};
use providers::idporten::Environment;
use sessions::Sessions;

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
async fn main() -> Result<(), Box<dyn Error>> {
    let environment: Environment = variable("IDPORTEN_ENVIRONMENT")?.parse()?;
    let refresher = Refresher::builder(environment.snapshot())?.start()?;
    let (base_url, secure) = base_url(environment)?;
    let client = Client {
        id: variable("IDPORTEN_CLIENT_ID")?,
        key_id: variable("IDPORTEN_KEY_ID")?,
        key: jsonwebtoken::EncodingKey::from_rsa_pem(&fs::read(variable("IDPORTEN_KEY_FILE")?)?)?,
        redirect_uri: format!("{base_url}/callback"),
    };
    let app = App {
        idporten: Idporten::new(refresher, client)?,
        sessions: Sessions::default(),
        cookies: Cookies { secure },
        base_url,
    };

    let listener = tokio::net::TcpListener::bind(variable("LISTEN")?).await?;
    println!("listening at {}", listener.local_addr()?);
    Ok(shutdown::serve(listener, pages::router(Arc::new(app))).await?)
}

/// Returns the site's origin, as browsers write it, and whether it is at https.
fn base_url(environment: Environment) -> Result<(String, bool), Box<dyn Error>> {
    let text = variable("BASE_URL")?;
    let url: reqwest::Url = text.parse()?;
    if url.origin().ascii_serialization() != text {
        return Err(format!("BASE_URL is {text:?}; write scheme and host alone, as https://www.example.no").into());
    }
    let secure = url.scheme() == "https";
    if !secure && environment != Environment::Local {
        return Err(format!("BASE_URL is {text:?}; users of {environment} need https").into());
    }
    Ok((text, secure))
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} must be set"))
}
