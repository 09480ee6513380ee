//! Generated code in use: what a program sees of the bundled modules, which are like those of a build script.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use idporten_config::environment::acr_at_least;
use idporten_config::{ansattporten, idporten, maskinporten};

/// Writes and reads every value of an enum.
fn round_trip<T>(all: &[T])
where
    T: Copy + Debug + Display + AsRef<str> + FromStr<Err: Debug + PartialEq> + PartialEq,
{
    assert!(!all.is_empty());
    for &value in all {
        assert_eq!((value.as_ref().parse(), value.to_string().as_str()), (Ok(value), value.as_ref()));
    }
}

#[test]
fn every_value_is_read_as_it_is_written() {
    round_trip(idporten::AcrValue::ALL);
    round_trip(idporten::test::AcrValue::ALL);
    round_trip(idporten::prod::UiLocale::ALL);
    round_trip(maskinporten::test::AuthorizationDetailsType::ALL);
    round_trip(ansattporten::test::AcrValue::ALL);
    assert_eq!(format!("{:>6}|", idporten::Scope::Openid), "openid|");
    assert_eq!(format!("{:<8}|", idporten::Scope::Openid), "openid  |");
}

#[test]
fn an_environment_goes_by_slug_or_stage_in_any_case() {
    for name in ["idporten-prod", "prod", "PROD", "Idporten-Prod"] {
        assert_eq!(name.parse(), Ok(idporten::Environment::Prod), "{name}");
    }
    for name in ["", " prod", "maskinporten-prod", "legacy-prod", "production"] {
        assert!(name.parse::<idporten::Environment>().is_err(), "{name:?}");
    }
}

#[test]
fn the_error_of_an_environment_names_what_was_asked_and_the_choices() {
    let error = "prodd".parse::<idporten::Environment>().unwrap_err();
    let wanted = "`prodd` is not an environment of ID-porten that this program is built for; choose one of \
        idporten-test (test), idporten-prod (prod)";
    assert_eq!(error.to_string(), wanted);
    assert_eq!(format!("{error:?}"), wanted);
}

#[test]
fn the_error_of_a_value_names_it_with_its_list() {
    let error = "idporten-loa-hihg".parse::<idporten::test::AcrValue>().unwrap_err();
    let wanted = "`idporten-loa-hihg` is not a value of `acr_values_supported` of idporten-test as of 2024-07-30";
    assert_eq!((error.to_string().as_str(), error.member), (wanted, "acr_values_supported"));
    assert_eq!(format!("{error:?}"), wanted);
    let error = "Level4".parse::<idporten::AcrValue>().unwrap_err();
    let wanted =
        "`Level4` is not a value of `acr_values_supported` that all of these publish: idporten-test, idporten-prod";
    assert_eq!(error.to_string(), wanted);
}

#[test]
fn an_error_keeps_64_bytes_of_a_text_and_escapes_them() {
    let shown = |text: &str| {
        let message = text.parse::<idporten::Environment>().unwrap_err().to_string();
        message.split(" is not").next().unwrap().to_owned()
    };
    assert_eq!(shown(""), "``");
    assert_eq!(shown(&"a".repeat(64)), format!("`{}`", "a".repeat(64)));
    assert_eq!(shown(&"a".repeat(65)), format!("`{}...`", "a".repeat(64)));
    assert_eq!(shown(&format!("{}ø", "a".repeat(63))), format!("`{}...`", "a".repeat(63)));
    assert_eq!(shown("a\n\u{1b}[2J\u{202e}"), r"`a\n\u{1b}[2J\u{202e}`");
}

#[test]
fn levels_of_assurance_have_the_order_of_the_library() {
    macro_rules! agree {
        ($($level:ty),+) => {$(
            for &reached in <$level>::ALL {
                for &wanted in <$level>::ALL {
                    let expected = acr_at_least(reached.as_str(), wanted.as_str());
                    assert_eq!(reached.at_least(wanted), expected, "{reached} and {wanted}");
                }
            }
        )+};
    }
    agree!(idporten::AcrValue, idporten::test::AcrValue, idporten::prod::AcrValue);
    const { assert!(idporten::AcrValue::IdportenLoaHigh.at_least(idporten::AcrValue::IdportenLoaSubstantial)) };
}

#[test]
fn a_shared_value_is_a_value_of_each_environment() {
    use idporten::AcrValue::{self, IdportenLoaHigh};
    assert_eq!(idporten::test::AcrValue::from(IdportenLoaHigh), idporten::test::AcrValue::IdportenLoaHigh);
    assert_eq!(idporten::prod::AcrValue::from(IdportenLoaHigh), idporten::prod::AcrValue::IdportenLoaHigh);
    assert_eq!(AcrValue::try_from(idporten::test::AcrValue::IdportenLoaHigh), Ok(IdportenLoaHigh));
    let error = AcrValue::try_from(idporten::test::AcrValue::IdportenLoaLow).unwrap_err();
    assert!(error.to_string().starts_with("`idporten-loa-low` is not a value of"), "{error}");
}

#[test]
fn an_environment_answers_for_its_module() {
    use idporten::Environment::{self, Prod, Test};
    assert_eq!(Environment::ALL, [Test, Prod]);
    assert_eq!((Test.slug(), Test.stage(), Test.to_string().as_str()), ("idporten-test", "test", "idporten-test"));
    assert_eq!((Prod.issuer(), Prod.snapshot()), (idporten::prod::ISSUER, idporten::prod::SNAPSHOT));
    assert_eq!(Prod.well_known_url(), idporten::prod::WELL_KNOWN_URL);
    assert_eq!(Environment::from_issuer("https://idporten.no"), Some(Prod));
    assert_eq!(Environment::from_issuer("https://idporten.no/"), None);
    assert_eq!(Environment::from_well_known_url(idporten::test::WELL_KNOWN_URL), Some(Test));
    assert_eq!(Environment::from_well_known_url("https://idporten.no"), None);
}

#[test]
fn an_endpoint_that_some_environments_lack_is_optional() {
    use idporten::Environment::{Prod, Test};
    assert_eq!(Prod.token_endpoint(), "https://idporten.no/token");
    assert_eq!(Prod.jwks_uri(), idporten::prod::JWKS_URI);
    let found = [Test, Prod].map(idporten::Environment::introspection_endpoint);
    assert_eq!(found, [Some("https://test.idporten.no/token/introspect"), None]);
}
