// A stand-in for Maskinporten: oidc-provider on loopback with the grant of RFC 7523, which it has not by itself, for as long as
// standard input is open.
//
// Its arguments are the port and the public JWK of the one client. It writes the port as its first line.

import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { createInterface } from 'node:readline';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import Provider, { errors } from 'oidc-provider';

const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const SCOPES = ['example:read', 'example:write'];
const [port, jwk] = process.argv.slice(2);
const path = '/maskinporten';
const issuer = `http://127.0.0.1:${port}${path}/`;

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
const provider = new Provider(issuer, {
  clients: [{
    client_id: 'example-client',
    grant_types: [GRANT],
    redirect_uris: [],
    response_types: [],
    token_endpoint_auth_method: 'none',
    jwks: { keys: [JSON.parse(jwk)] },
  }],
  cookies: { keys: ['a test needs no secret'] },
  features: {
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_, resource) => ({
        accessTokenFormat: 'jwt', accessTokenTTL: 120, audience: resource, scope: SCOPES.join(' '), jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'maskinporten-key', use: 'sig' }] },
  scopes: SCOPES,
});

// How often a token was bought: a client keeps one until it expires.
let bought = 0;

provider.registerGrantType(GRANT, async (ctx) => {
  const client = await provider.Client.find('example-client');
  let claims;
  try {
    const { payload } = await jwtVerify(ctx.oidc.params.assertion, createLocalJWKSet(client.jwks), {
      algorithms: ['RS256'], issuer: client.clientId, maxTokenAge: 120, requiredClaims: ['jti', 'exp', 'scope'],
    });
    claims = payload;
  } catch (error) {
    throw new errors.InvalidGrant(`assertion: ${error.message}`);
  }
  // One value, and the issuer's: an array or the token endpoint's URL is refused, as Maskinporten does.
  if (claims.aud !== issuer) {
    throw new errors.InvalidGrant('assertion: `aud` is not the issuer alone');
  }
  const token = new provider.ClientCredentials({ client, scope: claims.scope });
  token.resourceServer = new provider.ResourceServer(claims.resource, {
    accessTokenFormat: 'jwt', accessTokenTTL: 120, audience: claims.resource, scope: SCOPES.join(' '), jwt: { sign: { alg: 'RS256' } },
  });
  bought += 1;
  ctx.body = { access_token: await token.save(), token_type: 'Bearer', expires_in: 120, scope: claims.scope };
}, ['assertion']);

const metadata = JSON.stringify({
  issuer,
  token_endpoint: `${issuer}token`,
  jwks_uri: `${issuer}jwks`,
  grant_types_supported: [GRANT],
  token_endpoint_auth_methods_supported: ['private_key_jwt'],
  token_endpoint_auth_signing_alg_values_supported: ['RS256', 'RS384', 'RS512'],
});

// The client is known by its assertion alone, and oidc-provider asks for its id before it comes to the grant.
provider.use(async (ctx, next) => {
  if (ctx.method === 'POST' && ctx.path === '/token') {
    const chunks = await ctx.req.toArray();
    const body = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
    try {
      body.client_id = decodeJwt(body.assertion).iss;
    } catch {
      // What is no assertion is refused by the grant.
    }
    ctx.req.body = body;
  }
  await next();
});

const handle = provider.callback();
const server = createServer((request, response) => {
  if (request.url === `${path}/.well-known/oauth-authorization-server`) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(metadata);
  } else if (request.url === '/bought') {
    response.end(String(bought));
  } else {
    request.originalUrl = request.url;
    request.url = request.url.slice(path.length);
    handle(request, response);
  }
});
server.listen(Number(port), '127.0.0.1', () => {
  console.log(port);
  createInterface({ input: process.stdin }).on('close', () => process.exit(0));
});
