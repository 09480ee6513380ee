//! The messages of failed TLS handshakes. rustls itself prints the names of its types.

use std::error::Error;
use std::time::{Duration, UNIX_EPOCH};

use rustls::pki_types::UnixTime;
use rustls::{CertificateError, InvalidMessage};

use super::cause;
use super::tls::{self, Trust};
use crate::document::violation::quoted;

/// Returns the error of TLS among the causes of an error.
pub(super) fn error_of_tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    cause::chain(error).find_map(|cause| cause.downcast_ref())
}

/// Returns the message of a TLS error, without a `Debug` form.
pub(super) fn in_words(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "the server does not speak TLS (it answers in plain http, or in another protocol)".to_owned()
        }
        rustls::Error::InvalidCertificate(error) => format!("invalid peer certificate: {}", certificate(error)),
        rustls::Error::InvalidMessage(reason) => format!("a damaged message of TLS: {}", spoken(reason)),
        rustls::Error::AlertReceived(alert) => format!("the server ended TLS: {}", spoken(alert)),
        rustls::Error::PeerIncompatible(reason) => format!("the server's TLS does not fit: {}", spoken(reason)),
        rustls::Error::PeerMisbehaved(reason) => format!("the server breaks the rules of TLS: {}", spoken(reason)),
        rustls::Error::General(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Returns the remedy for a TLS error. `{server}` stands for the server that was asked.
pub(super) fn help(error: &rustls::Error, trust: Trust) -> String {
    let help = match error {
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "give the port at which {server} speaks TLS; plain http is for development environments alone"
        }
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => return unknown_issuer(trust),
        rustls::Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => "set this machine's clock if it is wrong, or let the operator of {server} renew the certificate",
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "see that the host name leads to {server}, and that its certificate is for this name",
        rustls::Error::InvalidCertificate(_) => "let the operator of {server} replace the certificate",
        _ => "see that {server} speaks TLS 1.2 or 1.3, and that no proxy interferes",
    };
    help.to_owned()
}

fn unknown_issuer(trust: Trust) -> String {
    let variable = "IDPORTEN_CONFIG_CA_FILE (`ca_file` of `Options`, `--ca-file` of the tool)";
    match (trust, tls::replaced_by()) {
        (Trust::Program, _) => "add its authority to the TLS configuration of the program".to_owned(),
        (Trust::File, _) => format!("add its authority to the file of {variable}"),
        (Trust::Machine, None) => format!("name a file with its authority in {variable}"),
        (Trust::Machine, Some(replacing)) => format!(
            "{replacing} is set and replaces the authorities of this machine: unset it, or name a file with its authority in \
             {variable}"
        ),
    }
}

fn certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => "no authority that is trusted here signed it (UnknownIssuer)".to_owned(),
        CertificateError::ExpiredContext { time, not_after } => {
            format!("certificate expired on {}, and the time here is {}", date(*not_after), date(*time))
        }
        CertificateError::NotValidYetContext { time, not_before } => {
            format!("certificate not valid before {}, and the time here is {}", date(*not_before), date(*time))
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            // rustls hands the names over in a `Debug` form: `DnsName("mirror.example")`.
            let name = |text: &String| text.split('"').nth(1).unwrap_or(text).to_owned();
            let names: Vec<_> = presented.iter().take(5).map(name).collect();
            let names = if names.is_empty() { "no name at all".to_owned() } else { names.join(", ") };
            format!("certificate not valid for name {}, but for {}", quoted(&expected.to_str()), quoted(&names))
        }
        CertificateError::Other(other) => match other.0.to_string() {
            text if text.starts_with("CaUsedAsEndEntity") => {
                "it is the certificate of an authority, which no server may show as its own".to_owned()
            }
            text if text.contains(' ') => text,
            text => spoken_text(&text),
        },
        other => spoken(other),
    }
}

fn date(time: UnixTime) -> humantime::Rfc3339Timestamp {
    // A later date is replaced by the last one that can be written.
    let seconds = time.as_secs().min(253_402_300_799);
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds))
}

/// Returns the name of an enum's variant as words: `NoCipherSuitesInCommon` as `no cipher suites in common`.
fn spoken(variant: &impl std::fmt::Debug) -> String {
    spoken_text(&format!("{variant:?}"))
}

fn spoken_text(text: &str) -> String {
    let name = text.split(|other: char| !other.is_ascii_alphanumeric()).next().unwrap_or_default();
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::{AlertDescription, OtherError, PeerIncompatible};

    use super::*;

    fn certificate_error(error: CertificateError) -> String {
        in_words(&rustls::Error::InvalidCertificate(error))
    }

    #[test]
    fn errors_of_tls_are_told_in_words() {
        let other =
            |text: &'static str| certificate_error(CertificateError::Other(OtherError(Arc::from(Box::from(text)))));
        for (found, wanted) in [
            (
                in_words(&rustls::Error::AlertReceived(AlertDescription::HandshakeFailure)),
                "ended TLS: handshake failure",
            ),
            (
                in_words(&rustls::Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon)),
                "does not fit: no cipher suites in common",
            ),
            (certificate_error(CertificateError::BadSignature), "certificate: bad signature"),
            (other("CaUsedAsEndEntity"), "it is the certificate of an authority"),
            (other("UnsupportedCertVersion"), "certificate: unsupported cert version"),
            (other("certificate had invalid extensions"), "certificate had invalid extensions"),
        ] {
            assert!(found.ends_with(wanted) || found.contains(wanted), "wanted {wanted:?}, found {found:?}");
            assert!(!found.contains("Other") && !found.contains('('), "{found:?}");
        }
    }

    #[test]
    fn a_certificate_for_another_name_says_for_which() {
        let expected = rustls::pki_types::ServerName::try_from("test.idporten.no").unwrap();
        let presented = vec![r#"DnsName("mirror.example")"#.to_owned(), r#"DnsName("b.example")"#.to_owned()];
        assert_eq!(
            certificate_error(CertificateError::NotValidForNameContext { expected, presented }),
            "invalid peer certificate: certificate not valid for name \"test.idporten.no\", but for \"mirror.example, \
             b.example\""
        );
    }

    #[test]
    fn the_time_of_a_certificate_is_told_as_a_date() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let expired = CertificateError::ExpiredContext { time: at(86_400), not_after: at(u64::MAX) };
        assert!(
            certificate_error(expired).contains("expired on 9999-12-31T23:59:59Z, and the time here is 1970-01-02")
        );
    }

    #[test]
    fn the_error_of_tls_is_found_below_others() {
        let inner = rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType);
        let outer = std::io::Error::other(std::io::Error::other(inner.clone()));
        assert_eq!(error_of_tls(&outer), Some(&inner));
    }
}
