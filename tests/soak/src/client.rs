//! As much of an HTTP client as a load takes: requests on connections that stay open, any number at once.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The connections that are kept while nothing is asked.
const MAX_IDLE: usize = 64;

pub(crate) struct Client {
    address: SocketAddr,
    idle: Mutex<Vec<TcpStream>>,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, idle: Mutex::default() }
    }

    /// Asks with a token, and returns the status.
    pub(crate) async fn get(&self, jwt: &str) -> io::Result<u16> {
        let request = format!("GET /hello HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer {jwt}\r\n\r\n");
        self.send(&request).await.map(|(status, _)| status)
    }

    /// Sends a request, on a connection that is open or on a new one.
    pub(crate) async fn send(&self, request: &str) -> io::Result<(u16, String)> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let (stream, answer) = match idle {
            // The server may have closed it meanwhile.
            Some(mut stream) => match exchange(&mut stream, request).await {
                Ok(answer) => (stream, answer),
                Err(_) => self.on_new(request).await?,
            },
            None => self.on_new(request).await?,
        };
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(stream);
        }
        Ok(answer)
    }

    async fn on_new(&self, request: &str) -> io::Result<(TcpStream, (u16, String))> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let answer = exchange(&mut stream, request).await?;
        Ok((stream, answer))
    }
}

/// Sends a request, and reads the answer by its `Content-Length`.
async fn exchange(stream: &mut TcpStream, request: &str) -> io::Result<(u16, String)> {
    stream.write_all(request.as_bytes()).await?;
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        if let Some((status, start, length)) = head(&answer)
            && answer.len() >= start + length
        {
            return Ok((status, String::from_utf8_lossy(&answer[start..]).into_owned()));
        }
        match stream.read(&mut buffer).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => answer.extend_from_slice(&buffer[..count]),
        }
    }
}

/// Returns the status, the start of the body and its length, once the head is whole.
fn head(answer: &[u8]) -> Option<(u16, usize, usize)> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = str::from_utf8(&answer[..end]).ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    Some((head.get(9..12)?.parse().ok()?, end + 4, length.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::head;

    #[test]
    fn a_head_gives_status_start_and_length() {
        let answer = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 3\r\nContent-Length: 2\r\n\r\nno";
        assert_eq!(head(answer), Some((503, answer.len() - 2, 2)));
        assert_eq!(head(&answer[..20]), None);
    }
}
