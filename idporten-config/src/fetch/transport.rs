//! What the refresher needs of an HTTP client.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::error::FetchError;
use super::unit::Answer;
use crate::document::jwks::MAX_BYTES;

/// An HTTP client: one method, which gets one document.
///
/// Which documents, in which order, and whether they may be used is decided by its caller. What is left to an implementation:
/// trust only what TLS vouches for, **follow no redirect**, stop reading a body at 1 MiB, and end within the time given.
///
/// ```
/// use std::time::Duration;
///
/// use idporten_config::fetch::{FetchError, Response, Transport};
///
/// # struct Client;
/// # struct Reply { status: u16, content_type: String, body: Vec<u8> }
/// # impl Client {
/// #     fn get(&self, _: &str, _: Duration) -> Result<Reply, std::io::Error> { Err(std::io::ErrorKind::TimedOut.into()) }
/// # }
/// struct Own(Client);
///
/// impl Transport for Own {
///     fn get(&self, url: &str, timeout: Duration) -> Result<Response, FetchError> {
///         let reply = self.0.get(url, timeout).map_err(|error| FetchError::network(url, error))?;
///         Ok(Response::new(reply.status, reply.content_type, reply.body))
///     }
/// }
/// # assert!(Own(Client).get("https://test.idporten.no/jwks.json", Duration::from_secs(1)).is_err());
/// ```
pub trait Transport: Send + Sync + 'static {
    /// Gets the document at a URL, within a time. It is called from a thread that may be blocked, never from two at once.
    ///
    /// # Errors
    ///
    /// [`FetchError::network`] where there is no response; any response with a status is none.
    fn get(&self, url: &str, timeout: Duration) -> Result<Response, FetchError>;

    /// Sets up what takes its time, before the first request of each unit. Nothing, for most.
    ///
    /// # Errors
    ///
    /// No request can be made.
    fn prepare(&self) -> Result<(), FetchError> {
        Ok(())
    }
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn get(&self, url: &str, timeout: Duration) -> Result<Response, FetchError> {
        (**self).get(url, timeout)
    }

    fn prepare(&self) -> Result<(), FetchError> {
        (**self).prepare()
    }
}

/// A response to a request for a document.
#[derive(Clone)]
pub struct Response {
    status: u16,
    content_type: String,
    body: Vec<u8>,
    age: Option<Duration>,
    date: Option<SystemTime>,
    max_age: Option<Duration>,
    retry_after: Option<Duration>,
}

impl Response {
    /// A response: its status, its `Content-Type` (empty where there is none) and its body.
    #[must_use]
    pub fn new(status: u16, content_type: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        let (content_type, body) = (content_type.into(), body.into());
        Self { status, content_type, body, age: None, date: None, max_age: None, retry_after: None }
    }

    /// With its `Age` (RFC 9111 section 5.1), where it comes from a mirror or a cache. The provider's own response is of now.
    #[must_use]
    pub fn with_age(self, age: impl Into<Option<Duration>>) -> Self {
        Self { age: age.into(), ..self }
    }

    /// With its `Date` (RFC 9110 section 6.6.1), where it comes from a mirror or a cache.
    #[must_use]
    pub fn with_date(self, date: impl Into<Option<SystemTime>>) -> Self {
        Self { date: date.into(), ..self }
    }

    /// With the `max-age` of its `Cache-Control` (RFC 9111 section 5.2.2.1), where it has one.
    #[must_use]
    pub fn with_max_age(self, max_age: impl Into<Option<Duration>>) -> Self {
        Self { max_age: max_age.into(), ..self }
    }

    /// With its `Retry-After` (RFC 9110 section 10.2.3), where it has one.
    #[must_use]
    pub fn with_retry_after(self, retry_after: impl Into<Option<Duration>>) -> Self {
        Self { retry_after: retry_after.into(), ..self }
    }

    /// The body of a good response, as it was at a time.
    pub(super) fn into_answer(self, url: &str, now: SystemTime) -> Result<Answer, FetchError> {
        if self.status != 200 {
            return Err(FetchError::status(url, self.status, self.retry_after));
        }
        check_content_type(url, &self.content_type)?;
        if self.body.len() > MAX_BYTES {
            return Err(FetchError::too_large(url));
        }
        Ok(Answer { url: url.to_owned(), as_of: self.as_of(now), body: self.body, max_age: self.max_age })
    }

    /// When the content was as it is here: `Age` and `Date` count, whichever says it is older.
    fn as_of(&self, now: SystemTime) -> SystemTime {
        let by_age = self.age.map_or(now, |age| now.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH));
        by_age.min(self.date.unwrap_or(now)).max(SystemTime::UNIX_EPOCH)
    }
}

impl fmt::Debug for Response {
    /// Writes what it is, and of the body the length.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("length", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// `application/json` or a type with the suffix `+json`, whatever its parameters.
pub(super) fn check_content_type(url: &str, content_type: &str) -> Result<(), FetchError> {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = essence.strip_prefix("application/").is_some_and(|kind| kind == "json" || kind.ends_with("+json"));
    if is_json {
        return Ok(());
    }
    Err(FetchError::content_type(url, content_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_known_by_its_content_type() {
        for kind in [
            "application/json",
            "application/json; charset=utf-8",
            "Application/JWK-Set+JSON",
            "application/jwk-set+json;x=y",
        ] {
            assert!(check_content_type("", kind).is_ok(), "{kind}");
        }
        for kind in ["", "text/html", "text/json", "application/jsonp", "json", "application/octet-stream", "+json"] {
            assert!(check_content_type("", kind).is_err(), "{kind}");
        }
    }

    #[test]
    fn a_response_of_another_clients_passes_the_same_limits() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        let of = |status, kind: &str, length| Response::new(status, kind, vec![b' '; length]).into_answer("u", now);
        assert_eq!(of(200, "application/json", MAX_BYTES).unwrap().as_of, now);
        assert!(of(200, "application/json", MAX_BYTES + 1).is_err());
        assert!(of(200, "text/html", 1).is_err());
        assert!(of(302, "application/json", 1).err().unwrap().to_string().contains("redirects are not followed"));
    }

    #[test]
    fn the_age_of_a_mirrors_answer_starts_at_its_date_or_its_age() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(10_000);
        let of = |age: Option<u64>, date_before: Option<u64>| {
            let date = date_before.map(|ago| now - Duration::from_secs(ago));
            let response = Response::new(200, "", "").with_age(age.map(Duration::from_secs)).with_date(date);
            now.duration_since(response.as_of(now)).unwrap().as_secs()
        };
        assert_eq!(of(None, None), 0);
        assert_eq!(of(Some(60), None), 60);
        assert_eq!(of(Some(60), Some(120)), 120);
        assert_eq!(of(None, Some(0)), 0);
        assert_eq!(of(Some(10_001), None), 10_000, "an age beyond all time is old");
        assert_eq!(of(Some(u64::MAX), None), 10_000);
    }
}
