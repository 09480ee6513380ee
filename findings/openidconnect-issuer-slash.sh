#!/usr/bin/env bash
# openidconnect 4.1.0: an issuer that is made from a `Url` gets a slash at its end and then differs from the provider's, since
# issuers are compared as text. The same issuer made from a string is kept.
#
# Seen: `IssuerUrl::from_url` of `https://op.example` is not equal to `IssuerUrl::new` of the same text, and reads with a slash.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cargo init -q --name finding --vcs none
cargo add -q openidconnect@=4.1.0 --no-default-features
cat >src/main.rs <<'RUST'
use openidconnect::IssuerUrl;

fn main() {
    let text = "https://op.example";
    let published = IssuerUrl::new(text.into()).unwrap();
    let made = IssuerUrl::from_url(published.url().clone());
    println!("{} and {}: equal {}", published.as_str(), made.as_str(), published == made);
}
RUST
seen=$(cargo run -q)
echo "openidconnect 4.1.0: $seen"
test "$seen" = 'https://op.example and https://op.example/: equal false'
