//! Options of the network, and the provider that an environment is fetched from.

use std::env;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::Args;
use idporten_config::Snapshot;
use idporten_config::document::Provider;
use idporten_config::fetch::{FetchError, Fetcher, Options};
use idporten_config::internal::Finding;
use idporten_config::internal::{Environment, provider_of};

use crate::output::VerbError;
use crate::progress::Progress;

/// The heading of these options. Set on each of them: clap's `next_help_heading` would also move the options of a verb below it.
const HEADING: &str = "Network";

/// Options of the network.
#[derive(Debug, Args)]
pub(crate) struct NetworkOptions {
    /// Also trust the certificate authorities in FILE (PEM) [env: `IDPORTEN_CONFIG_CA_FILE`]
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    ca_file: Option<PathBuf>,
    /// Do not trust the certificate authorities of this machine [env: `IDPORTEN_CONFIG_CA_ONLY`]
    #[arg(long, help_heading = HEADING)]
    ca_only: bool,
    /// Read `https://HOST/PATH` from `URL/HOST/PATH` [env: `IDPORTEN_CONFIG_MIRROR`]
    ///
    /// A mirror is trusted like the provider, since it chooses the keys. Plain http, as of a server on this machine, is read directly.
    #[arg(long, value_name = "URL", help_heading = HEADING)]
    mirror: Option<String>,
}

impl NetworkOptions {
    /// A fetcher with these options. Those that are not given come from the environment variables.
    pub(crate) fn fetcher(&self) -> Result<Fetcher, VerbError> {
        let refuse =
            |error: &dyn Display| Finding::error(error.to_string(), "see `--ca-file`, `--ca-only` and `--mirror`");
        let mut options = Options::from_env(&|name| env::var(name).ok()).map_err(|error| refuse(&error))?;
        options.ca_only |= self.ca_only;
        options.ca_file = self.ca_file.clone().or(options.ca_file);
        options.mirror = self.mirror.clone().or(options.mirror);
        Fetcher::new(options).map_err(|error| refuse(&error).into())
    }

    /// The live document of one provider, with a line on a terminal that says what is awaited.
    pub(crate) fn fetch(&self, provider: &Provider, quiet: bool) -> Result<Result<Snapshot, FetchError>, VerbError> {
        let fetcher = self.fetcher()?;
        let _progress = Progress::start([provider.slug()].into_iter(), quiet);
        Ok(fetcher.fetch(provider, SystemTime::now()))
    }

    /// The live documents of several providers, fetched in parallel, in the order of the providers.
    pub(crate) fn fetch_all(&self, providers: &[Provider], quiet: bool) -> Result<LiveDocuments, VerbError> {
        let fetcher = self.fetcher()?;
        let progress = Progress::start(providers.iter().map(Provider::slug), quiet);
        let mut all = Vec::new();
        fetcher.fetch_all(providers, SystemTime::now(), |provider, result| {
            progress.ended(provider.slug());
            all.push((provider.slug().to_owned(), result));
        });
        all.sort_by_key(|(slug, _)| providers.iter().position(|provider| provider.slug() == slug));
        Ok(all)
    }
}

/// The result for each environment, by slug.
pub(crate) type LiveDocuments = Vec<(String, Result<Snapshot, FetchError>)>;

/// The provider of an environment, from the table, the manifest, or else the snapshot there is.
pub(crate) fn provider(target: &Environment) -> Result<Provider, Box<Finding>> {
    provider_of(target, Path::new(&target.path))
}

/// The error of a verb that needs the live document and did not get it.
pub(crate) fn unreachable(slug: &str, error: &dyn Display) -> VerbError {
    let help = "try again later, or leave out `--live`";
    VerbError::unreachable(Finding::error(format!("{slug}: {error}"), help).of(slug))
}
