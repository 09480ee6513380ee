//! A program that uses rustls itself, beside a refresher.

use std::time::Duration;

use idporten_config::idporten::Environment;
use idporten_config::Refresher;

fn main() {
    #[cfg(feature = "installed")]
    rustls::crypto::aws_lc_rs::default_provider().install_default().unwrap();

    match refresher().map(|refresher| refresher.wait_ready(Duration::from_secs(15))) {
        Ok(Ok(())) => println!("ready"),
        Ok(Err(error)) => println!("not ready: {error}"),
        Err(error) => println!("not started: {error}"),
    }
    // rustls panics here where it has none or two providers, and where none is installed.
    let own = std::panic::catch_unwind(rustls::ClientConfig::builder);
    println!("its own TLS {}", if own.is_ok() { "works" } else { "panics" });
}

#[cfg(not(feature = "handed-in"))]
fn refresher() -> Result<Refresher, idporten_config::refresh::StartError> {
    Refresher::builder(Environment::Test.snapshot())?.start()
}

#[cfg(feature = "handed-in")]
fn refresher() -> Result<Refresher, idporten_config::refresh::StartError> {
    use idporten_config::fetch::Options;
    use rustls::pki_types::{pem::PemObject, CertificateDer};

    let mut roots = rustls::RootCertStore::empty();
    let file = std::env::var("AUTHORITIES").unwrap();
    roots.add_parsable_certificates(CertificateDer::pem_file_iter(file).unwrap().map(Result::unwrap));
    let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let mut options = Options::default();
    options.mirror = std::env::var("IDPORTEN_CONFIG_MIRROR").ok();
    Refresher::builder(Environment::Test.snapshot())?.fetch_options(options.with_rustls(tls)).start()
}
