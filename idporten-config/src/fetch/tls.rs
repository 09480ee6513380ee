//! Whom to trust.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::error::FetchError;

/// A client's TLS: ring, and the authorities of the machine, of a file, or of both.
pub(super) fn config(ca_file: Option<&Path>, ca_only: bool) -> Result<ClientConfig, FetchError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let extra = ca_file.map(certificates).transpose()?.unwrap_or_default();
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| FetchError::setup("TLS cannot be set up", error))?;
    if ca_only {
        let roots = roots(extra)?;
        return Ok(builder.with_root_certificates(roots).with_no_client_auth());
    }
    let verifier = Verifier::new_with_extra_roots(extra, provider).map_err(|error| no_authorities(&error))?;
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
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
    // Here, where the file is known: the machine's verifier would report it as if the machine had no authorities.
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
        let remedy = "name a file with certificates in PEM, or trust those of the machine";
        return Err(FetchError::setup("no certificate authority is trusted", remedy));
    }
    Ok(roots)
}

fn no_authorities(error: &rustls::Error) -> FetchError {
    let remedy = format!("{error}; install the package ca-certificates, or name a file with IDPORTEN_CONFIG_CA_FILE");
    FetchError::setup("this machine trusts no certificate authority", remedy)
}
