//! The paths of the site, and its pages without a log-in or log-out.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, map_response};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;

use crate::App;
use crate::cookies::Purpose;
use crate::layout::{self, escaped, page};
use crate::login::{callback, login};
use crate::logout::{backchannel_logout, logout};

/// The most bytes of a form. A log-out token is a few KiB.
const MAX_FORM: usize = 32 * 1024;
/// The longest time for an answer, the reading of the request's body included. A request to ID-porten has 10 s.
const ANSWER_TIME: Duration = Duration::from_secs(30);

pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/login", get(login))
        .route("/callback", get(callback))
        .route("/logout", post(logout))
        .route("/backchannel-logout", post(backchannel_logout))
        .route("/style.css", get(layout::style))
        .route("/health/live", get(|| async { "live\n" }))
        .route("/health/ready", get(ready))
        .fallback(|| async { (StatusCode::NOT_FOUND, page("Page not found", "<p><a href=\"/\">To the start</a></p>")) })
        .with_state(app)
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(from_fn(in_time))
        .layer(map_response(layout::headers))
}

/// Ends a request that takes too long. The answer is not 408, which blames the client; this site may be the slow one.
async fn in_time(request: Request, next: Next) -> Response {
    let page = || page("Too late", "<p>This took too long. Try again.</p><p><a href=\"/\">To the start</a></p>");
    let late = || (StatusCode::SERVICE_UNAVAILABLE, page()).into_response();
    tokio::time::timeout(ANSWER_TIME, next.run(request)).await.unwrap_or_else(|_| late())
}

async fn home(State(app): State<Arc<App>>, cookies: CookieJar) -> Html<String> {
    match app.cookies.get(&cookies, Purpose::Session).and_then(|id| app.sessions.user(id)) {
        // `sub` and `acr` are the provider's words: escaped, as anything that comes from outside.
        Some(user) => page(
            "Your page",
            &format!(
                "<p>Logged in as <b id=\"sub\">{}</b> at level <b id=\"acr\">{}</b></p>\n\
                 <form method=\"post\" action=\"/logout\"><button id=\"logout\">Log out</button></form>",
                escaped(&user.sub),
                escaped(&user.acr)
            ),
        ),
        None => page(
            "Welcome",
            "<p id=\"nobody\">Not logged in</p>\n<p><a id=\"login\" href=\"/login\">Log in with ID-porten</a></p>",
        ),
    }
}

/// Answers whether users can log in. An instance that is not ready gets no requests until a fetch has succeeded and brought the
/// endpoints of a log-in. The reason is not for strangers: the refresher has it in its status and metadata.
async fn ready(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    if app.idporten.is_ready() { (StatusCode::OK, "ready\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready\n") }
}
