//! The reply of the server to one request.

use std::time::Duration;

/// One reply. Unless said otherwise it is a whole body with its length, and the connection stays open.
#[derive(Debug, Clone)]
pub struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) framing: Framing,
    pub(super) manner: Manner,
}

/// The framing that marks the end of the body.
#[derive(Debug, Clone, Copy)]
pub(super) enum Framing {
    /// By a length.
    Length(usize),
    /// By its last chunk.
    Chunked,
    /// By the end of the connection.
    Connection,
    /// The body is all there is, head included.
    Raw,
}

/// The way in which the reply is sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Manner {
    Whole,
    /// So many bytes at a time, with a pause before each.
    Dripped(usize, Duration),
    /// The body again and again.
    Endless,
    /// The body, and then the end of the connection, without the last chunk or the end of TLS.
    Cut,
    /// Nothing at all, and the connection stays open.
    Silent,
    /// Nothing at all, and the connection ends.
    HangUp,
}

impl Reply {
    /// A JSON document.
    #[must_use]
    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::of(200, body.into()).header("Content-Type", "application/json")
    }

    /// A status, with a body to be ignored.
    #[must_use]
    pub fn status(status: u16) -> Self {
        let body = if matches!(status, 204 | 304) { Vec::new() } else { b"{}".to_vec() };
        Self::of(status, body).header("Content-Type", "application/json")
    }

    /// No reply: the request is read, and the connection stays open.
    #[must_use]
    pub fn silence() -> Self {
        Self { manner: Manner::Silent, ..Self::of(200, Vec::new()) }
    }

    /// No reply: the request is read, and the connection ends.
    #[must_use]
    pub fn hang_up() -> Self {
        Self { manner: Manner::HangUp, ..Self::of(200, Vec::new()) }
    }

    /// These bytes, in place of an HTTP response.
    #[must_use]
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { framing: Framing::Raw, ..Self::of(200, bytes.into()) }
    }

    fn of(status: u16, body: Vec<u8>) -> Self {
        let framing = Framing::Length(body.len());
        Self { status, headers: Vec::new(), body, framing, manner: Manner::Whole }
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// With another status.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// With a header, in place of one of the same name.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Without a header.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self
    }

    /// With a `Content-Length` that may be wrong.
    #[must_use]
    pub fn announcing(self, length: usize) -> Self {
        Self { framing: Framing::Length(length), ..self }
    }

    /// In chunks.
    #[must_use]
    pub fn chunked(self) -> Self {
        Self { framing: Framing::Chunked, ..self }
    }

    /// With nothing but the end of the connection to end the body.
    #[must_use]
    pub fn unframed(self) -> Self {
        Self { framing: Framing::Connection, ..self }
    }

    /// The body so many bytes at a time, with a pause before each.
    #[must_use]
    pub fn dripped(self, bytes: usize, pause: Duration) -> Self {
        Self { manner: Manner::Dripped(bytes, pause), ..self }
    }

    /// The body again and again, without an end.
    #[must_use]
    pub fn endless(self) -> Self {
        Self { manner: Manner::Endless, ..self }
    }

    /// The connection ends after the body, without the last chunk or the end of TLS.
    #[must_use]
    pub fn cut(self) -> Self {
        Self { manner: Manner::Cut, ..self }
    }

    pub(super) fn head(&self) -> String {
        if let Framing::Raw = self.framing {
            return String::new();
        }
        let mut head = format!("HTTP/1.1 {} -\r\n", self.status);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &match self.framing {
            Framing::Length(length) => format!("Content-Length: {length}\r\n\r\n"),
            Framing::Chunked => "Transfer-Encoding: chunked\r\n\r\n".to_owned(),
            Framing::Connection | Framing::Raw => "Connection: close\r\n\r\n".to_owned(),
        };
        head
    }

    /// Returns whether another request can follow on the same connection.
    pub(super) fn keeps_the_connection(&self) -> bool {
        let ends_by_itself = match self.framing {
            Framing::Length(length) => length == self.body.len(),
            Framing::Chunked => true,
            Framing::Connection | Framing::Raw => false,
        };
        ends_by_itself && matches!(self.manner, Manner::Whole | Manner::Dripped(..))
    }
}

impl From<Reply> for Vec<Reply> {
    fn from(reply: Reply) -> Self {
        vec![reply]
    }
}
