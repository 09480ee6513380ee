//! The answers of an HTTP server.

use std::time::Duration;

use idporten_config::interop::jsonwebtoken::{Expect, Insufficient, InvalidToken, Rules, VerifyError};
use idporten_config::testing::sign;

use crate::story::{CLIENT, Claims, NONCE, Story, id_claims, id_token_with, verify_id_token};

#[test]
fn every_refusal_has_a_status_and_a_valid_challenge() {
    let invalid = [
        InvalidToken::TooLong,
        InvalidToken::Malformed,
        InvalidToken::Algorithm,
        InvalidToken::Critical,
        InvalidToken::Type,
        InvalidToken::UnknownKey,
        InvalidToken::Signature,
        InvalidToken::Issuer,
        InvalidToken::Audience,
        InvalidToken::AuthorizedParty,
        InvalidToken::Expired,
        InvalidToken::NotYetValid,
        InvalidToken::IssuedInFuture,
        InvalidToken::Nonce,
        InvalidToken::Kind,
        InvalidToken::Missing("exp"),
        InvalidToken::WrongType("exp"),
        InvalidToken::Claims("`a\"b\\c\r\nå` is missing".into()),
    ];
    for reason in invalid {
        let error = VerifyError::from(reason);
        let challenge = error.www_authenticate().unwrap();
        assert_eq!((error.status(), error.retry_after()), (401, None), "{error}");
        assert!(challenge.starts_with("Bearer error=\"invalid_token\", error_description=\""), "{challenge}");
        assert!(challenge.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{challenge}");
        assert_eq!(challenge.matches('"').count(), 4, "{challenge}");
        assert!(!challenge.contains('\\'), "{challenge}");
    }
}

#[test]
fn a_valid_token_that_is_not_enough_says_what_would_be() {
    for (reason, code, parameter) in [
        (Insufficient::Scope("read write".into()), "insufficient_scope", "scope=\"read write\""),
        (
            Insufficient::Level("idporten-loa-high".into()),
            "insufficient_user_authentication",
            "acr_values=\"idporten-loa-high\"",
        ),
        (Insufficient::Age(Duration::from_secs(300)), "insufficient_user_authentication", "max_age=\"300\""),
    ] {
        let error = VerifyError::from(reason);
        let challenge = error.www_authenticate().unwrap();
        assert_eq!(error.status(), 403);
        assert!(challenge.contains(code) && challenge.ends_with(parameter), "{challenge}");
        let (_, value) = parameter.split_once('=').unwrap();
        assert!(error.to_string().contains(value.trim_matches('"')), "{error}");
    }
}

#[test]
fn an_undetermined_token_is_a_503_without_a_challenge() {
    for (wait, wanted) in [(0, 1), (1, 1), (999, 1), (1_000, 1), (1_001, 2), (20_000, 20)] {
        let error = VerifyError::Undetermined { retry_after: Duration::from_millis(wait) };
        assert_eq!((error.status(), error.www_authenticate()), (503, None));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(wanted)), "{wait} ms");
    }
}

#[test]
fn debug_output_names_the_rules_and_holds_no_personal_data() {
    let verifier = Story::idporten().verifier(Rules::id_token(CLIENT));
    let said = format!("{verifier:?}");
    assert!(said.contains(CLIENT) && said.contains("idporten-test"), "{said}");
    let expect = Expect::nonce(NONCE).max_age(Duration::from_secs(300));
    let token = verifier.verify::<Claims>(&sign("one", 0, &id_claims()), &expect).unwrap();
    let (expect, token) = (format!("{expect:?}"), format!("{token:?}"));
    assert!(expect.contains("300") && !expect.contains(NONCE), "{expect}");
    assert!(token.contains("one") && token.contains("RS256") && !token.contains("a-user"), "{token}");
}

#[test]
fn no_message_holds_a_part_of_the_token() {
    let claims = id_claims();
    for name in ["iss", "aud", "nonce"] {
        let value = format!("secret-{}", claims[name].as_str().unwrap());
        let error = verify_id_token(&id_token_with(name, serde_json::json!(value))).unwrap_err();
        let said = format!("{error} {error:?} {:?}", error.www_authenticate());
        assert!(!said.contains("secret-"), "{said}");
    }
}
