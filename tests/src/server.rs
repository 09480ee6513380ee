//! A TLS server on loopback that answers as the providers, under their real names and URLs, with control of every byte and of
//! time.
//!
//! Each URL has a script: a request takes its next reply, and the last one stays. The server ends when it is dropped.
//!
//! ```
//! use idporten_config::KnownEnvironment;
//! use idporten_config::fetch::{Fetcher, Kind};
//! use idporten_config_tests::server::{Reply, Server};
//!
//! let environment = KnownEnvironment::IdportenTest;
//! let server = Server::start();
//! server.on(environment.well_known_url(), Reply::status(404));
//! let error = Fetcher::new(server.options())?.fetch(&environment.into(), std::time::SystemTime::now()).unwrap_err();
//! assert_eq!(error.kind(), Kind::Status(404));
//! assert_eq!(server.requests()[0].url, environment.well_known_url());
//! # Ok::<(), idporten_config::fetch::FetchError>(())
//! ```

mod authority;
mod reply;

use std::collections::{HashMap, VecDeque};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use idporten_config::KnownEnvironment;
use idporten_config::fetch::Options;
use rustls::{ServerConnection, StreamOwned};

pub use authority::{Authority, Identity};
pub use reply::Reply;
use reply::{Framing, Manner};

/// The name that a mirror answers under.
pub const MIRROR: &str = "mirror.example";
/// The length at which an endless body ends after all, so that a failing test ends too.
const ENDLESS: usize = 256 << 20;
const MAX_HEAD: usize = 64 << 10;

type Connection = StreamOwned<ServerConnection, TcpStream>;

/// The server.
pub struct Server {
    address: SocketAddr,
    authority: Arc<Authority>,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The URL, put together from the host that it names and its path.
    pub url: String,
    /// The headers, their names in lower case.
    pub headers: HashMap<String, String>,
}

struct Shared {
    identity: Identity,
    scripts: Mutex<HashMap<String, VecDeque<Reply>>>,
    requests: Mutex<Vec<Request>>,
    open: Mutex<Vec<TcpStream>>,
    connections: AtomicU32,
    /// The number of next connections that are closed without a reply.
    dropping: AtomicU32,
    sent: AtomicUsize,
    stopped: AtomicBool,
}

impl Server {
    /// A server with a certificate for every environment's hosts, issued by a separate authority.
    #[must_use]
    pub fn start() -> Self {
        let authority = Arc::new(Authority::new());
        let identity = authority.issue(&hosts());
        Self::with(authority, identity)
    }

    /// A server that shows this certificate. Its [`options`](Self::options) trust this authority.
    #[must_use]
    pub fn with(authority: Arc<Authority>, identity: Identity) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            identity,
            scripts: Mutex::default(),
            requests: Mutex::default(),
            open: Mutex::default(),
            connections: AtomicU32::new(0),
            dropping: AtomicU32::new(0),
            sent: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        });
        let server = Arc::clone(&shared);
        let listening = Some(thread::spawn(move || server.listen(&listener)));
        Self { address, authority, shared, listening }
    }

    /// Gives a URL its replies, in place of those it had.
    pub fn on(&self, url: &str, replies: impl Into<Vec<Reply>>) {
        self.shared.scripts.lock().unwrap().insert(url.to_owned(), replies.into().into());
    }

    /// Ends so many of the next connections before a word is said.
    pub fn drop_connections(&self, count: u32) {
        self.shared.dropping.store(count, Ordering::SeqCst);
    }

    /// Ends the connections that are open, those with a silent reply too. Others may come.
    pub fn hang_up(&self) {
        self.shared.end_connections();
    }

    /// Options with which a fetcher takes this server for every environment and for the mirror, and trusts its authority
    /// alone.
    #[must_use]
    pub fn options(&self) -> Options {
        self.options_with(&[])
    }

    /// The same, with other addresses for some of the hosts.
    #[must_use]
    pub fn options_with(&self, elsewhere: &[(&str, SocketAddr)]) -> Options {
        let address =
            |host| elsewhere.iter().find(|(other, _)| *other == host).map_or(self.address, |(_, there)| *there);
        Options::default()
            .with_ca_file(self.authority.file())
            .with_ca_only(true)
            .with_addresses(hosts().into_iter().map(|host| (host.to_owned(), address(host))))
    }

    /// Returns the address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whom its clients must trust.
    #[must_use]
    pub fn authority(&self) -> &Arc<Authority> {
        &self.authority
    }

    /// The requests so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Returns the number of connections that were made to it.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Returns the number of body bytes that it could send.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.shared.sent.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is over.
        let _ = TcpStream::connect(self.address);
        self.shared.end_connections();
        let _ = self.listening.take().map(JoinHandle::join);
    }
}

