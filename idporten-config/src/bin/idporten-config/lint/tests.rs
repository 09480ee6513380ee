//! Stories of values in the field.

use super::finding::{LintFinding, LintKind};
use super::linter::Linter;
use super::tree::decoded;

fn lint(name: &str, text: &str) -> Vec<LintFinding> {
    Linter::new().lint(name, text)
}

/// The kinds and values of the findings in a file.
fn found(name: &str, text: &str) -> Vec<(LintKind, String)> {
    lint(name, text).into_iter().map(|finding| (finding.kind, finding.value)).collect()
}

fn wrong(value: &str) -> Vec<(LintKind, String)> {
    vec![(LintKind::Wrong, value.to_owned())]
}

/// The kind and advice of the one value that a line of Rust holds.
#[track_caller]
fn in_rust(key: &str, value: &str) -> (LintKind, String) {
    let mut findings = lint("src/a.rs", &format!("    let {key} = \"{value}\";"));
    assert_eq!(findings.len(), 1, "{value}: {findings:?}");
    let finding = findings.remove(0);
    assert_eq!((finding.line, finding.value.as_str()), (1, value));
    (finding.kind, finding.advice)
}

#[test]
fn the_wrong_values_of_real_code_name_the_constant_to_use() {
    for (value, constant) in [
        ("https://test.idporten.no/authorize", "idporten::test::AUTHORIZATION_ENDPOINT"),
        ("https://login.idporten.no/token", "idporten::prod::TOKEN_ENDPOINT"),
        ("https://test.idporten.no/endsession", "idporten::test::END_SESSION_ENDPOINT"),
        ("https://test.idporten.no/end_session", "idporten::test::END_SESSION_ENDPOINT"),
        ("https://login.idporten.no/authorize/", "idporten::prod::AUTHORIZATION_ENDPOINT"),
        ("https://idporten.no/token/", "idporten::prod::TOKEN_ENDPOINT"),
        ("https://test.maskinporten.no/jwk.json", "maskinporten::test::JWKS_URI"),
        ("https://test.maskinporten.no/certs", "maskinporten::test::JWKS_URI"),
        ("https://maskinporten.no/oauth/v2/token", "maskinporten::prod::TOKEN_ENDPOINT"),
        ("https://maskinporten.no/token/v1/token", "maskinporten::prod::TOKEN_ENDPOINT"),
        ("https://idporten.no/idporten-oidc-provider/token", "idporten::prod::TOKEN_ENDPOINT"),
        ("https://www.idporten.no/token", "idporten::prod::TOKEN_ENDPOINT"),
        ("http://idporten.no/token", "idporten::prod::TOKEN_ENDPOINT"),
        ("https://idporten.no:443/token", "idporten::prod::TOKEN_ENDPOINT"),
        ("https://maskinporten.no/.well-known/openid-configuration", "maskinporten::prod::WELL_KNOWN_URL"),
        ("https://login.test.idporten.no/.well-known/openid-configuration", "idporten::test::WELL_KNOWN_URL"),
    ] {
        let (kind, advice) = in_rust("url", value);
        assert_eq!(kind, LintKind::Wrong, "{value}: {advice}");
        assert!(advice.ends_with(&format!("use `{constant}`")), "{value}: {advice}");
    }
}

