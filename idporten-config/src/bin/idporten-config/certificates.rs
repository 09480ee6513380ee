//! The certificates that a provider publishes beside its keys (`x5c`, RFC 7517 section 4.7).
//!
//! A key is accepted whatever its certificate says. The end of a certificate announces a rotation, and a certificate for another
//! key than its entry is a mistake of the provider.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use x509_cert::Certificate as X509;
use x509_cert::der::asn1::UintRef;
use x509_cert::der::{Decode, Reader, SliceReader};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use idporten_config::document::json::Value;
use idporten_config::document::{KeyParameters, SigningKey, Snapshot};
use idporten_config::internal::{Finding, days, printable, signing_key};

/// The time before the end of a certificate in which it is reported: 30 days.
pub(crate) const NOTICE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The first certificate of a key that can verify signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// The index of the key's entry in `keys`, from 0.
    pub(crate) index: usize,
    pub(crate) key: SigningKey,
    /// The content, or the reason why it cannot be read.
    pub(crate) content: Result<Content, &'static str>,
}

/// The content of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    /// The start of its validity.
    pub(crate) not_before: SystemTime,
    /// The end of its validity.
    pub(crate) not_after: SystemTime,
    /// The flag that is true if it holds the key of its entry.
    pub(crate) same_key: bool,
}

impl Content {
    /// The day of its end, `YYYY-MM-DD`.
    #[must_use]
    pub(crate) fn last_day(&self) -> String {
        humantime::format_rfc3339_seconds(self.not_after).to_string()[..10].to_owned()
    }
}

/// The first certificate of each entry that has one. Those of keys for encryption, and of other entries that are not used, are left
/// out.
#[must_use]
pub(crate) fn certificates(snapshot: &Snapshot) -> Vec<Certificate> {
    let entries = snapshot.jwks_json().and_then(Value::as_object).and_then(|set| set.get("keys")?.as_array());
    let entries = entries.unwrap_or_default().iter().enumerate();
    let certificate = |(index, entry): (usize, &Value)| {
        let (x5c, key) = (entry.as_object()?.get("x5c")?, signing_key(entry)?);
        let content = read(x5c).map(|certificate| content(&certificate, &key));
        Some(Certificate { index, key, content })
    };
    entries.filter_map(certificate).collect()
}

/// Reports certificates that are unreadable, hold another key, are not valid, or end within [`NOTICE`].
#[must_use]
pub(crate) fn findings(snapshot: &Snapshot, now: SystemTime) -> Vec<Finding> {
    let slug = snapshot.provider().slug();
    certificates(snapshot).iter().filter_map(|certificate| finding(slug, certificate, now)).collect()
}

fn finding(slug: &str, certificate: &Certificate, now: SystemTime) -> Option<Finding> {
    let key = match certificate.key.kid() {
        Some(kid) => format!("{slug}: the certificate of key `{}`", printable(kid)),
        None => format!("{slug}: the certificate of key entry {}", certificate.index),
    };
    let ask = "the key is used all the same; report it to the provider";
    let rotation = "expect a new key; the program follows it if it refreshes the live document at run time";
    let (problem, help) = match &certificate.content {
        Err(reason) => (format!("cannot be read: {reason}"), ask),
        Ok(content) if !content.same_key => ("holds another key than its entry".to_owned(), ask),
        Ok(content) if content.not_before > now => ("is not valid yet".to_owned(), ask),
        Ok(content) => match content.not_after.duration_since(now) {
            Err(ended) => (format!("ended {} ago", days(ended.duration())), rotation),
            Ok(left) if left <= NOTICE => (format!("ends in {}", days(left)), rotation),
            Ok(_) => return None,
        },
    };
    Some(Finding::warning(format!("{key} {problem}"), help).of(slug))
}

fn read(x5c: &Value) -> Result<X509, &'static str> {
    let first = x5c.as_array().and_then(<[Value]>::first).and_then(Value::as_str);
    let text = first.ok_or("`x5c` is not a list of strings with a certificate first")?;
    let der = STANDARD.decode(text).map_err(|_| "it is not base64")?;
    X509::from_der(&der).map_err(|_| "it is not an X.509 certificate")
}

fn content(certificate: &X509, key: &SigningKey) -> Content {
    let validity = certificate.tbs_certificate().validity();
    let public = certificate.tbs_certificate().subject_public_key_info();
    Content {
        not_before: validity.not_before.to_system_time(),
        not_after: validity.not_after.to_system_time(),
        same_key: holds(public, key.parameters()).unwrap_or(false),
    }
}

/// Returns whether the certificate is for this key; none if that cannot be decided.
fn holds(public: &SubjectPublicKeyInfoOwned, key: &KeyParameters) -> Option<bool> {
    let bytes = public.subject_public_key.as_bytes()?;
    let decoded = |member: &str| URL_SAFE_NO_PAD.decode(member).ok();
    match key {
        KeyParameters::Rsa { n, e, .. } => {
            let (modulus, exponent) = rsa(bytes)?;
            Some(modulus == significant(&decoded(n)?) && exponent == significant(&decoded(e)?))
        }
        KeyParameters::Ec { x, y, .. } => Some(bytes == [&[4], &decoded(x)?[..], &decoded(y)?[..]].concat()),
        KeyParameters::Okp { x, .. } => Some(bytes == decoded(x)?),
        _ => None,
    }
}

/// Modulus and exponent of an RSA key (RFC 8017, appendix A.1.1).
fn rsa(der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut reader = SliceReader::new(der).ok()?;
    let numbers = reader.sequence(|reader| {
        let modulus = UintRef::decode(reader)?.as_bytes().to_vec();
        Ok::<_, x509_cert::der::Error>((modulus, UintRef::decode(reader)?.as_bytes().to_vec()))
    });
    numbers.ok()
}

fn significant(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|&byte| byte != 0).unwrap_or(number.len());
    &number[start..]
}

#[cfg(test)]
mod tests;
