//! A web site that logs users in with ID-porten. It starts and listens whether or not ID-porten can be reached.
//!
//! | variable | holds |
//! |---|---|
//! | `IDPORTEN_ENVIRONMENT` | `test`, `prod`, or `local` for a stand-in on this machine; there is no default |
//! | `IDPORTEN_CLIENT_ID` | the client's id |
//! | `IDPORTEN_KEY_FILE` | the client's private RSA key, as PEM (PKCS #1 or PKCS #8) |
//! | `IDPORTEN_KEY_ID` | the `kid` under which its public half is registered |
//! | `BASE_URL` | where users find this site, without a slash at the end; `/callback` below it is the redirect URI |
//! | `LISTEN` | the address to listen at, as `127.0.0.1:8080` |

mod idporten;
mod pages;
mod random;
mod sessions;

use std::error::Error;
use std::sync::Arc;
use std::{env, fs};

use ::idporten_config::Refresher;
use idporten::{Client, Idporten};
use sessions::Sessions;

/// The constants and enums that build.rs makes of `idporten.toml`.
mod providers {
    include!(concat!(env!("OUT_DIR"), "/idporten_config.rs"));
}

/// The state that all pages share.
struct App {
    idporten: Idporten,
    sessions: Sessions,
    base_url: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let environment: providers::idporten::Environment = variable("IDPORTEN_ENVIRONMENT")?.parse()?;
    let refresher = Refresher::builder(environment.snapshot())?.start()?;
    let base_url = variable("BASE_URL")?;
    let client = Client {
        id: variable("IDPORTEN_CLIENT_ID")?,
        key_id: variable("IDPORTEN_KEY_ID")?,
        key: jsonwebtoken::EncodingKey::from_rsa_pem(&fs::read(variable("IDPORTEN_KEY_FILE")?)?)?,
        redirect_uri: format!("{base_url}/callback"),
    };
    let app = App { idporten: Idporten::new(refresher, client)?, sessions: Sessions::default(), base_url };

    let listener = tokio::net::TcpListener::bind(variable("LISTEN")?).await?;
    println!("listening at {}", listener.local_addr()?);
    let stopped = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    axum::serve(listener, pages::router(Arc::new(app))).with_graceful_shutdown(stopped).await?;
    Ok(())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} must be set"))
}
