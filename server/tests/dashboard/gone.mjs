// A server that does not answer and answers again, one that has too much to do, and a key that is no longer in force while a page is open.

import { BASE, KEYS, check, go, page, settled } from './browser.mjs';

export async function gone(browser) {
  await server(browser);
  await busy(browser);
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

/** What is refused for now is asked for again by itself, a few at a time, and not before the server said; whether dates are fixed or not. */
async function busy(browser) {
  const used = await page(browser, { role: 'bank', quiet: true });
  const calls = /\/v1\/(?!whoami)/;
  const alerts = used.locator('main [role="alert"]');
  let asked = 0;
  const refuse = (status, after) => used.route(calls, async (route) => {
    asked += 1;
    const headers = after ? { 'Retry-After': `${after}` } : {};
    await route.fulfill({ status, headers, contentType: 'application/problem+json', body: JSON.stringify({ type: 'about:blank', title: 'Busy', status, code: status === 429 ? 'too_many_requests' : 'unavailable', detail: 'busy' }) });
  });
  const isBack = (what) => used.waitForFunction(() => document.querySelector('main .panel') && !document.querySelector('main [role="alert"]'), null, { timeout: 15_000 }).catch(() => check(false, `${what} stays refused`));
  for (const hash of ['#/overview', '#/overview?from=2026-11-05&to=2026-11-10']) {
    await go(used, hash);
    await refuse(503);
    // As where another date is looked at, all panels are asked anew.
    await used.evaluate(() => document.querySelectorAll('main .panel').forEach((one) => { one.dataset.was = ''; }));
    await used.route(/\/readyz/, (route) => route.abort());
    await used.waitForSelector('.lag.bad');
    await used.unroute(/\/readyz/);
    await alerts.first().waitFor();
    asked = 0;
    await used.waitForTimeout(4_500);
    // Of each look those of the first panels: the others wait.
    check(asked > 0 && asked <= 24, `${hash}: ${asked} calls in two looks while there is no answer`);
    await used.unroute(calls);
    await isBack(`a panel of ${hash}`);
    check((await used.locator('main .panel:not([data-was])').count()) === 0, `${hash} is drawn anew where its panels are enough`);
  }
  // A page whose first answer was such.
  await refuse(429, 5);
  await used.evaluate(() => { location.hash = '#/fees'; });
  await alerts.first().waitFor();
  const begun = Date.now();
  asked = 0;
  await used.waitForTimeout(3_500);
  check(asked === 0, `${asked} calls before Retry-After`);
  await used.unroute(calls);
  await used.waitForSelector('[data-panel="totals"] .figure data');
  check(Date.now() - begun >= 4_000, `the page is asked for again after ${Date.now() - begun} ms`);
  await isBack('a page');
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
