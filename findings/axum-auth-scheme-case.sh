#!/usr/bin/env bash
# axum-auth 0.8.1: `AuthBearer` takes the scheme `Bearer` in this spelling alone, although schemes are case-insensitive (RFC 9110,
# section 11.1), and answers 400 where RFC 6750, section 3, asks for 401 with `WWW-Authenticate`.
#
# Seen: 200 for `Bearer x`; 400 without that header for `bearer x` and for no header at all.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cargo init -q --name finding --vcs none
cargo add -q axum-auth@=0.8.1 --no-default-features --features auth-bearer
cargo add -q axum@=0.8.9 --no-default-features
cargo add -q tower@=0.5.3 --features util
cargo add -q tokio@=1.54.1 --features macros,rt
cat >src/main.rs <<'RUST'
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use axum_auth::AuthBearer;
use tower::ServiceExt;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let app = Router::new().route("/", get(|AuthBearer(token): AuthBearer| async { token }));
    for header in [Some("Bearer x"), Some("bearer x"), None] {
        let mut request = Request::get("/");
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let answer = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let challenge = answer.headers().contains_key("www-authenticate");
        println!("{}: {} {challenge}", header.unwrap_or("none"), answer.status().as_u16());
    }
}
RUST
seen=$(cargo run -q)
printf 'axum-auth 0.8.1 (status, WWW-Authenticate):\n%s\n' "$seen"
test "$seen" = 'Bearer x: 200 false
bearer x: 400 false
none: 400 false'
