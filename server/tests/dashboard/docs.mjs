// The page of the API at /docs: "Try it out" and "Execute", as the page fills the fields in, answer with rows of the demonstration.

import { BASE, check, page, report } from './browser.mjs';

/** Reads of which each asks with what the document gives as examples: of the path, and no filter that leaves nothing. */
const OPERATIONS = [
  '/v1/merchants',
  '/v1/merchants/{merchant}/balances',
  '/v1/merchants/{merchant}/entries',
  '/v1/merchants/{merchant}/payouts',
  '/v1/exposure',
  '/v1/fee-income',
  '/v1/payments',
  '/v1/entries',
];
/** For the page to be drawn, and for an answer. */
const WAIT_MS = 60_000;

export async function docs(browser) {
  // The page brings styles of its own, and its console is not ours.
  const used = await page(browser, { quiet: true });
  used.setDefaultTimeout(WAIT_MS);
  await used.goto(`${BASE}/docs/`);
  await used.waitForSelector('.opblock-summary-path');
  for (const path of OPERATIONS) {
    const block = used.locator('.opblock-get').filter({ has: used.locator(`.opblock-summary-path[data-path="${path}"]`) }).first();
    await block.locator('.opblock-summary').first().click({ noWaitAfter: true });
    await block.locator('.try-out__btn').click({ noWaitAfter: true });
    await block.locator('button.execute').click({ noWaitAfter: true });
    const answer = block.locator('.live-responses-table .response').first();
    await answer.waitFor();
    const status = (await answer.locator('.response-col_status').innerText()).trim();
    const body = await answer.locator('.response-col_description').innerText();
    check(status.startsWith('200'), `/docs ${path}: ${status}: ${body.slice(0, 300)}`);
    check(/"(rows|balances|summary)"\s*:\s*\[\s*\{/.test(body), `/docs ${path}: nothing is shown: ${body.slice(0, 300)}`);
    report(`/docs ${path}: ${status}`);
    await block.locator('.opblock-summary').first().click({ noWaitAfter: true });
  }
  await used.context().close();
}
