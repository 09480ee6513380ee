#!/usr/bin/env bash
# openidconnect 4.1.0: provider metadata that is read from JSON has an empty key set, and a round trip through serde loses the
# members that the type does not know, without an error.
#
# Seen: 0 keys after reading a document whose `jwks_uri` serves keys (nothing is fetched, nothing says so), and after writing the
# metadata again 3 of 3 members of RFC 9126, RFC 7636 and RP-Initiated Logout 1.0 are missing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cargo init -q --name finding --vcs none
cargo add -q openidconnect@=4.1.0 --no-default-features
cargo add -q serde_json@=1.0.154
cat >src/main.rs <<'RUST'
use openidconnect::core::CoreProviderMetadata;

fn main() {
    let document = r#"{
        "issuer": "https://op.example",
        "authorization_endpoint": "https://op.example/authorize",
        "token_endpoint": "https://op.example/token",
        "jwks_uri": "https://op.example/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "pushed_authorization_request_endpoint": "https://op.example/par",
        "end_session_endpoint": "https://op.example/logout",
        "code_challenge_methods_supported": ["S256"]
    }"#;
    let metadata: CoreProviderMetadata = serde_json::from_str(document).unwrap();
    let written = serde_json::to_value(&metadata).unwrap();
    let asked = ["pushed_authorization_request_endpoint", "end_session_endpoint", "code_challenge_methods_supported"];
    let lost = asked.iter().filter(|name| written.get(**name).is_none()).count();
    println!("keys: {}, members lost: {lost} of {}", metadata.jwks().keys().len(), asked.len());
}
RUST
seen=$(cargo run -q)
echo "openidconnect 4.1.0: $seen"
test "$seen" = 'keys: 0, members lost: 3 of 3'
