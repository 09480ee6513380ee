#!/usr/bin/env bash
# oidc-provider 8.8.1 (npm): neither the discovery document nor the key set has `Cache-Control`, `ETag` or `Last-Modified`, so
# that a cache can neither judge their freshness nor revalidate them; both vary by `Origin`.
#
# Seen: status 200, none of the three headers, `Vary: Origin`, on both documents.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund oidc-provider@8.8.1 >/dev/null 2>&1
cat >finding.mjs <<'JS'
import http from 'node:http';
import Provider from 'oidc-provider';

const server = http.createServer();
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
server.on('request', new Provider(issuer, {}).callback());
for (const path of ['/.well-known/openid-configuration', '/jwks']) {
  const answer = await fetch(issuer + path);
  const caching = ['cache-control', 'etag', 'last-modified'].filter((name) => answer.headers.has(name));
  console.log(`${path}: ${answer.status}, caching headers: ${caching.length}, vary: ${answer.headers.get('vary')}`);
}
server.close();
process.exit(0);
JS
seen=$(node finding.mjs 2>/dev/null)
printf 'oidc-provider 8.8.1:\n%s\n' "$seen"
test "$seen" = '/.well-known/openid-configuration: 200, caching headers: 0, vary: Origin
/jwks: 200, caching headers: 0, vary: Origin'
