//! The reasons why a log-in fails.

use std::error::Error;
use std::fmt;

pub enum LoginError {
    /// The response or the token is not that of this log-in.
    Refused(String),
    /// ID-porten cannot be reached, does not accept this site as a client, or its answer cannot be judged now.
    Unavailable(String),
}

impl LoginError {
    /// Makes the error of a code that ID-porten answers with. It may come by way of the browser, so that only the characters of a
    /// code are kept for the log.
    pub fn answered(code: &str) -> Self {
        let text: String = code.chars().filter(|c| c.is_ascii_alphanumeric() || "_-. ".contains(*c)).take(64).collect();
        let reason = format!("the provider answered `{text}`");
        match code {
            "server_error" | "temporarily_unavailable" => Self::Unavailable(reason),
            _ => Self::Refused(reason),
        }
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Refused(reason) | Self::Unavailable(reason)) = self;
        f.write_str(reason)
    }
}

pub fn unavailable(error: impl ToString) -> LoginError {
    LoginError::Unavailable(error.to_string())
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
            assert!(matches!(LoginError::answered(code), LoginError::Unavailable(_)), "{code}");
        }
        let forged = LoginError::answered("access_denied\n\u{1b}[2Klog-in: \u{202e}<b>");
        assert!(matches!(forged, LoginError::Refused(_)));
        assert_eq!(forged.to_string(), "the provider answered `access_denied2Klog-in b`");
        assert!(LoginError::answered(&"x".repeat(10_000)).to_string().len() < 100);
    }
}
