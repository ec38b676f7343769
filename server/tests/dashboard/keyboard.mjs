// By keyboard alone: everything that can be pressed is reached in order and seen to be reached; figures open and close, and the
// focus comes back; tables are sorted; pages and languages change.

import { check, go, page, settled } from './browser.mjs';

/** More stops than any page has. */
const STOPS_MAX = 400;

export async function keyboard(browser) {
  const used = await page(browser, { role: 'bank' });
  await go(used, '#/overview');
  const wanted = await used.evaluate(() => [...document.querySelectorAll('#dashboard :is(a[href], button:not(:disabled), input, select, [tabindex="0"])')].filter((one) => one.offsetParent).length);
  const seen = new Set();
  for (let stop = 0; stop < STOPS_MAX; stop += 1) {
    await used.keyboard.press('Tab');
    const { place, isSeen, tag } = await used.evaluate(() => {
      const all = [...document.querySelectorAll('*')];
      const style = getComputedStyle(document.activeElement);
      return { place: all.indexOf(document.activeElement), isSeen: style.outlineStyle !== 'none' && style.outlineWidth !== '0px', tag: document.activeElement.outerHTML.slice(0, 90) };
    });
    if (tag.startsWith('<body') || (seen.has(place) && seen.size >= wanted)) break;
    check(isSeen, `the focus is not seen on ${tag}`);
    seen.add(place);
  }
  check(seen.size >= wanted, `by Tab ${seen.size} of ${wanted} are reached`);

  await go(used, '#/merchant');
  await go(used, '#/overview');
  await used.keyboard.press('Tab');
  await used.keyboard.press('Enter');
  check((await used.evaluate(() => document.activeElement.id)) === 'main', 'the first stop skips to the content');

  const figure = used.locator('.figure button.amount').first();
  await figure.focus();
  await used.keyboard.press('Enter');
  await used.waitForSelector('dialog[open] .entry');
  check((await used.locator('dialog[open] .call').textContent()).startsWith('/v1/fee-income'), 'a figure says its call');
  const why = used.locator('dialog[open] .entry button.inline').first();
  await why.focus();
  await used.keyboard.press('Enter');
  await used.waitForSelector('dialog[open] tr.why');
  await used.keyboard.press('Escape');
  check(await figure.evaluate((one) => one === document.activeElement), 'Escape closes the dialog, and the focus is back');

  const head = used.locator('[data-panel="days"] th button').nth(2);
  await head.focus();
  await used.keyboard.press('Enter');
  const sorted = () => used.locator('[data-panel="days"] tbody tr td:nth-child(3) data').evaluateAll((all) => all.map((one) => Number(one.value)));
  const falling = await sorted();
  check(falling.every((amount, place) => place === 0 || falling[place - 1] >= amount), `sorted falling: ${falling}`);
  check((await used.locator('[data-panel="days"] th').nth(2).getAttribute('aria-sort')) === 'descending', 'the order is told');
  await used.keyboard.press('Enter');
  const rising = await sorted();
  check(rising.every((amount, place) => place === 0 || rising[place - 1] <= amount), `sorted rising: ${rising}`);

  const language = used.locator('button.language');
  await language.focus();
  await used.keyboard.press('Enter');
  await used.waitForFunction(() => document.documentElement.lang === 'zh-CN' && document.querySelector('h1')?.textContent === '总览');
  await settled(used);
  check((await used.evaluate(() => document.activeElement.getAttribute('name'))) === 'language', 'the focus stays on what changed the language');
  await used.reload();
  await settled(used);
  check((await used.locator('h1').textContent()) === '总览', 'the language stays');
  await used.context().close();
  await arrives(browser);
  await marked(browser);
}

/** Where a row arrives the focus stays on its own, and Enter opens that; where its row has gone, no other is opened. */
async function arrives(browser) {
  const used = await page(browser, { role: 'operator' });
  let rows = [3, 2, 1];
  await used.route(/\/v1\/quarantine/, (route) => route.fulfill({ json: { position: ['0:9'], next: null, rows: rows.map((offset) => ({ position: `0:${offset}`, code: 'unreadable', detail: 'no JSON', value: `${offset}` })) } }));
  await go(used, '#/operations');
  const count = (wanted) => used.waitForFunction((all) => document.querySelectorAll('[data-panel="quarantine"] tbody tr').length === all, wanted);
  const focused = () => used.evaluate(() => document.activeElement.textContent);
  await used.locator('[data-panel="quarantine"] tbody button', { hasText: '0:2' }).focus();
  rows = [4, 3, 2, 1];
  await count(4);
  check((await focused()) === '0:2', `a row arrives, and the focus goes from 0:2 to ${await focused()}`);
  await used.keyboard.press('Enter');
  check((await used.locator('dialog[open] h2').innerText()).includes('0:2'), `Enter opens ${await used.locator('dialog[open] h2').innerText()}`);
  await used.keyboard.press('Escape');
  rows = [4, 3, 1];
  await count(3);
  check(await used.evaluate(() => document.activeElement.matches('[data-panel="quarantine"] .scroll')), `its row goes, and the focus is on ${await focused()}`);
  await used.unrouteAll({ behavior: 'ignoreErrors' });
  await used.context().close();
}

/** What is marked in a table stays marked while its rows are the same. */
async function marked(browser) {
  const used = await page(browser, { role: 'bank' });
  let answers = 0;
  await used.route(/\/v1\/exposure/, async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    answers += 1;
    body.rows?.forEach((row) => { row.count += answers; });
    await route.fulfill({ response, json: body });
  });
  await go(used, '#/overview');
  const text = await used.evaluate(() => {
    getSelection().selectAllChildren(document.querySelector('[data-panel="alerts"] tbody th'));
    return getSelection().toString();
  });
  const counts = () => used.locator('[data-panel="held"] tbody tr').first().innerText();
  const was = await counts();
  for (let looks = 0; looks < 40 && (await counts()) === was; looks += 1) await used.waitForTimeout(200);
  check((await counts()) !== was && text.length > 0 && (await used.evaluate(() => getSelection().toString())) === text, `"${text}" was marked, and now "${await used.evaluate(() => getSelection().toString())}"`);
  await used.unrouteAll({ behavior: 'ignoreErrors' });
  await used.context().close();
}
