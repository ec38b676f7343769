// The page of the API at /docs: "Try it out" and "Execute", as the page fills its fields in, answer with something of the demonstration.
// The page takes seconds to draw an operation, so of each tag one of each kind is tried: what is read of all and of one, what is
// posted. DOCS=all tries every one. What each answers is asked without the page by the test document_examples.

import { BASE, check, page, report } from './browser.mjs';

/** For the page to be drawn; and for one operation, from the opening of its block to the answer that is shown. */
const DRAWN_MS = 60_000;
const OPERATION_MS = 120_000;
/** What does not end by itself. */
const STREAMS = ['balances_stream'];
/** What is there only where somebody added it. */
const HOOKS = 'webhooks';
/** What says nothing until somebody did something: the city's money is reported by nobody. */
const MAY_BE_EMPTY = ['reconciliation', 'breaks', 'reports'];

export async function docs(browser) {
  const operations = await chosen();
  // The page brings styles of its own, and its console is not ours.
  const used = await page(browser, { quiet: true });
  await used.goto(`${BASE}/docs/`);
  await used.waitForSelector('.opblock-summary-path', { timeout: DRAWN_MS });
  let tried = 0;
  for (const { operationId, tags } of operations) {
    const { status, body, fault } = await used.evaluate(tryOut, { id: `operations-${tags[0]}-${operationId}`, within: OPERATION_MS });
    tried += 1;
    check(!fault, `/docs ${operationId}: ${fault}`);
    check(/^20[02]/.test(status), `/docs ${operationId}: ${status}: ${body.slice(0, 300)}`);
    const nothing = /"rows"\s*:\s*\[\s*\]/.test(body) || body.trim() === '';
    check(!nothing || MAY_BE_EMPTY.includes(operationId), `/docs ${operationId}: nothing is shown: ${body.slice(0, 300)}`);
  }
  check(tried >= 10, `/docs: ${tried} operations`);
  report(`/docs: ${tried} operations tried out`);
  await used.context().close();
}

/** The operations that are tried. */
async function chosen() {
  const { paths } = await (await fetch(`${BASE}/openapi.json`)).json();
  // What is posted comes first: how a rebuild stands is told once there is one.
  const methods = ['post', 'get'];
  const all = Object.entries(paths).flatMap(([path, item]) => methods.filter((method) => item[method]).map((method) => ({ ...item[method], kind: `${item[method].tags[0]} ${method} ${path.includes('{')}` })));
  const ending = all.filter((one) => !STREAMS.includes(one.operationId) && one.tags[0] !== HOOKS);
  if (process.env.DOCS === 'all') return ending;
  return ending.filter((one) => one === ending.find((first) => first.kind === one.kind));
}

/**
 * Runs in the page: opens an operation's block, clicks "Try it out" and "Execute", and tells what is shown then. Each is awaited as the
 * page draws it. Clicks go to the elements themselves, for a driver that waits for a page of this size to stand still waits long.
 */
async function tryOut({ id, within }) {
  const ends = performance.now() + within;
  const drawn = (selector) =>
    new Promise((resolve, reject) => {
      const found = () => document.querySelector(`#${CSS.escape(id)} ${selector}`);
      if (found()) return resolve(found());
      const late = setTimeout(() => (observer.disconnect(), reject(new Error(`${selector} is not drawn`))), ends - performance.now());
      const observer = new MutationObserver(() => {
        if (!found()) return;
        clearTimeout(late);
        observer.disconnect();
        resolve(found());
      });
      observer.observe(document.body, { childList: true, subtree: true });
    });
  const told = { status: '', body: '', fault: '' };
  try {
    (await drawn('.opblock-summary-control')).click();
    (await drawn('.try-out__btn')).click();
    (await drawn('button.execute')).click();
    const answer = await drawn('.live-responses-table .response');
    told.status = answer.querySelector('.response-col_status').innerText.trim();
    told.body = answer.querySelector('.response-col_description code, .response-col_description pre')?.innerText ?? '';
    (await drawn('.opblock-summary-control')).click();
  } catch (error) {
    told.fault = error.message;
  }
  return told;
}
