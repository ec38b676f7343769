// Addresses show the same later, and tables leave as the API's CSV.

import { readFile } from 'node:fs/promises';
import { MERCHANT, ask, check, go, page, settled } from './browser.mjs';

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
}
