// A demonstration: something is there in the first seconds, figures move by themselves, a day is seen to close, a merchant's
// balances come as they change, and its closed dates as they close.

import { BASE, check, page, report } from './browser.mjs';

/** For a day to close, which takes four seconds. */
const DAY_MS_MAX = 30_000;

export async function live(browser) {
  const used = await page(browser);
  const begun = performance.now();
  await used.goto(`${BASE}/`);
  await used.waitForFunction(() => [...document.querySelectorAll('.figure data')].some((one) => /[1-9]/.test(one.textContent)), null, { timeout: DAY_MS_MAX });
  const after = performance.now() - begun;
  report(`the demonstration shows figures after ${Math.round(after)} ms; wanted are 5 000 on a quiet machine`);
  const volume = () => used.locator('.figure data').first().getAttribute('value');
  const first = await volume();
  await used.waitForFunction((was) => document.querySelector('.figure data').value !== was, first, { timeout: DAY_MS_MAX });
  await used.waitForFunction(() => document.querySelector('.notice')?.textContent.includes('is closed'), null, { timeout: DAY_MS_MAX });
  const days = () => used.locator('[data-panel="days"] tbody th data').first().getAttribute('value');
  const day = await days();
  await used.waitForFunction((was) => document.querySelector('[data-panel="days"] tbody th data').value > was, day, { timeout: DAY_MS_MAX });
  await used.goto(`${BASE}/#/merchant/M100001`);
  await used.waitForSelector('[data-panel="balances"] .figure data');
  const told = () => [...document.querySelectorAll('[data-panel="balances"] .figure data')].map((one) => one.value).join(' ');
  const was = await used.evaluate(told);
  await used.waitForFunction((before) => [...document.querySelectorAll('[data-panel="balances"] .figure data')].map((one) => one.value).join(' ') !== before, was, { timeout: DAY_MS_MAX });
  // The statement of the last date that is closed, and the way to what is payable as it closed.
  for (const [tab, place] of [['statements', '[data-panel="statement"] h2'], ['balances', '[data-panel="waterfall"] > .note']]) {
    await used.goto(`${BASE}/#/merchant/M100001/${tab}`);
    await used.waitForSelector(place);
    const before = await used.locator(place).innerText();
    const isDrawn = await used.waitForFunction(([at, old]) => (document.querySelector(at)?.innerText ?? old) !== old, [place, before], { timeout: DAY_MS_MAX }).catch(() => undefined);
    check(isDrawn, `${tab} stay at "${before}" when a date closes`);
  }
  await used.context().close();
}
