//! The network: how it is reached, and which environment is asked there.

use std::env;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use clap::Args;
use idporten_config::Snapshot;
use idporten_config::document::Provider;
use idporten_config::environment::Lifecycle;
use idporten_config::fetch::{Fetcher, Options};
use idporten_config::internal::Finding;
use idporten_config::internal::read;
use idporten_config::internal::{Target, unknown_environment};

use crate::output::VerbError;

/// The options that say how the network is reached.
#[derive(Debug, Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetworkOptions {
    /// Trust the certificate authorities in FILE (PEM) too [env: `IDPORTEN_CONFIG_CA_FILE`]
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Trust those of the file alone, not those of this machine [env: `IDPORTEN_CONFIG_CA_ONLY`]
    #[arg(long)]
    ca_only: bool,
    /// Read `https://HOST/PATH` from `URL/HOST/PATH` [env: `IDPORTEN_CONFIG_MIRROR`]
    ///
    /// A mirror is trusted like the provider, since it chooses the keys.
    #[arg(long, value_name = "URL")]
    mirror: Option<String>,
}

impl NetworkOptions {
    /// A fetcher by these options, and by the environment variables where one is not given.
    pub(crate) fn fetcher(&self) -> Result<Fetcher, VerbError> {
        let refuse =
            |error: &dyn Display| Finding::error(error.to_string(), "see `--ca-file`, `--ca-only` and `--mirror`");
        let mut options = Options::from_env(&|name| env::var(name).ok()).map_err(|error| refuse(&error))?;
        options.ca_only |= self.ca_only;
        options.ca_file = self.ca_file.clone().or(options.ca_file);
        options.mirror = self.mirror.clone().or(options.mirror);
        Fetcher::new(options).map_err(|error| refuse(&error).into())
    }
}

/// Whom to ask for an environment: who the table or the manifest says, or else the snapshot there is.
pub(crate) fn provider(target: &Target) -> Result<Provider, Box<Finding>> {
    if let Some(provider) = &target.provider {
        return Ok(provider.clone());
    }
    match read(Path::new(&target.path)).map(Snapshot::parse) {
        Ok(Ok(snapshot)) if snapshot.provider().slug() == target.slug => Ok(snapshot.provider().clone()),
        Ok(Ok(snapshot)) => {
            let message = format!("{}: `{}` is a snapshot of {}", target.slug, target.path, snapshot.provider().slug());
            Err(Finding::error(message, "rename the file, or describe the environment in a manifest").into())
        }
        Ok(Err(error)) => {
            Err(Finding::error(format!("`{}`: {error}", target.path), "describe it in a manifest").into())
        }
        Err(_) => Err(unknown_environment(&target.slug).into()),
    }
}

/// Where the provider cannot be asked: exit code 3.
pub(crate) fn unreachable(slug: &str, error: &dyn Display) -> VerbError {
    let help = "try again later, or do without `--live`";
    VerbError::unreachable(Finding::error(format!("{slug}: {error}"), help).of(slug))
}

/// Whether the environment is switched off: it is asked only where it is named.
pub(crate) fn is_retired(provider: &Provider) -> bool {
    provider.known().is_some_and(|known| known.lifecycle() != Lifecycle::Active)
}
