//! A provider on loopback, over plain HTTP: what a development environment is.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::fixture::rsa;

/// The server; it ends when it is dropped.
pub(crate) struct Provider {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    /// The answers by path: status and body.
    replies: Mutex<HashMap<String, (u16, String)>>,
    /// An environment whose answers wait until all of another were given.
    order: Mutex<Option<(String, String)>>,
    /// The paths that were answered.
    answered: Mutex<HashSet<String>>,
    changed: Condvar,
    stopped: AtomicBool,
}

impl Provider {
    /// A provider with these environments, each with one key.
    pub(crate) fn of(slugs: &[&str]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let thread = thread::spawn({
            let shared = Arc::clone(&shared);
            move || serve(&listener, &shared)
        });
        let provider = Self { address, shared, thread: Some(thread) };
        for slug in slugs {
            provider.metadata(slug, r#""scopes_supported": ["openid", "profile"]"#);
            provider.keys(slug, &[rsa("slot", '_')]);
        }
        provider
    }

    /// The metadata of an environment: what is required, and more.
    pub(crate) fn metadata(&self, slug: &str, more: &str) {
        let issuer = self.issuer(slug);
        self.answer(
            &format!("/{slug}/.well-known/openid-configuration"),
            200,
            &format!(
                r#"{{"issuer": "{issuer}", "authorization_endpoint": "{issuer}/authorize", "token_endpoint": "{issuer}/token",
                "jwks_uri": "{issuer}/jwks", "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"], {more}}}"#
            ),
        );
    }

    pub(crate) fn keys(&self, slug: &str, keys: &[String]) {
        self.answer(&format!("/{slug}/jwks"), 200, &format!(r#"{{"keys": [{}]}}"#, keys.join(", ")));
    }

    /// Everything of an environment answers with this status.
    pub(crate) fn fails(&self, slug: &str, status: u16) {
        self.answer(&format!("/{slug}/.well-known/openid-configuration"), status, "");
    }

    /// The answers for one environment wait until the key set of another was answered.
    pub(crate) fn answers_after(&self, slug: &str, other: &str) {
        *self.shared.order.lock().unwrap() = Some((format!("/{slug}/"), format!("/{other}/jwks")));
    }

    fn answer(&self, path: &str, status: u16, body: &str) {
        self.shared.replies.lock().unwrap().insert(path.to_owned(), (status, body.to_owned()));
    }

    pub(crate) fn issuer(&self, slug: &str) -> String {
        format!("http://{}/{slug}", self.address)
    }

    /// A manifest's tables for these environments.
    pub(crate) fn manifest(&self, slugs: &[&str]) -> String {
        let table = |slug: &&str| {
            let issuer = self.issuer(slug);
            format!(
                "[environments.{slug}]\nproduct = 'idporten'\ndevelopment = true\nissuer = '{issuer}'\n\
                 well-known-url = '{issuer}/.well-known/openid-configuration'\n"
            )
        };
        slugs.iter().map(table).collect()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(listener: &TcpListener, shared: &Arc<Shared>) {
    for connection in listener.incoming() {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        let shared = Arc::clone(shared);
        // A client that was killed does not concern the others.
        thread::spawn(move || drop(connection.and_then(|connection| answer(connection, &shared))));
    }
}

fn answer(mut connection: TcpStream, shared: &Shared) -> std::io::Result<()> {
    connection.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut request = String::new();
    let mut reader = BufReader::new(&connection);
    reader.read_line(&mut request)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    let order = shared.order.lock().unwrap().clone();
    if let Some((_, awaited)) = order.filter(|(start, _)| path.starts_with(start.as_str())) {
        let answered = shared.answered.lock().unwrap();
        drop(shared.changed.wait_while(answered, |answered| !answered.contains(&awaited)).unwrap());
    }
    let (status, body) = shared.replies.lock().unwrap().get(path).cloned().unwrap_or((404, String::new()));
    write!(
        connection,
        "HTTP/1.1 {status} -\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )?;
    shared.answered.lock().unwrap().insert(path.to_owned());
    shared.changed.notify_all();
    Ok(())
}
