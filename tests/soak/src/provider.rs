//! The provider: a process of Node.js that runs `tests/provider/rotating.mjs`.

use std::io::{BufRead, BufReader, Lines, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use idporten_config_tests::places;
use idporten_config_tests::scratch::Scratch;
use idporten_config_tests::server::Authority;

pub(crate) const HOST: &str = "idp.example";
pub(crate) const ISSUER: &str = "https://idp.example";
pub(crate) const WELL_KNOWN_URL: &str = "https://idp.example/.well-known/openid-configuration";
pub(crate) const AUDIENCE: &str = "https://api.example";
pub(crate) const SCOPE: &str = "example:read";
/// The number of tokens of one key. They are signed beforehand: signing a thousand a second takes a processor.
const TOKENS: usize = 8;

/// The process, which ends with its input.
pub(crate) struct Provider {
    process: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    address: SocketAddr,
    authority: Authority,
    _directory: Scratch,
}

impl Provider {
    pub(crate) fn start() -> Self {
        let scripts = places::workspace().join("tests/provider");
        let is_installed = scripts.join("node_modules").is_dir();
        assert!(is_installed, "the provider is not installed: run `npm ci --prefix tests/provider`, then this again");
        let (authority, directory) = (Authority::new(), Scratch::new());
        let (certificate, key) = (directory.path().join("certificate.pem"), directory.path().join("key.pem"));
        authority.write(&[HOST], &certificate, &key);
        let mut process = command(&scripts, [certificate, key]).spawn().expect("Node.js 20 or newer must be installed");
        let input = process.stdin.take();
        let mut output = BufReader::new(process.stdout.take().expect("its output")).lines();
        let port = output.next().and_then(Result::ok).expect("the provider ended before it was ready");
        let address = SocketAddr::from(([127, 0, 0, 1], port.parse().expect("a port")));
        Self { process, input, output, address, authority, _directory: directory }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn ca_file(&self) -> &Path {
        self.authority.file()
    }

    /// Returns tokens that are signed with the key of this kid; with an exclamation mark, with a new key under it.
    pub(crate) fn tokens(&mut self, kid: &str) -> Vec<Arc<str>> {
        self.tell(&format!("tokens {kid} {TOKENS}")).split(' ').map(Arc::from).collect()
    }

    /// Publishes the keys of these kids, separated by blanks.
    pub(crate) fn publish(&mut self, kids: &str) {
        assert_eq!(self.tell(&format!("publish {kids}")), "published");
    }

    /// Answers in this manner from now on; the script lists them.
    pub(crate) fn answer(&mut self, mode: &str) {
        assert_eq!(self.tell(&format!("answer {mode}")), mode);
    }

    fn tell(&mut self, command: &str) -> String {
        writeln!(self.input.as_mut().expect("its input"), "{command}").expect("the provider has ended");
        let mut lines = self.output.by_ref().map_while(Result::ok);
        lines.find(|line| !line.starts_with("oidc-provider ")).expect("the provider has ended")
    }
}

fn command(scripts: &Path, files: [PathBuf; 2]) -> Command {
    let mut command = Command::new("node");
    command.args(["rotating.mjs", ISSUER]).args(files).current_dir(scripts);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.process.wait();
    }
}
