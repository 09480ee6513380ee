// The relying party in Chromium, driven as a user drives it. It ends with an error at the first step that fails.
//
// Its arguments are the URLs of the site and of the provider, and a directory for screenshots. The site and the provider must be
// at different hosts: cookies are then as they are between ID-porten and a relying party.

import assert from 'node:assert/strict';
import { fillIn, launch, newBrowser as newBrowserIn } from './log-in.mjs';

const [site, provider, screenshots] = process.argv.slice(2);
const browser = await launch();
const newBrowser = () => newBrowserIn(browser);

let taken = 0;
// Chromium sometimes refuses a screenshot, and takes it when it is asked again. Screenshots are for people: the steps do without.
async function screenshot(page, name) {
  taken += 1;
  const take = () => page.screenshot({ path: `${screenshots}/${taken}-${name}.png` });
  await take().catch(take).catch((error) => console.error(`no screenshot of ${name}: ${error.message}`));
}

// Fills in the provider's pages, as far as the page that the site shows then.
async function logIn(page, name) {
  await page.goto(`${site}/`);
  await page.click('#login');
  assert.match(page.url(), new RegExp(`^${provider}/interaction/`));
  await screenshot(page, `log-in-of-${name}`);
  await fillIn(page, name);
}

const session = async (page) => (await page.context().cookies(site)).find(({ name }) => name === 'session');
const loggedInAs = (page) => page.locator('#sub').textContent({ timeout: 5000 });
const isLoggedOut = (page) => page.locator('#nobody').isVisible();

async function isLoggedOutAfterReload(page) {
  await page.goto(`${site}/`);
  return isLoggedOut(page);
}

async function confirmLogOut(page) {
  await screenshot(page, 'log-out-at-the-provider');
  await page.click('[name=logout][value=yes]');
  await page.waitForLoadState();
}

// Hands each authorization response to a function, and sends on the URL that it returns, or nothing to the site without one.
async function onCallback(page, change) {
  // By the browser's own protocol: `page.route` does not see what a redirect asks for.
  const protocol = await page.context().newCDPSession(page);
  protocol.on('Fetch.requestPaused', ({ requestId, request }) => {
    const url = change(new URL(request.url));
    if (url) {
      protocol.send('Fetch.continueRequest', { requestId, url: url.href });
    } else {
      protocol.send('Fetch.fulfillRequest', { requestId, responseCode: 200 });
    }
  });
  await protocol.send('Fetch.enable', { patterns: [{ urlPattern: `${site}/callback*` }] });
}

async function aUserLogsInAtTheLevelAskedFor() {
  const page = await newBrowser();
  await page.goto(`${site}/`);
  await screenshot(page, 'before-the-log-in');
  assert.equal(await isLoggedOut(page), true);
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  await logIn(page, 'kari');
  await screenshot(page, 'logged-in');
  assert.equal(page.url(), `${site}/`);
  assert.equal(await loggedInAs(page), 'kari');
  assert.equal(await page.locator('#acr').textContent(), 'idporten-loa-substantial');
}

async function theSessionCookieIsNewAndOutOfReachOfScripts() {
  const page = await newBrowser();
  await page.context().addCookies([{ name: 'session', value: 'fixed-by-an-attacker', url: site }]);
  await logIn(page, 'kari');
  const { value, httpOnly, sameSite } = await session(page);
  assert.deepEqual([value.length, httpOnly, sameSite], [43, true, 'Lax'], value);
  assert.equal(await page.evaluate(() => document.cookie), '');
  const cookies = (await page.context().cookies(site)).map(({ name }) => name);
  assert.deepEqual(cookies.sort(), ['login', 'session']);
}

async function anAuthorizationResponseIsGoodForOneUse() {
  const page = await newBrowser();
  const responses = [];
  page.on('request', (request) => request.url().startsWith(`${site}/callback?`) && responses.push(request.url()));
  await logIn(page, 'kari');
  assert.equal(responses.length, 1);
  for (const again of [page, await newBrowser()]) {
    assert.equal((await again.goto(responses[0])).status(), 400);
    assert.equal(await again.locator('#error').textContent(), 'The log-in did not succeed.');
  }
  await screenshot(page, 'response-used-twice');
  await page.goto(`${site}/`);
  assert.equal(await loggedInAs(page), 'kari', 'the session stays');
}

async function aResponseWithAnotherStateOrIssuerIsRefused() {
  const page = await newBrowser();
  for (const query of ['', '?code=any', '?code=any&state=forged', '?code=any&state=forged&iss=https://attacker.example']) {
    await page.goto(`${site}/login`);
    assert.equal((await page.goto(`${site}/callback${query}`)).status(), 400, query);
  }
  for (const change of [(query) => query.set('iss', 'https://attacker.example'), (query) => query.delete('iss')]) {
    const user = await newBrowser();
    let changed = 0;
    await onCallback(user, (url) => {
      changed += 1;
      change(url.searchParams);
      return url;
    });
    await logIn(user, 'kari');
    assert.equal(changed, 1);
    assert.equal(await user.locator('#error').textContent(), 'The log-in did not succeed.');
  }
}

