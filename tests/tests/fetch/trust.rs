//! Whom a fetcher trusts, and what it says where that fails.

use std::env;
use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread;

use idporten_config::fetch::{Kind, Options, Step};
use idporten_config_tests::scratch::Scratch;
use idporten_config_tests::server::{Authority, Identity, Server};

use crate::story::{JWKS, MARKER, Outcome, WELL_KNOWN, fetch_from, is_child, keys, metadata};

fn serve(server: &Server) {
    server.on(WELL_KNOWN, metadata());
    server.on(JWKS, keys());
}

/// Fetches from a server that shows this certificate.
fn shown(identity: impl FnOnce(&Authority) -> Identity) -> Outcome {
    let authority = Arc::new(Authority::new());
    let identity = identity(&authority);
    let server = Server::with(authority, identity);
    serve(&server);
    fetch_from(&server, server.options())
}

/// Options with this file of authorities, beside those of the machine or alone.
fn with_authorities(text: &[u8], alone: bool) -> Outcome {
    let (server, directory) = (Server::start(), Scratch::new());
    serve(&server);
    let file = directory.path().join("authorities.pem");
    fs::write(&file, text).unwrap();
    let mut options = server.options();
    options.ca_file = Some(file);
    options.ca_only = alone;
    fetch_from(&server, options)
}

#[test]
fn a_certificate_for_another_host_is_refused_with_its_cause() {
    shown(|authority| authority.issue(&["mirror.example"]))
        .refused(
            Kind::Network,
            Step::Metadata,
            "cannot connect: invalid peer certificate: certificate not valid for name",
        )
        .asked(&[]);
}

#[test]
fn a_certificate_that_ended_is_refused_with_its_cause() {
    shown(|authority| authority.issue_expired(&["test.idporten.no"]))
        .refused(Kind::Network, Step::Metadata, "invalid peer certificate: certificate expired")
        .asked(&[]);
}

#[test]
fn an_untrusted_authority_is_refused_with_the_variable_for_it() {
    let outcome = shown(|_| Authority::new().issue(&["test.idporten.no"]));
    let outcome =
        outcome.refused(Kind::Network, Step::Metadata, "(UnknownIssuer); add its authority to the file of").asked(&[]);
    assert!(outcome.error().to_string().contains("IDPORTEN_CONFIG_CA_FILE"), "{}", outcome.error());
}

#[test]
fn a_server_without_tls_is_told_from_one_with_the_wrong_certificate() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let _ = client
                .and_then(|mut client| client.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
        }
    });
    let server = Server::start();
    let outcome = fetch_from(&server, server.options_with(&[("test.idporten.no", address)]));
    let outcome = outcome.refused(Kind::Network, Step::Metadata, "cannot connect: the server does not speak TLS");
    let text = outcome.error().to_string();
    assert!(text.contains("; give the port at which the provider speaks TLS"), "{text}");
}

#[test]
fn the_certificate_of_an_authority_itself_is_refused_in_words() {
    let outcome = shown(|_| Authority::issue_as_its_own(&["test.idporten.no"]));
    let outcome = outcome.refused(Kind::Network, Step::Metadata, "it is the certificate of an authority").asked(&[]);
    let text = outcome.error().to_string();
    assert!(text.ends_with("; let the operator of the provider replace the certificate"), "{text}");
}

#[test]
fn an_unusable_file_of_authorities_is_named_with_the_fix() {
    let key = format!("-----BEGIN PRIVATE KEY-----\n{MARKER}AA\n-----END PRIVATE KEY-----\n");
    let cut = format!("-----BEGIN CERTIFICATE-----\n{MARKER}AA\n");
    let junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for text in ["", MARKER, "\0\u{1}", &key, &cut, junk] {
        for alone in [true, false] {
            let outcome = with_authorities(text.as_bytes(), alone);
            let outcome = outcome.refused(Kind::Setup, None, "authorities.pem, cannot be used").asked(&[]);
            assert!(outcome.error().to_string().ends_with("; give a file with certificates in PEM"), "{outcome:?}");
        }
    }
    let server = Server::start();
    let mut options = server.options();
    options.ca_file = Some("no/such/file.pem".into());
    fetch_from(&server, options).refused(Kind::Setup, None, "the file of certificate authorities, no/such/file.pem,");
}

