//! The pages of the site, and the end of the back channel.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, Query, Request, State};
use axum::http::header::{ORIGIN, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::{Next, from_fn, map_response};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use crate::App;
use crate::cookies::Name;
use crate::error::LoginError;
use crate::layout::{self, escaped, page};
use crate::sessions::Login;

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

/// Ends a request that takes too long.
async fn in_time(request: Request, next: Next) -> Response {
    let late = || (StatusCode::REQUEST_TIMEOUT, page("Too late", "<p>The request took too long.</p>")).into_response();
    tokio::time::timeout(ANSWER_TIME, next.run(request)).await.unwrap_or_else(|_| late())
}

async fn home(State(app): State<Arc<App>>, cookies: CookieJar) -> Html<String> {
    match app.cookies.get(&cookies, Name::Session).and_then(|id| app.sessions.user(id)) {
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

async fn login(State(app): State<Arc<App>>, cookies: CookieJar) -> Result<Response, LoginError> {
    let login = Login::new();
    let url = app.idporten.authorize(&login).await?;
    let id = app.sessions.begin(login);
    Ok((cookies.add(app.cookies.make(Name::Login, id)), Redirect::to(url.as_str())).into_response())
}

/// An authorization response: a code, or an error (RFC 6749, sections 4.1.2 and 4.1.2.1).
#[derive(Deserialize)]
struct Authorization {
    code: Option<String>,
    error: Option<String>,
    state: Option<String>,
    iss: Option<String>,
}

async fn callback(
    State(app): State<Arc<App>>,
    cookies: CookieJar,
    Query(response): Query<Authorization>,
) -> Result<Response, LoginError> {
    // Without the state of a log-in that this browser began, an attacker could log the user in as somebody else.
    let login = app.cookies.get(&cookies, Name::Login).zip(response.state.as_deref());
    let login = login.and_then(|(id, state)| app.sessions.take(id, state));
    let login =
        login.ok_or_else(|| LoginError::Refused("this log-in was not begun here, or took too long".to_owned()))?;
    app.idporten.check_issuer(response.iss.as_deref())?;
    let code =
        response.code.ok_or_else(|| LoginError::answered(response.error.as_deref().unwrap_or("no error code")))?;
    let user = app.idporten.redeem(&code, &login).await?;
    // A browser has one session: that of an earlier log-in ends.
    app.cookies.get(&cookies, Name::Session).and_then(|id| app.sessions.log_out(id));
    let session = app.sessions.log_in(user);
    let cookies = cookies.remove(app.cookies.removal(Name::Login)).add(app.cookies.make(Name::Session, session));
    Ok((cookies, Redirect::to("/")).into_response())
}

/// Ends the session here, and sends the browser to ID-porten to end its session there.
async fn logout(State(app): State<Arc<App>>, headers: HeaderMap, cookies: CookieJar) -> Response {
    // A form on another site would log the user out. `SameSite` keeps the cookie from other sites, but not from other hosts of
    // the same domain.
    if headers.get(ORIGIN).is_none_or(|origin| origin.as_bytes() != app.base_url.as_bytes()) {
        return (StatusCode::FORBIDDEN, page("Not logged out", "<p><a href=\"/\">To the start</a></p>"))
            .into_response();
    }
    let user = app.cookies.get(&cookies, Name::Session).and_then(|id| app.sessions.log_out(id));
    let back_to = format!("{}/", app.base_url);
    let url = user.and_then(|user| app.idporten.end_session(&user, &back_to));
    let to = url.map_or(back_to, String::from);
    (cookies.remove(app.cookies.removal(Name::Session)), Redirect::to(&to)).into_response()
}

#[derive(Deserialize)]
struct BackchannelLogout {
    logout_token: String,
}

/// The provider says that a session has ended (OpenID Connect Back-Channel Logout 1.0, sections 2.5 to 2.8).
async fn backchannel_logout(
    State(app): State<Arc<App>>,
    form: Result<Form<BackchannelLogout>, FormRejection>,
) -> Response {
    // Whatever is wrong with the request, the answer is 400.
    let Ok(Form(form)) = form else { return StatusCode::BAD_REQUEST.into_response() };
    match app.idporten.logged_out(&form.logout_token).await {
        Ok(claims) => {
            app.sessions.log_out_by(&claims.jti, claims.exp, claims.sub.as_deref(), claims.sid.as_deref());
            StatusCode::OK.into_response()
        }
        Err(error) => {
            eprintln!("back-channel log-out: {error}");
            (error.status(), error.headers(), ()).into_response()
        }
    }
}

/// Answers whether users can log in. An instance that is not ready gets no requests until the first fetch has succeeded. The
/// reason is not for strangers: it is in the refresher's status.
async fn ready(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    if app.idporten.is_ready() { (StatusCode::OK, "ready\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready\n") }
}

impl LoginError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Refused(_) => StatusCode::BAD_REQUEST,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn headers(&self) -> Option<[(HeaderName, &'static str); 1]> {
        matches!(self, Self::Unavailable(_)).then_some([(RETRY_AFTER, "5")])
    }
}

impl IntoResponse for LoginError {
    fn into_response(self) -> Response {
        // The reason is for the operator; it holds no token.
        eprintln!("log-in: {self}");
        let what = match self {
            Self::Refused(_) => "The log-in did not succeed.",
            Self::Unavailable(_) => "Nobody can log in now.",
        };
        let body = format!("<p id=\"error\">{what}</p>\n<p><a href=\"/login\">Try again</a></p>");
        (self.status(), self.headers(), page("Log-in", &body)).into_response()
    }
}
