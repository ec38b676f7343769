// What a role may not see is not drawn, and not asked for. A merchant sees no page of the bank and no cost; a key is in the tab's
// session alone.

import { BASE, KEYS, MERCHANT, ask, check, go, page, reconciles, settled } from './browser.mjs';

const PAGES = {
  bank: ['overview', 'merchant', 'exposure', 'fees', 'reconciliation', 'consumption', 'operations'],
  merchant: ['merchant', 'consumption'],
  marketing: ['consumption'],
  operator: ['operations'],
};

export async function roles(browser) {
  if (!(await reconciles())) PAGES.bank.splice(PAGES.bank.indexOf('reconciliation'), 1);
  for (const [role, expected] of Object.entries(PAGES)) {
    const used = await page(browser, { role });
    for (const hash of ['#/', '#/exposure', '#/fees', '#/operations', '#/consumption']) {
      await go(used, hash);
      const drawn = await used.locator('#pages a').evaluateAll((all) => all.map((one) => one.getAttribute('href').slice(2).split('?')[0]));
      check(JSON.stringify(drawn) === JSON.stringify(expected), `${role} at ${hash} sees ${drawn}`);
      const chosen = await used.locator('#pages a[aria-current]').getAttribute('href');
      const wanted = expected.includes(hash.slice(2)) ? hash.slice(2) : expected[0];
      check(chosen.startsWith(`#/${wanted}`), `${role} at ${hash} is at ${chosen}`);
    }
    await used.context().close();
  }
  await ownMerchant(browser);
  await operator(browser);
  await everybody(browser);
  await signing(browser);
}

/** Without keys everybody is everything: what the bank is told is said. */
async function everybody(browser) {
  const used = await page(browser, { role: 'bank', quiet: true });
  await used.route(/\/v1\/whoami/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), open: true, roles: ['bank', 'merchant', 'marketing', 'operator', 'ingest'] } });
  });
  await go(used, '#/consumption?merchant=NOPE');
  check((await used.locator('main .warning').innerText()) === 'No merchant has the id NOPE.', `of no merchant it is said ${await used.locator('main .warning').innerText()}`);
  await used.context().close();
}

/** A merchant: its own money and its own lines. Nothing that it is answered names what others cost or get. */
async function ownMerchant(browser) {
  const used = await page(browser, { role: 'merchant' });
  const told = [];
  used.on('response', (response) => response.url().includes('/v1/') && !response.url().endsWith('/stream') && told.push(response.text().catch(() => '')));
  const payment = (await ask(`/v1/payments?merchant=${MERCHANT}&limit=1&state=captured`, 'bank')).rows[0].payment;
  for (const tab of ['balances', 'payments', `payments/${payment}`, 'payouts', 'holds', 'journal', 'statements']) {
    await go(used, `#/merchant/${MERCHANT}/${tab}`);
    // What stands beside 4010 in the chart of accounts is the merchant's own fee.
    const words = await used.locator('main').innerText();
    for (const word of ['Interchange', 'Cost:', 'Scheme fee', 'Partner', 'Net margin', 'Channel']) check(!words.includes(word), `a merchant reads "${word}" at ${tab}`);
  }
  await go(used, `#/merchant/${MERCHANT}/balances`);
  await used.locator('.steps button').nth(1).click();
  await used.waitForSelector('dialog[open] .entry');
  check((await used.locator('dialog[open] .entry').count()) > 0, 'a step of the way to payable opens its lines');
  for (const text of await Promise.all(told)) for (const code of ['"5010"', '"5020"', '"5030"', '"2080"', '"1045"', 'interchange', 'partner_share']) check(!text.includes(code), `a merchant is answered ${code}`);
  await used.context().close();
}

/** An operator sends again what was set aside. */
async function operator(browser) {
  const used = await page(browser, { role: 'operator' });
  await go(used, '#/operations');
  await used.locator('[data-panel="quarantine"] tbody button').first().click();
  await used.locator('dialog[open] button.primary').click();
  await used.waitForSelector('.notice');
  check(/Sent again: /.test(await used.locator('.notice').first().innerText()), 'a record is sent again');
  await used.keyboard.press('Escape');
  await used.locator('[data-panel="projections"] button').last().click();
  await used.waitForFunction(() => document.querySelector('[data-panel="projections"] [role="status"]:not(:empty)'));
  await used.context().close();
}

/** Signing in and out; a key that is not known is said to be. */
async function signing(browser) {
  const used = await page(browser, { quiet: true });
  await used.goto(`${BASE}/#/overview`);
  await used.fill('#key', 'ml_nothing0_nothing');
  await used.keyboard.press('Enter');
  await used.waitForSelector('[role="alert"]');
  // What no header can have is no key, and another can be typed.
  for (const wrong of [`“${KEYS.bank}”`, '密钥', `${KEYS.bank}\u0007`]) {
    await used.fill('#key', wrong);
    await used.keyboard.press('Enter');
    await used.waitForFunction(() => document.querySelector('#key')?.value === '' && document.querySelector('[role="alert"]'));
    check((await used.evaluate(() => sessionStorage.length)) === 0, `${JSON.stringify(wrong)} is kept`);
  }
  // One that was kept none the less does not lock the tab.
  await used.evaluate(() => sessionStorage.setItem('merchant-ledger-key', '密钥'));
  await used.reload();
  await used.locator('.alone').getByRole('button', { name: 'Sign out' }).click();
  // What copying adds and nobody sees is not the key's.
  await used.fill('#key', `\u00a0\u200b${KEYS.bank}\ufeff `);
  await used.keyboard.press('Enter');
  await settled(used);
  const kept = await used.evaluate(() => JSON.stringify(localStorage) + document.cookie + location.href + document.documentElement.outerHTML);
  check(!kept.includes(KEYS.bank.slice(12)), 'the key is in the session alone');
  await used.locator('[data-panel="now"] .tools button').first().click();
  const copied = await used.evaluate(() => navigator.clipboard.readText());
  check(copied.startsWith(`curl -s '${BASE}/v1/fee-income`) && copied.includes('$MERCHANT_LEDGER_KEY') && !copied.includes(KEYS.bank.slice(12)), `copied: ${copied}`);
  await used.getByRole('button', { name: 'Sign out' }).click();
  await used.waitForSelector('#key');
  check((await used.evaluate(() => sessionStorage.length)) === 0, 'signing out forgets the key');
  await used.context().close();
}