async function aCodeOfAnotherLogInIsRefused() {
  const [attacker, page] = [await newBrowser(), await newBrowser()];
  let code;
  await onCallback(attacker, (url) => {
    code = url.searchParams.get('code');
  });
  await logIn(attacker, 'attacker');
  assert.ok(code);
  await onCallback(page, (url) => {
    url.searchParams.set('code', code);
    return url;
  });
  await logIn(page, 'kari');
  assert.equal(await page.locator('#error').textContent(), 'The log-in did not succeed.');
  assert.equal(await isLoggedOutAfterReload(page), true);
}

async function aLogInThatIsGivenUpEndsAndAnotherOneSucceeds() {
  const page = await newBrowser();
  await page.goto(`${site}/login`);
  await page.click('text=Cancel');
  assert.match(page.url(), new RegExp(`^${site}/callback\\?error=access_denied&`));
  assert.equal(await page.locator('#error').textContent(), 'The log-in did not succeed.');
  await screenshot(page, 'log-in-given-up');
  await logIn(page, 'kari');
  assert.equal(await loggedInAs(page), 'kari');
}

async function aLevelBelowTheOneAskedForIsRefused() {
  const page = await newBrowser();
  await logIn(page, 'per-low');
  await screenshot(page, 'level-too-low');
  assert.match(await page.locator('#error').textContent(), /a higher level of security/);
  assert.equal(await isLoggedOutAfterReload(page), true);
}

async function aUserLogsOutAtTheSiteAndAtTheProviderWithIt() {
  const page = await newBrowser();
  await logIn(page, 'ola');
  const before = await session(page);
  await page.click('#logout');
  assert.match(page.url(), new RegExp(`^${provider}/session/end`));
  await confirmLogOut(page);
  await screenshot(page, 'logged-out');
  assert.equal(page.url(), `${site}/`);
  assert.equal(await isLoggedOut(page), true);
  assert.equal(await session(page), undefined);
  await page.context().addCookies([{ name: 'session', value: before.value, url: site }]);
  assert.equal(await isLoggedOutAfterReload(page), true, 'the cookie of before is worth nothing');
  await page.goto(`${site}/login`);
  assert.match(page.url(), new RegExp(`^${provider}/interaction/`), 'the provider asks again who it is');
}

async function aLogOutAfterTheEndOfTheSessionHereGoesToTheProviderToo() {
  const page = await newBrowser();
  await logIn(page, 'kari');
  await page.context().clearCookies({ name: 'session' });
  await page.click('#logout');
  assert.match(page.url(), new RegExp(`^${provider}/session/end`));
  await confirmLogOut(page);
  // That is how oidc-provider does it: without an ID token as a hint, another provider may keep the browser.
  assert.equal(page.url(), `${site}/`);
  await page.goto(`${site}/login`);
  assert.match(page.url(), new RegExp(`^${provider}/interaction/`), 'the provider asks again who it is');
}

async function aLogOutAtTheProviderEndsTheSessionHereAndNoOther() {
  const [page, otherBrowser] = [await newBrowser(), await newBrowser()];
  await logIn(page, 'kari');
  await logIn(otherBrowser, 'kari');
  const otherTab = await page.context().newPage();
  await otherTab.goto(`${provider}/session/end`);
  await confirmLogOut(otherTab);
  assert.equal(await isLoggedOutAfterReload(page), true, 'the back channel ended the session');
  await otherBrowser.goto(`${site}/`);
  assert.equal(await loggedInAs(otherBrowser), 'kari', 'it is another session');
}

async function aFormOfAnotherSiteLogsNobodyOut() {
  const page = await newBrowser();
  await logIn(page, 'kari');
  await page.goto(`${provider}/.well-known/openid-configuration`);
  const answer = page.waitForResponse(`${site}/logout`);
  await page.evaluate((action) => {
    const form = Object.assign(document.createElement('form'), { action, method: 'post' });
    document.body.append(form);
    form.submit();
  }, `${site}/logout`);
  assert.equal((await answer).status(), 403);
  await page.waitForURL(`${site}/logout`);
  await page.goto(`${site}/`);
  assert.equal(await loggedInAs(page), 'kari');
}

const steps = [
  aUserLogsInAtTheLevelAskedFor,
  theSessionCookieIsNewAndOutOfReachOfScripts,
  anAuthorizationResponseIsGoodForOneUse,
  aResponseWithAnotherStateOrIssuerIsRefused,
  aCodeOfAnotherLogInIsRefused,
  aLogInThatIsGivenUpEndsAndAnotherOneSucceeds,
  aLevelBelowTheOneAskedForIsRefused,
  aUserLogsOutAtTheSiteAndAtTheProviderWithIt,
  aLogOutAfterTheEndOfTheSessionHereGoesToTheProviderToo,
  aLogOutAtTheProviderEndsTheSessionHereAndNoOther,
  aFormOfAnotherSiteLogsNobodyOut,
];
try {
  for (const step of steps) {
    console.log(step.name);
    await step();
  }
} catch (error) {
  for (const page of browser.contexts().flatMap((context) => context.pages())) {
    await screenshot(page, 'at-the-failure');
  }
  throw error;
} finally {
  await browser.close();
}
