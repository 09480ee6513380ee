//! Snapshots that are fetched during a build, if `IDPORTEN_CONFIG_FETCH` asks for it.

#[cfg(feature = "fetch")]
mod snapshots;

use super::Cargo;
use crate::project::{Finding, Project, Severity};
#[cfg(feature = "fetch")]
use snapshots::fetch_in;

/// The variables that decide whether there is a fetch, and from where.
const SETTINGS: &[&str] = &[
    "IDPORTEN_CONFIG_FETCH",
    "IDPORTEN_CONFIG_MIRROR",
    "IDPORTEN_CONFIG_CA_FILE",
    "IDPORTEN_CONFIG_CA_ONLY",
    "CARGO_NET_OFFLINE",
];
/// The variables that a fetch depends on too: those of the proxy and of the machine's certificate authorities.
const OF_THE_NETWORK: &[&str] = &[
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// The end of a warning that concerns all environments.
const NOTHING_FETCHED: &str = "; the snapshots that are there are used";

/// Returns the variables on whose change the build script runs again.
pub(super) fn variables(mode: Mode) -> impl Iterator<Item = &'static str> {
    let of_the_network = if mode == Mode::Off { &[] } else { OF_THE_NETWORK };
    SETTINGS.iter().chain(of_the_network).copied()
}

/// The setting for fetching during a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The network is not used.
    Off,
    /// Snapshots are fetched; if that fails, the committed one is used with a warning.
    Try,
    /// Snapshots are fetched; if that fails, the build fails.
    Require,
}

impl Mode {
    /// Reads the variables. `CARGO_NET_OFFLINE` overrides `IDPORTEN_CONFIG_FETCH`, because it applies to the whole build. A build
    /// script cannot see `cargo --offline`.
    pub(super) fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, Box<Finding>> {
        let mode = match variable("IDPORTEN_CONFIG_FETCH").as_deref() {
            None | Some("" | "off") => Self::Off,
            Some("try") => Self::Try,
            Some("require") => Self::Require,
            Some(other) => {
                let message = format!("`IDPORTEN_CONFIG_FETCH` is {other:?}");
                return Err(Box::new(Finding::error(message, "set it to `try` or `require`, or unset it")));
            }
        };
        let is_offline =
            variable("CARGO_NET_OFFLINE").is_some_and(|value| value == "true") || variable("DOCS_RS").is_some();
        Ok(if is_offline { Self::Off } else { mode })
    }
}

/// Fetches a snapshot for each environment of the project that is not retired, unless fetching is off. The source tree is not
/// written to.
pub(super) fn fetch(project: &mut Project, cargo: &Cargo) -> Vec<Finding> {
    match cargo.mode {
        Mode::Off => Vec::new(),
        mode => fetch_in(mode, project, cargo),
    }
}

#[cfg(not(feature = "fetch"))]
fn fetch_in(mode: Mode, _: &mut Project, _: &Cargo) -> Vec<Finding> {
    let message = "`IDPORTEN_CONFIG_FETCH` is set, and this build of idporten-config cannot fetch";
    let help = "add the feature `fetch` beside `build`, or unset the variable";
    vec![failed(mode, Finding::error(message, help), NOTHING_FETCHED)]
}

/// Returns the error if fetching is required, or else a warning with the words about what is used instead.
fn failed(mode: Mode, error: Finding, instead: &str) -> Finding {
    match mode {
        Mode::Require => error,
        _ => Finding { severity: Severity::Warning, message: error.message + instead, ..error },
    }
}
