// A real OpenID provider (oidc-provider) on loopback, over plain http, for as long as standard input is open.
//
// It listens where its argument says, or on a port that is free, and writes the port as its first line. Each line it reads is the kids to publish from now on, separated by blanks; it makes a
// key for each that is new or ends in an exclamation mark, and answers with a line when they are served.

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const made = new Map();
let handle;

function key(word) {
  const kid = word.replace('!', '');
  if (!made.has(kid) || word !== kid) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    made.set(kid, { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' });
  }
  return made.get(kid);
}

function publish(issuer, kids) {
  const provider = new Provider(issuer, {
    acrValues: ['idporten-loa-substantial', 'idporten-loa-high'],
    scopes: ['openid', 'profile', 'offline_access'],
    features: { pushedAuthorizationRequests: { enabled: true } },
    cookies: { keys: ['a test needs no secret'] },
    jwks: { keys: kids.map(key) },
  });
  handle = provider.callback();
}

// Mounted below a path, as providers behind a gateway are.
const path = '/idporten';
const server = createServer((request, response) => {
  if (request.url.startsWith(`${path}/`)) {
    request.originalUrl = request.url;
    request.url = request.url.slice(path.length);
    handle(request, response);
  } else {
    response.writeHead(404).end();
  }
});

server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const { port } = server.address();
  const issuer = `http://127.0.0.1:${port}${path}`;
  publish(issuer, ['first']);
  console.log(port);
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    publish(issuer, line.split(' '));
    console.log('published');
  });
  lines.on('close', () => process.exit(0));
});
