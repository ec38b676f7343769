// A page that looks at now goes on with the ledger: its live panels are asked again, and a business date that closes is told.

import { to } from './address.js';
import { cached, send } from './ask.js';
import { h } from './dom.js';
import { showLag } from './frame.js';
import { say } from './parts/notice.js';
import * as session from './session.js';
import { t } from './words.js';

/** @typedef {import('./view.js').View} View */
/** @typedef {import('../types/shapes').Shapes} Shapes */

/** Between two looks. */
const EVERY_MS = 2_000;

/**
 * Follows the ledger until the page is left.
 * @param {View} view @param {(() => void) | undefined} drawAgain what is done once the server answers, where the page could not be drawn
 */
export function follow(view, drawAgain) {
  let date = '';
  let isAsking = false;
  let isGone = false;
  let isFirst = true;
  const look = async () => {
    // A page that nobody sees asks nothing, and a slow server is not asked twice at a time.
    if (document.hidden || isAsking) return;
    isAsking = true;
    try {
      const { body } = await cached('/readyz', true);
      const readiness = /** @type {Shapes['Readiness']} */ (body);
      const open = readiness.shards.map((shard) => shard.business_date ?? '').filter(Boolean).sort()[0] ?? '';
      // Not at the first look, which comes at once: a server that answers this alone is asked again in two seconds.
      if (drawAgain && !isFirst) return drawAgain();
      showLag({ ready: readiness.ready, lag: readiness.shards.reduce((sum, shard) => sum + shard.lag, 0), open, live: view.live });
      if (view.live && date && open > date) closed(view, date);
      date = open;
      const isBack = isGone;
      isGone = false;
      if (isBack) await Promise.all(view.panels.map((panel) => panel.ask(true)));
      else if (view.live) await Promise.all(view.panels.filter((panel) => panel.isLive).map((panel) => panel.ask(true)));
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
    clearInterval(timer);
    view.ends.forEach((end) => end());
  };
}

/** Calls `then` once the server answers. @param {() => void} then @returns {() => void} ends it */
export function whenBack(then) {
  const timer = setInterval(() => void cached('/readyz', true).then(() => {
    clearInterval(timer);
    then();
  }, () => {}), EVERY_MS);
  return () => clearInterval(timer);
}

/** @param {View} view @param {string} date */
function closed(view, date) {
  say(h('strong', { text: t('day_closed', { date }) }), ' ', session.has('bank') ? h('a', { href: to(['fees'], { from: date, to: date }), text: t('see_day') }) : '');
  for (const panel of view.panels) if (!panel.isLive) void panel.ask(true);
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
