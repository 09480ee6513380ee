//! The store of a service's refresher, judged as a refresher judges it at its start.

use std::path::Path;
use std::time::{Duration, SystemTime};

use idporten_config::document::Origin;
use idporten_config::document::json::object;
use idporten_config::fetch::{FetchError, Response, Transport};
use idporten_config::internal::{self, Finding, Source, days};
use idporten_config::refresh::Reason;
use idporten_config::{RefreshPolicy, Refresher, Snapshot};

use crate::output::VerbError;

/// The content of a store.
pub(super) struct Store {
    pub(super) source: Source,
    /// The reason why a refresher would not serve it.
    pub(super) ignored: Option<String>,
}

/// Reads a store. One that is no snapshot of the environment is refused.
pub(super) fn read(path: &Path, environment: &str) -> Result<Store, VerbError> {
    let refuse = |reason: String| {
        let help = "name the file that the service gives its refresher as `store`";
        VerbError::from(Finding::error(format!("`{}` {reason}", path.display()), help))
    };
    let text = internal::read(path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    let snapshot = Snapshot::parse(text).map_err(|error| refuse(format!("is no store: {error}")))?;
    if snapshot.provider().slug() != environment {
        return Err(refuse(format!("is of {}", snapshot.provider().slug())));
    }
    let ignored = refusal(path, &snapshot).map_err(|reason| refuse(format!("cannot be judged: {reason}")))?;
    Ok(Store { source: Source::new(snapshot, path.display().to_string()), ignored })
}

/// The reason why a refresher does not start from the store, if it does not. A refresher without network is started on it, so
/// that the rules are those of the refresher and not a copy of them. It has the default policy: the service may have another.
fn refusal(path: &Path, stored: &Snapshot) -> Result<Option<String>, String> {
    let provider = stored.provider();
    let metadata = object([("issuer", provider.issuer().into())]);
    // Values from documentation are never served, so what is served is the store.
    let seed = Snapshot::new(provider.clone(), SystemTime::UNIX_EPOCH, Origin::Documented, metadata, None)
        .map_err(|error| error.to_string())?;
    let builder = Refresher::builder(seed).map_err(|error| error.to_string())?;
    let refresher = builder.store(path).start_with(Offline).map_err(|error| error.to_string())?;
    let reason = match refresher.current() {
        Ok(_) => None,
        Err(unavailable) if matches!(unavailable.reason(), Reason::TooStale(_)) => {
            let (age, allowed) = (stored.age(SystemTime::now()), RefreshPolicy::default().max_age);
            Some(format!("it is {} old, and the default policy allows {}", days(age), days(allowed)))
        }
        Err(unavailable) => Some(refresher.status().store_error.unwrap_or_else(|| unavailable.to_string())),
    };
    Ok(reason)
}

/// A transport that makes no request.
struct Offline;

impl Transport for Offline {
    fn get(&self, url: &str, _: Duration) -> Result<Response, FetchError> {
        Err(FetchError::network(url, std::io::Error::other("the network is not used")))
    }
}
