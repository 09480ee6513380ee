//! The log-out, by the user or by ID-porten.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::time::sleep;

use crate::App;
use crate::cookies::Purpose;
use crate::error::retry_after;
use crate::idporten::VerifyError;
use crate::layout::page;
use crate::log::log;

/// The pauses before a log-out token that could not be judged is verified again.
const PAUSES: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(20), Duration::from_secs(60)];
/// The places for such tokens. Strangers can send them too, and each asks for a fetch of the keys.
static PLACES: Semaphore = Semaphore::const_new(16);

/// Ends the session here, and sends the browser to ID-porten to end its session there.
pub async fn logout(State(app): State<Arc<App>>, headers: HeaderMap, cookies: CookieJar) -> Response {
    // A form on another site would log the user out. `SameSite` keeps the cookie from other sites, but not from other hosts of
    // the same domain.
    if headers.get(ORIGIN).is_none_or(|origin| origin.as_bytes() != app.base_url.as_bytes()) {
        return (StatusCode::FORBIDDEN, page("Not logged out", "<p><a href=\"/\">To the start</a></p>"))
            .into_response();
    }
    let user = app.cookies.get(&cookies, Purpose::Session).and_then(|id| app.sessions.log_out(id));
    // The log-in cookie too: on a shared machine, its value is not that of the next user.
    let cookies = cookies.remove(app.cookies.removal(Purpose::Session)).remove(app.cookies.removal(Purpose::Login));
    // The session here may have ended before, while the one at ID-porten has not.
    let hint = user.as_ref().map(|user| user.id_token.as_str());
    match app.idporten.end_session(hint, &format!("{}/", app.base_url)) {
        Some(url) => (cookies, Redirect::to(url.as_str())).into_response(),
        None => {
            let body = "<p>You are logged out of this service. Your session at ID-porten may still be open.</p>\n\
                        <p><a href=\"/\">To the start</a></p>";
            (cookies, page("Logged out here", body)).into_response()
        }
    }
}

#[derive(Deserialize)]
pub struct BackchannelLogout {
    logout_token: String,
}

/// The provider says that a session has ended (OpenID Connect Back-Channel Logout 1.0, sections 2.5 to 2.8).
pub async fn backchannel_logout(
    State(app): State<Arc<App>>,
    form: Result<Form<BackchannelLogout>, FormRejection>,
) -> Response {
    // Whatever is wrong with the request, the answer is 400.
    let Ok(Form(BackchannelLogout { logout_token })) = form else { return StatusCode::BAD_REQUEST.into_response() };
    // A task of its own: a provider that stops waiting for the answer does not end the verification.
    let answer = tokio::spawn(accept(app, logout_token)).await;
    answer.unwrap_or_else(|_| StatusCode::SERVICE_UNAVAILABLE.into_response())
}

/// Ends the sessions that a token means, or keeps the token if it cannot be judged now.
async fn accept(app: Arc<App>, logout_token: String) -> Response {
    let Err(error) = end_sessions(&app, &logout_token).await else { return StatusCode::OK.into_response() };
    let is_undecided = error.status() == 503;
    if is_undecided {
        tokio::spawn(try_again(app, logout_token));
    }
    // After the token is kept: a write to standard error may take any time.
    log(format_args!("back-channel log-out: {error}"));
    if is_undecided {
        (StatusCode::SERVICE_UNAVAILABLE, error.retry_after().map(retry_after), ()).into_response()
    } else {
        StatusCode::BAD_REQUEST.into_response()
    }
}

async fn end_sessions(app: &App, logout_token: &str) -> Result<(), VerifyError> {
    let claims = app.idporten.logged_out(logout_token).await?;
    if app.sessions.log_out_by(&claims.jti, claims.exp, claims.sub, claims.sid) == 0 {
        // Normal after a log-out here. If no token ever ends a session, the two have no `sid` or `sub` in common.
        log("back-channel log-out: a token ended no session");
    }
    Ok(())
}

/// Verifies a token again that could not be judged before. Not every sender repeats one after 503.
async fn try_again(app: Arc<App>, logout_token: String) {
    let Ok(_place) = PLACES.try_acquire() else {
        log("back-channel log-out: a token could not be judged, and is dropped: all places are taken");
        return;
    };
    for pause in PAUSES {
        sleep(pause).await;
        match end_sessions(&app, &logout_token).await {
            Err(error) if error.status() == 503 => {}
            _ => return,
        }
    }
    log("back-channel log-out: a token could not be judged, and is given up");
}
