// A stand-in for ID-porten: oidc-provider on loopback with one client, which authenticates with its key, for as long as standard
// input is open. Any name and password log in.
//
// Its arguments are the port, the public JWK of the client, and the URL of its site. It writes the port as its first line.

import { generateKeyPairSync } from 'node:crypto';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const [port, jwk, site] = process.argv.slice(2);
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });

// `localhost`, where the site is at 127.0.0.1: two sites to a browser, so that cookies are as they are between ID-porten and a
// relying party.
const provider = new Provider(`http://localhost:${port}`, {
  acrValues: ['idporten-loa-substantial', 'idporten-loa-high'],
  // It puts no `acr` into an ID token unless it is one of the claims of a scope.
  claims: { openid: ['sub', 'acr'], profile: ['locale'] },
  clients: [{
    client_id: 'example-client',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [JSON.parse(jwk)] },
    redirect_uris: [`${site}/callback`],
    post_logout_redirect_uris: [`${site}/`],
    backchannel_logout_uri: `${site}/backchannel-logout`,
    backchannel_logout_session_required: true,
  }],
  conformIdTokenClaims: false,
  cookies: { keys: ['a test needs no secret'] },
  features: {
    backchannelLogout: { enabled: true },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
  },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, locale: 'nb' }),
  }),
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'digitaliseringsdirektoratet--cert0', use: 'sig' }] },
  pkce: { required: () => true, methods: ['S256'] },
  scopes: ['openid', 'profile'],
});

// The level is one of the session, and the log-in pages for development set none.
Object.defineProperty(provider.Session.prototype, 'acr', {
  get() {
    return this.accountId?.endsWith('-low') ? 'idporten-loa-low' : 'idporten-loa-substantial';
  },
  set() {},
});

provider.listen(Number(port), '127.0.0.1', () => {
  console.log(port);
  createInterface({ input: process.stdin }).on('close', () => process.exit(0));
});
