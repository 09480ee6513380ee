//! The proxies of the environment variables.

use std::env;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
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

/// Options that know no address but the proxy's, if that.
fn options(server: &Server) -> Options {
    let mut options = server.options();
    options.ca_file = env::var_os("AUTHORITY").map(Into::into);
    options.proxies = true;
    options.resolve = vec![("test.idporten.no".to_owned(), SocketAddr::from((Ipv4Addr::LOCALHOST, 1)))];
    options
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
        fetch_from(&server, options(&server)).accepted();
        let mut direct = options(&server);
        direct.proxies = false;
        fetch_from(&server, direct).refused(Kind::Network, Step::Metadata, "cannot connect");
        return;
    }
    assert_eq!(asked.recv_timeout(Duration::from_secs(5)).unwrap(), "CONNECT test.idporten.no:443 HTTP/1.1");
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_proxy_that_refuses_is_an_error_of_the_network() {
    let (address, asked) = proxy(None);
    let url = format!("http://{address}");
    if is_child("proxy::a_proxy_that_refuses_is_an_error_of_the_network", &[("HTTPS_PROXY", &url), ("NO_PROXY", "")]) {
        let server = Server::start();
        let mut options = options(&server);
        options.ca_file = Some(server.authority().file().to_owned());
        fetch_from(&server, options).refused(Kind::Network, Step::Metadata, "cannot connect");
        return;
    }
    assert_eq!(asked.recv_timeout(Duration::from_secs(5)).unwrap(), "CONNECT test.idporten.no:443 HTTP/1.1");
}
