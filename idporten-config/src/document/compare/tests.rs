//! Stories of changes.

use super::*;
use crate::document::provider::Description;
use crate::document::snapshot::Origin;
use crate::environment::{KnownEnvironment, ProductName};

fn snapshot(metadata: &str, jwks: Option<&str>) -> Snapshot {
    let json = |text: &str| Value::parse(text.as_bytes()).unwrap();
    let metadata = json(metadata).as_object().unwrap().clone();
    let time = std::time::SystemTime::UNIX_EPOCH;
    Snapshot::new(KnownEnvironment::IdportenTest.into(), time, Origin::Recorded, metadata, jwks.map(json)).unwrap()
}

fn of(before: &str, after: &str) -> Comparison {
    compare(&snapshot(before, None), &snapshot(after, None))
}

fn of_keys(before: &str, after: &str) -> Comparison {
    compare(&snapshot("{}", Some(before)), &snapshot("{}", Some(after)))
}

fn kinds(comparison: &Comparison) -> Vec<ChangeKind> {
    comparison.changes.iter().map(|change| change.kind).collect()
}

fn rsa(kid: &str, fill: &str) -> String {
    format!(r#"{{"kty":"RSA","kid":"{kid}","e":"AQAB","n":"{}Q"}}"#, fill.repeat(341))
}

fn set(keys: &[String]) -> String {
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

#[test]
fn the_order_of_members_values_and_keys_is_no_change() {
    assert!(
        of(r#"{"a": 1, "scopes_supported": ["x", "y"]}"#, r#"{"scopes_supported": ["y", "x"], "a": 1}"#).is_empty()
    );
    assert!(of_keys(&set(&[rsa("a", "_"), rsa("b", "-")]), &set(&[rsa("b", "-"), rsa("a", "_")])).is_empty());
    assert_eq!(of("{}", "{}").summary(), "no change");
}

#[test]
fn what_a_program_would_miss_is_breaking() {
    let endpoint = |path: &str| format!(r#"{{"token_endpoint": "https://test.idporten.no/{path}"}}"#);
    for (before, after) in [
        (endpoint("token").as_str(), endpoint("tokens").as_str()),
        (&endpoint("token"), "{}"),
        (r#"{"scopes_supported": ["openid", "profile"]}"#, r#"{"scopes_supported": ["openid"]}"#),
        (r#"{"frontchannel_logout_supported": true}"#, r#"{"frontchannel_logout_supported": false}"#),
        (r#"{"frontchannel_logout_supported": true}"#, "{}"),
        (r#"{"require_pushed_authorization_requests": false}"#, r#"{"require_pushed_authorization_requests": true}"#),
        ("{}", r#"{"require_pushed_authorization_requests": true}"#),
        (r#"{"unknown": "a"}"#, r#"{"unknown": ["a"]}"#),
        (r#"{"unknown": ["a"]}"#, r#"{"unknown": ["a", 1]}"#),
        (r#"{"op_tos_uri": "a"}"#, "{}"),
    ] {
        assert_eq!(kinds(&of(before, after)), [ChangeKind::Breaking], "{before} -> {after}");
    }
}

#[test]
fn what_came_is_an_addition_and_a_moved_page_is_neither() {
    for (before, after) in [
        ("{}", r#"{"userinfo_endpoint": "https://test.idporten.no/userinfo"}"#),
        ("{}", r#"{"scopes_supported": ["openid"]}"#),
        (r#"{"claims_parameter_supported": false}"#, r#"{"claims_parameter_supported": true}"#),
        (r#"{"require_pushed_authorization_requests": true}"#, r#"{"require_pushed_authorization_requests": false}"#),
        ("{}", r#"{"request_parameter_supported": false}"#),
        ("{}", r#"{"require_pushed_authorization_requests": false}"#),
        ("{}", r#"{"new": {"a": 1}}"#),
        ("{}", r#"{"op_tos_uri": "a"}"#),
    ] {
        assert_eq!(kinds(&of(before, after)), [ChangeKind::Addition], "{before} -> {after}");
    }
    assert_eq!(kinds(&of(r#"{"op_tos_uri": "a"}"#, r#"{"op_tos_uri": "b"}"#)), [ChangeKind::Other]);
    assert_eq!(kinds(&of(r#"{"new": {"a": 1}}"#, r#"{"new": {"a": 2}}"#)), [ChangeKind::Other]);
}

#[test]
fn another_description_of_a_provider_is_breaking() {
    let described = |issuer: &str, product: &str, is_development: bool, metadata: &str| {
        let description = Description::new("acme", "https://acme.no/.well-known/openid-configuration", issuer)
            .with_product(product.parse::<ProductName>().unwrap())
            .with_endpoint_hosts(["acme.no"])
            .with_development(is_development);
        let metadata = Value::parse(metadata.as_bytes()).unwrap().as_object().unwrap().clone();
        let provider = Provider::describe(description).unwrap();
        Snapshot::new(provider, std::time::SystemTime::UNIX_EPOCH, Origin::Recorded, metadata, None).unwrap()
    };
    let of = |after: &Snapshot| {
        let comparison = compare(&described("https://acme.no", "acme", false, "{}"), after);
        assert!(kinds(&comparison).iter().all(|kind| *kind == ChangeKind::Breaking), "{comparison}");
        comparison.to_string().lines().skip(1).map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        of(&described("https://acme.no", "idporten", false, "{}")),
        ["breaking  provider.product  acme -> idporten"]
    );
    assert_eq!(
        of(&described("https://acme.no", "acme", true, "{}")),
        ["breaking  provider.development  false -> true"]
    );
    let moved = of(&described("https://acme.no/a", "acme", false, "{}"));
    assert_eq!(moved, ["breaking  provider.issuer  https://acme.no -> https://acme.no/a"]);
    // Documents that name the issuer show it once.
    let [one, other] = ["https://acme.no", "https://acme.no/a"]
        .map(|issuer| described(issuer, "acme", false, &format!(r#"{{"issuer": "{issuer}"}}"#)));
    assert_eq!(compare(&one, &other).summary(), "1 breaking change");
}

#[test]
fn a_list_that_went_is_the_withdrawal_of_each_of_its_values() {
    let comparison = of(r#"{"acr_values_supported": ["eidas-loa-low", "eidas-loa-high"]}"#, "{}");
    assert_eq!(comparison.summary(), "2 breaking changes");
    assert_eq!(comparison.changes[0].gone.as_deref(), Some("AcrValue::EidasLoaLow"));
    assert!(comparison.to_string().contains("code that names AcrValue::EidasLoaLow will not compile"));
}

#[test]
fn added_and_removed_keys_are_rotations_and_replaced_material_is_reported() {
    let added = of_keys(&set(&[rsa("a", "_")]), &set(&[rsa("a", "_"), rsa("b", "-")]));
    assert_eq!((kinds(&added), added.changes[0].before.is_none()), (vec![ChangeKind::Rotation], true));
    let gone = of_keys(&set(&[rsa("a", "_"), rsa("b", "-")]), &set(&[rsa("a", "_")]));
    assert_eq!((kinds(&gone), gone.changes[0].after.is_none()), (vec![ChangeKind::Rotation], true));
    let replaced = of_keys(&set(&[rsa("slot", "_")]), &set(&[rsa("slot", "-")]));
    assert_eq!((replaced.changes.len(), replaced.changes[0].note), (1, Some("same kid, new key")));
    assert!(replaced.changes[0].before.as_deref().unwrap().starts_with("RSA 2048, thumbprint "));
    let beside = of_keys(&set(&[rsa("slot", "_")]), &set(&[rsa("slot", "_"), rsa("slot", "-")]));
    assert_eq!(beside.changes[0].note, Some("same kid as another key"));
    let first = compare(&snapshot("{}", None), &snapshot("{}", Some(&set(&[rsa("a", "_")]))));
    assert_eq!(kinds(&first), [ChangeKind::Rotation]);
}

#[test]
fn a_long_name_is_cut_in_each_of_its_changes() {
    let name = "n".repeat(500_000);
    let comparison = of("{}", &format!(r#"{{"{name}": ["a", "b"], "{name}_supported": true}}"#));
    assert_eq!(comparison.count(ChangeKind::Addition), 3);
    for change in &comparison.changes {
        let Subject::Member(subject) = &change.subject else { panic!("{change:?}") };
        assert!(subject.len() < 200 && subject.contains("n… (5000"), "{subject}");
        assert!(comparison.to_string().contains(subject), "shown as it is held");
    }
}

#[test]
fn a_published_private_key_is_breaking() {
    let leaked = rsa("slot", "-").replace(r#""e""#, r#""d":"AAAA","e""#);
    let comparison = of_keys(&set(&[rsa("a", "_")]), &set(&[rsa("a", "_"), leaked]));
    assert_eq!(kinds(&comparison), [ChangeKind::Breaking]);
    assert!(comparison.to_string().contains("publishes a private key"));
}

#[test]
fn the_worst_comes_first() {
    let before = snapshot(r#"{"scopes_supported": ["a"]}"#, Some(&set(&[rsa("a", "_")])));
    let after = snapshot(r#"{"scopes_supported": ["b"]}"#, Some(&set(&[rsa("b", "-")])));
    let comparison = compare(&before, &after);
    assert_eq!(
        kinds(&comparison),
        [ChangeKind::Breaking, ChangeKind::Rotation, ChangeKind::Rotation, ChangeKind::Addition]
    );
    assert_eq!(comparison.summary(), "1 breaking change, 2 key rotations, 1 addition");
}

#[test]
fn nothing_that_a_provider_wrote_is_markup_in_a_pull_request() {
    let hostile = "a|b `c` <img src=x> @everyone [x](https://evil.no) \\u202e \\n# d";
    let markdown = of("{}", &format!(r#"{{"scopes_supported": ["{hostile}"]}}"#)).to_markdown();
    let row = markdown.lines().nth(4).unwrap();
    assert_eq!(
        row,
        "| addition | `scopes_supported` | – | `a\\|b \\u{60}c\\u{60} <img src=x> @everyone [x](https://evil.no) \\u{202e} \\n# d` |"
    );
    assert_eq!(markdown.lines().count(), 5);
}

#[test]
fn markdown_has_a_heading_a_table_and_what_to_do() {
    let before = snapshot(r#"{"acr_values_supported": ["eidas-loa-low"]}"#, Some(&set(&[rsa("slot", "_")])));
    let after = snapshot(r#"{"acr_values_supported": []}"#, Some(&set(&[rsa("slot", "-")])));
    let markdown = compare(&before, &after).to_markdown();
    assert!(
        markdown.starts_with("### idporten-test: 1 breaking change, 1 key rotation\n\n| | what | before | after |\n"),
        "{markdown}"
    );
    assert!(
        markdown.contains("| **breaking** | `acr_values_supported` | `eidas-loa-low` | withdrawn |\n"),
        "{markdown}"
    );
    assert!(markdown.contains("(**same kid, new key**) |\n"), "{markdown}");
    assert!(
        markdown.contains("\nCode that names `AcrValue::EidasLoaLow` will not compile after this change.\n"),
        "{markdown}"
    );
}

#[test]
fn json_has_every_change() {
    let json = of(r#"{"scopes_supported": ["a"]}"#, r#"{"scopes_supported": ["b"]}"#).to_json();
    let changes = json.as_object().unwrap().get("changes").unwrap().as_array().unwrap();
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[0].as_object().unwrap().get("gone"), Some(&"Scope::A".into()));
}

#[test]
fn a_comparison_holds_the_first_thousand_changes_of_a_kind() {
    let list: Vec<String> = (0..1_500).map(|i| format!(r#""{i}""#)).collect();
    let large = format!(r#"{{"claims_supported": [{}], "frontchannel_logout_supported": true}}"#, list.join(","));
    let before = r#"{"claims_supported": [], "frontchannel_logout_supported": true}"#;
    let grown = of(before, &large.replace("true", "false"));
    assert_eq!((grown.changes.len(), grown.left_out()), (1_001, 500));
    assert_eq!(grown.changes[0].kind, ChangeKind::Breaking, "the one that matters is not crowded out");
    assert_eq!(grown.summary(), "1 breaking change, 1500 additions");
    assert!(grown.to_string().ends_with("  and 500 more\n"), "{grown}");
    assert!(grown.to_markdown().contains("\n500 more changes are not listed.\n"), "{}", grown.to_markdown());
    // A list of so many values has no enum that could lose a variant.
    let shrunk = of(&large, before);
    assert_eq!((shrunk.changes.len(), shrunk.left_out()), (1_000, 500));
    assert!(shrunk.changes.iter().all(|change| change.gone.is_none()), "{shrunk}");
}