impl Shared {
    fn listen(&self, listener: &TcpListener) {
        thread::scope(|scope| {
            for stream in listener.incoming() {
                if self.stopped.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                self.connections.fetch_add(1, Ordering::SeqCst);
                let drops = self.dropping.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
                if drops.is_ok() {
                    continue;
                }
                self.open.lock().unwrap().extend(stream.try_clone());
                // A client that leaves is no concern of the server's.
                scope.spawn(|| drop(self.serve(stream)));
            }
            // One may have come while the others were ended.
            self.end_connections();
        });
    }

    fn end_connections(&self) {
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let tls = ServerConnection::new(Arc::clone(&self.identity.0)).map_err(io::Error::other)?;
        let mut connection = StreamOwned::new(tls, stream);
        while let Some(request) = request(&mut connection)? {
            let reply = self.next(&request.url);
            self.requests.lock().unwrap().push(request);
            self.answer(&mut connection, &reply)?;
            if !reply.keeps_the_connection() {
                if !matches!(reply.manner, Manner::Cut | Manner::HangUp) {
                    connection.conn.send_close_notify();
                    connection.flush()?;
                }
                connection.sock.shutdown(Shutdown::Both)?;
                break;
            }
        }
        Ok(())
    }

    fn next(&self, url: &str) -> Reply {
        let mut scripts = self.scripts.lock().unwrap();
        match scripts.get_mut(url) {
            Some(script) if script.len() > 1 => script.pop_front(),
            Some(script) => script.front().cloned(),
            None => None,
        }
        .unwrap_or_else(|| Reply::status(404))
    }

    fn answer(&self, connection: &mut Connection, reply: &Reply) -> io::Result<()> {
        match reply.manner {
            Manner::HangUp => return Ok(()),
            Manner::Silent => return io::copy(connection, &mut io::sink()).map(drop),
            _ => connection.write_all(reply.head().as_bytes())?,
        }
        connection.flush()?;
        match reply.manner {
            Manner::Dripped(bytes, pause) => {
                for piece in reply.body.chunks(bytes) {
                    thread::sleep(pause);
                    self.send(connection, reply.framing, piece)?;
                }
            }
            Manner::Endless => {
                while self.sent.load(Ordering::SeqCst) < ENDLESS {
                    self.send(connection, reply.framing, &reply.body)?;
                }
            }
            _ => self.send(connection, reply.framing, &reply.body)?,
        }
        if let (Framing::Chunked, false) = (reply.framing, matches!(reply.manner, Manner::Cut)) {
            connection.write_all(b"0\r\n\r\n")?;
        }
        connection.flush()
    }

    fn send(&self, connection: &mut Connection, framing: Framing, piece: &[u8]) -> io::Result<()> {
        match framing {
            Framing::Chunked if piece.is_empty() => {}
            Framing::Chunked => {
                write!(connection, "{:x}\r\n", piece.len())?;
                connection.write_all(piece)?;
                connection.write_all(b"\r\n")?;
            }
            _ => connection.write_all(piece)?,
        }
        connection.flush()?;
        self.sent.fetch_add(piece.len(), Ordering::SeqCst);
        Ok(())
    }
}

/// The hosts of all environments, and the mirror.
fn hosts() -> Vec<&'static str> {
    let own = KnownEnvironment::ALL.iter().flat_map(|environment| environment.endpoint_hosts());
    own.copied().chain([MIRROR]).collect()
}

/// The next request on a connection; none where the client has left.
fn request(connection: &mut Connection) -> io::Result<Option<Request>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == MAX_HEAD || connection.read(&mut byte)? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head);
    let mut lines = head.lines();
    let path = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default().to_owned();
    let headers: HashMap<_, _> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let host = headers.get("host").map_or("", |host| host.split(':').next().unwrap_or(host));
    Ok(Some(Request { url: format!("https://{host}{path}"), headers }))
}
