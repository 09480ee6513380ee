//! Calls an API with access tokens from Maskinporten.
//!
//! | variable | holds |
//! |---|---|
//! | `MASKINPORTEN_ENVIRONMENT` | `test`, `prod`, or `local` for a stand-in on this machine; there is no default |
//! | `MASKINPORTEN_CLIENT_ID` | the client's id |
//! | `MASKINPORTEN_KEY_FILE` | the client's private RSA key, as PEM (PKCS #1 or PKCS #8), in a file that this user alone may read |
//! | `MASKINPORTEN_KEY_ID` | the `kid` under which its public half is registered |
//! | `MASKINPORTEN_SCOPES` | the scopes to ask for, separated by blanks |
//! | `MASKINPORTEN_RESOURCE` | the API that the token is for, if the API asks for an `aud` of its own; may be empty or left out |
//! | `API_URL` | what to call |

mod answer;
mod cache;
mod maskinporten;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs};

use idporten_config::Refresher;
use jsonwebtoken::{Algorithm, EncodingKey};
use maskinporten::{Client, TokenSource, causes};
use providers::maskinporten::Environment;
use reqwest::{Response, StatusCode, Url};

/// The constants and enums that build.rs makes of `idporten.toml`.
mod providers {
    include!(concat!(env!("OUT_DIR"), "/idporten_config.rs"));
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let environment: Environment = variable("MASKINPORTEN_ENVIRONMENT")?.parse()?;
    let refresher = Refresher::builder(environment.snapshot())?.start()?;
    let http = reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none())
        .build()?;

    let api = variable("API_URL")?;
    let api: Url = api.parse().map_err(|error| format!("API_URL is {api:?}: {error}"))?;
    // Whoever reads the token on its way can use it.
    if api.scheme() != "https" && environment != Environment::Local {
        return Err(format!("API_URL is {api}; tokens of {environment} need https").into());
    }
    let client = Client {
        id: variable("MASKINPORTEN_CLIENT_ID")?,
        key_id: variable("MASKINPORTEN_KEY_ID")?,
        key: key(&variable("MASKINPORTEN_KEY_FILE")?)?,
        scopes: variable("MASKINPORTEN_SCOPES")?,
        resource: env::var("MASKINPORTEN_RESOURCE").ok().filter(|resource| !resource.is_empty()),
    };
    let tokens = Arc::new(TokenSource::new(refresher, http.clone(), client));

    for _ in 0..2 {
        // The second call takes the token that the first one bought.
        let response = call(&http, &api, &tokens).await?.error_for_status()?;
        println!("{}", String::from_utf8_lossy(&answer::read(response).await?));
    }
    Ok(())
}

/// Calls the API, and once more with a new token if it does not accept the one that was kept: the key that signed it may have been
/// withdrawn.
async fn call(http: &reqwest::Client, api: &Url, tokens: &Arc<TokenSource>) -> Result<Response, Box<dyn Error>> {
    let send =
        async |token: &str| http.get(api.clone()).bearer_auth(token).send().await.map_err(|error| causes(&error));
    let token = tokens.get().await?;
    let response = send(&token).await?;
    if response.status() != StatusCode::UNAUTHORIZED || !tokens.forget(&token).await {
        return Ok(response);
    }
    Ok(send(&tokens.get().await?).await?)
}

/// Reads the private key that the client signs with.
fn key(file: &str) -> Result<EncodingKey, String> {
    let pem = fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    let key =
        EncodingKey::from_rsa_pem(&pem).map_err(|error| format!("{file} is not an RSA private key in PEM: {error}"))?;
    // Only a signature shows whether aws-lc-rs takes the key: better now than at the first token.
    jsonwebtoken::crypto::sign(b"", &key, Algorithm::RS256)
        .map_err(|error| format!("{file}: this key cannot sign: {error}"))?;
    Ok(key)
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} must be set"))
}
