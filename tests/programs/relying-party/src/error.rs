//! The reasons why a log-in fails, and what the user sees of them.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::layout::page;

/// The time to wait after an error that names none. Most outages of a provider end within seconds.
pub const RETRY: Duration = Duration::from_secs(5);

pub enum LoginError {
    /// The response is not that of this log-in, or ID-porten refused the log-in.
    Refused(String),
    /// The user logged in at a level below the one that this site asks for.
    Level(String),
    /// The provider ended the session before the log-in was complete.
    LoggedOut,
    /// ID-porten cannot be reached, does not accept this site as a client, or its answer cannot be used. With the time to wait
    /// before another attempt.
    Unavailable(String, Duration),
}

impl LoginError {
    /// Makes the error for an error code of ID-porten. It may come by way of the browser, so that the log gets only the characters
    /// that such a code may have.
    pub fn from_error_code(error: &str) -> Self {
        let text: String =
            error.chars().filter(|c| c.is_ascii_alphanumeric() || "_-. ".contains(*c)).take(64).collect();
        let reason = format!("the provider answered `{text}`");
        match error {
            "server_error" | "temporarily_unavailable" => unavailable(reason),
            _ => Self::Refused(reason),
        }
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) | Self::Level(reason) | Self::Unavailable(reason, _) => f.write_str(reason),
            Self::LoggedOut => f.write_str("the provider ended the session before the log-in was complete"),
        }
    }
}

impl IntoResponse for LoginError {
    fn into_response(self) -> Response {
        let (status, what, wait) = match self {
            Self::Refused(_) => (StatusCode::BAD_REQUEST, "The log-in did not succeed.", None),
            Self::Level(_) => (
                StatusCode::BAD_REQUEST,
                "This service needs a log-in at a higher level of security. Try again with another way to log in.",
                None,
            ),
            Self::LoggedOut => (StatusCode::BAD_REQUEST, "You were logged out. Log in again.", None),
            Self::Unavailable(_, wait) => (StatusCode::SERVICE_UNAVAILABLE, "Nobody can log in now.", Some(wait)),
        };
        let body = format!("<p id=\"error\">{what}</p>\n<p><a href=\"/login\">Try again</a></p>");
        (status, wait.map(retry_after), page("Log-in", &body)).into_response()
    }
}

/// Returns the header that says when to try again.
pub fn retry_after(wait: Duration) -> [(HeaderName, HeaderValue); 1] {
    [(RETRY_AFTER, HeaderValue::from(wait.as_secs()))]
}

pub fn unavailable(error: impl ToString) -> LoginError {
    LoginError::Unavailable(error.to_string(), RETRY)
}

/// Returns the error with its causes: reqwest's own text does not say why a connection failed.
pub fn causes(error: &dyn Error) -> String {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_code_cannot_forge_a_line_of_the_log() {
        for code in ["server_error", "temporarily_unavailable"] {
            assert!(matches!(LoginError::from_error_code(code), LoginError::Unavailable(..)), "{code}");
        }
        let forged = LoginError::from_error_code("access_denied\n\u{1b}[2Klog-in: \u{202e}<b>");
        assert!(matches!(forged, LoginError::Refused(_)));
        assert_eq!(forged.to_string(), "the provider answered `access_denied2Klog-in b`");
        assert!(LoginError::from_error_code(&"x".repeat(10_000)).to_string().len() < 100);
    }

    #[test]
    fn an_outage_says_when_to_try_again() {
        let response = LoginError::Unavailable(String::new(), Duration::from_secs(17)).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[RETRY_AFTER], "17");
        assert!(!LoginError::LoggedOut.into_response().headers().contains_key(RETRY_AFTER));
    }
}
