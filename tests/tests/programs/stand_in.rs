//! A server on loopback that answers as a test says, wrongly too, which a real provider does not do.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Listens until it is dropped.
pub(crate) struct StandIn {
    port: u16,
    stopped: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl StandIn {
    /// Answers each request by its path and body, with a status and a body of JSON.
    pub(crate) fn start(port: u16, mut answer: impl FnMut(&str, &str) -> (u16, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let stopped = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stopped);
        let listening = thread::spawn(move || {
            for stream in listener.incoming() {
                if told.load(Ordering::SeqCst) {
                    break;
                }
                // A client that leaves is no concern of the server's.
                let _ = stream.and_then(|stream| serve(&stream, &mut answer));
            }
        });
        Self { port, stopped, listening: Some(listening) }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is over.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        let _ = self.listening.take().map(JoinHandle::join);
    }
}

fn serve(mut stream: &TcpStream, answer: &mut impl FnMut(&str, &str) -> (u16, String)) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    while reader.read_line(&mut head)? > 2 {
        let (name, value) = head.lines().last().and_then(|line| line.split_once(':')).unwrap_or_default();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let path = head.split(' ').nth(1).unwrap_or_default();
    let (status, text) = answer(path, &String::from_utf8_lossy(&body));
    let header = format!("Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close", text.len());
    write!(stream, "HTTP/1.1 {status} Any\r\n{header}\r\n\r\n{text}")
}
