// Fields, lists, tables and files in use: a date is typed whole, a list is walked by its arrows, and the focus stays on both; the order
// and the length of a table outlast what comes after; a list that goes on says so; every button for a file gives one; the way back
// leads to where a page was left; and the lines behind a fee come to it.

import { readFile } from 'node:fs/promises';
import { BASE, MERCHANT, ask, check, go, page, settled } from './browser.mjs';

const focused = (used) => used.evaluate(() => document.activeElement?.getAttribute('name') ?? document.activeElement?.tagName);

export async function controls(browser) {
  await dates(browser);
  await lists(browser);
  await tabs(browser);
  await order(browser);
  await more(browser);
  await files(browser);
  await paper(browser);
  await back(browser);
  await behind(browser);
}

/** A date is taken when it is typed, not on the way to it. */
async function dates(browser) {
  const used = await page(browser, { role: 'bank' });
  await go(used, '#/fees?from=2026-11-05&to=2026-11-10');
  let drawn = 0;
  await used.exposeFunction('drawn', () => { drawn += 1; });
  await used.evaluate(() => addEventListener('hashchange', () => window.drawn()));
  await used.locator('input[name="from"]').focus();
  await used.keyboard.type('11072026');
  check(drawn === 0 && (await focused(used)) === 'from', `the page is drawn ${drawn} times while a date is typed`);
  await used.keyboard.press('Enter');
  await used.waitForFunction(() => location.hash.includes('from=2026-11-07'));
  await settled(used);
  check((await focused(used)) === 'from', `after a date the focus is on ${await focused(used)}`);
  // A year that is not typed to its end is none; what is left is taken.
  await used.keyboard.type('110620');
  await used.keyboard.press('Enter');
  check(new URL(used.url()).hash.includes('from=2026-11-07'), `a year of two digits: ${used.url()}`);
  await used.locator('input[name="to"]').focus();
  await used.keyboard.type('11092026');
  await used.locator('button.link').focus();
  await used.waitForFunction(() => location.hash.includes('to=2026-11-09'));
  await settled(used);
  // The address says it before its event has come here.
  for (let looks = 0; drawn < 2 && looks < 50; looks += 1) await used.waitForTimeout(20);
  check(drawn === 2, `two dates draw the page ${drawn} times`);
  await used.context().close();
}

/** A list is walked by the arrows: one drawing for the walk, and the focus stays. */
async function lists(browser) {
  const used = await page(browser, { role: 'bank' });
  await go(used, '#/exposure');
  const list = used.locator('select[name="group_by"]');
  await list.focus();
  const first = await list.evaluate((one) => one.selectedIndex);
  for (let press = 0; press < 3; press += 1) await used.keyboard.press('ArrowDown');
  await used.waitForFunction(() => location.hash.includes('group_by='));
  await settled(used);
  check((await list.evaluate((one) => one.selectedIndex)) === first + 3, 'three presses walk three choices');
  check((await focused(used)) === 'group_by', `after a choice the focus is on ${await focused(used)}`);
  await used.context().close();
}

/** Dates are asked for where they are obeyed, and the currency goes along. */
async function tabs(browser) {
  const used = await page(browser, { role: 'bank' });
  for (const [hash, expected] of [['#/merchant', ''], [`#/merchant/${MERCHANT}/balances`, 'from to as_of'], [`#/merchant/${MERCHANT}/payouts`, 'from to'], [`#/merchant/${MERCHANT}/journal`, 'from to'], ['#/exposure', 'as_of'], ['#/operations', '']]) {
    await go(used, hash);
    const names = await used.locator('.dates input').evaluateAll((all) => all.map((one) => one.name).join(' '));
    check(names === expected, `${hash} asks for "${names}"`);
  }
  await go(used, '#/overview?currency=USD');
  const links = await used.locator('#pages a').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
  check(links.every((link) => link.includes('currency=USD')), `the currency is lost: ${links}`);
  await used.context().close();
}

