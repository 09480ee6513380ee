// A real OpenID provider (oidc-provider) over TLS on loopback, which rotates its keys and misbehaves on command, for as long as
// standard input is open.
//
// Its arguments are the issuer, and the files of the certificate and its key. It writes its port as its first line. Each line
// that it reads is a command, and it answers with one line:
//
//   tokens KID COUNT    access tokens signed with the key of this kid, separated by blanks; `KID!` makes a new key under the kid
//   publish KID ...     publishes the keys of these kids from now on; answers `published`
//   answer MODE         answers so from now on: `well`, or one of the faults below; answers with the mode

import { generateKeyPair } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import Provider from 'oidc-provider';

const AUDIENCE = 'https://api.example';
// Longer than any run, and than the jumps of a clock in it.
const LIFETIME = 30 * 24 * 60 * 60;
const [issuer, certificate, certificateKey] = process.argv.slice(2);
const made = new Map();
let published;
let mode = 'well';
const held = new Set();

async function key(word) {
  const kid = word.replace('!', '');
  if (!made.has(kid) || word !== kid) {
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
    made.set(kid, { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig' });
  }
  return made.get(kid);
}

async function provider(kids) {
  return new Provider(issuer, {
    clients: [{
      client_id: 'example-client', client_secret: 'a test needs none', grant_types: ['client_credentials'],
      redirect_uris: [], response_types: [],
    }],
    cookies: { keys: ['a test needs no secret'] },
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: { enabled: true, getResourceServerInfo: () => resource },
    },
    jwks: { keys: await Promise.all(kids.map(key)) },
    scopes: ['example:read'],
  });
}

const resource = {
  accessTokenFormat: 'jwt', accessTokenTTL: LIFETIME, audience: AUDIENCE, scope: 'example:read', jwt: { sign: { alg: 'RS256' } },
};

async function tokens(kid, count) {
  const signing = await provider([kid]);
  const client = await signing.Client.find('example-client');
  const all = [];
  for (let i = 0; i < count; i += 1) {
    const token = new signing.ClientCredentials({ client, scope: 'example:read' });
    token.resourceServer = new signing.ResourceServer(AUDIENCE, resource);
    all.push(await token.save());
  }
  return all.join(' ');
}

const json = { 'content-type': 'application/json' };
const metadata = (name) => JSON.stringify({
  issuer: name, authorization_endpoint: `${name}/auth`, token_endpoint: `${name}/token`, jwks_uri: `${name}/jwks`,
  response_types_supported: ['code'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'],
});
const faults = {
  // The request is read and not answered.
  hang: (_, response) => held.add(response),
  // The connection ends.
  down: (request) => request.socket.destroy(),
  error: (_, response) => response.writeHead(503, json).end('{}'),
  // Lies: another issuer, a page of a firewall, an answer that is cut short, one that is too large, and no keys.
  issuer: (_, response) => response.writeHead(200, json).end(metadata('https://another.example')),
  page: (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>'),
  cut: (request, response) => {
    response.writeHead(200, { ...json, 'content-length': 1000 }).write('{"issuer":', () => request.socket.destroy());
  },
  huge: (_, response) => response.writeHead(200, json).end(' '.repeat(2 << 20)),
  empty: (request, response) => {
    response.writeHead(200, json).end(request.url === '/jwks' ? '{"keys":[]}' : metadata(issuer));
  },
};

const commands = {
  tokens: (kid, count) => tokens(kid, Number(count)),
  publish: async (...kids) => {
    published = (await provider(kids)).callback();
    return 'published';
  },
  answer: async (next) => {
    mode = next;
    // A server that hangs is restarted in the end, which ends its connections.
    for (const response of held) response.socket?.destroy();
    held.clear();
    return mode;
  },
};

const tls = { cert: readFileSync(certificate), key: readFileSync(certificateKey) };
const server = createServer(tls, (request, response) => {
  if (mode === 'well' && published) published(request, response);
  else (faults[mode] ?? faults.down)(request, response);
});
// What a client that has left does to a connection is no concern of the provider's.
server.on('clientError', (_, socket) => socket.destroy());
server.listen(0, '127.0.0.1', async () => {
  console.log(server.address().port);
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, ...words] = line.split(' ');
    console.log(await commands[command](...words));
  }
  process.exit(0);
});
