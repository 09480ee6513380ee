//! Certificates, made in memory: an authority, and leaves for any host.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

use crate::scratch::Scratch;

/// A certificate authority, whose certificate is in a file for as long as it lives.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: PathBuf,
    _directory: Scratch,
}

/// The certificate of a server, and its key.
#[derive(Debug, Clone)]
pub struct Identity(pub(super) Arc<ServerConfig>);

impl Authority {
    /// A new one.
    #[must_use]
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let mut parameters = CertificateParams::default();
        // Two of one name would be taken for one whose signatures are wrong.
        let name = format!("Test authority {}", COUNT.fetch_add(1, Ordering::Relaxed));
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap();
        let directory = Scratch::new();
        let file = directory.path().join("authority.pem");
        fs::write(&file, issuer.pem()).unwrap();
        Self { issuer, file, _directory: directory }
    }

    /// The file with its certificate, in PEM.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// A certificate for these hosts.
    #[must_use]
    pub fn issue(&self, hosts: &[&str]) -> Identity {
        self.sign(&parameters(hosts))
    }

    /// Writes a certificate for these hosts and its key into files, in PEM, for another program.
    ///
    /// # Panics
    ///
    /// If a file cannot be written.
    pub fn write(&self, hosts: &[&str], certificate: &Path, key: &Path) {
        let pair = KeyPair::generate().unwrap();
        fs::write(certificate, parameters(hosts).signed_by(&pair, &self.issuer).unwrap().pem()).unwrap();
        fs::write(key, pair.serialize_pem()).unwrap();
    }

    /// A certificate for these hosts that ended long ago.
    #[must_use]
    pub fn issue_expired(&self, hosts: &[&str]) -> Identity {
        let mut parameters = parameters(hosts);
        parameters.not_before = date_time_ymd(2000, 1, 1);
        parameters.not_after = date_time_ymd(2001, 1, 1);
        self.sign(&parameters)
    }

    /// A certificate for these hosts that signed itself and is one of an authority, as some mock servers make them.
    #[must_use]
    pub fn issue_as_its_own(hosts: &[&str]) -> Identity {
        let mut parameters = parameters(hosts);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        Self::identity(&certificate, &key)
    }

    fn sign(&self, parameters: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        Self::identity(&certificate, &key)
    }

    fn identity(certificate: &Certificate, key: &KeyPair) -> Identity {
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Identity(Arc::new(config))
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

fn parameters(hosts: &[&str]) -> CertificateParams {
    CertificateParams::new(hosts.iter().map(|&host| host.to_owned()).collect::<Vec<_>>()).unwrap()
}
