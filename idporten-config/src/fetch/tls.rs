//! TLS: the cryptography provider that is used, and the certificate authorities that are trusted.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::error::FetchError;
use super::handshake;
use crate::document::violation::quoted;

/// The certificate authorities that are trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// Those of the machine, and of a file where one is named.
    Machine,
    /// Those of a file alone.
    File,
    /// Those of the TLS configuration that the program handed in.
    #[cfg_attr(not(feature = "rustls-0-23"), expect(dead_code, reason = "no configuration can be handed in"))]
    Program,
}

/// Returns a client's TLS, which trusts the authorities of the machine, of a file, or of both.
pub(super) fn config(ca_file: Option<&Path>, ca_only: bool) -> Result<ClientConfig, FetchError> {
    let provider = provider()?;
    let extra = ca_file.map(certificates).transpose()?.unwrap_or_default();
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| {
            let remedy = format!("{error}; use a cryptography provider with the cipher suites of TLS 1.2 or 1.3");
            FetchError::setup("TLS cannot be set up", remedy)
        })?;
    if ca_only {
        let roots = roots(extra)?;
        return Ok(builder.with_root_certificates(roots).with_no_client_auth());
    }
    let verifier = Verifier::new_with_extra_roots(extra, provider).map_err(|error| no_authorities(&error))?;
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}

/// Returns the provider of this crate's features, or else the one that the program has installed. None is installed here: the
/// program chooses the one of the process, and that can be done only once.
pub(super) fn provider() -> Result<Arc<CryptoProvider>, FetchError> {
    compiled_in().or_else(|| CryptoProvider::get_default().cloned()).ok_or_else(no_provider)
}

fn compiled_in() -> Option<Arc<CryptoProvider>> {
    #[cfg(feature = "aws-lc-rs")]
    let provider = Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    #[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
    let provider = Some(Arc::new(rustls::crypto::ring::default_provider()));
    #[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
    let provider = None;
    provider
}

fn no_provider() -> FetchError {
    let features = match () {
        () if cfg!(feature = "refresh") => r#""refresh", "ring""#,
        () if cfg!(feature = "build") => r#""build", "fetch", "ring""#,
        () => r#""fetch", "ring""#,
    };
    let version = concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));
    let line = format!("idporten-config = {{ version = \"{version}\", features = [{features}] }}");
    let remedy = format!(
        "write `{line}` in Cargo.toml (`aws-lc-rs` in place of `ring` where the program has that already), or install one for \
         the process before"
    );
    FetchError::setup("no cryptography provider for TLS is compiled in or installed", remedy)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, FetchError> {
    let unreadable = |reason: String| {
        let message = format!("the file of certificate authorities, {}, cannot be used", path.display());
        FetchError::setup(message, format!("{reason}; give a file with certificates in PEM"))
    };
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error: rustls::pki_types::pem::Error| unreadable(error.to_string()))?;
    if certificates.is_empty() {
        return Err(unreadable("it holds no certificate".to_owned()));
    }
    // Checked here, where the file is known: the machine's verifier would report that the machine has no authorities.
    for certificate in &certificates {
        let authority = RootCertStore::empty().add(certificate.clone());
        authority.map_err(|error| unreadable(format!("a certificate in it is damaged ({error})")))?;
    }
    Ok(certificates)
}

fn roots(certificates: Vec<CertificateDer<'static>>) -> Result<RootCertStore, FetchError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate).map_err(|error| FetchError::setup("a certificate authority cannot be used", error))?;
    }
    if roots.is_empty() {
        let remedy = "name a file with certificates in PEM (IDPORTEN_CONFIG_CA_FILE), or trust those of the machine \
                      (IDPORTEN_CONFIG_CA_ONLY=false)";
        return Err(FetchError::setup("no certificate authority is trusted", remedy));
    }
    Ok(roots)
}

fn no_authorities(error: &rustls::Error) -> FetchError {
    let variable = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    FetchError::setup(
        "this machine trusts no certificate authority",
        no_authorities_help(&handshake::in_words(error), &variable),
    )
}

fn no_authorities_help(error: &str, variable: &dyn Fn(&str) -> Option<String>) -> String {
    let remedies = "install the package ca-certificates, or name a file with IDPORTEN_CONFIG_CA_FILE";
    let set: Vec<_> = REPLACING.iter().filter_map(|name| Some((*name, variable(name)?))).collect();
    if set.is_empty() {
        return format!("{error}; {remedies}");
    }
    // Installing a package would not help: the variables switch the machine's own authorities off.
    let names: Vec<_> = set.iter().map(|(name, _)| *name).collect();
    let values: Vec<_> = set.iter().map(|(name, value)| format!("{name}={}", quoted(value))).collect();
    let (names, values) = (names.join(" and "), values.join(" and "));
    format!("its own are replaced by {values}, where no certificate was found; unset {names} and {remedies}")
}

/// The variables that replace the authorities of a machine on most kinds of Unix.
const REPLACING: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Returns the variable that replaces the authorities of this machine, where one is set.
pub(super) fn replaced_by() -> Option<&'static str> {
    let has_effect = cfg!(all(unix, not(target_os = "android"), not(target_vendor = "apple")));
    REPLACING.into_iter().find(|name| has_effect && std::env::var_os(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
    #[test]
    fn the_provider_of_the_features_is_used_and_not_installed() {
        let name = if cfg!(feature = "aws-lc-rs") { "AwsLcRs" } else { "Ring" };
        assert_eq!(format!("{:?}", provider().unwrap().secure_random), name);
        assert!(CryptoProvider::get_default().is_none(), "a provider was installed for the process");
    }

    #[test]
    fn no_provider_is_an_error_with_the_line_for_the_manifest() {
        let text = no_provider().to_string();
        assert!(text.contains("write `idporten-config = { version = \"0.1\", features = [\""), "{text}");
        assert!(text.contains("\"ring\"] }` in Cargo.toml"), "{text}");
    }

    #[test]
    fn variables_that_replace_the_authorities_are_named() {
        let help = |set: &[(&str, &str)]| {
            let variable =
                |name: &str| set.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned());
            no_authorities_help("none were found", &variable)
        };
        let remedies = "install the package ca-certificates, or name a file with IDPORTEN_CONFIG_CA_FILE";
        assert_eq!(help(&[]), format!("none were found; {remedies}"));
        assert_eq!(
            help(&[("SSL_CERT_FILE", "/no/such.pem")]),
            format!(
                "its own are replaced by SSL_CERT_FILE=\"/no/such.pem\", where no certificate was found; unset SSL_CERT_FILE and \
                 {remedies}"
            )
        );
        assert!(
            help(&[("SSL_CERT_FILE", ""), ("SSL_CERT_DIR", "/d")])
                .contains("SSL_CERT_FILE=\"\" and SSL_CERT_DIR=\"/d\"")
        );
    }
}
