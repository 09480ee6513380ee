//! The proxies of the environment variables.

use std::env;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use idporten_config::fetch::{Kind, Options, Step};
use idporten_config_tests::server::Server;

use crate::story::{JWKS, WELL_KNOWN, fetch_from, is_child, keys, metadata};

/// A proxy that answers `CONNECT` with a tunnel to this address, or with 403, once. What it was asked is received.
fn proxy(target: Option<SocketAddr>) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = channel();
    thread::spawn(move || -> io::Result<()> {
        loop {
            let mut client = listener.accept()?.0;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                client.read_exact(&mut byte)?;
                head.push(byte[0]);
            }
            let _ = sender.send(String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_owned());
            match target {
                None => client.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n")?,
                Some(target) => {
                    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
                    let server = TcpStream::connect(target)?;
                    let (mut up, mut down) = ((client.try_clone()?, server.try_clone()?), (server, client));
                    thread::spawn(move || io::copy(&mut up.0, &mut up.1));
                    thread::spawn(move || io::copy(&mut down.0, &mut down.1));
                }
            }
        }
    });
    (address, receiver)
}

/// Options that know no address, so that the proxies of the variables are used.
fn options(authority: impl Into<PathBuf>) -> Options {
    Options::default().with_ca_file(authority).with_ca_only(true)
}

#[test]
fn a_proxy_of_the_environment_variables_is_used() {
    let server = Server::start();
    server.on(WELL_KNOWN, metadata());
    server.on(JWKS, keys());
    let (address, asked) = proxy(Some(server.address()));
    let (url, authority) = (format!("http://{address}"), server.authority().file().to_str().unwrap());
    let variables = [("HTTPS_PROXY", url.as_str()), ("NO_PROXY", ""), ("AUTHORITY", authority)];
    if is_child("proxy::a_proxy_of_the_environment_variables_is_used", &variables) {
        fetch_from(&server, options(env::var_os("AUTHORITY").unwrap())).accepted();
        return;
    }
    assert_eq!(asked.recv_timeout(Duration::from_secs(5)).unwrap(), "CONNECT test.idporten.no:443 HTTP/1.1");
    assert_eq!(server.requests().len(), 2);
}

/// Fetches through a proxy that refuses, in a process with these entries of `NO_PROXY`, and checks that the error ends so.
#[track_caller]
fn refused_by_the_proxy(test: &str, entries: &str, end: &str) {
    let (address, asked) = proxy(None);
    if is_child(test, &[("HTTPS_PROXY", &format!("http://{address}")), ("NO_PROXY", entries)]) {
        let server = Server::start();
        let outcome = fetch_from(&server, options(server.authority().file()));
        let outcome =
            outcome.refused(Kind::Network, Step::Metadata, "cannot connect through the proxy of HTTPS_PROXY: ");
        let message = outcome.error().to_string();
        assert!(message.ends_with(end), "wanted {end:?} at the end, found {message:?}");
        return;
    }
    assert_eq!(asked.recv_timeout(Duration::from_secs(5)).unwrap(), "CONNECT test.idporten.no:443 HTTP/1.1");
}

#[test]
fn a_proxy_that_refuses_is_named() {
    refused_by_the_proxy(
        "proxy::a_proxy_that_refuses_is_named",
        "",
        "; see that the proxy of HTTPS_PROXY allows test.idporten.no, or name that host in NO_PROXY",
    );
}

#[test]
fn an_entry_of_no_proxy_that_matches_nothing_is_named() {
    refused_by_the_proxy(
        "proxy::an_entry_of_no_proxy_that_matches_nothing_is_named",
        "localhost,*.idporten.no",
        "; the entry `*.idporten.no` of NO_PROXY matches no host, write `.idporten.no`",
    );
}
