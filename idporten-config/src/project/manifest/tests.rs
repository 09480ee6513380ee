//! Stories of manifests.

use super::*;

const LOCAL: &str = r#"
[environments.local]
product = "idporten"
development = true
well-known-url = "http://localhost:8080/default/.well-known/openid-configuration"
issuer = "http://localhost:8080/default"
based-on = "idporten-test"
"#;

fn parse(text: &str) -> (Manifest, Vec<String>) {
    let (manifest, findings) = Manifest::parse(text, FILE_NAME);
    (manifest, findings.iter().map(ToString::to_string).collect())
}

/// Returns the only mistake in a manifest.
#[track_caller]
fn wrong(text: &str) -> String {
    let (_, mut findings) = parse(text);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings.remove(0)
}

#[test]
fn a_manifest_is_read_in_the_order_of_its_text() {
    let text = format!(
        "snapshots = 'data'\nmax-age = '7d'\n[environments.idporten-test]\n[environments.idporten-prod]\n[environments.maskinporten-test]\n\
         bundled = true\n{LOCAL}\n[require.idporten]\nscopes_supported = ['openid']\nissuer = 'x'\njwks_uri = true\n"
    );
    let (manifest, findings) = parse(&text);
    assert_eq!(findings, [""; 0]);
    assert_eq!(manifest.slugs().collect::<Vec<_>>(), ["idporten-test", "idporten-prod", "maskinporten-test", "local"]);
    assert_eq!(manifest.max_age(), Duration::from_secs(7 * 86_400));
    let environments = manifest.environments();
    assert_eq!(environments[0].path, "data/idporten-test.json");
    let bundled: Vec<_> = environments.iter().map(|environment| environment.bundled).collect();
    assert_eq!(bundled, [false, false, true, false]);
    assert_eq!(environments[3].based_on.as_deref(), Some("idporten-test"));
    assert_eq!(
        manifest.requirements.iter().map(|(_, r)| r.member()).collect::<Vec<_>>(),
        ["scopes_supported", "issuer", "jwks_uri"]
    );
}

#[test]
fn a_mistyped_key_is_named_with_its_line_and_the_nearest_one() {
    assert_eq!(
        wrong("snapshot = 'x'\n[environments.idporten-test]"),
        "`snapshot` is not a key of the manifest\n  idporten.toml:1: snapshot = 'x'\n  help: did you mean `snapshots`?"
    );
    assert!(wrong("[environments.idporten-test]\nbundle = true").contains("did you mean `bundled`?"));
    assert!(wrong("[environments.idporten-test]\n[require.idportne]").contains("did you mean `idporten`?"));
    assert!(wrong(&LOCAL.replace("based-on = \"idporten-test\"", "isuer = 'x'")).contains("did you mean `issuer`?"));
    assert!(
        wrong("[environments.idporten-test]\nissuer = 'x'")
            .contains("is given by this package's table of environments")
    );
}

#[test]
fn a_product_that_is_nearly_a_known_one_is_a_warning() {
    let local = LOCAL.replace("based-on = \"idporten-test\"\n", "");
    let warning = wrong(&local.replace("\"idporten\"", "\"idportn\""));
    assert!(
        warning.starts_with("`idportn` is a product by itself, apart from `idporten`\n  idporten.toml:3: "),
        "{warning}"
    );
    assert!(warning.contains("did you mean `product = \"idporten\"`?"), "{warning}");
    let (manifest, findings) = parse(&local.replace("\"idporten\"", "\"other-provider\""));
    assert_eq!((manifest.slugs().count(), findings), (1, Vec::new()));
}

#[test]
fn a_mistyped_environment_is_named_with_the_nearest_one_and_the_list() {
    let text = wrong("[environments.idporten-tset]\n");
    let start = "unknown environment `idporten-tset`\n  idporten.toml:1: [environments.idporten-tset]\n  help: did you mean \
        `idporten-test`? known: idporten-test, ";
    assert!(text.starts_with(start), "wanted {start:?}, found {text:?}");
}

