//! The log-in: the browser goes to ID-porten, and comes back with a code.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use crate::App;
use crate::cookies::Purpose;
use crate::error::LoginError;
use crate::log::log;
use crate::random;
use crate::sessions::Login;

/// An authorization response: a code, or an error (RFC 6749, sections 4.1.2 and 4.1.2.1).
#[derive(Deserialize)]
pub struct Authorization {
    code: Option<String>,
    error: Option<String>,
    state: Option<String>,
    iss: Option<String>,
}

pub async fn login(State(app): State<Arc<App>>, headers: HeaderMap, cookies: CookieJar) -> Response {
    begin(&app, &headers, cookies).await.unwrap_or_else(failed)
}

pub async fn callback(
    State(app): State<Arc<App>>,
    cookies: CookieJar,
    response: Result<Query<Authorization>, QueryRejection>,
) -> Response {
    complete(&app, cookies, response).await.unwrap_or_else(failed)
}

fn failed(error: LoginError) -> Response {
    // The reason is for the operator; it holds no token.
    log(format_args!("log-in: {error}"));
    error.into_response()
}

async fn begin(app: &App, headers: &HeaderMap, cookies: CookieJar) -> Result<Response, LoginError> {
    if !is_visit(headers) {
        return Err(LoginError::Refused("a log-in was begun by something other than a visit".to_owned()));
    }
    // A browser that has a value keeps it, so that log-ins in several tabs do not disturb each other. The length is checked because
    // the value is kept in memory.
    let browser = app.cookies.get(&cookies, Purpose::Login).filter(|value| value.len() == random::LENGTH);
    let login = Login::new(browser.map_or_else(random::secret, str::to_owned));
    let url = app.idporten.authorize(&login).await?;
    let cookies = cookies.add(app.cookies.make(Purpose::Login, login.browser.clone()));
    app.sessions.begin(login);
    Ok((cookies, Redirect::to(url.as_str())).into_response())
}

/// Returns whether a user opened the page. A picture or a frame on another site could make its visitors begin any number of log-ins,
/// and so could a page that the browser loads before anybody asks for it. Clients other than browsers do not send these headers.
fn is_visit(headers: &HeaderMap) -> bool {
    let is = |name, wanted| headers.get(name).is_none_or(|value| value == wanted);
    is("sec-fetch-mode", "navigate") && is("sec-fetch-dest", "document") && !headers.contains_key("sec-purpose")
}

async fn complete(
    app: &App,
    cookies: CookieJar,
    response: Result<Query<Authorization>, QueryRejection>,
) -> Result<Response, LoginError> {
    // Without the rejection's own text, which comes from the browser.
    let Query(response) = response.map_err(|_| LoginError::Refused("the response cannot be read".to_owned()))?;
    // A log-in of another browser is refused: an attacker could log the user in as somebody else.
    let login = app.cookies.get(&cookies, Purpose::Login).zip(response.state.as_deref());
    let login = login.and_then(|(browser, state)| app.sessions.take(browser, state));
    let login =
        login.ok_or_else(|| LoginError::Refused("this log-in was not begun here, or took too long".to_owned()))?;
    app.idporten.check_issuer(response.iss.as_deref())?;
    let code = response
        .code
        .ok_or_else(|| LoginError::from_error_code(response.error.as_deref().unwrap_or("no error code")))?;
    let user = app.idporten.redeem(&code, &login).await?;
    let session = app.sessions.log_in(user, login.begun).ok_or(LoginError::LoggedOut)?;
    // A browser has one session: that of an earlier log-in ends.
    app.cookies.get(&cookies, Purpose::Session).and_then(|id| app.sessions.log_out(id));
    Ok((cookies.add(app.cookies.make(Purpose::Session, session)), Redirect::to("/")).into_response())
}
