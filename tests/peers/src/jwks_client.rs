//! `jwks_client_rs`: keys in a list behind the read-write lock of tokio, cloned whole by each look-up.

use std::hint::black_box;

use async_trait::async_trait;
use jwks_client_rs::source::{JwksSource, WebSource};
use jwks_client_rs::{JsonWebKeySet, JwksClient, JwksClientError};
use tokio::runtime::Runtime;
use url::Url;

use crate::contender::{Contender, Refreshing};
use crate::keys::{self, KNOWN, UNKNOWN};
use crate::runtime;
use crate::server::Server;

/// The client, with its keys fetched.
pub struct Client<T: JwksSource> {
    client: JwksClient<T>,
    runtime: Runtime,
}

impl Client<Memory> {
    /// With keys from memory: as near as this client comes to how ours is measured.
    #[must_use]
    pub fn from_memory() -> Self {
        Self::ready(Memory)
    }
}

impl Client<WebSource> {
    /// With keys from a server.
    ///
    /// # Panics
    ///
    /// If the server does not answer.
    #[must_use]
    pub fn from_server(server: &Server) -> Self {
        Self::ready(web(server))
    }
}

impl<T: JwksSource + Send + Sync + 'static> Client<T> {
    fn ready(source: T) -> Self {
        let runtime = runtime::start();
        let client = runtime.block_on(first_key(source));
        Self { client, runtime }
    }
}

/// From construction to the first key. The client knows no discovery: it is given the address of the keys and sends one request.
///
/// # Panics
///
/// If the server does not answer.
pub async fn start(server: &Server) -> impl Sized {
    first_key(web(server)).await
}

fn web(server: &Server) -> WebSource {
    WebSource::builder().build(Url::parse(&server.jwks_uri()).expect("a URL")).expect("a client")
}

async fn first_key<T: JwksSource + Send + Sync + 'static>(source: T) -> JwksClient<T> {
    let client = JwksClient::builder().build(source);
    black_box(client.get(KNOWN).await.expect("the key"));
    client
}

impl<T: JwksSource + Send + Sync + 'static> Contender for Client<T> {
    fn find(&self, kid: &str) {
        // A key that is there needs no timer and no I/O: the smallest executor will do.
        black_box(futures_executor::block_on(self.client.get(kid)).expect("the key"));
    }
}

impl<T: JwksSource + Send + Sync + 'static> Refreshing for Client<T> {
    fn refresh(&self) {
        // There is no call for it; but each unknown kid makes the client fetch, without a limit.
        assert!(self.runtime.block_on(self.client.get(UNKNOWN)).is_err(), "an unknown key was found");
    }
}

/// The provider's answer, from memory.
pub struct Memory;

#[async_trait]
impl JwksSource for Memory {
    async fn fetch_keys(&self) -> Result<JsonWebKeySet, JwksClientError> {
        Ok(serde_json::from_str(&keys::jwks()).expect("a key set"))
    }
}
