//! A provider on this machine, over plain HTTP.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use crate::keys;

/// A server of a discovery document and a key set. It ends with the process.
pub struct Server {
    issuer: String,
}

/// The documents that are served.
struct Documents {
    discovery: String,
    jwks: String,
}

impl Server {
    /// Starts to listen, at a port that is free.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[must_use]
    pub fn start() -> Self {
        Self::serving(keys::jwks())
    }

    /// Starts to listen, with this key set.
    ///
    /// # Panics
    ///
    /// If no port is free.
    #[must_use]
    pub fn serving(jwks: String) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let server = Self { issuer: format!("http://{}", listener.local_addr().expect("an address")) };
        let documents = Arc::new(Documents { discovery: server.discovery(), jwks });
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let documents = Arc::clone(&documents);
                // A client that goes away is no matter of the server's.
                thread::spawn(move || serve(stream, &documents).ok());
            }
        });
        server
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the URL of the keys.
    #[must_use]
    pub fn jwks_uri(&self) -> String {
        format!("{}/jwks", self.issuer)
    }

    /// The members that discovery requires.
    fn discovery(&self) -> String {
        let document = serde_json::json!({
            "issuer": self.issuer,
            "authorization_endpoint": format!("{}/authorize", self.issuer),
            "token_endpoint": format!("{}/token", self.issuer),
            "jwks_uri": self.jwks_uri(),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        document.to_string()
    }
}

/// Answers one request after the other, until the client closes.
fn serve(mut stream: TcpStream, documents: &Documents) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while let Some(request) = lines.next() {
        let request = request?;
        // The headers say nothing that would change the answer.
        while lines.next().transpose()?.is_some_and(|header| !header.is_empty()) {}
        // A query does not either: one peer sends the kid that it misses.
        let target = request.split([' ', '?']).nth(1).unwrap_or_default();
        let (status, body) = match target {
            "/.well-known/openid-configuration" => ("200 OK", documents.discovery.as_str()),
            "/jwks" => ("200 OK", documents.jwks.as_str()),
            _ => ("404 Not Found", "{}"),
        };
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all((head + body).as_bytes())?;
    }
    Ok(())
}
