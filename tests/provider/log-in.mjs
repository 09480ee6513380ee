// Logs a user in with Chromium, on the log-in pages that oidc-provider has for development. As a program it prints the text of the
// page that comes then; its arguments are the URL that begins a log-in and the user's name.

import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

// Starts the browser. `CHROMIUM` names it where it is not Debian's.
export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' });
}

// Opens a page in a browser of a user who has not been here before.
export async function newBrowser(browser) {
  const context = await browser.newContext();
  // The provider's pages name a font of another host.
  await context.route(({ hostname }) => !['localhost', '127.0.0.1'].includes(hostname), (route) => route.abort());
  return context.newPage();
}

// Fills in the provider's pages, from the one that asks for the name to the page that the site shows then.
export async function fillIn(page, name) {
  const provider = new URL(page.url()).origin;
  await page.fill('[name=login]', name);
  await page.fill('[name=password]', 'any');
  await page.click('[type=submit]');
  await page.waitForLoadState();
  // A user who consented before is not asked again.
  if (page.url().startsWith(`${provider}/interaction/`)) {
    await page.click('[type=submit]');
    await page.waitForLoadState();
  }
}

if (import.meta.url === pathToFileURL(argv[1]).href) {
  const browser = await launch();
  try {
    const page = await newBrowser(browser);
    await page.goto(argv[2]);
    await fillIn(page, argv[3]);
    console.log((await page.innerText('body')).trim());
  } finally {
    await browser.close();
  }
}
