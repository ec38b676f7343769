// A server that does not answer and answers again, and a key that is no longer in force while a page is open.

import { BASE, KEYS, check, go, page, settled } from './browser.mjs';

export async function gone(browser) {
  await server(browser);
  await key(browser);
}

/** What could not be drawn is drawn once there is an answer, by itself or by a click. */
async function server(browser) {
  const used = await page(browser, { role: 'bank', quiet: true });
  await go(used, '#/operations');
  const everything = /\/(v1\/|readyz)/;
  const calls = /\/v1\//;
  await used.route(everything, (route) => route.abort());
  await used.evaluate(() => { location.hash = '#/overview'; });
  await used.waitForSelector('main [role="alert"]');
  check((await used.locator('main [role="alert"] button').innerText()) === 'Ask again', 'what failed can be asked again');
  await used.waitForSelector('.lag.bad');
  await used.unroute(everything);
  await used.waitForSelector('[data-panel="now"] .figure data');
  await settled(used);
  check((await used.locator('main [role="alert"]').count()) === 0, 'the page is drawn once the server answers');
  // A panel of fixed dates as well, which is not asked again otherwise.
  await used.route(calls, (route) => route.abort());
  await used.evaluate(() => { location.hash = '#/overview?from=2026-11-05&to=2026-11-10'; });
  await used.waitForSelector('main [role="alert"]');
  await used.unroute(calls);
  await used.locator('main [role="alert"] button').first().click();
  await settled(used);
  check((await used.locator('main [role="alert"]').count()) === 0, 'a click asks again');
  // Nothing was known of who asks, either.
  await used.route(everything, (route) => route.abort());
  await used.reload();
  await used.waitForSelector('.alone [role="alert"]');
  await used.unroute(everything);
  await settled(used);
  await used.context().close();
}

/** Where a key is refused while a page is open, another is asked for. */
async function key(browser) {
  const used = await page(browser, { role: 'bank', quiet: true });
  await go(used, '#/overview');
  const calls = /\/v1\//;
  const problem = { type: 'about:blank', title: 'Unauthenticated', status: 401, code: 'unauthenticated', detail: 'the key is not known' };
  await used.route(calls, (route) => route.fulfill({ status: 401, contentType: 'application/problem+json', body: JSON.stringify(problem) }));
  await used.waitForSelector('#key');
  check((await used.locator('[role="alert"]').innerText()).includes('no longer in force'), 'it is said why a key is asked for');
  check((await used.evaluate(() => sessionStorage.length)) === 0, 'the key that is refused is forgotten');
  await used.unroute(calls);
  await used.fill('#key', KEYS.bank);
  await used.keyboard.press('Enter');
  await settled(used);
  check(used.url().startsWith(`${BASE}/#/overview`), 'the page that was looked at is there again');
  await used.context().close();
}