#[test]
fn a_bare_host_is_a_wrong_issuer_under_a_key_of_issuers() {
    for (value, constant) in [
        ("https://maskinporten.no", "maskinporten::prod::ISSUER"),
        ("https://login.idporten.no", "idporten::prod::ISSUER"),
        ("https://idporten.no/", "idporten::prod::ISSUER"),
    ] {
        for key in ["issuer", "idp_issuer_url", "authority", "aud"] {
            let (kind, advice) = in_rust(key, value);
            assert_eq!(kind, LintKind::Wrong, "{key}: {value}");
            assert!(advice.ends_with(&format!("use `{constant}`")), "{value}: {advice}");
        }
    }
    assert!(in_rust("iss", "https://maskinporten.no").1.starts_with("the issuer ends in a slash"));
    assert!(in_rust("iss", "https://idporten.no/").1.starts_with("the issuer has no slash at the end"));
    for text in [
        "issuers:\n  - https://idporten.no/\n  - https://x.no",
        "issuers:\n- https://idporten.no/",
        "- name: IDPORTEN_ISSUER\n  value: https://idporten.no/",
        "- value: https://idporten.no/\n  name: IDPORTEN_ISSUER",
        "issuer=https://idporten.no/",
        "spring.security.oauth2.resourceserver.jwt.issuer-uri: https://idporten.no/",
    ] {
        assert_eq!(found("app.yaml", text), wrong("https://idporten.no/"), "{text}");
    }
    for line in [
        r#"discover("https://login.idporten.no")"#,
        r#"check(iss, "https://login.idporten.no")"#,
        r#"{\"issuer\": \"https://login.idporten.no\"}"#,
        "pub const ISSUER: &'static str = \"https://login.idporten.no\";",
        r#"env::var("IDPORTEN_ISSUER").unwrap_or("https://login.idporten.no".into())"#,
    ] {
        assert_eq!(found("src/a.rs", line), wrong("https://login.idporten.no"), "{line}");
    }
}

