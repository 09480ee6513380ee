//! One request and its answer, with every limit.

use std::io::Read;
use std::time::{Duration, Instant, SystemTime};

use reqwest::blocking::{Client, Response};
use reqwest::header::{
    ACCEPT, AGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, HeaderName, RETRY_AFTER,
};

use super::error::FetchError;
use super::proxy;
use super::tls::Trust;
use super::transport::{self, check_content_type};
use crate::document::jwks::MAX_BYTES;

/// The options of requests.
pub(super) struct Exchange<'a> {
    pub(super) client: &'a Client,
    /// The time by which the body must have been read.
    pub(super) deadline: Instant,
    /// The certificate authorities that are trusted.
    pub(super) trust: Trust,
    /// The flag that is true if no proxy is used.
    pub(super) is_direct: bool,
    /// The flag that is true if answers may be older than now, since they come from a mirror or a cache.
    pub(super) ages: bool,
    /// The flag that is true if caches are asked not to answer from what they keep.
    pub(super) past_caches: bool,
}

impl Exchange<'_> {
    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Gets a document.
    pub(super) fn get(&self, url: &str) -> Result<transport::Response, FetchError> {
        let accept = "application/json, application/jwk-set+json";
        // The limit is set on the request, where it covers everything from the first byte sent to the last byte read.
        let mut request = self.client.get(url).header(ACCEPT, accept).timeout(self.left());
        if self.past_caches {
            // RFC 9111 section 5.2.1.4. Squid and HAProxy obey it; Varnish, Traffic Server and nginx do not.
            request = request.header(CACHE_CONTROL, "no-cache");
        }
        let response = request.send().map_err(|error| {
            let variable = |name: &str| std::env::var(name).ok();
            let proxy = if self.is_direct { None } else { proxy::help(url, &variable) };
            FetchError::exchange(url, error, self.trust, proxy)
        })?;
        let status = response.status().as_u16();
        if status != 200 {
            let retry_after = retry_after(response.headers(), SystemTime::now());
            return Err(FetchError::status(url, status, retry_after));
        }
        if let Some(coding) = header(response.headers(), &CONTENT_ENCODING).filter(|coding| *coding != "identity") {
            return Err(FetchError::encoded(url, coding));
        }
        let headers = response.headers();
        let kind = header(headers, &CONTENT_TYPE).unwrap_or_default().to_owned();
        check_content_type(url, &kind)?;
        let (age, date) = if self.ages { (seconds(headers, &AGE), date(headers, &DATE)) } else { (None, None) };
        let body = self.body(url, response)?;
        Ok(transport::Response::new(status, kind, body).with_age(age).with_date(date))
    }

    fn body(&self, url: &str, response: Response) -> Result<Vec<u8>, FetchError> {
        let announced = response.content_length();
        if announced.is_some_and(|length| length > MAX_BYTES as u64) {
            return Err(FetchError::too_large(url));
        }
        let mut body = Vec::new();
        let mut limited = response.take(MAX_BYTES as u64 + 1);
        let mut chunk = [0; 16 * 1024];
        loop {
            match limited.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => body.extend_from_slice(&chunk[..count]),
                Err(error) => return Err(FetchError::interrupted(url, error)),
            }
            if self.left() == Duration::ZERO {
                return Err(FetchError::overdue(url));
            }
        }
        if body.len() > MAX_BYTES { Err(FetchError::too_large(url)) } else { Ok(body) }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    // A field that is sent twice counts as absent: readers differ in which of the two they take.
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())?.to_str().ok()
}

/// Reads a number of seconds (RFC 9111 section 1.2.2): a number that is too large counts as the largest.
fn seconds(headers: &HeaderMap, name: &HeaderName) -> Option<Duration> {
    number(header(headers, name)?.trim())
}

fn number(text: &str) -> Option<Duration> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(header(headers, name)?).ok()
}

/// Reads `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let by_date = || date(headers, &RETRY_AFTER).map(|date| date.duration_since(now).unwrap_or_default());
    seconds(headers, &RETRY_AFTER).or_else(by_date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let of = |value| retry_after(&headers(&[(RETRY_AFTER, value)]), now);
        assert_eq!(of("120"), Some(Duration::from_secs(120)));
        assert_eq!(of("Sun, 06 Nov 1994 08:50:37 GMT"), Some(Duration::from_secs(60)));
        assert_eq!(of("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(of("soon"), None);
        assert_eq!(of("-1"), None);
        assert_eq!(of("+1"), None);
        assert_eq!(of("99999999999999999999"), Some(Duration::from_secs(u64::MAX)));
    }
}
