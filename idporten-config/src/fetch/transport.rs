//! The interface between the refresher and an HTTP client.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::error::FetchError;
use super::unit::Document;
use crate::document::jwks::MAX_BYTES;

/// The difference of the clocks of this machine and the provider up to which a `Date` in the past counts as now.
const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// An HTTP client: one method, which gets one document.
///
/// The caller decides which documents are fetched, in which order, and whether they may be used. An implementation has to
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
    /// [`FetchError::network`] if there is no response. A response with any status is not an error.
    fn get(&self, url: &str, timeout: Duration) -> Result<Response, FetchError>;

    /// Gets the document as [`get`](Self::get) does, past the caches that obey `Cache-Control: no-cache` in a request (RFC 9111
    /// section 5.2.1.4). It is called if a key may have been published a moment ago. A client that cannot send the header
    /// leaves it as it is: an answer from a cache is then taken for what its age proves.
    ///
    /// # Errors
    ///
    /// Those of [`get`](Self::get).
    fn get_fresh(&self, url: &str, timeout: Duration) -> Result<Response, FetchError> {
        self.get(url, timeout)
    }

    /// Prepares for the requests of a unit, before the first one. Most implementations have nothing to prepare.
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

    fn get_fresh(&self, url: &str, timeout: Duration) -> Result<Response, FetchError> {
        (**self).get_fresh(url, timeout)
    }

    fn prepare(&self) -> Result<(), FetchError> {
        (**self).prepare()
    }
}

/// A response to a request for a document.
///
/// ```
/// use std::time::Duration;
///
/// use idporten_config::fetch::Response;
///
/// let response = Response::new(200, "application/json", "{}").with_age(Duration::from_secs(30));
/// assert!(format!("{response:?}").contains("200"), "the debug form holds the status, not the body");
/// ```
#[derive(Clone)]
pub struct Response {
    status: u16,
    content_type: String,
    body: Vec<u8>,
    age: Option<Duration>,
    date: Option<SystemTime>,
    mirror: Option<String>,
    passes_date: bool,
    retry_after: Option<Duration>,
}

/// The age of an answer, and the header that states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Age {
    pub(crate) stated: Duration,
    /// The age that the answer proves to be no lower than the true one; `None` if it proves nothing.
    pub(crate) proven: Option<Duration>,
    /// The header that states an age above zero.
    pub(crate) header: Option<&'static str>,
}

impl Response {
    /// Returns a response with a status, a `Content-Type` (empty if there is none) and a body.
    #[must_use]
    pub fn new(status: u16, content_type: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        let (content_type, body) = (content_type.into(), body.into());
        Self { status, content_type, body, age: None, date: None, mirror: None, passes_date: false, retry_after: None }
    }

    /// Sets its `Age` (RFC 9111 section 5.1), if a mirror or a cache answered. A response of the provider itself is
    /// current, and has neither this nor a date.
    #[must_use]
    pub fn with_age(self, age: impl Into<Option<Duration>>) -> Self {
        Self { age: age.into(), ..self }
    }

    /// Sets its `Date` (RFC 9110 section 6.6.1), if a mirror or a cache answered. It can only make the answer older: some
    /// caches put the current date on what they keep, so that a recent date proves nothing unless the mirror is known to
    /// [pass it on](Self::with_passed_date).
    #[must_use]
    pub fn with_date(self, date: impl Into<Option<SystemTime>>) -> Self {
        Self { date: date.into(), ..self }
    }

    /// Marks the response as one of a mirror or a cache at this URL, which errors then name.
    #[must_use]
    pub fn via_mirror(self, url: impl Into<String>) -> Self {
        Self { mirror: Some(url.into()), ..self }
    }

    /// Sets whether the mirror is known to pass on the provider's `Date`, or to cache nothing.
    #[must_use]
    pub fn with_passed_date(self, passes_date: bool) -> Self {
        Self { passes_date, ..self }
    }

    /// Sets its `Retry-After` (RFC 9110 section 10.2.3), where it has one.
    #[must_use]
    pub fn with_retry_after(self, retry_after: impl Into<Option<Duration>>) -> Self {
        Self { retry_after: retry_after.into(), ..self }
    }

    /// Returns the document of a good response with its age at a time.
    pub(super) fn into_document(self, url: &str, now: SystemTime) -> Result<Document, FetchError> {
        if self.status != 200 {
            return Err(FetchError::status(url, self.status, self.retry_after));
        }
        check_content_type(url, &self.content_type)?;
        if self.body.len() > MAX_BYTES {
            return Err(FetchError::too_large(url));
        }
        let age = self.age_at(now);
        Ok(Document { url: self.mirror.unwrap_or_else(|| url.to_owned()), age, body: self.body })
    }

