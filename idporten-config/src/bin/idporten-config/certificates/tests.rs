//! Stories of certificates. The two here were made for these tests and are nobody's; their private keys are not kept.

use super::*;
use idporten_config::document::Origin;
use idporten_config::environment::KnownEnvironment;

const RSA_CERTIFICATE: &str = "MIIDCTCCAfGgAwIBAgIUPbDWrgmX2IYPkAYQssuNOXhx6IUwDQYJKoZIhvcNAQELBQAwFDESMBAGA1UEAwwJdGVzdCBvbmx5MB4XDTI2MTEyMzA4MzIxNFoXDTI3MTEyMzA4MzIxNFowFDESMBAGA1UEAwwJdGVzdCBvbmx5MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEArXpBFHU4gQTPpA74CeW2nF3JXn9XS5FI0lALGjm6eJ2AlZENufR2hYIWzeIYS+StX2KwFKvdFAUKmvDgy9CQmmNjynnu/+N7DiMPYeghkgGqxOqmBkGpokhZiQO0ujwGtCzKyQ6DJ684OXTkO61IeOjHDECsjYNp71PADyFoznqld77rfXMcaV9htWzC30jgolV7VawfuYykwCoDkt8RLJIPuQ5HAMXmlsqLepJpdWaVgoDgQ1kJREiA8oRTWOkGNwaIvTZU31GQl97TzM+iwAlUYrps/pg2r/IomiX7W09JBSiqMCoLZoZZxsiE8NkkVN+L2HSRK/JgwEXCyIOLdQIDAQABo1MwUTAdBgNVHQ4EFgQU4v6BYx0uKU6Jj52MIOiFIKLsXiwwHwYDVR0jBBgwFoAU4v6BYx0uKU6Jj52MIOiFIKLsXiwwDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOCAQEAjKZAkTW/qndxxvYRV5V58aadWYPVsYQ4fXNYH1SNaWVWm8wDMXAQ5wnFHMkEQzpwH+RzW9utz04WkmzqyO69gJkV5v0ml38RxZfZZk17oYfJnaN+kMf/E53M1Ufel6rmQ2C5gBQMeuQngm8X7oWxL+uTZrBGH5wG0kG3g6VhxocwthqXvbHtXfE0ZzwEsVwZxwLEt7BmXcBlUYXpyvY62hrjYHR7Gob54uF1bxDz16cqVuIfXG1nZ6FLHyhRFlb/D/iBep7JDOhJwhMgsP3AdQxLFsMHvFnPL0512rY297bYtZqG62ZK3DgLLPTXfMp3T9RJTvTJGugL4zfv+ZZr2w==";
const RSA_MODULUS: &str = "rXpBFHU4gQTPpA74CeW2nF3JXn9XS5FI0lALGjm6eJ2AlZENufR2hYIWzeIYS-StX2KwFKvdFAUKmvDgy9CQmmNjynnu_-N7DiMPYeghkgGqxOqmBkGpokhZiQO0ujwGtCzKyQ6DJ684OXTkO61IeOjHDECsjYNp71PADyFoznqld77rfXMcaV9htWzC30jgolV7VawfuYykwCoDkt8RLJIPuQ5HAMXmlsqLepJpdWaVgoDgQ1kJREiA8oRTWOkGNwaIvTZU31GQl97TzM-iwAlUYrps_pg2r_IomiX7W09JBSiqMCoLZoZZxsiE8NkkVN-L2HSRK_JgwEXCyIOLdQ";
const EC_CERTIFICATE: &str = "MIIBfDCCASOgAwIBAgIUJAtDO4NcUnAMbQ+hAXoZhev8d+EwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJdGVzdCBvbmx5MB4XDTI2MTEyMzA4MzIxNFoXDTI3MTEyMzA4MzIxNFowFDESMBAGA1UEAwwJdGVzdCBvbmx5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMS3FYs+FSLQvH/uI0XHJGRsahdyKknKprwQbyrA28HbmelKQiPmKFUvfptmtr+FYdJouIJw8tAY5zQAPXY6OgqNTMFEwHQYDVR0OBBYEFMXkP/YlsZWDj4uffUVuk8N9o9S0MB8GA1UdIwQYMBaAFMXkP/YlsZWDj4uffUVuk8N9o9S0MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgesqHW0vS5XNk4rqbHOra1Ox+4E/MUk9988tAKUpGvQACIC/v8uY1OH8SV6GeGN3I+smTCRsXbkR2IqGIP2exwIXh";
const EC_X: &str = "MS3FYs-FSLQvH_uI0XHJGRsahdyKknKprwQbyrA28HY";
const EC_Y: &str = "5npSkIj5ihVL36bZra_hWHSaLiCcPLQGOc0AD12OjoI";

