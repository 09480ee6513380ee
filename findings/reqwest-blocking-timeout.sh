#!/usr/bin/env bash
# reqwest 0.13.5, blocking: the timeout of a client does not bound a body that is read with `std::io::Read`. It starts again at each
# read, so a server that sends a byte now and then holds the caller for as long as it likes. `Response::text` of the same client
# is bounded, and so is everything under the timeout of a single request.
#
# Seen, with a limit of 2 s and a body of 6 bytes, one a second: read with the client's timeout, 6 bytes after more than 5 s; as text
# with the client's timeout, an error; read with the request's timeout, an error.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cargo init -q --name finding --vcs none
cargo add -q reqwest@=0.13.5 --no-default-features --features blocking
cat >src/main.rs <<'RUST'
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use reqwest::blocking::Client;

fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().take(3) {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 1024]);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n");
                for byte in b"abcdef" {
                    std::thread::sleep(Duration::from_secs(1));
                    if stream.write_all(&[*byte]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    let limit = Duration::from_secs(2);
    let timed = Client::builder().timeout(limit).no_proxy().build().unwrap();
    let plain = Client::builder().timeout(None).no_proxy().build().unwrap();
    println!("client, read: {}", read(timed.get(&url)));
    println!("client, text: {}", if timed.get(&url).send().unwrap().text().is_ok() { "whole" } else { "error" });
    println!("request, read: {}", read(plain.get(&url).timeout(limit)));
}

fn read(request: reqwest::blocking::RequestBuilder) -> String {
    let mut body = Vec::new();
    let read = request.send().unwrap().read_to_end(&mut body);
    read.map_or_else(|_| "error".into(), |read| format!("{read} bytes"))
}
RUST
seen=$(cargo run -q)
printf 'reqwest 0.13.5:\n%s\n' "$seen"
test "$seen" = 'client, read: 6 bytes
client, text: error
request, read: error'
