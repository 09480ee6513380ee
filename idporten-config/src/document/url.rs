//! The URLs that metadata may hold: a strict grammar, narrower than any URL library's, so that every reader of an accepted
//! URL sees the same host in it.

use std::net::Ipv4Addr;

/// The parts of an accepted URL that the rules examine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Url<'a> {
    /// The host, in lower case.
    pub host: &'a str,
}

/// The URLs that an environment may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlPolicy {
    /// Only https on its default port.
    Secure,
    /// Plain http and any port too, for a development environment.
    Development,
}

const MAX_LENGTH: usize = 2048;

/// Reads an absolute URL.
///
/// # Errors
///
/// Returns a description of the part that is refused.
pub fn parse(text: &str, policy: UrlPolicy) -> Result<Url<'_>, &'static str> {
    check_length(text)?;
    // RFC 3986, section 3.1: a scheme is the same in upper case. It is refused nevertheless, since URLs and issuers are compared
    // byte for byte here, and by other readers in lower case.
    let (rest, default_port) = match (text.split_once("://"), policy) {
        (Some(("https", rest)), _) => (rest, "443"),
        (Some(("http", rest)), UrlPolicy::Development) => (rest, "80"),
        (Some(("http", _)), UrlPolicy::Secure) => return Err("is plain http; only https is accepted"),
        _ => return Err("is not an absolute https URL"),
    };
    let (authority, tail) = split_authority(rest);
    // RFC 3986, section 7.6: `https://idporten.no@evil.no/` shows one host to a reader and names another.
    if authority.contains('@') {
        return Err("has user information before the host");
    }
    let host = match (authority.rsplit_once(':'), policy) {
        (Some((host, port)), UrlPolicy::Development) if !host.is_empty() && !authority.ends_with(']') => {
            check_port(port, default_port)?;
            host
        }
        (Some(_), UrlPolicy::Secure) => return Err("has a port; only the default port is accepted"),
        _ => authority,
    };
    check_host(host, policy)?;
    check_tail(tail)?;
    Ok(Url { host })
}

/// Reads an issuer identifier, which may name the default port.
///
/// [`parse`] refuses a default port, since other parsers drop it. An issuer is compared byte for byte and never fetched, and some
/// providers publish one with the default port, so that it is accepted here.
///
/// # Errors
///
/// Returns a description of the part that is refused.
pub fn parse_issuer(text: &str, policy: UrlPolicy) -> Result<Url<'_>, &'static str> {
    let explicit = match text.split_once("://") {
        Some(("https", rest)) => Some((rest, ":443")),
        Some(("http", rest)) if policy == UrlPolicy::Development => Some((rest, ":80")),
        _ => None,
    };
    let Some((rest, port)) = explicit else { return parse(text, policy) };
    let (authority, tail) = split_authority(rest);
    let Some(host) = authority.strip_suffix(port) else { return parse(text, policy) };
    check_length(text)?;
    check_host(host, policy)?;
    check_tail(tail)?;
    Ok(Url { host })
}

/// Returns whether `host` is `parent` or a subdomain of it.
#[must_use]
pub fn on_or_below(host: &str, parent: &str) -> bool {
    // The dot matters: `evilidporten.no` also ends in `idporten.no`.
    host.strip_suffix(parent).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Returns whether a name is valid in a list of hosts.
#[must_use]
pub fn is_host(host: &str) -> bool {
    check_host(host, UrlPolicy::Development).is_ok()
}

fn split_authority(rest: &str) -> (&str, &str) {
    rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()))
}

fn check_length(text: &str) -> Result<(), &'static str> {
    if text.len() > MAX_LENGTH { Err("is longer than 2,048 bytes") } else { Ok(()) }
}

fn check_port(port: &str, default_port: &str) -> Result<(), &'static str> {
    match port.parse::<u16>() {
        Ok(number) if number > 0 && number.to_string() == port && port != default_port => Ok(()),
        _ => Err("has a port that is not a plain number, or that is the default and so must be left out"),
    }
}

fn check_host(host: &str, policy: UrlPolicy) -> Result<(), &'static str> {
    if policy == UrlPolicy::Development && host == "[::1]" {
        return Ok(());
    }
    if host.is_empty() || host.len() > 253 {
        return Err("has no host, or one longer than 253 bytes");
    }
    if !host.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-')) {
        return Err("has a host with characters other than a-z, 0-9, `-` and `.`");
    }
    // An internationalised label can look like another one, and parsers differ in how they decode it (UTS 46). No known provider
    // has one.
    let label_is_fine = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && !label.starts_with("xn--")
    };
    if !host.split('.').all(label_is_fine) {
        return Err(
            "has a host with a label that is empty, over 63 bytes, internationalised (`xn--`), or has a hyphen at an end",
        );
    }
    // Parsers read a host whose last label looks like a number as an IPv4 address, in many notations.
    let last = host.rsplit('.').next().unwrap_or(host);
    let numeric = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    if numeric && host.parse::<Ipv4Addr>().is_err() {
        return Err("has a host that ends like an IPv4 address but is none");
    }
    Ok(())
}

