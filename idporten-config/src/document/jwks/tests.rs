//! Stories of key sets. The key material is synthetic and belongs to no one, since these tests only check the form.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

fn octets(length: usize, fill: u8) -> String {
    URL_SAFE_NO_PAD.encode(vec![fill; length])
}

fn rsa_with(members: &str, bytes: usize, fill: u8) -> String {
    format!(r#"{{"kty":"RSA","e":"AQAB","n":"{}"{members}}}"#, octets(bytes, fill))
}

fn rsa(members: &str) -> String {
    rsa_with(members, 256, 0xff)
}

fn set_of(entries: &[String]) -> Result<JwkSet, Violation> {
    JwkSet::parse(format!(r#"{{"keys":[{}]}}"#, entries.join(",")).as_bytes())
}

/// Reads a set of one good key and this entry: the good key must survive, and the entry be rejected with this reason.
#[track_caller]
fn rejected(entry: &str, reason: &str) -> RejectedKey {
    let set = set_of(&[rsa(r#","kid":"good""#), entry.to_owned()]).unwrap();
    assert_eq!(set.keys().len(), 1, "{entry}");
    assert_eq!(set.keys()[0].kid(), Some("good"));
    assert_eq!(set.rejected().len(), 1, "{entry}");
    assert_eq!(set.rejected()[0].index, 1);
    assert!(set.rejected()[0].reason.contains(reason), "{entry}: {}", set.rejected()[0].reason);
    set.rejected()[0].clone()
}

#[test]
fn a_document_that_is_no_key_set_is_refused_as_a_whole() {
    for text in ["null", "{}", r#"{"keys":null}"#, r#"{"keys":{}}"#, "1", "[]", "", "{", r#"{"keys":[]}"#] {
        assert!(JwkSet::parse(text.as_bytes()).is_err(), "{text}");
    }
    assert_eq!(
        JwkSet::parse(format!(r#"{{"keys":[{}],"x":{{"a":1,"a":2}}}}"#, rsa("")).as_bytes()).unwrap_err().rule,
        Rule::Duplicate
    );
    let mut longest = format!(r#"{{"keys":[{}]}}"#, rsa("")).into_bytes();
    longest.resize(MAX_BYTES, b' ');
    assert_eq!(JwkSet::parse(&longest).unwrap().keys().len(), 1);
    longest.push(b' ');
    assert_eq!(JwkSet::parse(&longest).unwrap_err().rule, Rule::Keys);
}

#[test]
fn a_bad_entry_never_costs_the_good_one() {
    for (entry, reason) in [
        ("null", "must be an object, found null"),
        (r#""x""#, "must be an object, found a string"),
        ("[]", "must be an object, found an array"),
        ("0", "must be an object, found a number"),
        ("{}", "`kty` is missing"),
        (r#"{"kty":1}"#, "`kty` must be a string, found a number"),
        (r#"{"kty":"AKP","alg":"ML-DSA-44","pub":"AA"}"#, "`kty` is not RSA, EC or OKP"),
        (r#"{"kty":"oct","k":"AAAA"}"#, "`kty` is `oct`"),
        (r#"{"kty":"RSA","e":"AQAB"}"#, "`n` is missing"),
        (r#"{"kty":"OKP","x":"AA"}"#, "`crv` is missing"),
        (r#"{"kty":"OKP","crv":"X25519","x":"AA"}"#, "`crv` is not Ed25519 or Ed448"),
        (r#"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#, "`crv` is not P-256"),
    ] {
        rejected(entry, reason);
    }
    let x = octets(32, 1);
    rejected(&format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}"}}"#), "`y` is missing");
    rejected(&format!(r#"{{"kty":"EC","crv":"P-384","x":"{x}","y":"{x}"}}"#), "`x` has 32 bytes; the curve has 48");
    rejected(&format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{x}","alg":"ES384"}}"#), "`alg` ES384 does not fit");
}

#[test]
fn an_entry_for_something_else_than_signatures_is_rejected() {
    assert_eq!(rejected(&rsa(r#","use":"enc""#), "`use` is not `sig`").cause, RejectionCause::Encryption);
    rejected(&rsa(r#","use":"""#), "`use` is not `sig`");
    rejected(&rsa(r#","use":1"#), "`use` must be a string");
    rejected(&rsa(r#","key_ops":["verifyOther"]"#), "`key_ops` is without `verify`");
    assert!(set_of(&[rsa(r#","use":"sig","key_ops":["sign","verify"]"#)]).is_ok());
    rejected(&rsa(r#","key_ops":["sign"]"#), "`key_ops` is without `verify`");
    rejected(&rsa(r#","key_ops":["verify","verify"]"#), "`key_ops` has a value twice");
    rejected(&rsa(r#","key_ops":"verify""#), "`key_ops` must be a list");
    rejected(&rsa(r#","alg":"RSA-OAEP""#), "`alg` is not an asymmetric signature algorithm");
    rejected(&rsa(r#","alg":"HS256""#), "`alg` is not an asymmetric signature algorithm");
    rejected(&rsa(r#","alg":"ES256""#), "`alg` ES256 does not fit");
    rejected(&rsa(r#","alg":256"#), "`alg` must be a string");
    rejected(&rsa(r#","kid":7"#), "`kid` must be a string");
    for kid in ["k".repeat(257), "ø".repeat(129)] {
        rejected(&rsa(&format!(r#","kid":"{kid}""#)), "`kid` is longer than 256 bytes");
    }
    assert!(set_of(&[rsa(&format!(r#","kid":"{}""#, "k".repeat(256)))]).is_ok());
    rejected(&rsa(r#","a":1,"a":1"#), "`a` is there twice");
    rejected(&rsa(r#","b":{"a":1,"a":1}"#), "`b.a` is there twice");
}

#[test]
fn an_rsa_key_is_held_to_its_numbers() {
    rejected(&rsa_with("", 128, 0xff), "`n` has 1024 bits");
    rejected(&rsa_with("", 256, 0x7f), "`n` has 2047 bits");
    rejected(&rsa_with("", 256, 0xfe), "`n` is even");
    let wide = URL_SAFE_NO_PAD.encode([vec![1], vec![0xff; 1024]].concat());
    rejected(&format!(r#"{{"kty":"RSA","e":"AQAB","n":"{wide}"}}"#), "`n` has 8193 bits");
    let n = octets(256, 0xff);
    for (e, reason) in [
        ("AA", "zero"),
        ("", "zero"),
        ("AQ", "one"),
        ("AAAB", "one"),
        ("Ag", "even"),
        ("AQAAAAE", "more than 32 bits"),
        ("AQAB=", "base64url"),
        ("AQ+B", "base64url"),
        ("AR", "base64url"),
    ] {
        rejected(&format!(r#"{{"kty":"RSA","e":"{e}","n":"{n}"}}"#), reason);
    }
    rejected(&format!(r#"{{"kty":"RSA","e":"AQAB","n":"{n}="}}"#), "`n` is not base64url without padding");
    assert!(set_of(&[format!(r#"{{"kty":"RSA","e":"gAAAAQ","n":"{n}"}}"#)]).is_ok(), "32 bits");
    for bytes in [256, 384, 1024] {
        assert_eq!(set_of(&[rsa_with("", bytes, 0xff)]).unwrap().keys().len(), 1);
    }
}

#[test]
fn a_private_member_marks_the_set_as_leaked() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "priv"] {
        for value in [r#""AAAA""#, "null", "[]"] {
            let leaked =
                rejected(&rsa(&format!(r#","kid":"slot","{member}":{value}"#)), &format!("private member `{member}`"));
            assert!(leaked.is_leaked());
            assert_eq!(leaked.kid.as_deref(), Some("slot"));
        }
    }
    assert!(rejected(&rsa(r#","d":"AAAA","d":"AAAA""#), "private member `d`").is_leaked());
    assert!(set_of(&[rsa(r#","d":"AAAA""#), rsa("")]).unwrap().is_leaked());
    assert_eq!(set_of(&[rsa(r#","d":"AAAA""#)]).unwrap_err().rule, Rule::Leaked);
    assert!(!set_of(&[rsa(r#","kid":"d""#)]).unwrap().is_leaked());
}

#[test]
fn certificates_and_addresses_play_no_part_in_acceptance() {
    let set = set_of(&[rsa(r#","x5c":"not a list","x5u":"https://evil.no","jku":5"#)]).unwrap();
    assert_eq!(set.keys().len(), 1);
}

#[test]
fn a_hundred_keys_are_accepted_and_one_more_is_not() {
    let entries = |count: usize| (0..count).map(|i| rsa(&format!(r#","kid":"{i}""#))).collect::<Vec<_>>();
    assert_eq!(set_of(&entries(100)).unwrap().keys().len(), 100);
    assert!(set_of(&entries(101)).unwrap_err().reason.contains("101 keys; at most 100"));
}

#[test]
fn equal_keys_are_merged_and_up_to_four_share_a_kid() {
    let slot = |fill: u8| rsa_with(r#","kid":"slot""#, 256, fill);
    let merged = set_of(&[slot(0xff), slot(0xff)]).unwrap();
    assert_eq!((merged.keys().len(), merged.rejected().len()), (1, 0));
    assert!(merged.ambiguous_kids().is_empty());

    let entries = [slot(0xff), slot(0xfd), slot(0xfb), slot(0xf9), slot(0xff), slot(0xf7)];
    let set = set_of(&entries).unwrap();
    assert_eq!((set.keys().len(), set.rejected().len()), (4, 1), "{:?}", set.rejected());
    assert_eq!(set.ambiguous_kids(), ["slot"]);
    assert_eq!((set.rejected()[0].index, set.rejected()[0].cause.as_str()), (5, "surplus"));
    let nameless: Vec<String> = [0xff, 0xfd, 0xfb, 0xf9, 0xf7].map(|fill| rsa_with("", 256, fill)).into();
    let set = set_of(&nameless).unwrap();
    assert_eq!((set.keys().len(), set.ambiguous_kids().len()), (5, 0), "no token names one of these");

    let x = octets(32, 1);
    let decoy = format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{x}","kid":"slot"}}"#);
    let set = set_of(&[decoy, slot(0xff)]).unwrap();
    assert!(set.ambiguous_kids().is_empty());
}

/// Reads a set in an environment that publishes these algorithms.
fn set_in(entries: &[String], algs: &[SigningAlg]) -> Result<JwkSet, Violation> {
    let text = format!(r#"{{"keys":[{}]}}"#, entries.join(","));
    JwkSet::from_json(&Value::parse(text.as_bytes()).unwrap(), "jwks", Published { algs, hint: "name an algorithm" })
}

#[test]
fn a_key_serves_its_algorithm_or_those_of_type_and_metadata() {
    let published = [SigningAlg::RS256, SigningAlg::ES256];
    let set = set_in(&[rsa(r#","kid":"own","alg":"PS256""#), rsa(r#","kid":"silent""#)], &published).unwrap();
    assert_eq!(set.algs_of(&set.keys()[0]), [SigningAlg::PS256]);
    assert_eq!(set.algs_of(&set.keys()[1]), [SigningAlg::RS256]);
}

#[test]
fn a_curve_has_its_length_and_serves_its_algorithms_alone() {
    use SigningAlg as A;
    for (kty, crv, length, algs) in [
        ("EC", "P-256", 32, &[A::ES256][..]),
        ("EC", "P-384", 48, &[A::ES384]),
        ("EC", "P-521", 66, &[A::ES512]),
        ("OKP", "Ed25519", 32, &[A::EdDSA, A::Ed25519]),
        ("OKP", "Ed448", 57, &[A::EdDSA, A::Ed448]),
    ] {
        let entry = |length, more: &str| {
            let x = octets(length, 1);
            format!(r#"{{"kty":"{kty}","crv":"{crv}","x":"{x}","y":"{x}"{more}}}"#)
        };
        let set = set_of(&[entry(length, "")]).unwrap();
        assert_eq!((set.algs_of(&set.keys()[0]).as_slice(), set.keys()[0].alg()), (algs, None), "{crv}");
        for wrong in [length - 1, length + 1] {
            rejected(&entry(wrong, ""), &format!("`x` has {wrong} bytes; the curve has {length}"));
        }
        for &alg in SigningAlg::ALL {
            let named = entry(length, &format!(r#","alg":"{alg}""#));
            if algs.contains(&alg) {
                assert_eq!(set_of(&[named]).unwrap().keys()[0].alg(), Some(alg));
            } else {
                rejected(&named, "does not fit");
            }
        }
    }
}

#[cfg(feature = "refresh-core")]
#[test]
fn what_is_kept_of_a_set_holds_no_secret_and_no_unused_entry() {
    let slot = |fill: u8| rsa_with(r#","kid":"slot""#, 256, fill);
    let entries = [slot(0xff), slot(0xfd), slot(0xfb), slot(0xf9), slot(0xf7), rsa(r#","d":"c2VjcmV0""#)];
    let json = Value::parse(format!(r#"{{"keys":[{}]}}"#, entries.join(",")).as_bytes()).unwrap();
    let set = JwkSet::from_json(&json, "jwks", Published { algs: SigningAlg::ALL, hint: "" }).unwrap();
    let (kept, same) = set.retaining(&json, |_| true);
    let kept = kept.as_object().and_then(|set| set.get("keys")?.as_array()).unwrap();
    assert_eq!((kept.len(), same.keys()), (4, set.keys()));
    let secrets = Value::parse(br#"{"keys":[{"kty":"oct","k":"c2VjcmV0"},{"d":"c2VjcmV0","kid":"a"}]}"#).unwrap();
    let blank = r#"{"keys":[{"kty":"oct","k":""},{"d":"","kid":"a"}]}"#;
    assert_eq!(without_secrets(&secrets), Value::parse(blank.as_bytes()).unwrap());
}

#[test]
fn a_key_that_serves_no_published_algorithm_is_not_used() {
    let x = octets(32, 1);
    let ec = format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{x}","kid":"ec"}}"#);
    let set = set_in(&[rsa(""), ec.clone()], &[SigningAlg::RS256]).unwrap();
    assert_eq!((set.keys().len(), set.rejected()[0].cause), (1, RejectionCause::NoAlgorithm));
    assert_eq!(set.rejected()[0].kid.as_deref(), Some("ec"));
    let alone = set_in(&[ec], &[SigningAlg::RS256]).unwrap_err();
    assert_eq!(
        alone.to_string(),
        "`jwks`: the key set has no usable key; entry 0: names no `alg`, and its type serves none of the published algorithms \
         (RS256); name an algorithm"
    );
    let silent = set_in(&[rsa("")], &[]).unwrap_err();
    assert!(silent.reason.contains("none of the published algorithms (none are)"), "{silent}");
    assert!(set_in(&[rsa(r#","alg":"RS512""#)], &[]).is_ok(), "its own algorithm counts");
}

#[test]
fn keys_of_one_kid_are_told_apart_by_what_they_serve() {
    let slot = |alg: &str, fill: u8| rsa_with(&format!(r#","kid":"slot"{alg}"#), 256, fill);
    let entries = [slot("", 0xff), slot(r#","alg":"PS512""#, 0xfd)];
    assert!(set_in(&entries, &[SigningAlg::RS256]).unwrap().ambiguous_kids().is_empty());
    assert_eq!(set_in(&entries, &[SigningAlg::PS512]).unwrap().ambiguous_kids(), ["slot"]);
}

#[test]
fn leading_zero_octets_make_no_other_key() {
    let padded = |zeros: usize| {
        let n = [vec![0; zeros], vec![0xff; 256]].concat();
        let (n, e) = (URL_SAFE_NO_PAD.encode(&n), ["AQAB", "AAEAAQ"][zeros.min(1)]);
        format!(r#"{{"kty":"RSA","kid":"a","n":"{n}","e":"{e}"}}"#)
    };
    let set = set_of(&[padded(0), padded(1), padded(9)]).unwrap();
    assert_eq!((set.keys().len(), set.rejected().len()), (1, 0), "both spellings are one key");
    let alone = set_of(&[padded(9)]).unwrap();
    assert_eq!(alone.keys(), set.keys());
    assert_eq!(alone.keys()[0].thumbprint(), set.keys()[0].thumbprint());
    assert_eq!(alone.to_json(), set.to_json());
}

#[test]
fn a_written_set_reads_back_as_the_same_usable_keys() {
    let x = octets(32, 1);
    let ec = format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{x}","alg":"ES256"}}"#);
    let set = set_of(&[rsa(r#","kid":"a","x5c":["AA"]"#), ec, r#"{"kty":"oct","k":"AAAA"}"#.to_owned()]).unwrap();
    let written = set.to_json().to_string();
    assert_eq!(JwkSet::parse(written.as_bytes()).unwrap().keys(), set.keys());
    assert!(!written.contains("oct") && !written.contains("x5c"), "{written}");
}

#[test]
fn the_thumbprint_is_that_of_rfc_7638() {
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W\
             -5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNL\
             yrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let set = set_of(&[format!(r#"{{"kty":"RSA","n":"{n}","e":"AQAB","alg":"RS256","kid":"2011-04-29"}}"#)]).unwrap();
    assert_eq!(set.keys()[0].thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}
