//! One request and its answer, with every limit.

use std::io::Read;
use std::time::{Duration, Instant, SystemTime};

use reqwest::blocking::{Client, Response};
use reqwest::header::{ACCEPT, AGE, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, HeaderName, RETRY_AFTER};

use super::error::{FetchError, Step};
use crate::jwks::MAX_BYTES;
use crate::violation::quoted;

/// The requests of one unit.
pub(super) struct Exchange<'a> {
    pub(super) client: &'a Client,
    /// When the unit must have ended.
    pub(super) deadline: Instant,
    /// How many requests may be made a second time.
    pub(super) retries: u32,
}

/// A good answer.
pub(super) struct Answer {
    pub(super) body: Vec<u8>,
    age: Option<Duration>,
    date: Option<SystemTime>,
}

impl Exchange<'_> {
    /// Gets a document, a second time where that may help and the answer does not ask for patience.
    pub(super) fn get(&mut self, step: Step, url: &str) -> Result<Answer, FetchError> {
        let result = self.once(step, url);
        match &result {
            Err(error) if self.retries > 0 && error.is_worth_a_retry() && self.left() > Duration::ZERO => {
                self.retries -= 1;
                self.once(step, url)
            }
            _ => result,
        }
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn once(&self, step: Step, url: &str) -> Result<Answer, FetchError> {
        let accept = "application/json, application/jwk-set+json";
        // On the request, where it bounds everything from the first byte sent to the last byte read.
        let request = self.client.get(url).header(ACCEPT, accept).timeout(self.left());
        let response = request.send().map_err(|error| FetchError::network(step, url, error))?;
        let status = response.status().as_u16();
        if status != 200 {
            let retry_after = retry_after(response.headers(), SystemTime::now());
            return Err(FetchError::status(step, url, status, retry_after));
        }
        if let Some(coding) = header(response.headers(), &CONTENT_ENCODING).filter(|coding| *coding != "identity") {
            let message = format!("the content encoding is {}, and none was asked for", quoted(coding));
            return Err(FetchError::content(step, url, &message));
        }
        let kind = header(response.headers(), &CONTENT_TYPE).unwrap_or_default();
        if !is_json(kind) {
            return Err(FetchError::content(step, url, &format!("the content type is {}, not JSON", quoted(kind))));
        }
        let (age, date) = (seconds(response.headers(), &AGE), date(response.headers(), &DATE));
        Ok(Answer { body: self.body(step, url, response)?, age, date })
    }

    fn body(&self, step: Step, url: &str, response: Response) -> Result<Vec<u8>, FetchError> {
        let too_large = || FetchError::content(step, url, &format!("the document is larger than {MAX_BYTES} bytes"));
        let announced = response.content_length();
        if announced.is_some_and(|length| length > MAX_BYTES as u64) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        let mut limited = response.take(MAX_BYTES as u64 + 1);
        let mut chunk = [0; 16 * 1024];
        loop {
            match limited.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => body.extend_from_slice(&chunk[..count]),
                Err(error) => return Err(FetchError::interrupted(step, url, error)),
            }
            if self.left() == Duration::ZERO {
                return Err(FetchError::overdue(step, url));
            }
        }
        if body.len() > MAX_BYTES { Err(too_large()) } else { Ok(body) }
    }
}

impl Answer {
    /// When the content was as it is here: `Age` and `Date` count, whichever says it is older.
    pub(super) fn as_of(&self, now: SystemTime) -> SystemTime {
        let by_age = self.age.map_or(now, |age| now.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH));
        let by_date = self.date.unwrap_or(now);
        by_age.min(by_date).min(now).max(SystemTime::UNIX_EPOCH)
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    // Of two, neither counts: which one would, is the guess of whoever reads them.
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())?.to_str().ok()
}

/// Seconds (RFC 9111 section 1.2.2): a number too large to hold counts as the largest.
fn seconds(headers: &HeaderMap, name: &HeaderName) -> Option<Duration> {
    let text = header(headers, name)?.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(header(headers, name)?).ok()
}

/// `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let by_date = || date(headers, &RETRY_AFTER).map(|date| date.duration_since(now).unwrap_or_default());
    seconds(headers, &RETRY_AFTER).or_else(by_date)
}

/// `application/json` or a type with the suffix `+json`, whatever its parameters.
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.strip_prefix("application/").is_some_and(|kind| kind == "json" || kind.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn json_is_known_by_its_content_type() {
        for kind in [
            "application/json",
            "application/json; charset=utf-8",
            "Application/JWK-Set+JSON",
            "application/jwk-set+json;x=y",
        ] {
            assert!(is_json(kind), "{kind}");
        }
        for kind in ["", "text/html", "text/json", "application/jsonp", "json", "application/octet-stream", "+json"] {
            assert!(!is_json(kind), "{kind}");
        }
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

    #[test]
    fn the_age_of_a_mirrors_answer_starts_at_its_date_or_its_age() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let of = |age: Option<u64>, date: Option<&str>| {
            let date = date.map(|date| httpdate::parse_http_date(date).unwrap());
            let answer = Answer { body: Vec::new(), age: age.map(Duration::from_secs), date };
            now.duration_since(answer.as_of(now)).unwrap().as_secs()
        };
        assert_eq!(of(None, None), 0);
        assert_eq!(of(Some(60), None), 60);
        assert_eq!(of(Some(60), Some("Sun, 06 Nov 1994 08:47:37 GMT")), 120);
        assert_eq!(of(None, Some("Sun, 06 Nov 1994 09:47:37 GMT")), 0);
        let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        assert_eq!(of(Some(since_1970 + 1), None), since_1970);
        assert_eq!(of(Some(u64::MAX), None), since_1970);
    }
}