#[test]
fn values_of_the_wrong_form_say_what_is_right() {
    assert!(wrong("max-age = '0s'\n[environments.idporten-test]").contains("`max-age` must be a duration above zero"));
    assert!(wrong("max-age = 30\n[environments.idporten-test]").contains("`max-age` must be a duration above zero"));
    assert!(wrong("[environments.idporten-test]\nbundled = 'yes'").contains("`bundled` must be `true` or `false`"));
    assert!(wrong("[environments]\nidporten-test = true").contains("write `[environments.idporten-test]`"));
    assert!(wrong("").contains("the manifest names no environment"));
    assert!(
        wrong("[environments.idporten-test]\n[require.idporten]\nissuer = false")
            .contains("`false` would require nothing")
    );
    assert!(
        wrong("[environments.idporten-test]\n[require.idporten]\nissuer = [1]")
            .contains("must be `true`, a string or a list")
    );
    let empty = wrong("[environments.idporten-test]\n[require.idporten]\nscopes_supported = []");
    assert!(
        empty.contains("\n  idporten.toml:3: ") && empty.contains("an empty list would require nothing"),
        "{empty}"
    );
    assert!(wrong("[environments.idporten-test]\n[require]\nidporten = 1").contains("write `[require.idporten]`"));
}

#[test]
fn an_environment_of_ones_own_is_held_to_the_rules() {
    let (_, findings) = parse(&format!("[environments.idporten-test]\n{LOCAL}"));
    assert_eq!(findings, [""; 0]);
    assert!(
        wrong(&format!("[environments.idporten-test]\n{}", LOCAL.replace("idporten-test", "idporten-tset")))
            .contains("names no environment of this manifest")
    );
    assert!(
        wrong(&format!("[environments.maskinporten-test]\n{}", LOCAL.replace("idporten-test", "maskinporten-test")))
            .contains("of another product")
    );
    let (_, findings) = parse(&format!("[environments.idporten-test]\n{}", LOCAL.replace("development = true", "")));
    assert!(!findings.is_empty() && findings.iter().all(|finding| finding.contains("plain http")), "{findings:?}");
    assert!(
        wrong(&LOCAL.replace("product = \"idporten\"", "").replace("based-on = \"idporten-test\"", ""))
            .contains("add `product = \"..\"`")
    );
    assert!(
        wrong(
            &LOCAL.replace("[environments.local]", "[environments.Local]").replace("based-on = \"idporten-test\"", "")
        )
        .contains("is not a name")
    );
}

#[test]
fn every_mistake_is_found_at_once_and_the_rest_is_read() {
    let (manifest, findings) =
        parse("nonsense = 1\nmax-age = 'x'\n[environments.idporten-test]\nbundle = 1\n[environments.idporten-pord]\n");
    assert_eq!(findings.len(), 4, "{findings:#?}");
    assert_eq!(manifest.slugs().collect::<Vec<_>>(), ["idporten-test"]);
}

#[test]
fn an_unnamed_environment_is_an_error_that_lists_the_named_ones() {
    let (manifest, _) = parse(&format!("[environments.idporten-test]\n{LOCAL}"));
    let help = |slug| manifest.not_named(slug, FILE_NAME).help;
    assert_eq!(
        manifest.not_named("idporten-tset", FILE_NAME).to_string(),
        "`idporten-tset` is not an environment of `idporten.toml`\n  it names: idporten-test, local\n  help: did you mean \
         `idporten-test`?"
    );
    assert!(
        help("maskinporten-prod").contains("add `[environments.maskinporten-prod]`"),
        "{}",
        help("maskinporten-prod")
    );
    assert!(help("keycloak").contains("name one of those"), "{}", help("keycloak"));
}