fn rsa(modulus: &str, x5c: &str) -> String {
    format!(r#"{{"kty":"RSA","kid":"slot","e":"AQAB","n":"{modulus}","x5c":{x5c}}}"#)
}

fn ec(x: &str, y: &str, x5c: &str) -> String {
    format!(r#"{{"kty":"EC","alg":"ES256","crv":"P-256","x":"{x}","y":"{y}","x5c":{x5c}}}"#)
}

fn snapshot(entry: &str) -> Snapshot {
    let jwks = Value::parse(format!(r#"{{"keys":[{entry}]}}"#).as_bytes()).unwrap();
    let metadata = idporten_config::document::json::Object::default();
    Snapshot::new(KnownEnvironment::IdportenTest.into(), SystemTime::UNIX_EPOCH, Origin::Recorded, metadata, Some(jwks))
        .unwrap()
}

fn at(time: &str) -> SystemTime {
    humantime::parse_rfc3339(time).unwrap()
}

fn said(entry: &str, time: &str) -> Vec<String> {
    findings(&snapshot(entry), at(time)).into_iter().map(|finding| finding.message).collect()
}

const QUIET: &str = "2027-06-01T00:00:00Z";

#[test]
fn a_certificate_of_the_key_beside_it_is_no_finding() {
    assert_eq!(said(&rsa(RSA_MODULUS, &format!(r#"["{RSA_CERTIFICATE}"]"#)), QUIET), [""; 0]);
    assert_eq!(said(&ec(EC_X, EC_Y, &format!(r#"["{EC_CERTIFICATE}", "a chain"]"#)), QUIET), [""; 0]);
    assert_eq!(said(&ec(EC_X, EC_Y, "[]").replace(r#","x5c":[]"#, ""), QUIET), [""; 0]);
}

#[test]
fn a_certificate_of_another_key_is_a_finding() {
    let other = format!("_{}", &RSA_MODULUS[1..]);
    let entry = rsa(&other, &format!(r#"["{RSA_CERTIFICATE}"]"#));
    assert_eq!(said(&entry, QUIET), ["idporten-test: the certificate of key `slot` holds another key than its entry"]);
    assert_eq!(snapshot(&entry).jwks().unwrap().keys().len(), 1);
    let entry = rsa(RSA_MODULUS, &format!(r#"["{EC_CERTIFICATE}"]"#));
    assert!(said(&entry, QUIET)[0].ends_with("holds another key than its entry"));
    let entry = ec(EC_Y, EC_X, &format!(r#"["{EC_CERTIFICATE}"]"#));
    assert_eq!(said(&entry, QUIET), ["idporten-test: the certificate of key entry 0 holds another key than its entry"]);
}

#[test]
fn the_certificate_of_a_key_that_is_not_used_is_no_finding() {
    let own = rsa(RSA_MODULUS, &format!(r#"["{RSA_CERTIFICATE}"]"#));
    let encryption = own.replace(r#""kid":"slot""#, r#""kid":"other","use":"enc""#);
    assert_eq!(said(&format!("{own},{encryption}"), QUIET), [""; 0]);
}

#[test]
fn an_end_within_thirty_days_is_told_ahead() {
    let entry = rsa(RSA_MODULUS, &format!(r#"["{RSA_CERTIFICATE}"]"#));
    assert_eq!(said(&entry, "2027-11-10T00:00:00Z").len(), 1);
    assert!(
        said(&entry, "2027-11-10T00:00:00Z")[0].ends_with("ends in 13 days"),
        "{:?}",
        said(&entry, "2027-11-10T00:00:00Z")
    );
    assert!(
        said(&entry, "2027-12-10T00:00:00Z")[0].ends_with("ended 16 days ago"),
        "{:?}",
        said(&entry, "2027-12-10T00:00:00Z")
    );
    assert!(said(&entry, "2026-01-01T00:00:00Z")[0].ends_with("is not valid yet"));
    assert_eq!(said(&entry, "2027-10-20T00:00:00Z"), [""; 0]);
}

#[test]
fn what_is_no_certificate_is_said_to_be_none() {
    for (x5c, reason) in [
        (r#""text""#, "`x5c` is not a list"),
        ("[]", "`x5c` is not a list of strings with a certificate first"),
        ("[5]", "`x5c` is not a list of strings"),
        (r#"["*"]"#, "it is not base64"),
        (r#"["AAAA"]"#, "it is not an X.509 certificate"),
    ] {
        assert!(said(&rsa(RSA_MODULUS, x5c), QUIET)[0].contains(reason), "{x5c}");
    }
}
