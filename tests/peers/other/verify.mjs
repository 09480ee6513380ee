// jose: verifies the token of standard input in 1, 2, 4 and 8 verifications at a time, and prints the median of rounds.
import { readFileSync } from 'node:fs';
import { createLocalJWKSet, jwtVerify } from 'jose';

const { token, jwks, issuer, audience, nonce } = JSON.parse(readFileSync(0, 'utf8'));
const keys = createLocalJWKSet(jwks);
const options = { issuer, audience, algorithms: ['RS256'], clockTolerance: 60, requiredClaims: ['exp', 'iss', 'aud', 'sub', 'iat'] };
const levels = ['idporten-loa-substantial', 'idporten-loa-high'];
const ROUNDS = 31;
const TOKENS = 100;

async function verify() {
  const { payload } = await jwtVerify(token, keys, options);
  if (payload.nonce !== nonce || !levels.includes(payload.acr)) throw new Error('refused');
}

async function several() {
  for (let count = 0; count < TOKENS; count += 1) await verify();
}

await several();
for (const atOnce of [1, 2, 4, 8]) {
  const times = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    await Promise.all(Array.from({ length: atOnce }, several));
    times.push(((performance.now() - start) * 1000) / TOKENS);
  }
  times.sort((one, other) => one - other);
  console.log(`jose ${atOnce} ${times[Math.floor(ROUNDS / 2)].toFixed(1)}`);
}