    /// Returns the age of the content: the larger of those that `Age` and `Date` state.
    fn age_at(&self, now: SystemTime) -> Age {
        // RFC 9111, section 4.2.3: the apparent age follows from `Date`, the stated one from `Age`, and the larger one counts. A clock
        // ahead of the provider's makes no negative age.
        let by_date = self.date.and_then(|date| now.duration_since(date).ok()).unwrap_or_default();
        let by_age = self.age.unwrap_or_default();
        let is_mirrored = self.mirror.is_some() || self.age.is_some() || self.date.is_some();
        let is_proven = !is_mirrored || self.age.is_some() || self.passes_date && self.date.is_some();
        let header = if by_date > by_age { "Date" } else { "Age" };
        let stated = by_age.max(by_date);
        Age {
            stated,
            proven: is_proven.then(|| by_age.max(by_date.saturating_sub(CLOCK_SKEW))),
            header: (!stated.is_zero()).then_some(header),
        }
    }
}

impl Age {
    /// Returns the age of a unit of two answers: it is as old as the older one, and proves what both prove.
    pub(super) fn of_both(self, other: Self) -> Self {
        let older = if other.stated > self.stated { other } else { self };
        let proven = self.proven.zip(other.proven).map(|(one, two)| one.max(two));
        Self { proven, ..older }
    }

    /// Returns the time at which content of this age was current.
    pub(super) fn as_of(self, now: SystemTime) -> SystemTime {
        now.checked_sub(self.stated).unwrap_or(SystemTime::UNIX_EPOCH).max(SystemTime::UNIX_EPOCH)
    }
}

impl fmt::Debug for Response {
    /// Writes the headers, and only the length of the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("length", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Accepts `application/json` and `application/` types with the suffix `+json` (RFC 6839 section 3.1), with any parameters.
pub(super) fn check_content_type(url: &str, content_type: &str) -> Result<(), FetchError> {
    // OpenID Connect Discovery 1.0, section 4.2, and RFC 8414, section 3.2, require `application/json`; RFC 7517, section 8.5,
    // registers `application/jwk-set+json`. The check tells the page of a proxy or a log-in from a document that is broken.
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
    fn a_response_of_a_custom_client_passes_the_same_limits() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        let of = |status, kind: &str, length| Response::new(status, kind, vec![b' '; length]).into_document("u", now);
        assert_eq!(of(200, "application/json", MAX_BYTES).unwrap().age.as_of(now), now);
        assert!(of(200, "application/json", MAX_BYTES + 1).is_err());
        assert!(of(200, "text/html", 1).is_err());
        assert!(of(302, "application/json", 1).err().unwrap().to_string().contains("redirects are not followed"));
    }

    #[test]
    fn a_mirrors_answer_ages_from_its_date_or_its_age() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(10_000);
        let of = |age: Option<u64>, date_before: Option<u64>| {
            let date = date_before.map(|ago| now - Duration::from_secs(ago));
            let response = Response::new(200, "", "").with_age(age.map(Duration::from_secs)).with_date(date);
            let age = response.age_at(now);
            (now.duration_since(age.as_of(now)).unwrap().as_secs(), age.header)
        };
        assert_eq!(of(None, None), (0, None));
        assert_eq!(of(Some(60), None), (60, Some("Age")));
        assert_eq!(of(Some(60), Some(120)), (120, Some("Date")));
        assert_eq!(of(None, Some(0)), (0, None));
        assert_eq!(of(Some(10_001), None), (10_000, Some("Age")), "an age beyond all time is old");
        assert_eq!(of(Some(u64::MAX), None), (10_000, Some("Age")));
    }

    #[test]
    fn only_an_age_or_a_date_that_is_passed_on_proves_freshness() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(10_000);
        let ago = |seconds| now - Duration::from_secs(seconds);
        let direct = || Response::new(200, "", "");
        let mirrored = || direct().via_mirror("https://mirror.example/x");
        for (response, proven) in [
            (direct(), Some(0)),
            (mirrored(), None),
            (mirrored().with_date(now), None),
            (direct().with_date(now), None),
            (mirrored().with_age(Duration::from_secs(3)), Some(3)),
            (mirrored().with_age(Duration::ZERO).with_date(ago(2)), Some(0)),
            (mirrored().with_age(Duration::ZERO).with_date(ago(60)), Some(55)),
            (mirrored().with_date(ago(2)).with_passed_date(true), Some(0)),
            (mirrored().with_date(ago(9)).with_passed_date(true), Some(4)),
            (mirrored().with_passed_date(true), None),
        ] {
            let found = response.age_at(now).proven.map(|age| age.as_secs());
            assert_eq!(found, proven, "{:?} {:?}", response.age, response.date);
        }
    }
}