#[test]
fn no_authority_at_all_is_refused_with_the_fix() {
    let server = Server::start();
    let mut options = server.options();
    options.ca_file = None;
    fetch_from(&server, options).refused(Kind::Setup, None, "(IDPORTEN_CONFIG_CA_FILE), or trust those of the machine");
}

#[test]
fn several_authorities_in_one_file_are_all_trusted() {
    let (server, other) = (Server::start(), Authority::new());
    serve(&server);
    let directory = Scratch::new();
    let file = directory.path().join("both.pem");
    let texts = [other.file(), server.authority().file()].map(|file| fs::read_to_string(file).unwrap());
    fs::write(&file, format!("# two\n{}\n{}", texts[0], texts[1])).unwrap();
    let mut options = server.options();
    options.ca_file = Some(file);
    fetch_from(&server, options).accepted();
}

/// The machine's authorities are where `SSL_CERT_FILE` and `SSL_CERT_DIR` say on this kind of system.
#[cfg(target_os = "linux")]
mod machine {
    use super::*;

    fn on_the_machine(server: &Server) -> Options {
        let mut options = server.options();
        options.ca_file = None;
        options.ca_only = false;
        options
    }

    #[test]
    fn a_machine_without_authorities_is_told_both_remedies() {
        let empty = Scratch::new();
        let directory = empty.path().to_str().unwrap();
        let file = format!("{directory}/none.pem");
        let variables = [("SSL_CERT_FILE", file.as_str()), ("SSL_CERT_DIR", directory)];
        if is_child("trust::machine::a_machine_without_authorities_is_told_both_remedies", &variables) {
            let server = Server::start();
            serve(&server);
            let outcome = fetch_from(&server, on_the_machine(&server));
            let outcome = outcome.refused(Kind::Setup, None, "authority: its own are replaced by SSL_CERT_FILE=");
            let text = outcome.error().to_string();
            assert!(text.contains("install the package ca-certificates, or name a file"), "{text}");
            assert!(text.contains("IDPORTEN_CONFIG_CA_FILE"), "{text}");
        }
    }

    #[test]
    fn a_file_is_enough_on_a_machine_without_authorities() {
        let empty = Scratch::new();
        let directory = empty.path().to_str().unwrap();
        let file = format!("{directory}/none.pem");
        let variables = [("SSL_CERT_FILE", file.as_str()), ("SSL_CERT_DIR", directory)];
        if is_child("trust::machine::a_file_is_enough_on_a_machine_without_authorities", &variables) {
            let server = Server::start();
            serve(&server);
            let mut options = server.options();
            options.ca_only = false;
            fetch_from(&server, options).accepted();
        }
    }

    #[test]
    fn the_machines_authorities_are_trusted_and_a_file_can_replace_them() {
        let directory = Scratch::new();
        let file = directory.path().join("machine.pem");
        let name = "trust::machine::the_machines_authorities_are_trusted_and_a_file_can_replace_them";
        if is_child(name, &[("SSL_CERT_FILE", file.to_str().unwrap())]) {
            let server = Server::start();
            serve(&server);
            fs::copy(server.authority().file(), env::var_os("SSL_CERT_FILE").unwrap()).unwrap();
            fetch_from(&server, on_the_machine(&server)).accepted();
            let mut options = server.options();
            let other = Authority::new();
            options.ca_file = Some(other.file().to_owned());
            fetch_from(&server, options.clone()).refused(Kind::Network, Step::Metadata, "UnknownIssuer");
            let beside = options.clone().with_ca_only(false);
            let strange = Server::with(Arc::new(Authority::new()), Authority::new().issue(&["test.idporten.no"]));
            let beside = beside.with_addresses([("test.idporten.no".to_owned(), strange.address())]);
            let note = "; SSL_CERT_FILE is set and replaces the authorities of this machine: unset it, or name";
            fetch_from(&strange, beside).refused(Kind::Network, Step::Metadata, note);
            options.ca_only = false;
            fetch_from(&server, options).accepted();
        }
    }
}
