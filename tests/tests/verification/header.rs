//! Headers as nobody honest writes them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idporten_config::interop::jsonwebtoken::{Expect, InvalidToken, MAX_TOKEN_BYTES, Rules};
use idporten_config::testing::{sign, sign_text};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::story::{
    API, CLIENT, Claims, HEADER, NONCE, NOW, Story, access_claims, id_claims, id_token_under, refused, verify_id_token,
    with,
};

fn encode(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

#[test]
fn one_wrong_member_of_the_header_refuses_the_token() {
    let wrong = |name| InvalidToken::WrongType(name);
    let cases = [
        (r#"{"kid":"one"}"#, InvalidToken::Malformed),
        (r#"{"alg":null,"kid":"one"}"#, wrong("alg")),
        (r#"{"alg":["RS256"],"kid":"one"}"#, wrong("alg")),
        (r#"{"alg":"none","kid":"one"}"#, InvalidToken::Algorithm),
        (r#"{"alg":"None","kid":"one"}"#, InvalidToken::Algorithm),
        (r#"{"alg":"","kid":"one"}"#, InvalidToken::Algorithm),
        (r#"{"alg":"HS256","kid":"one"}"#, InvalidToken::Algorithm),
        (r#"{"alg":"rs256","kid":"one"}"#, InvalidToken::Algorithm),
        (r#"{"alg":"ES512","kid":"one"}"#, InvalidToken::Algorithm),
        (r#"{"alg":"Ed448","kid":"one"}"#, InvalidToken::Algorithm),
        (r#"{"alg":"RS256","kid":1}"#, wrong("kid")),
        (r#"{"alg":"RS256","kid":null}"#, wrong("kid")),
        (r#"{"alg":"RS256","kid":["one"]}"#, wrong("kid")),
        (r#"{"alg":"RS256","kid":{"one":true}}"#, wrong("kid")),
        (r#"{"alg":"RS256","kid":true}"#, wrong("kid")),
        (r#"{"alg":"RS256","kid":1e999}"#, InvalidToken::Malformed),
        (r#"{"alg":"RS256","kid":"one","crit":["exp"],"exp":1}"#, InvalidToken::Critical),
        (r#"{"alg":"RS256","kid":"one","crit":["b64"],"b64":true}"#, InvalidToken::Critical),
        (r#"{"alg":"RS256","kid":"one","crit":["b64"],"b64":false}"#, InvalidToken::Critical),
        (r#"{"alg":"RS256","kid":"one","crit":"b64"}"#, InvalidToken::Critical),
        (r#"{"alg":"RSA-OAEP","enc":"A256GCM","kid":"one"}"#, InvalidToken::Algorithm),
        (r#"{"alg":"RS256","kid":"one","crit":[]}"#, InvalidToken::Critical),
        (r#"{"alg":"RS256","kid":"one","crit":null}"#, InvalidToken::Critical),
        (r#"{"alg":"RS256","kid":"one","typ":1}"#, wrong("typ")),
        (r#"{"alg":"RS256","kid":"one","typ":"at+jwt"}"#, InvalidToken::Type),
        (r#"{"alg":"RS256","kid":"one","typ":"logout+jwt"}"#, InvalidToken::Type),
        (r#"{"alg":"RS256","kid":"one","typ":"dpop+jwt"}"#, InvalidToken::Type),
        (r#"{"alg":"RS256","kid":"one","typ":"application/"}"#, InvalidToken::Type),
        (r#"{"alg":"RS256","kid":"one","typ":""}"#, InvalidToken::Type),
        // As many bytes as `application/` has end within the sign.
        (r#"{"alg":"RS256","kid":"one","typ":"applicatio€x"}"#, InvalidToken::Type),
        (r#"{"alg":"RS256","alg":"RS256","kid":"one"}"#, InvalidToken::Malformed),
        (r#"{"alg":"RS256","kid":"one","kid":"one"}"#, InvalidToken::Malformed),
        (r#"{"alg":"RS256","kid":"one","\u0063rit":["x"]}"#, InvalidToken::Critical),
        ("[]", InvalidToken::Malformed),
        (r#"["RS256","one","JWT"]"#, InvalidToken::Malformed),
        ("", InvalidToken::Malformed),
    ];
    for (header, wanted) in cases {
        let found = verify_id_token(&id_token_under(header)).map_err(|error| format!("{error:?}"));
        assert_eq!(found.unwrap_err(), format!("Invalid({wanted:?})"), "{header}");
    }
}

#[test]
fn headers_that_are_unusual_and_right_are_accepted() {
    for header in [
        r#"{"alg":"RS256","kid":"one"}"#,
        "\n\t {\"alg\":\"RS256\",\"kid\":\"one\"} ",
        r#"{"alg":"RS256","kid":"one","typ":"jwt"}"#,
        r#"{"alg":"RS256","kid":"one","typ":"application/JWT"}"#,
        r#"{"alg":"RS256","kid":"\u006fne"}"#,
        r#"{"typ":"JWT","x5c":["AAAA"],"jku":"https://attacker.example","jwk":{"kty":"oct"},"alg":"RS256","kid":"one"}"#,
        r#"{"alg":"RS256"}"#,
        r#"{"alg":"RS256","kid":"one","b64":false,"x5t":1,"unknown":[{}]}"#,
    ] {
        assert!(verify_id_token(&id_token_under(header)).is_ok(), "{header}");
    }
}

#[test]
fn a_key_that_the_token_brings_or_names_is_never_used() {
    let key = idporten_config::testing::signing_key("one", 1);
    let story = Story::idporten().settle();
    let verifier = story.verifier(Rules::id_token(CLIENT));
    for kid in ["one", "attacker"] {
        let header = format!(
            r#"{{"alg":"RS256","kid":"{kid}","jwk":{key},"jku":"https://attacker.example/jwks","x5u":"https://attacker.example/x5u"}}"#
        );
        let claims = with(id_claims(), "exp", json!(NOW + 3_600)).to_string();
        let answer = verifier.verify_wait::<Claims>(&sign_text(&header, &claims, 1), &Expect::nonce(NONCE));
        assert_eq!(answer.map(drop).unwrap_err().status(), 401, "{kid}");
    }
    let asked = story.provider.requests();
    assert!(asked.len() > 2 && asked.iter().all(|url| url.starts_with("https://test.idporten.no/")), "{asked:?}");
}

#[test]
fn a_token_inside_a_token_is_refused() {
    let inner = sign("one", 0, &id_claims());
    for (header, claims) in [
        (r#"{"alg":"RS256","kid":"one","cty":"JWT"}"#, inner.clone()),
        (r#"{"alg":"RS256","kid":"one","cty":"JWT"}"#, format!("\"{inner}\"")),
        (r#"{"alg":"RS256","kid":"one"}"#, format!("{{\"jwt\":\"{inner}\"}}")),
    ] {
        let answer = verify_id_token(&sign_text(header, &claims, 0));
        assert_eq!(answer.map(drop).unwrap_err().status(), 401, "{claims}");
    }
}

#[test]
fn a_nested_header_refuses_the_token_instead_of_the_stack() {
    let nested = format!("{{\"alg\":{}", "[".repeat(5_000));
    refused(verify_id_token(&id_token_under(&nested)), &InvalidToken::Malformed);
}

#[test]
fn a_signature_that_is_written_differently_is_refused() {
    let token = sign("one", 0, &id_claims());
    // 256 bytes leave four bits of the last letter unused.
    let (start, last) = token.split_at(token.len() - 1);
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let place = letters.find(last).unwrap();
    assert_eq!(place % 16, 0, "the unused bits are zero");
    for bits in 1..16 {
        let changed = format!("{start}{}", &letters[place + bits..=place + bits]);
        refused(verify_id_token(&changed), &InvalidToken::Signature);
    }
    refused(verify_id_token(&format!("{token}==")), &InvalidToken::Signature);
    refused(verify_id_token(&format!("{token}AA")), &InvalidToken::Signature);
}

#[test]
fn a_token_signed_with_the_public_key_as_a_secret_is_refused() {
    let n = idporten_config::testing::signing_key("one", 0).to_string();
    for secret in [n.as_bytes(), b"", b"one"] {
        let message = format!("{}.{}", encode(r#"{"alg":"HS256","kid":"one"}"#), encode(id_claims().to_string()));
        let key = EncodingKey::from_secret(secret);
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
        refused(verify_id_token(&format!("{message}.{signature}")), &InvalidToken::Algorithm);
    }
}

#[test]
fn a_token_without_a_signature_is_refused_whatever_its_header_says() {
    let claims = encode(id_claims().to_string());
    refused(verify_id_token(&format!("{}.{claims}.", encode(r#"{"alg":"none"}"#))), &InvalidToken::Algorithm);
    refused(verify_id_token(&format!("{}.{claims}.", encode(HEADER))), &InvalidToken::Signature);
    refused(verify_id_token(&format!("{}.{claims}", encode(HEADER))), &InvalidToken::Malformed);
}

#[test]
fn what_is_no_token_in_the_compact_form_is_refused() {
    let token = sign("one", 0, &id_claims());
    for (case, text) in [
        ("nothing", String::new()),
        ("dots alone", "..".to_owned()),
        ("four parts", format!("{token}.AAAA")),
        ("five parts", format!("{token}.AAAA.AAAA")),
        ("a blank before", format!(" {token}")),
        ("a scheme before", format!("Bearer {token}")),
        ("padding", token.replacen('.', "=.", 1)),
        ("a blank within", token.replacen('.', " .", 1)),
        ("a line that is folded", token.replacen('.', ".\r\n ", 1)),
        ("letters of the other base64", format!("+/+/.{}", token.split_once('.').unwrap().1)),
        // `e30` is `{}`; the last letter has two bits that stand for nothing.
        ("bits that stand for nothing", format!("e31.{}", token.split_once('.').unwrap().1)),
        ("a header that is not UTF-8", format!("{}.e30.AAAA", encode(b"{\"alg\":\"RS256\",\"x\":\"\xff\"}"))),
        ("claims that are not UTF-8", format!("{}.{}.AAAA", encode(HEADER), encode(b"{\"iss\":\"\xff\"}"))),
        ("a letter cut in two", format!("{}.{}.AAAA", encode(b"{\"alg\":\"\xc3"), encode(b"\xa9\"}"))),
        ("the JSON form", json!({ "payload": "", "signatures": [] }).to_string()),
    ] {
        match verify_id_token(&text) {
            Err(error) => assert_eq!(format!("{error:?}"), "Invalid(Malformed)", "{case}"),
            Ok(_) => panic!("{case} is accepted"),
        }
    }
    let newline = verify_id_token(&format!("{token}\n"));
    refused(newline, &InvalidToken::Signature);
}

#[test]
fn every_changed_byte_of_a_token_refuses_it() {
    let token = sign("one", 0, &id_claims());
    let verifier = Story::idporten().verifier(Rules::id_token(CLIENT));
    assert!(verifier.verify::<Claims>(&token, &Expect::nonce(NONCE)).is_ok());
    for place in (0..token.len()).step_by(7) {
        let mut bytes = token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(verifier.verify::<Claims>(&changed, &Expect::nonce(NONCE)).is_err(), "byte {place}");
    }
}

#[test]
fn a_token_beyond_the_size_limit_is_refused_unread() {
    let padded = |length: usize| {
        let mut claims = id_claims();
        claims["padding"] = Value::String("x".repeat(length));
        sign("one", 0, &claims)
    };
    let long = padded(12_400);
    assert!(long.len() > MAX_TOKEN_BYTES, "{}", long.len());
    refused(verify_id_token(&long), &InvalidToken::TooLong);
    refused(verify_id_token(&"x".repeat(MAX_TOKEN_BYTES + 1)), &InvalidToken::TooLong);
    refused(verify_id_token(&"x".repeat(MAX_TOKEN_BYTES)), &InvalidToken::Malformed);
    let allowed = padded(11_000);
    assert!(allowed.len() > 14_000 && allowed.len() <= MAX_TOKEN_BYTES, "{}", allowed.len());
    assert!(verify_id_token(&allowed).is_ok());
}

#[test]
fn access_tokens_may_have_their_own_type_and_no_other() {
    for rules in [Rules::maskinporten(API), Rules::access_token(API)] {
        let verifier = Story::maskinporten().verifier(rules);
        let verify = |typ: &str| {
            let header = format!(r#"{{"alg":"RS256","kid":"one","typ":"{typ}"}}"#);
            verifier.verify::<Claims>(&sign_text(&header, &access_claims().to_string(), 0), &Expect::none())
        };
        for typ in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
            assert!(verify(typ).is_ok(), "{typ}");
        }
        for typ in ["logout+jwt", "id+jwt", "application/application/at+jwt", "application-at+jwt", "at+jwt "] {
            refused(verify(typ), &InvalidToken::Type);
        }
    }
}
