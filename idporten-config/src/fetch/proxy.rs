//! The proxies of the environment variables, for the message of a connection that failed through one.

/// Returns the variable that names a proxy for a URL, and the remedy if that proxy does not lead there. Returns `None` if the
/// variables name no proxy for it.
pub(super) fn help(url: &str, variable: &dyn Fn(&str) -> Option<String>) -> Option<(&'static str, String)> {
    let name = proxy_variable(url, variable)?;
    let host = host(url);
    let list = ["NO_PROXY", "no_proxy"].iter().find_map(|name| variable(name)).unwrap_or_default();
    let entries = || list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    if entries().any(|entry| matches(entry, host)) {
        return None;
    }
    let mut help = format!("see that the proxy of {name} allows {host}, or name that host in NO_PROXY");
    for (entry, instead) in entries().filter_map(|entry| Some((entry, instead(entry)?))).take(3) {
        help += &format!("; the entry `{}` of NO_PROXY matches no host, {instead}", entry.escape_debug());
    }
    Some((name, help))
}

fn proxy_variable(url: &str, variable: &dyn Fn(&str) -> Option<String>) -> Option<&'static str> {
    let (upper, lower) =
        if url.starts_with("https:") { ("HTTPS_PROXY", "https_proxy") } else { ("HTTP_PROXY", "http_proxy") };
    // The client takes the first of a pair that is set, be it empty, and then that of all schemes.
    let first = |pair: [&'static str; 2]| pair.into_iter().find_map(|name| variable(name).map(|value| (name, value)));
    let named = |pair| first(pair).filter(|(_, value)| !value.is_empty()).map(|(name, _)| name);
    named([upper, lower]).or_else(|| named(["ALL_PROXY", "all_proxy"]))
}

fn host(url: &str) -> &str {
    let authority = url.split("://").nth(1).unwrap_or(url).split(['/', '?']).next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// Returns whether an entry of `NO_PROXY` excludes a host, by the client's rules. A network of addresses counts as one that does:
/// the message then does not mention the proxy, where the opposite could blame a proxy that is not used.
fn matches(entry: &str, host: &str) -> bool {
    let bare = entry.strip_prefix('.').unwrap_or(entry).to_ascii_lowercase();
    let is_network = entry.contains('/') && host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    entry == "*" || is_network || host.strip_suffix(&bare).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Returns what to write in place of an entry that can match nothing.
fn instead(entry: &str) -> Option<String> {
    let is_address = entry.parse::<std::net::IpAddr>().is_ok();
    if is_address || entry == "*" {
        return None;
    }
    if entry.contains(char::is_whitespace) {
        return Some("put commas between its parts".to_owned());
    }
    if entry.contains("://") || host(entry) != entry && !entry.contains('/') {
        return Some(format!("write `{}`", host(entry).escape_debug()));
    }
    let pattern = entry.strip_prefix('*').filter(|rest| !rest.contains('*'))?;
    Some(format!("write `{}`", pattern.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://test.idporten.no/jwks.json";

    fn asked(variables: &[(&str, &str)]) -> Option<(&'static str, String)> {
        help(URL, &|name| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn a_proxy_is_named_where_the_variables_name_one_for_the_host() {
        let name = |variables: &[(&str, &str)]| asked(variables).map(|(name, _)| name);
        assert_eq!(name(&[]), None);
        assert_eq!(name(&[("HTTP_PROXY", "http://p")]), None);
        assert_eq!(name(&[("HTTPS_PROXY", "http://p")]), Some("HTTPS_PROXY"));
        assert_eq!(name(&[("https_proxy", "http://p")]), Some("https_proxy"));
        assert_eq!(name(&[("HTTPS_PROXY", ""), ("https_proxy", "http://p")]), None);
        assert_eq!(name(&[("HTTPS_PROXY", ""), ("ALL_PROXY", "http://p")]), Some("ALL_PROXY"));
        for entries in ["*", "test.idporten.no", "a, IDPORTEN.no", ".idporten.no", "no"] {
            assert_eq!(name(&[("ALL_PROXY", "http://p"), ("NO_PROXY", entries)]), None, "{entries}");
        }
        for entries in ["porten.no", "x.test.idporten.no", "*.idporten.no", "test.idporten.no:443", "10.0.0.0/8"] {
            assert_eq!(name(&[("ALL_PROXY", "http://p"), ("NO_PROXY", entries)]), Some("ALL_PROXY"), "{entries}");
        }
    }

    #[test]
    fn an_entry_that_can_match_nothing_is_told_with_what_to_write() {
        for (entry, advice) in [
            ("*.idporten.no", "write `.idporten.no`"),
            ("test.idporten.no:443", "write `test.idporten.no`"),
            ("https://test.idporten.no/", "write `test.idporten.no`"),
            ("test.idporten.no maskinporten.no", "put commas between its parts"),
        ] {
            let (_, help) = asked(&[("HTTPS_PROXY", "http://p"), ("NO_PROXY", entry)]).unwrap();
            let wanted = format!("; the entry `{entry}` of NO_PROXY matches no host, {advice}");
            assert!(help.ends_with(&wanted), "wanted {wanted:?}, found {help:?}");
        }
        for entry in ["other.example", "10.0.0.0/8", "::1", "192.0.2.1", ".example"] {
            let (_, help) = asked(&[("HTTPS_PROXY", "http://p"), ("NO_PROXY", entry)]).unwrap();
            assert!(!help.contains("matches no host"), "{help}");
        }
    }
}
