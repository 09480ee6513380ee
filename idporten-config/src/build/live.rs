//! Snapshots that are fetched during a build, if `IDPORTEN_CONFIG_FETCH` asks for it.

use super::Cargo;
use crate::project::{Finding, Project};

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

/// Fetches a snapshot for each environment of the project, unless fetching is off. The source tree is not written to.
pub(super) fn fetch(project: &mut Project, cargo: &Cargo) -> Vec<Finding> {
    match cargo.mode {
        Mode::Off => Vec::new(),
        mode => fetch_in(mode, project, cargo),
    }
}

#[cfg(not(feature = "fetch"))]
fn fetch_in(mode: Mode, _: &mut Project, _: &Cargo) -> Vec<Finding> {
    let help = "add the feature `fetch` beside `build`, or unset the variable";
    vec![failed(
        mode,
        "`IDPORTEN_CONFIG_FETCH` is set, and this build of idporten-config cannot fetch".to_owned(),
        help,
    )]
}

#[cfg(feature = "fetch")]
fn fetch_in(mode: Mode, project: &mut Project, cargo: &Cargo) -> Vec<Finding> {
    use crate::fetch::{Fetcher, Kind, Options};
    use crate::project::{Environment, leaked_key, provider_of};

    let help = "check that the provider can be reached, or unset `IDPORTEN_CONFIG_FETCH`";
    let fetcher = match Options::from_env(&|name| std::env::var(name).ok()).and_then(Fetcher::new) {
        Ok(fetcher) => fetcher,
        Err(error) => return vec![failed(mode, format!("no snapshot can be fetched: {error}"), help)],
    };
    let environments = project.manifest().environments();
    // What is wrong with a snapshot that is to name its provider is reported where it is read as a source.
    let provider = |it: &Environment| provider_of(it, &project.path(&it.path)).ok();
    let providers: Vec<_> = environments.iter().filter_map(provider).collect();
    let has_stand_in = |it: &&Environment| it.based_on.is_some() && !project.path(&it.path).exists();
    let stood_in_for: Vec<_> = environments.iter().filter(has_stand_in).map(|it| it.slug.clone()).collect();
    let mut results = Vec::new();
    fetcher.fetch_all(&providers, std::time::SystemTime::now(), |provider, result| {
        results.push((provider.slug().to_owned(), result));
    });
    // In the order of the environments, so that the findings stand in the same order at each build.
    results.sort_by_key(|(slug, _)| providers.iter().position(|provider| provider.slug() == slug));
    let mut findings = Vec::new();
    for (slug, result) in results {
        let problem = match result {
            Ok(snapshot) => match (leaked_key(&snapshot), cargo.keep(&slug, &snapshot)) {
                (Some(leaked), _) => format!("the live key set holds a private key: {leaked}"),
                (None, Err(error)) => format!("the snapshot cannot be written to OUT_DIR: {error}"),
                (None, Ok(())) => {
                    project.manifest_mut().set_fetched(&slug, &snapshot);
                    continue;
                }
            },
            // A development server need not run wherever its program is built: without a snapshot, the values of its base are used.
            Err(error) if error.kind() == Kind::Network && stood_in_for.contains(&slug) => continue,
            Err(error) => format!("not fetched: {error}"),
        };
        findings.push(failed(mode, format!("{slug}: {problem}"), help).of(&slug));
    }
    findings
}

fn failed(mode: Mode, message: String, help: &str) -> Finding {
    match mode {
        Mode::Require => Finding::error(message, help),
        _ => Finding::warning(message + "; the committed snapshot is used", help),
    }
}