fn check_tail(tail: &str) -> Result<(), &'static str> {
    // RFC 6749, sections 3.1 and 3.2: the URI of an endpoint has no fragment.
    if tail.contains('#') {
        return Err("has a fragment");
    }
    let mut bytes = tail.bytes();
    while let Some(byte) = bytes.next() {
        let hex = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
        let fine = match byte {
            b'%' => hex(bytes.next()) && hex(bytes.next()),
            // Without `'`, which parsers of the URL Standard encode in a query: they would request another URL than the text says.
            _ => byte.is_ascii_alphanumeric() || b"-._~!$&()*+,;=:@/?".contains(&byte),
        };
        if !fine {
            return Err("has a path or query with a character that must be percent-encoded");
        }
    }
    // RFC 3986, section 5.2.4: clients remove dot segments, encoded ones too by the URL Standard, and would request another path.
    let path = tail.split('?').next().unwrap_or(tail);
    if path.split('/').any(|segment| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")) {
        return Err("has a path with `.` or `..` in it");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_urls_of_the_providers_are_accepted() {
        for (url, host) in [
            ("https://test.idporten.no", "test.idporten.no"),
            ("https://maskinporten.no/", "maskinporten.no"),
            ("https://oidc-yt2.difi.eon.no/idporten-oidc-provider/token?a=b%20c", "oidc-yt2.difi.eon.no"),
        ] {
            assert_eq!(parse(url, UrlPolicy::Secure), Ok(Url { host }));
        }
    }

    #[test]
    fn every_way_to_hide_another_host_is_refused() {
        for url in [
            "http://idporten.no/",
            "HTTPS://idporten.no/",
            "//idporten.no",
            "/token",
            "idporten.no",
            "",
            "https:idporten.no",
            "https:///idporten.no",
            "https://",
            "https://IDPORTEN.no/",
            "https://idporten.no./",
            "https://.idporten.no/",
            "https://idporten..no/",
            "https://user@idporten.no/",
            "https://idporten.no@evil.no/",
            "https://idporten.no:443/",
            "https://idporten.no:8443/",
            "https://idporten.no:/",
            "https://idporten.no#@evil.no",
            "https://evil.no\\@idporten.no/",
            "https://evil.no\\.idporten.no/",
            "https://idporten%2eno/",
            "https://idporten.no\u{3002}evil.no/",
            "https://idpörten.no/",
            "https://xn--idprten-b1a.no/",
            "https://idporten.no/a b",
            "https://idporten.no/\n",
            "https://idporten.no/\0",
            "https://idporten.no/../x",
            "https://idporten.no/a/%2E%2e/x",
            "https://idporten.no/%zz",
            "https://idporten.no/%4",
            "https://127.1/",
            "https://0x7f.0x1/",
            "https://017700000001/",
            "https://1.2.3.4.5/",
            "https://[::1]/",
            "https://idporten.no/'",
            "https://-idporten.no/",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://a_b.no/",
        ] {
            assert!(parse(url, UrlPolicy::Secure).is_err(), "{url:?}");
        }
        assert!(parse(&format!("https://idporten.no/{}", "a".repeat(2048)), UrlPolicy::Secure).is_err());
    }

    #[test]
    fn a_development_environment_may_use_http_and_a_port() {
        for (url, host) in [
            ("http://localhost:8080/default", "localhost"),
            ("http://mock-oauth2:8080", "mock-oauth2"),
            ("http://127.0.0.1:1/", "127.0.0.1"),
            ("http://[::1]:8080/", "[::1]"),
            ("https://[::1]/", "[::1]"),
        ] {
            assert_eq!(parse(url, UrlPolicy::Development), Ok(Url { host }), "{url}");
        }
        for url in [
            "http://localhost:80/",
            "http://localhost:08080/",
            "http://localhost:99999/",
            "http://localhost:/",
            "ftp://localhost/",
        ] {
            assert!(parse(url, UrlPolicy::Development).is_err(), "{url}");
        }
    }

    #[test]
    fn a_host_is_below_another_only_at_a_dot() {
        assert!(on_or_below("login.idporten.no", "idporten.no"));
        assert!(on_or_below("idporten.no", "idporten.no"));
        assert!(!on_or_below("evilidporten.no", "idporten.no"));
        assert!(!on_or_below("idporten.no", "login.idporten.no"));
    }
}