#[test]
fn what_is_not_toml_is_named_with_its_line() {
    for (text, message, line) in [
        ("a = 1\nb = = 2\n", "expected a value, found an equals", "2: b = = 2"),
        ("a = 1\r\nb = = 2\r\n", "expected a value, found an equals", "2: b = = 2"),
        (
            "[environments.idporten-test]\n[environments.idporten-test]\n",
            "redefinition of table `idporten-test`",
            "2: [",
        ),
        ("[environments.idporten-test]\nbundled = true\nbundled = true\n", "duplicate key: `bundled`", "3: bundled"),
        ("max-age = \"30d\n", "invalid character in string", "1: max-age"),
        ("snapshots = [\n\"a\"\n", "expected a right bracket, found eof", "3"),
        ("[environments.idporten-test\n", "expected a right bracket, found a newline", "1: ["),
        ("\u{feff}a b\n", "expected an equals, found an identifier", "1: "),
        ("a = \"\u{7}\"\n", "invalid character in string", "1: a"),
        ("a.b = 1\na.b.c = 2\n", "dotted key attempted to extend non-table type", "2: a"),
    ] {
        let wanted = format!("not TOML: {message}");
        let findings = parse(text).1;
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].starts_with(&wanted), "wanted {wanted}, found {}", findings[0]);
        assert!(
            findings[0].contains(&format!("\n  idporten.toml:{line}")),
            "wanted line {line}, found {}",
            findings[0]
        );
    }
    for opened in ["[", "a = ["] {
        assert_eq!(parse(&opened.repeat(100_000)).1.len(), 1, "{opened}");
    }
}

#[test]
fn a_bare_word_is_answered_with_the_same_word_in_quotes() {
    for (word, line) in
        [("idporten", "product"), ("maskinporten", "product"), ("30d", "max-age"), ("true-ish", "bundled")]
    {
        let text = parse(&format!("[environments.local]\n{line} = {word} # why\n")).1.join("\n");
        let wanted = format!(
            "not TOML: the value of `{line}` is a bare word\n  idporten.toml:2: {line} = {word} # why\n  help: put the value in \
             quotes: `{line} = \"{word}\"`"
        );
        assert!(text.contains(&wanted), "wanted {wanted:?}, found {text:?}");
    }
    assert!(parse("a = [1,\n").1[0].contains("help: correct this line"));
}

#[test]
fn a_missing_base_is_an_error_on_its_line_with_a_fix() {
    let manifest = format!("{LOCAL}[environments.idporten-prod]\n");
    assert_eq!(
        wrong(&manifest),
        "local: `based-on = \"idporten-test\"` names no environment of this manifest\n  idporten.toml:7: based-on = \
         \"idporten-test\"\n  help: add `[environments.idporten-test]`, or remove `based-on` and run `idporten-config fetch local`"
    );
    let near = wrong(&manifest.replace("\"idporten-test\"", "\"idporten-pord\""));
    assert!(near.contains("help: write `based-on = \"idporten-prod\"`, or remove"), "{near}");
}

#[test]
fn a_base_that_is_not_there_concerns_its_environment_alone() {
    let (manifest, findings) = Manifest::parse(&format!("{LOCAL}[environments.idporten-prod]\n"), FILE_NAME);
    assert_eq!(findings[0].environment.as_deref(), Some("local"));
    assert_eq!(manifest.slugs().collect::<Vec<_>>(), ["local", "idporten-prod"]);
}

#[test]
fn a_manifest_below_a_directory_takes_its_snapshots_from_there() {
    let (manifest, _) = Manifest::parse("[environments.idporten-test]", "../config/idporten.toml");
    assert_eq!(manifest.environments()[0].path, "../config/snapshots/idporten-test.json");
}

#[test]
fn the_example_of_the_documentation_has_every_key_and_no_mistake() {
    const PAGE: &str = include_str!("../manifest.md");
    let page = PAGE.replace("\r\n", "\n");
    let (_, example) = page.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    assert_eq!(parse(example).1, [""; 0]);
    let keys = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(key, _)| key);
    let keys: Vec<_> = keys.filter(|key| !key.starts_with('[') && *key != "true").collect();
    assert_eq!(keys.len(), 10, "{keys:?}");
    for key in keys {
        assert!(example.lines().any(|line| line.starts_with(&format!("{key} = "))), "`{key}` is not in the example");
    }
}