#[test]
fn a_bare_host_elsewhere_is_a_page_or_an_origin() {
    for (name, line) in [
        ("a.html", r#"<a href="https://idporten.no/">ID-porten</a>"#),
        ("nginx.conf", "add_header Content-Security-Policy \"form-action https://login.idporten.no\";"),
        ("a.txt", "the issuer https://login.idporten.no is wrong"),
        ("a.yaml", "baseUrl: https://login.idporten.no"),
        ("a.yaml", "loginPortal: https://login.idporten.no"),
        ("a.yaml", "redirect_uri: https://login.idporten.no/"),
        ("a.yaml", "frontend:\n  origins:\n    - https://login.idporten.no"),
        ("a.yaml", "# issuer: https://login.idporten.no"),
        ("a.yaml", "cors:\n  - https://maskinporten.no"),
        ("src/a.rs", "// the issuer is not https://maskinporten.no"),
        ("src/a.rs", "let homepage = \"https://idporten.no/\";"),
        ("src/a.rs", "frame_ancestors(\"https://login.idporten.no\")"),
        ("src/a.rs", "let url = \"https://login.idporten.no\";"),
    ] {
        assert_eq!(found(name, line), [], "{name}: {line}");
    }
}

#[test]
fn the_audience_of_an_assertion_for_maskinporten_is_its_issuer() {
    for line in [
        "MASKINPORTEN_AUD=https://maskinporten.no/token",
        "jwtAssertionAudience: https://maskinporten.no/token",
        "- name: AUDIENCE\n  value: https://maskinporten.no/token",
    ] {
        assert_eq!(found("app.yaml", line), wrong("https://maskinporten.no/token"), "{line}");
    }
    let (_, advice) = in_rust("aud", "https://test.maskinporten.no/token");
    assert_eq!(
        advice,
        "the audience of an assertion is the issuer alone: \"https://test.maskinporten.no/\"; use `maskinporten::test::ISSUER`"
    );
    for line in [
        "aud: https://maskinporten.no/",
        "token_endpoint: https://maskinporten.no/token",
        "{audience: x, tokenUrl: 'https://maskinporten.no/token'}",
        "aud: https://idporten.no/token",
        "# aud: https://maskinporten.no/token",
    ] {
        assert_eq!(found("app.yaml", line), [], "{line}");
    }
}

#[test]
fn maskinporten_has_no_endpoints_for_a_browser() {
    for path in ["authorize", "userinfo", "logout", "par"] {
        let value = format!("https://maskinporten.no/{path}");
        let findings = lint("a.yaml", &format!("url: {value}"));
        assert_eq!(findings.len(), 1, "{value}");
        assert!(findings[0].advice.contains("Maskinporten has no "), "{}", findings[0].advice);
    }
}

#[test]
fn hosts_that_are_switched_off_name_their_successor() {
    for (value, place) in [
        ("https://oidc-ver2.difi.no/idporten-oidc-provider/", "ID-porten TEST is \"https://test.idporten.no\""),
        ("https://oidc.difi.no/idporten-oidc-provider/token", "ID-porten PROD is \"https://idporten.no\""),
        ("https://oidc-ver1.difi.no/x", "ID-porten TEST is \"https://test.idporten.no\""),
        ("https://oidc-test1.difi.eon.no/x", "ID-porten TEST is \"https://test.idporten.no\""),
        ("https://ver2.maskinporten.no/token", "Maskinporten TEST is \"https://test.maskinporten.no/\""),
        ("https://ver1.maskinporten.no/token", "Maskinporten TEST is \"https://test.maskinporten.no/\""),
    ] {
        let (kind, advice) = in_rust("url", value);
        assert_eq!((kind, advice.contains(place)), (LintKind::Retired, true), "{value}: {advice}");
    }
    let (kind, advice) = in_rust("url", "https://oidc-yt2.difi.no/idporten-oidc-provider/");
    assert_eq!((kind, advice.contains("difi.eon.no")), (LintKind::Wrong, true), "{advice}");
}

#[test]
fn a_right_value_is_hard_coded_in_rust_alone() {
    for (value, constant) in [
        ("https://idporten.no/token", "idporten::prod::TOKEN_ENDPOINT"),
        ("https://test.idporten.no", "idporten::test::ISSUER"),
        ("https://maskinporten.no/", "maskinporten::prod::ISSUER"),
        ("https://test.idporten.no/token/introspect", "idporten::test::INTROSPECTION_ENDPOINT"),
        ("https://idporten.no/.well-known/openid-configuration", "idporten::prod::WELL_KNOWN_URL"),
        ("https://login.idporten.no/authorize?client_id=x", "idporten::prod::AUTHORIZATION_ENDPOINT"),
    ] {
        assert_eq!(in_rust("url", value), (LintKind::HardCoded, format!("use `{constant}`")), "{value}");
        assert_eq!(found("app.yaml", &format!("url: {value}")), [], "{value}");
        assert_eq!(found("Main.java", &format!("url = \"{value}\";")), [], "{value}");
    }
}

#[test]
fn configuration_is_told_the_value_and_rust_the_constant() {
    let advice = |name: &str| lint(name, "token_url = \"https://login.idporten.no/token\"").remove(0).advice;
    assert_eq!(advice(".env"), "token requests go to \"https://idporten.no/token\"");
    assert_eq!(advice("a.go"), "token requests go to \"https://idporten.no/token\"");
    assert_eq!(
        advice("a.rs"),
        "token requests go to \"https://idporten.no/token\"; use `idporten::prod::TOKEN_ENDPOINT`"
    );
}

#[test]
fn a_value_of_another_product_or_stage_than_its_key_is_wrong() {
    for (name, line, right) in [
        (".env", "ANSATTPORTEN_ISSUER=https://idporten.no", "https://ansattporten.no"),
        (".env", "MASKINPORTEN_TOKEN_URL=https://idporten.no/token", "https://maskinporten.no/token"),
        (".env", "IDPORTEN_PROD_ISSUER=https://test.idporten.no", "https://idporten.no"),
        (".env", "IDPORTEN_TEST_ISSUER=https://idporten.no", "https://test.idporten.no"),
        ("application-prod.yaml", "issuer: https://test.idporten.no", "https://idporten.no"),
        ("config/production.json", "{\"issuer\": \"https://test.maskinporten.no/\"}", "https://maskinporten.no/"),
    ] {
        let findings = lint(name, line);
        assert_eq!(findings.len(), 1, "{line}: {findings:?}");
        assert_eq!(findings[0].kind, LintKind::Wrong, "{line}");
        assert!(findings[0].advice.contains(&format!("\"{right}\"")), "{line}: {}", findings[0].advice);
    }
    for (name, line) in [
        (".env", "IDPORTEN_ISSUER=https://idporten.no"),
        (".env", "TEST_URL=https://idporten.no"),
        ("application-test.yaml", "issuer: https://idporten.no"),
        ("application-prod.yaml", "issuer: https://idporten.no"),
        ("a.yaml", "idporten-maskinporten: https://maskinporten.no/"),
    ] {
        assert_eq!(found(name, line), [], "{name}: {line}");
    }
}

#[test]
fn old_levels_are_wrong_in_requests_and_claims_of_idporten() {
    let findings = lint("a.toml", "acr_values=Level3\nacr: [\"Level4\"]\nlet level = Level3;\nacr = MyLevel34");
    let places: Vec<_> =
        findings.iter().map(|finding| (finding.line, finding.column, finding.value.as_str())).collect();
    assert_eq!(places, [(1, 12, "Level3"), (2, 8, "Level4")]);
    for line in ["acrValues: Level3", "requested_acr = Level3", "requestedAcr(Level3)", "ACR=Level3", "acrId: Level3"] {
        assert_eq!(found("a.kt", line), wrong("Level3"), "{line}");
    }
    for text in
        ["acr_values:\n  - Level4", "b.acr_values(\n  \"Level4\")", "sidecar:\n  enabled: true\n  level: Level4"]
    {
        assert_eq!(found("a.yaml", text), wrong("Level4"), "{text}");
    }
    let request = "https://login.idporten.no/authorize?acr_values=Level4";
    assert!(found("a.kt", &format!("url = \"{request}\"")).contains(&wrong("Level4")[0]));
}

#[test]
fn old_levels_are_right_in_tokenx_and_in_maps() {
    for (name, text) in [
        ("a.kt", "@ProtectedWithClaims(issuer = \"tokenx\", claimMap = [\"acr=Level4\"])"),
        ("TokenXFilter.kt", "if (claims.acr == \"Level4\") return"),
        ("a.kt", "// TokenX\nval acr = \"Level4\""),
        ("a.kt", "issuer = TOKEN_X, claimMap = [\"acr=Level4\"]"),
        ("a.kt", "val issuer = \"tokendings\"\nrequired(\"acr=Level4\")"),
        ("a.kt", "\"idporten-loa-high\" to acr(\"Level4\")"),
        ("a.rs", "macro Level3"),
        ("a.rs", "across Level3"),
        ("a.rs", "// acr: Level3"),
        ("a.md", "acr: Level3"),
        ("a.yaml", "level: Level4"),
        ("a.yaml", "acr: high\nLevel3"),
    ] {
        assert_eq!(found(name, text), [], "{text}");
    }
}

#[test]
fn a_level_that_nobody_publishes_names_the_nearest() {
    for (line, value, right) in [
        ("acr_values = \"idporten-loa-hihg\"", "idporten-loa-hihg", "idporten-loa-high"),
        ("x = \"idporten-loa-substancial\"", "idporten-loa-substancial", "idporten-loa-substantial"),
        ("acr: idporten-level-4", "idporten-level-4", "idporten-loa-high"),
        ("acr_values=loa-high", "loa-high", "idporten-loa-high"),
        ("sidecar:\n  level: loa-substantial", "loa-substantial", "idporten-loa-substantial"),
    ] {
        let findings = lint("a.yaml", line);
        assert_eq!(findings.len(), 1, "{line}: {findings:?}");
        assert_eq!(findings[0].value, value, "{line}");
        assert!(findings[0].advice.contains(&format!("did you mean \"{right}\"?")), "{}", findings[0].advice);
    }
    for line in [
        "acr_values = \"idporten-loa-high\"",
        "acr = eidas-loa-low",
        "acr = selfregistered-email",
        "class = \"loa-high\"",
        "class = \"idporten-loa-badge-large\"",
        "x-idporten-loa-hihg-y",
        "colour: florida-loa-high",
    ] {
        assert_eq!(found("a.yaml", line), [], "{line}");
    }
}

#[test]
fn hosts_are_found_without_a_scheme() {
    for (line, kind, host) in [
        ("host: oidc-ver2.difi.no", LintKind::Retired, "oidc-ver2.difi.no"),
        ("x = \"ver2.maskinporten.no\".", LintKind::Retired, "ver2.maskinporten.no"),
        ("HOST=OIDC.difi.no.", LintKind::Retired, "OIDC.difi.no"),
        ("oidc-yt2.difi.no/x", LintKind::Wrong, "oidc-yt2.difi.no"),
        ("https://oidc.difi.no/{path}", LintKind::Retired, "oidc.difi.no"),
        ("tokenUrl: login.idporten.no/token", LintKind::Wrong, "login.idporten.no/token"),
        ("issuer: idporten.no", LintKind::Wrong, "idporten.no"),
        ("issuer: \"maskinporten.no/\"", LintKind::Wrong, "maskinporten.no/"),
        ("issuer: www.idporten.no", LintKind::Wrong, "www.idporten.no"),
    ] {
        assert_eq!(found("a.yaml", line), [(kind, host.to_owned())], "{line}");
    }
    assert_eq!(found("a.yaml", "https://oidc.difi.no/token").len(), 1);
    for line in [
        "my-oidc.difi.no a.oidc.difi.no oidc.difi.no.md oidc.difi.nope idporten.no",
        "host: idporten.no",
        "host: www.idporten.no",
        "site: www.idporten.no/hjelp",
        "issuer: awww.idporten.no",
        "see idporten.no/token for more",
        "mail: hjelp@idporten.no",
        "path: idporten.no/om/hjelp",
    ] {
        assert_eq!(found("a.yaml", line), [], "{line}");
    }
}

#[test]
fn pages_that_are_no_metadata_are_no_findings() {
    let text = "https://docs.digdir.no/ https://www.idporten.no/ https://idporten.no/om/hjelp https://evilidporten.no/token\n\
        https://example.com/?u=idporten.no https://{env}.idporten.no/token https://idporten.no/{x} http://localhost:8080/token\n\
        https://samarbeid.maskinporten.no/token https://idporten.no.evil.no/token https://idporten.no/hjelp/token\n";
    assert_eq!(found("a.yaml", text), []);
}

#[test]
fn snapshots_and_generated_code_hold_such_values_rightly() {
    let snapshot = idporten_config::KnownEnvironment::IdportenTest.bundled_snapshot();
    assert_eq!(found("a.json", snapshot), []);
    assert_eq!(found("a.rs", "// Generated by idporten-config 0.1.0.\nlet a = \"https://idporten.no/token\";"), []);
    let text = r#"{"idporten-prod": {"constants": {"ISSUER": "https://login.idporten.no/token"}, "well_known_url": "https://x"}}"#;
    assert_eq!(found("a.json", text), []);
    assert_eq!(found("a.json", r#"{"a": {"well_known_url": "https://login.idporten.no/token"}}"#).len(), 1);
}

#[test]
fn columns_count_characters_and_a_line_may_hold_several_values() {
    let findings = lint("a.rs", "æøå https://idporten.no/token https://idporten.no\r\n");
    assert_eq!(findings.iter().map(|finding| finding.column).collect::<Vec<_>>(), [5, 31]);
}

#[test]
fn a_marked_line_holds_its_value_on_purpose() {
    let text = "a = \"https://idporten.no/token\" // idporten-config: allow\nb = \"https://idporten.no/token\"";
    assert_eq!(lint("a.rs", text).iter().map(|finding| finding.line).collect::<Vec<_>>(), [2]);
}

#[test]
fn a_query_that_is_put_together_is_no_part_of_the_value() {
    for line in ["format!(\"https://login.idporten.no/token?x={x}\")", "`https://login.idporten.no/token?x=${x}`"] {
        assert_eq!(found("a.rs", line), wrong("https://login.idporten.no/token"), "{line}");
    }
}

#[test]
fn a_line_as_long_as_a_file_is_read_once() {
    for part in ["https://idporten.no/token ", "https://", "oidc.difi.no ", "acr Level3 ", "idporten-loa-x ", "loa-"] {
        let line = part.repeat((1 << 17) / part.len());
        let _ = lint("a.rs", &line);
    }
}

#[test]
fn utf_16_is_read_by_its_mark() {
    let text = "url = \"https://login.idporten.no/token\"";
    let bytes: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(decoded(&bytes), text);
}
