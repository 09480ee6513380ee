//! An API for clients of Maskinporten. It starts and listens whether or not Maskinporten can be reached.
//!
//! | variable | holds |
//! |---|---|
//! | `MASKINPORTEN_ENVIRONMENT` | `test`, `prod`, or `local` for a stand-in on this machine; there is no default |
//! | `AUDIENCE` | the `aud` of tokens for this API |
//! | `LISTEN` | the address to listen at, as `127.0.0.1:8080` |
//!
//! It speaks plain http: a proxy in front ends TLS, limits the rate of requests, and cuts slow clients. What happens to the
//! refresher is written to standard error; requests are not.

mod bearer;
mod shutdown;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::{env, thread};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use bearer::Bearer;
use idporten_config::Refresher;
use idporten_config::interop::jsonwebtoken::{Rules, Verifier};
use idporten_config::refresh::Event;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// The constants and enums that build.rs makes of `idporten.toml`.
mod providers {
    include!(concat!(env!("OUT_DIR"), "/idporten_config.rs"));
}

/// The scope that this API asks for.
const SCOPE: &str = "example:read";

/// The claims that this API reads. Issuer, audience, times and scope are checked before.
#[derive(Deserialize)]
struct Claims {
    client_id: String,
}

#[derive(Serialize)]
struct Greeting {
    hello: String,
}

#[tokio::main]
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
    let environment: providers::maskinporten::Environment = variable("MASKINPORTEN_ENVIRONMENT")?.parse()?;
    let refresher = refresher(environment.snapshot())?;
    let verifier = Verifier::new(&refresher, Rules::maskinporten(variable("AUDIENCE")?).scope(SCOPE))?;

    let api = Router::new().route("/hello", get(hello)).with_state(verifier);
    let health = Router::new().route("/health/ready", get(ready)).with_state(refresher);
    let health = health.route("/health/live", get(|| async { "live\n" }));
    let address = variable("LISTEN")?;
    let listener = TcpListener::bind(&address).await.map_err(|error| format!("LISTEN is {address:?}: {error}"))?;
    println!("listening at {}", listener.local_addr()?);
    Ok(shutdown::serve(listener, api.merge(health)).await?)
}

/// Starts a refresher, and a thread that writes its events, such as failures and rotations, until it ends.
fn refresher(seed: &'static str) -> Result<Refresher, Box<dyn Error>> {
    let mut builder = Refresher::builder(seed)?;
    let events = builder.events();
    thread::spawn(move || {
        // Not that a fetch begins: its success or failure is an event too.
        for event in events.iter().filter(|event| !matches!(event, Event::Started { .. })) {
            // `eprintln!` would panic if nobody reads standard error any more.
            let _ = writeln!(io::stderr(), "refresher: {event}");
        }
    });
    Ok(builder.start()?)
}

/// The extractor has verified the token when this runs.
async fn hello(Bearer(token): Bearer<Claims>) -> Json<Greeting> {
    Json(Greeting { hello: token.claims.client_id })
}

/// Answers whether tokens can be verified. A pod that is not ready gets no requests until the first fetch has succeeded. The
/// reason is not for strangers: it is in the refresher's status.
async fn ready(State(refresher): State<Refresher>) -> (StatusCode, &'static str) {
    match refresher.current() {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
    }
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} must be set"))
}