/** What comes after changes neither the order nor how many rows are shown. */
async function order(browser) {
  const used = await page(browser, { role: 'bank' });
  let answers = 0;
  // Each answer of the days has other figures, as while events come.
  await used.route(/\/v1\/fee-income\?group_by=day/, async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    answers += 1;
    body.rows?.forEach((row) => { row.sales.count += answers; });
    await route.fulfill({ response, json: body });
  });
  await go(used, '#/overview');
  const days = used.locator('[data-panel="days"]');
  await days.locator('.more').first().click();
  await days.locator('th button').nth(2).click();
  const shown = () => days.locator('tbody tr td:nth-child(3) data').evaluateAll((all) => all.map((one) => Number(one.value)));
  const before = await shown();
  const counts = () => days.locator('tbody tr td:nth-child(2) data').evaluateAll((all) => all.map((one) => one.value).join());
  const was = await counts();
  await used.waitForFunction((old) => [...document.querySelectorAll('[data-panel="days"] tbody tr td:nth-child(2) data')].map((one) => one.value).join() !== old, was);
  check(before.length > 10 && JSON.stringify(await shown()) === JSON.stringify(before), `the order or the rows are lost: ${before} became ${await shown()}`);
  check((await days.locator('th').nth(2).getAttribute('aria-sort')) === 'descending', 'the order is told after that as well');
  // On a phone there are no headings.
  await used.setViewportSize({ width: 390, height: 844 });
  await days.locator('.order select').selectOption({ index: 1 });
  await days.locator('.order button').click();
  const rising = await days.locator('tbody tr th data').evaluateAll((all) => all.map((one) => one.value));
  check(rising.every((day, place) => place === 0 || rising[place - 1] <= day), `sorted on a phone: ${rising}`);
  await used.context().close();
}

/** A list that ends at its bound says so, and asks for more. */
async function more(browser) {
  const used = await page(browser, { role: 'bank' });
  await go(used, `#/merchant/${MERCHANT}/payments`);
  const panel = used.locator('[data-panel="payments"]');
  check((await panel.locator('.more').first().innerText()) === 'The first 100 of more', `a bound says ${await panel.locator('.more').first().innerText()}`);
  await panel.locator('.more').first().click();
  check((await panel.locator('tbody tr').count()) === 100, 'all that came are shown');
  await panel.getByRole('button', { name: 'Ask for 100 more' }).click();
  await used.waitForFunction(() => document.querySelectorAll('[data-panel="payments"] tbody tr').length > 100);
  await used.context().close();
}

/** Every button for a table's file gives one. */
async function files(browser) {
  for (const hash of ['#/overview', '#/exposure', '#/fees']) {
    // A page of its own for each: Chromium asks its user before it saves an eleventh file of one.
    const used = await page(browser, { role: 'bank' });
    await go(used, hash);
    const buttons = used.getByRole('button', { name: 'Save the whole table as CSV' });
    for (let place = 0; place < (await buttons.count()); place += 1) {
      const saved = Promise.all([used.waitForEvent('download'), buttons.nth(place).click()]);
      const [file] = await saved.catch(async (error) => {
        throw new Error(`${hash}, file ${place}: ${error.message}; notices ${await used.locator('.notice').allInnerTexts()}`);
      });
      const lines = (await readFile(await file.path(), 'utf8')).trim().split('\n');
      check(lines.length > 0 && lines[0].includes(','), `${hash}, file ${place}: ${lines[0]}`);
    }
    check((await used.locator('.notice').count()) === 0, `${hash}: ${await used.locator('.notice').allInnerTexts()}`);
    await used.context().close();
  }
  // In its order.
  const used = await page(browser, { role: 'bank' });
  await go(used, '#/fees');
  const [asked] = await Promise.all([used.waitForRequest((one) => one.url().includes('format=csv')), used.locator('[data-panel="keys"] .tools').getByRole('button', { name: 'Save the whole table as CSV' }).click()]);
  check(asked.url().includes('sort=-net_margin') && !asked.url().includes('limit='), `${BASE}: the file is asked as ${asked.url()}`);
  await used.context().close();
}

