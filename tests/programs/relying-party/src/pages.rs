//! The pages of the site, and the end of the back channel.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use serde::Deserialize;

use crate::App;
use crate::idporten::LoginError;
use crate::sessions::Login;

/// The cookies: of a log-in that is under way, and of a user who is logged in.
const LOGIN: &str = "login";
const SESSION: &str = "session";

pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/login", get(login))
        .route("/callback", get(callback))
        .route("/logout", post(logout))
        .route("/backchannel-logout", post(backchannel_logout))
        .route("/health/ready", get(ready))
        .with_state(app)
}

async fn home(State(app): State<Arc<App>>, cookies: CookieJar) -> Html<String> {
    let user = cookies.get(SESSION).and_then(|cookie| app.sessions.user(cookie.value()));
    Html(match user {
        // `sub` and `acr` are the provider's words: escaped, as anything that comes from outside.
        Some(user) => format!(
            "<p>Logged in as <b id=\"sub\">{}</b> at level <b id=\"acr\">{}</b></p>\
             <form method=\"post\" action=\"/logout\"><button id=\"logout\">Log out</button></form>",
            escaped(&user.sub),
            escaped(&user.acr)
        ),
        None => "<p id=\"nobody\">Not logged in</p><p><a id=\"login\" href=\"/login\">Log in with ID-porten</a></p>"
            .to_owned(),
    })
}

async fn login(State(app): State<Arc<App>>, cookies: CookieJar) -> Result<Response, LoginError> {
    let login = Login::new();
    let url = app.idporten.authorize(&login).await?;
    let id = app.sessions.begin(login);
    Ok((cookies.add(app.cookie(LOGIN, id)), Redirect::to(url.as_str())).into_response())
}

/// An authorization response: a code, or an error.
#[derive(Deserialize)]
struct Authorization {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
}

async fn callback(
    State(app): State<Arc<App>>,
    cookies: CookieJar,
    Query(response): Query<Authorization>,
) -> Result<Response, LoginError> {
    let login = cookies.get(LOGIN).and_then(|cookie| app.sessions.take(cookie.value()));
    // Without the state of this browser's own log-in, somebody else's code could be slipped to it.
    let login = login.filter(|login| response.state.as_ref() == Some(&login.state));
    let login =
        login.ok_or_else(|| LoginError::Refused("this log-in was not begun here, or took too long".to_owned()))?;
    app.idporten.check_issuer(response.iss.as_deref())?;
    let code = response.code.ok_or_else(|| LoginError::Refused("the log-in was given up".to_owned()))?;
    let user = app.idporten.redeem(&code, &login).await?;
    let session = app.cookie(SESSION, app.sessions.log_in(user));
    Ok((cookies.remove(app.cookie(LOGIN, String::new())).add(session), Redirect::to("/")).into_response())
}

async fn logout(State(app): State<Arc<App>>, cookies: CookieJar) -> Response {
    let user = cookies.get(SESSION).and_then(|cookie| app.sessions.log_out(cookie.value()));
    let back_to = format!("{}/", app.base_url);
    let url = user.and_then(|user| app.idporten.end_session(&user, &back_to));
    let to = url.map_or(back_to, String::from);
    (cookies.remove(app.cookie(SESSION, String::new())), Redirect::to(&to)).into_response()
}

#[derive(Deserialize)]
struct BackchannelLogout {
    logout_token: String,
}

/// The provider says that a session has ended (OpenID Connect Back-Channel Logout 1.0, sections 2.5 to 2.8).
async fn backchannel_logout(State(app): State<Arc<App>>, Form(form): Form<BackchannelLogout>) -> Response {
    let status = match app.idporten.logged_out(&form.logout_token).await {
        Ok(claims) => {
            app.sessions.log_out_by(claims.jti, claims.sub.as_deref(), claims.sid.as_deref());
            StatusCode::OK
        }
        Err(error) if error.status() == 503 => StatusCode::SERVICE_UNAVAILABLE,
        Err(_) => StatusCode::BAD_REQUEST,
    };
    (status, [(CACHE_CONTROL, "no-store")]).into_response()
}

/// Answers whether users can log in. An instance that is not ready gets no requests until the first fetch has succeeded.
async fn ready(State(app): State<Arc<App>>) -> (StatusCode, String) {
    match app.idporten.refresher.current() {
        Ok(_) => (StatusCode::OK, "ready\n".to_owned()),
        Err(unavailable) => (StatusCode::SERVICE_UNAVAILABLE, format!("{unavailable}\n")),
    }
}

impl App {
    /// A cookie for this site alone. `Lax`: the browser comes back from ID-porten by a link, and must bring it.
    fn cookie(&self, name: &'static str, value: String) -> Cookie<'static> {
        let cookie = Cookie::build((name, value)).path("/").http_only(true).same_site(SameSite::Lax);
        cookie.secure(self.base_url.starts_with("https://")).build()
    }
}

impl IntoResponse for LoginError {
    fn into_response(self) -> Response {
        let (status, reason) = match self {
            Self::Refused(reason) => (StatusCode::BAD_REQUEST, reason),
            Self::Unavailable(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason),
        };
        // The reason is for the operator; it holds no token.
        eprintln!("log-in: {reason}");
        (status, Html("<p>The log-in did not succeed. <a href=\"/login\">Try again</a></p>")).into_response()
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
