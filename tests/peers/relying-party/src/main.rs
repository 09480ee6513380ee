//! The relying party of `tests/programs`, with `idporten.rs` written by hand on `openidconnect`: the peer that the size of its
//! binary is compared with. Pages, sessions and cookies are the same files.
//!
//! It has the same variables, but for `IDPORTEN_ENVIRONMENT`: `ISSUER` is the provider's issuer. It fetches metadata and keys once,
//! at start.

#[path = "../../../programs/relying-party/src/cookies.rs"]
mod cookies;
#[path = "../../../programs/relying-party/src/error.rs"]
mod error;
mod idporten;
#[path = "../../../programs/relying-party/src/layout.rs"]
mod layout;
#[path = "../../../programs/relying-party/src/login.rs"]
mod login;
#[path = "../../../programs/relying-party/src/logout.rs"]
mod logout;
mod logout_token;
#[path = "../../../programs/relying-party/src/pages.rs"]
mod pages;
mod random;
#[path = "../../../programs/relying-party/src/sessions.rs"]
mod sessions;
#[path = "../../../programs/relying-party/src/shutdown.rs"]
mod shutdown;
#[path = "../../../programs/relying-party/src/table.rs"]
mod table;

use std::error::Error;
use std::sync::Arc;
use std::{env, fs};

use cookies::Cookies;
use idporten::{Client, Idporten};
use openidconnect::core::CoreRsaPrivateSigningKey;
use openidconnect::{IssuerUrl, JsonWebKeyId};
use sessions::Sessions;

/// The state that all pages share.
struct App {
    idporten: Idporten,
    sessions: Sessions,
    cookies: Cookies,
    base_url: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let base_url = variable("BASE_URL")?;
    let key_id = JsonWebKeyId::new(variable("IDPORTEN_KEY_ID")?);
    let pem = fs::read_to_string(variable("IDPORTEN_KEY_FILE")?)?;
    let client = Client {
        id: variable("IDPORTEN_CLIENT_ID")?,
        key_id: key_id.to_string(),
        key: CoreRsaPrivateSigningKey::from_pem(&pem, Some(key_id))?,
        redirect_uri: format!("{base_url}/callback"),
    };
    let idporten = Idporten::new(IssuerUrl::new(variable("ISSUER")?)?, client).await?;
    let cookies = Cookies { secure: base_url.starts_with("https://") };
    let app = App { idporten, sessions: Sessions::default(), cookies, base_url };

    let listener = tokio::net::TcpListener::bind(variable("LISTEN")?).await?;
    println!("listening at {}", listener.local_addr()?);
    Ok(shutdown::serve(listener, pages::router(Arc::new(app))).await?)
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} must be set"))
}