/** On paper there are all rows that came, and after that as many as before. */
async function paper(browser) {
  const used = await page(browser, { role: 'bank' });
  await go(used, '#/overview');
  const rows = used.locator('[data-panel="days"] tbody tr');
  const before = await rows.count();
  await used.evaluate(() => dispatchEvent(new Event('beforeprint')));
  await used.emulateMedia({ media: 'print' });
  const printed = await rows.count();
  check(printed > before && !(await used.locator('[data-panel="days"] .more').first().isVisible()) && !(await used.locator('#pages').isVisible()), `${printed} of more than ${before} rows are printed`);
  await used.emulateMedia({ media: 'screen' });
  await used.evaluate(() => dispatchEvent(new Event('afterprint')));
  check((await rows.count()) === before, 'after printing there are as many rows as before');
  await used.context().close();
}

/** The way back leads to where a page was left, a new page begins at its head. */
async function back(browser) {
  const used = await page(browser, { role: 'bank' });
  await go(used, '#/exposure');
  const link = used.locator('[data-panel="uncovered"] tbody a').last();
  await link.scrollIntoViewIfNeeded();
  // Elsewhere than where the browser itself would show what had the focus.
  const top = await used.evaluate(() => {
    scrollBy(0, 150);
    return scrollY;
  });
  await link.click();
  await used.waitForSelector('.merchant-name');
  await settled(used);
  check(top > 300 && (await used.evaluate(() => scrollY)) === 0, `a page begins at ${await used.evaluate(() => scrollY)}, and that before was at ${top}`);
  await used.goBack();
  await used.waitForSelector('[data-panel="uncovered"] tbody a');
  await settled(used);
  const isThere = await used.waitForFunction((before) => Math.abs(scrollY - before) < 2, top, { timeout: 5_000 }).catch(() => undefined);
  check(isThere, `the way back leads to ${await used.evaluate(() => scrollY)} and not to ${top}`);
  await used.context().close();
}

/** The lines behind a fee come to it, also where one has no VAT and another of the same sales has, and where a void gives back that of both in one line. */
async function behind(browser) {
  const used = await page(browser, { role: 'bank' });
  const isSome = (amount) => /[1-9]/.test(amount);
  let [bare, both] = [];
  for (const { merchant } of (await ask('/v1/merchants?limit=1000', 'bank')).rows) {
    const { rows } = await ask(`/v1/merchants/${merchant}/fees?limit=100`, 'bank');
    const gateway = rows.filter(({ kind }) => kind === 'gateway');
    const day = gateway.find((row) => !isSome(row.vat) && rows.some((other) => other.day === row.day && other.kind === 'mdr' && isSome(other.vat)))?.day;
    if (day) bare ??= { merchant, day };
    if (both || !gateway.some(({ vat }) => isSome(vat))) continue;
    const { rows: voids } = await ask(`/v1/merchants/${merchant}/entries?type=void,reversal&limit=100`, 'bank');
    const given = voids.find(({ lines }) => lines.some(({ leg }) => leg === 'vat'));
    if (given) both = { merchant, day: given.business_date };
  }
  check(bare && both, 'the bank has gateway fees without VAT, and a void of VAT of two fees');
  for (const { merchant, day } of [bare, both].filter(Boolean)) {
    await go(used, `#/merchant/${merchant}/holds?from=${day}&to=${day}`);
    for (const kind of ['gateway', 'mdr']) {
      await used.locator('[data-panel="fees"] tbody tr', { has: used.locator(`data[value="${kind}"]`) }).locator('button.inline').click();
      await used.waitForSelector('dialog[open] .sum dl');
      const all = used.locator('dialog[open] .sum button');
      if (await all.count()) await all.click();
      await used.waitForSelector('dialog[open] .sum dl:only-child');
      const told = (await used.locator('dialog[open] .sum').innerText()).replace(/\s+/g, ' ');
      check(told.includes('The figure') && !told.includes('Difference'), `${merchant} on ${day}, ${kind}: ${told}`);
      await used.keyboard.press('Escape');
    }
  }
  await used.context().close();
}
