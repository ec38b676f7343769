// A page that looks at now goes on with the ledger: its live panels are asked again, and a business date that closes is told.

import { to } from './address.js';
import { cached, forgetAnswers, send } from './ask.js';
import { h } from './dom.js';
import { showLag } from './frame.js';
import { againAt } from './parts/failure.js';
import { say } from './parts/notice.js';
import * as session from './session.js';
import { drawAnew } from './view.js';
import { t } from './words.js';

/** @typedef {import('./view.js').View} View */
/** @typedef {import('./view.js').Panel} Panel */
/** @typedef {import('../types/shapes').Shapes} Shapes */

/** Between two looks. */
const EVERY_MS = 2_000;
/** How many panels are asked at a time. */
const AT_A_TIME = 4;

/**
 * Follows the ledger until the page is left.
 * @param {View} view @param {(() => void) | undefined} drawAgain what is done once the server answers, where the page could not be drawn
 * @param {unknown} [error] why it could not be
 */
export function follow(view, drawAgain, error) {
  const due = againAt(error);
  let date = '';
  let isAsking = false;
  let isGone = false;
  let isFirst = true;
  let isLeft = false;
  /** What is to be asked once, whether or not it is live. @type {Set<Panel>} */
  const stale = new Set();
  const look = async () => {
    // A page that nobody sees asks nothing, and a slow server is not asked twice at a time.
    if (document.hidden || isAsking) return;
    isAsking = true;
    try {
      // Panels that show parts of one answer ask it once a look. At the first one all was asked just now.
      if (!isFirst) forgetAnswers();
      const { body } = await cached('/readyz', isFirst);
      if (isLeft) return;
      const readiness = /** @type {Shapes['Readiness']} */ (body);
      const open = readiness.shards.map((shard) => shard.business_date ?? '').filter(Boolean).sort()[0] ?? '';
      // Not at the first look, which comes at once: a server that answers this alone is asked again in two seconds.
      if (drawAgain && !isFirst && Date.now() >= due) return drawAgain();
      showLag({ ready: readiness.ready, lag: readiness.shards.reduce((sum, shard) => sum + shard.lag, 0), open, live: view.live });
      if (isGone) view.panels.forEach((panel) => stale.add(panel));
      isGone = false;
      if (view.live && date && open > date) closed(view, date, stale);
      date = open;
      if (!isFirst && !isLeft) await askAll(view, stale, () => isLeft);
    } catch {
      isGone = true;
      showLag(undefined);
    }
    isFirst = false;
    isAsking = false;
  };
  void look();
  const timer = setInterval(() => void look(), EVERY_MS);
  return () => {
    isLeft = true;
    clearInterval(timer);
    view.ends.forEach((end) => end());
  };
}

/**
 * Asks what is live, what is stale, and what had no answer and may be asked again: a few at a time, those that have waited longest
 * first. Once one has no answer, the others wait for the next look.
 * @param {View} view @param {Set<Panel>} stale @param {() => boolean} isLeft whether the page was left meanwhile
 */
async function askAll(view, stale, isLeft) {
  const now = Date.now();
  const isDue = (/** @type {Panel} */ panel) => (panel.againAt === undefined ? stale.has(panel) || (view.live && panel.isLive) : panel.againAt <= now);
  const waiting = view.panels.filter(isDue).sort((one, other) => (one.againAt ?? 0) - (other.againAt ?? 0));
  const one = async () => {
    for (let panel = waiting.shift(); panel && !isLeft(); panel = waiting.shift()) {
      stale.delete(panel);
      await panel.ask(false);
      if (panel.againAt !== undefined) waiting.length = 0;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, one));
}

/** Calls `then` once the server answers. @param {() => void} then @param {unknown} [error] why it was not yet @returns {() => void} ends it */
export function whenBack(then, error) {
  const due = againAt(error);
  const timer = setInterval(() => void (Date.now() >= due && cached('/readyz', true).then(() => {
    clearInterval(timer);
    then();
  }, () => {})), EVERY_MS);
  return () => clearInterval(timer);
}

/** @param {View} view @param {string} date @param {Set<Panel>} stale */
function closed(view, date, stale) {
  say(h('strong', { text: t('day_closed', { date }) }), ' ', session.has('bank') ? h('a', { href: to(['fees'], { from: date, to: date }), text: t('see_day') }) : '');
  if (view.panels.some(({ isOfClosed }) => isOfClosed)) return drawAnew(view);
  for (const panel of view.panels) if (!panel.isLive) stale.add(panel);
}

/**
 * Server-sent events, with a key in a header, which the browser's own reader cannot send.
 * @param {string} call @param {(data: any) => void} take @param {() => void} failed
 * @returns {() => void} ends it
 */
export function stream(call, take, failed) {
  const ending = new AbortController();
  void (async () => {
    const response = await send(call, 'text/event-stream', { signal: ending.signal });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      const events = (text + part.value).split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const data = event.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(5)).join('\n');
        if (data) take(JSON.parse(data));
      }
    }
    failed();
  })().catch(() => ending.signal.aborted || failed());
  return () => ending.abort();
}
