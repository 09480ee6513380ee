//! Processes that end with the test, and requests to them.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use idporten_config::testing::signing_key;
use idporten_config_tests::places;

/// A process that is ended with its holder.
pub(crate) struct Running {
    process: Child,
    /// Held open: a process that writes to a closed pipe ends.
    _output: BufReader<ChildStdout>,
}

impl Running {
    /// Starts a process, and waits for the first line that it writes.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::start_with_log(command, Stdio::null())
    }

    /// The same for a process whose standard error goes elsewhere.
    pub(crate) fn start_with_log(command: &mut Command, log: impl Into<Stdio>) -> Self {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "{command:?} ended before it was ready");
        Self { process, _output: output }
    }

    /// Tells it to end, as a platform does, and waits until it has ended.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        let told = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        assert!(told.success(), "{told}");
        self.process.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the directory in which cargo builds what is in `programs/`: `CARGO_TARGET_DIR` holds for that workspace too.
pub(crate) fn programs_target() -> PathBuf {
    let programs = places::workspace().join("tests/programs");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| programs.join("target"), PathBuf::from);
    // A relative directory would be one of the test's own package here, and was one of the caller's for cargo.
    assert!(target.is_absolute(), "CARGO_TARGET_DIR must be absolute: {}", target.display());
    target
}

/// A program of `programs/`.
pub(crate) fn program(name: &str) -> Command {
    let path = programs_target().join("debug").join(name);
    assert!(
        path.is_file(),
        "{} is missing: run `cargo build --manifest-path tests/programs/Cargo.toml`, then this again",
        path.display()
    );
    Command::new(path)
}

/// A script of `provider/`, for Node.js.
pub(crate) fn script(name: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(name).current_dir(node_modules().parent().unwrap());
    command
}

/// The packages of `provider/`.
pub(crate) fn node_modules() -> PathBuf {
    let directory = places::workspace().join("tests/provider/node_modules");
    assert!(
        directory.is_dir(),
        "the provider is not installed: run `npm ci --prefix tests/provider`, then this test again"
    );
    directory
}

/// Waits until a server on loopback answers with this status.
#[track_caller]
pub(crate) fn wait_for(port: u16, path: &str, status: u16) {
    wait_until(|| get(port, path, None).starts_with(&format!("HTTP/1.1 {status} ")));
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn wait_until(mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "it is not so after a minute");
        thread::sleep(Duration::from_millis(100));
    }
}

/// The public key that a test registers for its client.
pub(crate) fn client_jwk() -> String {
    signing_key("client-key", 0).to_string()
}

/// Its private half, as a PEM file in a directory.
pub(crate) fn client_key_file(directory: &Path) -> PathBuf {
    let der = fs::read(places::workspace().join("idporten-config/src/testing/signing-pair-0.der")).unwrap();
    let path = directory.join("client.pem");
    write_rsa_key(&path, &der);
    path
}

/// Replaces it by a key that is well-formed and cannot sign.
pub(crate) fn break_client_key_file(directory: &Path) {
    let mut der = fs::read(places::workspace().join("idporten-config/src/testing/signing-pair-0.der")).unwrap();
    // Within the modulus: it is no longer the product of the primes.
    der[100] ^= 1;
    write_rsa_key(&directory.join("client.pem"), &der);
}

/// Writes a private key in PKCS #1 as PEM.
fn write_rsa_key(path: &Path, der: &[u8]) {
    let label = "RSA PRIVATE KEY";
    fs::write(path, format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))).unwrap();
}

/// The answer to a GET request on loopback, header and body, with this `Authorization`.
pub(crate) fn get(port: u16, path: &str, authorization: Option<&str>) -> String {
    let authorization = authorization.map(|value| format!("Authorization: {value}\r\n")).unwrap_or_default();
    answer(port, &format!("GET {path} HTTP/1.1\r\n{authorization}"), "")
}

/// The answer to a form, header and body.
pub(crate) fn post(port: u16, path: &str, form: &str) -> String {
    read(send_form(port, path, form))
}

/// Sends a form, and leaves the answer to its caller.
pub(crate) fn send_form(port: u16, path: &str, form: &str) -> TcpStream {
    let content = "Content-Type: application/x-www-form-urlencoded";
    send(port, &format!("POST {path} HTTP/1.1\r\n{content}\r\nContent-Length: {}\r\n", form.len()), form)
}

/// The answer to a request, header and body. Its head is without `Host`, and ends with a line.
pub(crate) fn answer(port: u16, head: &str, body: &str) -> String {
    read(send(port, head, body))
}

fn send(port: u16, head: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "{head}Host: 127.0.0.1\r\nConnection: close\r\n\r\n{body}").unwrap();
    stream
}

fn read(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
