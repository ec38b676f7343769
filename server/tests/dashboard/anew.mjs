// What a page is drawn by changes while it is open: a first event, another currency, a merchant's first account. And the first day,
// of which nothing is closed yet.

import { MERCHANT, check, go, page, settled } from './browser.mjs';

/** Longer than a page takes until it has looked again, and is drawn. */
const ANEW_MS_MAX = 15_000;

export async function anew(browser) {
  for (const hash of ['#/overview', '#/exposure', '#/fees']) await currencies(browser, hash);
  await accounts(browser);
  await undisturbed(browser);
  await firstDay(browser);
}

/** Answers calls with a part of what the server answers, until another part is asked for. */
async function parts(used, calls, cut) {
  const shown = { part: 0 };
  await used.route(calls, async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    cut(body, shown.part);
    await route.fulfill({ response, json: body });
  });
  return shown;
}

/** What the bank has of currencies: none, one, all of them. */
const few = (body, part) => {
  for (const [name, list] of Object.entries(body)) if (Array.isArray(list) && list[0]?.currency) body[name] = list.filter(({ currency }) => part === 2 || (part === 1 && currency === 'CNY'));
};

const tabs = (used) => used.locator('.tabs a').allInnerTexts();
const until = (used, told, argument) => used.waitForFunction(told, argument, { timeout: ANEW_MS_MAX }).catch(() => undefined);

/** A page that was opened before the first event shows its currency, and has tabs once there are two. */
async function currencies(browser, hash) {
  const used = await page(browser, { role: 'bank' });
  const shown = await parts(used, /\/v1\/(fee-income|exposure)/, few);
  await go(used, hash);
  check((await used.locator('.figure').count()) === 0 || !(await used.locator('.figure').first().innerText()).includes('CNY'), `${hash} has figures before the first event`);
  shown.part = 1;
  const isDrawn = await until(used, () => document.querySelector('.figure button.amount .currency')?.textContent === 'CNY');
  check(isDrawn, `${hash}: after the first event: ${(await used.locator('main').innerText()).slice(0, 200)}`);
  check(!(await tabs(used)).includes('CNY'), `${hash}: one currency has tabs`);
  shown.part = 2;
  const isMore = await until(used, () => [...document.querySelectorAll('.tabs a')].some((one) => one.textContent === 'JPY'));
  check(isMore, `${hash}: no tab of a currency that came later: ${await tabs(used)}`);
  await settled(used);
  // And it stands: another drawing would be a loop.
  await used.evaluate(() => addEventListener('hashchange', () => { document.title = 'drawn'; }));
  await used.waitForResponse(/\/readyz/);
  await used.waitForResponse(/\/readyz/);
  check((await used.title()) !== 'drawn', `${hash} is drawn again and again`);
  await used.unrouteAll({ behavior: 'ignoreErrors' });
  await used.context().close();
}

/** The first sale of a merchant is seen, also where balances do not come by themselves. */
async function accounts(browser) {
  const used = await page(browser, { role: 'bank', quiet: true });
  const shown = await parts(used, new RegExp(`/v1/merchants/${MERCHANT}/balances(\\?|$)`), (body, part) => { if (part === 0) body.balances = []; });
  await used.route(/\/balances\/stream/, (route) => route.abort());
  await go(used, `#/merchant/${MERCHANT}`);
  check((await used.locator('[data-panel="balances"]').innerText()).includes('Nothing has moved yet'), 'a merchant without accounts');
  shown.part = 1;
  check(await until(used, () => document.querySelector('[data-panel="balances"] .figure') && document.querySelector('[data-panel="waterfall"]')), `after a first sale: ${await used.locator('[data-panel="balances"]').innerText()}`);
  await used.unrouteAll({ behavior: 'ignoreErrors' });
  await used.context().close();
}

/** Nothing is drawn anew under whoever reads a dialog. */
async function undisturbed(browser) {
  const used = await page(browser, { role: 'bank' });
  const shown = await parts(used, /\/v1\/(fee-income|exposure)/, few);
  shown.part = 1;
  await go(used, '#/overview');
  await used.locator('.figure button.amount').first().click();
  await used.waitForSelector('dialog[open]');
  shown.part = 2;
  await used.waitForTimeout(4_500);
  check((await used.locator('dialog[open]').count()) === 1, 'a dialog is closed under its reader');
  await used.keyboard.press('Escape');
  check(await until(used, () => document.querySelectorAll('.tabs a').length > 1), 'once it is closed the page is drawn anew');
  await used.unrouteAll({ behavior: 'ignoreErrors' });
  await used.context().close();
}

/** Where no date is closed yet, that is said, and is no failure. */
async function firstDay(browser) {
  const used = await page(browser, { role: 'bank', quiet: true });
  const problem = { type: 'about:blank', title: 'Not found', status: 404, code: 'not_found', detail: 'nothing of this at that date' };
  await used.route(/\/statements\//, (route) => route.fulfill({ status: 404, contentType: 'application/problem+json', body: JSON.stringify(problem) }));
  for (const [tab, panel, query, said] of [['balances', 'waterfall', '', 'No date is closed yet.'], ['statements', 'statement', '', 'No date is closed yet.'], ['statements', 'statement', '?from=2020-01-01&to=2020-01-02', 'None of these dates is closed.']]) {
    await go(used, `#/merchant/${MERCHANT}/${tab}${query}`);
    const told = await used.locator(`[data-panel="${panel}"] .content`).innerText();
    check(told === said && (await used.locator('main [role="alert"]').count()) === 0, `${tab}${query} of a first day: ${told}`);
  }
  await used.context().close();
}
