// What is said where the API refuses.

import { Refused } from '../ask.js';
import { h } from '../dom.js';
import { code, t } from '../words.js';

/** @param {unknown} error */
export function tellFailure(error) {
  if (!(error instanceof Refused)) return t('failed', { detail: String(error) });
  return `${code('problem', error.code)}: ${error.message}`;
}

/** A failure, and a button that asks again. @param {unknown} error @param {() => void} again */
export const failed = (error, again) => h('div', { class: 'failed', role: 'alert' }, h('p', { text: tellFailure(error) }), h('button', { type: 'button', class: 'tool', onclick: again }, t('again')));

/** Where there is no answer now: none came, it came from something between, or it is to be asked again later. */
const PASSING = [0, 429, 502, 503, 504];

/** Whether it is that the server did not answer, or not yet. @param {unknown} error */
export const isNoAnswer = (error) => error instanceof Refused && PASSING.includes(error.status);

/** From when it may be asked again, as the server said, by this machine's clock. @param {unknown} error */
export const againAt = (error) => Date.now() + (error instanceof Refused ? error.after : 0) * 1_000;

/** Whether it is that there is none of what was asked. @param {unknown} error */
export const isNothingThere = (error) => error instanceof Refused && error.status === 404;

/** Whether it is that a server without this endpoint, or a role that may not see it, was asked. @param {unknown} error */
export const isAbsent = (error) => error instanceof Refused && (error.status === 404 || error.status === 403);
