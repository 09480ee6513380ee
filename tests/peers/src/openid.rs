//! `openidconnect`: the keys are fetched once, and are a plain value from then on.

use std::hint::black_box;

use openidconnect::core::CoreProviderMetadata;
use openidconnect::{IssuerUrl, JsonWebKey, reqwest};

use crate::contender::Contender;
use crate::keys::KNOWN;
use crate::runtime;
use crate::server::Server;

/// The provider's metadata, with its keys.
///
/// There is no refresh: who wants one discovers anew, and puts the value behind a lock or pointer of their own.
pub struct Discovered(CoreProviderMetadata);

impl Discovered {
    /// From a server.
    ///
    /// # Panics
    ///
    /// If the server does not answer.
    #[must_use]
    pub fn from_server(server: &Server) -> Self {
        runtime::start().block_on(start(server))
    }
}

/// From construction to the first key.
///
/// # Panics
///
/// If the server does not answer.
pub async fn start(server: &Server) -> Discovered {
    let issuer = IssuerUrl::new(server.issuer().to_owned()).expect("a URL");
    let metadata = CoreProviderMetadata::discover_async(issuer, &reqwest::Client::new()).await.expect("metadata");
    let discovered = Discovered(metadata);
    discovered.find(KNOWN);
    discovered
}

impl Contender for Discovered {
    fn find(&self, kid: &str) {
        // The library's own look-up is part of verifying a token and not public: it scans this list, collects what fits into a
        // vector and takes the first. The scan alone is less than that.
        let keys = self.0.jwks().keys();
        black_box(keys.iter().find(|key| key.key_id().is_some_and(|known| known.as_str() == kid)).expect("the key"));
    }
}
