//! The client of the load: requests on connections that stay open, any number at once.

use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Builder;
use axum::http::{Method, Request};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// The connections that are kept while no request is under way.
const MAX_IDLE: usize = 64;
/// The longest answer that is read.
const MAX_BYTES: usize = 1 << 20;

type Error = Box<dyn std::error::Error + Send + Sync>;

pub(crate) struct Client {
    address: SocketAddr,
    connections: hyper_util::client::legacy::Client<HttpConnector, Body>,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let mut builder = hyper_util::client::legacy::Client::builder(TokioExecutor::new());
        Self { address, connections: builder.pool_max_idle_per_host(MAX_IDLE).build(connector) }
    }

    /// Sends a request with a token, and returns the status.
    pub(crate) async fn get(&self, jwt: &str) -> Result<u16, Error> {
        let request = self.request(Method::GET, "/hello").header(AUTHORIZATION, format!("Bearer {jwt}"));
        self.send(request).await.map(|(status, _)| status)
    }

    /// Sends a request without a token, and returns the body of its answer.
    pub(crate) async fn ask(&self, method: Method, path: &str) -> Result<String, Error> {
        self.send(self.request(method, path)).await.map(|(_, body)| body)
    }

    fn request(&self, method: Method, path: &str) -> Builder {
        Request::builder().method(method).uri(format!("http://{}{path}", self.address))
    }

    async fn send(&self, request: Builder) -> Result<(u16, String), Error> {
        let response = self.connections.request(request.body(Body::empty())?).await?;
        let status = response.status().as_u16();
        // The body is read to its end, so that the connection can be used again.
        let body = to_bytes(Body::new(response.into_body()), MAX_BYTES).await?;
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}
