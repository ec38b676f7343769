// Addresses show the same later, say what is looked at, and lead to no moment that another place does not have; tables leave as the
// API's CSV.

import { readFile } from 'node:fs/promises';
import { BASE, MERCHANT, ask, check, go, page, settled } from './browser.mjs';

export async function links(browser) {
  const used = await page(browser, { role: 'bank' });
  for (const hash of ['#/overview', '#/exposure', '#/fees', '#/reconciliation', `#/merchant/${MERCHANT}/balances`, '#/consumption']) {
    await go(used, hash);
    await used.locator('button.link').click();
    const link = await used.evaluate(() => navigator.clipboard.readText());
    check(/from=\d{4}-\d\d-\d\d&to=|as_of=\d+:\d+/.test(link), `${hash}: the link is ${link}`);
    const figures = () => used.locator('.figure data').evaluateAll((all) => all.map((one) => one.value).join(' '));
    const before = await figures();
    await used.goto('about:blank');
    await used.goto(link);
    await settled(used);
    check((await figures()) === before, `${hash}: the link shows other figures`);
    check((await used.locator('.lag.still').count()) === 1, `${hash}: the page says that it stands still`);
  }
  await go(used, '#/fees?from=2026-11-05&to=2026-11-10');
  const [file] = await Promise.all([used.waitForEvent('download'), used.locator('[data-panel="days"] .tools button').nth(1).click()]);
  const saved = await readFile(await file.path(), 'utf8');
  const expected = await ask('/v1/fee-income?group_by=day&from=2026-11-05&to=2026-11-10&currency=CNY&book=bank', 'bank', 'text/csv');
  check(saved === expected && saved.split('\n').length === 8, `the saved table is\n${saved}`);
  await go(used, `#/merchant/${MERCHANT}/statements?to=2026-11-10`);
  const [statement] = await Promise.all([used.waitForEvent('download'), used.locator('.files button').first().click()]);
  const xml = await readFile(await statement.path(), 'utf8');
  check(xml.includes('camt.053.001.08') && statement.suggestedFilename() === `${MERCHANT}-2026-11-10-merchant.xml`, `the statement is ${statement.suggestedFilename()}`);
  await used.context().close();
  await moments(browser);
  await titles(browser);
  await unknown(browser);
  await named(browser);
}

const hrefs = (used, within) => used.locator(`${within} a`).evaluateAll((all) => all.map((one) => one.getAttribute('href')));

/** A date goes everywhere, a position of every partition as well; that of a merchant stays with the merchant. */
async function moments(browser) {
  const used = await page(browser, { role: 'bank' });
  const own = (await ask(`/v1/merchants/${MERCHANT}/balances`, 'bank')).position;
  const all = (await ask('/v1/exposure', 'bank')).position.join(',');
  const moment = (asOf) => (link) => link.includes(`as_of=${asOf}`);
  for (const [hash, asOf, isEverywhere] of [[`#/merchant/${MERCHANT}`, own, false], [`#/merchant/${MERCHANT}`, all, true], [`#/merchant/${MERCHANT}`, '2026-11-10', true], ['#/exposure', all, true]]) {
    await go(used, `${hash}?as_of=${asOf}`);
    const pages = await hrefs(used, '#pages');
    check(isEverywhere ? pages.every(moment(asOf)) : !pages.some((link) => link.includes('as_of=')), `${hash} as of ${asOf} leads to ${pages}`);
    if (hash !== '#/exposure') check((await hrefs(used, '.tabs >> nth=0 >>')).every(moment(asOf)), `${hash}: the tabs of the merchant lose ${asOf}`);
    check((await used.locator('.lag.still').count()) === 1, `${hash}?as_of=${asOf} stands still`);
  }
  // Whoever writes one partition alone is answered with the others as they are now.
  await go(used, `#/exposure?as_of=${own}`);
  await used.waitForSelector('.lag.good');
  check(!used.url().includes('as_of') && (await used.locator('.notice').innerText()).includes('every partition'), `a position of one partition: ${used.url()}`);
  await used.context().close();
}

/** Each page, tab, payment and payout has a title of its own. */
async function titles(browser) {
  const used = await page(browser, { role: 'bank' });
  const { payment } = (await ask(`/v1/payments?merchant=${MERCHANT}&limit=1&state=captured`, 'bank')).rows[0];
  const of = `#/merchant/${MERCHANT}`;
  for (const [hash, expected] of [['#/fees', 'Fee income'], ['#/merchant', 'Merchants'], [of, `Balances · ${MERCHANT} · Merchants`], [`${of}/holds`, `Holds, disputes, fees · ${MERCHANT} · Merchants`], [`${of}/payments/${payment}`, `Payment ${payment} · ${MERCHANT} · Merchants`]]) {
    await go(used, hash);
    check((await used.title()) === `${expected} · merchant-ledger`, `${hash} has the title ${await used.title()}`);
  }
  await used.context().close();
}

/** What is no page is said to be none, and the address is that of what is shown. */
async function unknown(browser) {
  const used = await page(browser, { role: 'bank' });
  for (const [hash, shown] of [['#/nonsense', '#/overview'], [`#/merchant/${MERCHANT}/toString`, `#/merchant/${MERCHANT}`]]) {
    await used.goto('about:blank');
    await go(used, hash);
    check(used.url() === `${BASE}/${shown}`, `${hash} becomes ${used.url()}`);
    check((await used.locator('.notice').innerText()).includes(hash.slice(2)), `${hash} is not said to be no page`);
  }
  await used.context().close();
}

/** A merchant has its own name, also where a search by its id finds another first. */
async function named(browser) {
  const used = await page(browser, { role: 'bank' });
  const { contract } = (await ask(`/v1/merchants/${MERCHANT}/contracts?limit=1`, 'bank')).rows[0];
  await used.route(/\/v1\/merchants\?q=/, (route) => route.fulfill({ json: { position: [], rows: [{ merchant: 'A1', name: `Once ${MERCHANT}` }] } }));
  await go(used, `#/merchant/${MERCHANT}/holds`);
  const isNamed = await used.waitForFunction((name) => document.querySelector('.merchant-name small')?.textContent === name, contract.name, { timeout: 5_000 }).catch(() => undefined);
  check(isNamed, `${MERCHANT} has no name`);
  await used.context().close();
}
