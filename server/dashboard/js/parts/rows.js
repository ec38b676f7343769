// The foot of a table: how many of its rows are shown, whether the answer has all of them, and how to get the others.

import { h } from '../dom.js';
import { t } from '../words.js';

/** The most rows that the API answers at a time; the file has all. */
const ROWS_MAX = 1_000;

/** How many rows a call asks for at most; 0 where it does not say. @param {string} call */
const limitOf = (call) => Number(/[?&]limit=(\d+)/.exec(call)?.[1] ?? 0);

/**
 * Whether there are more rows than an answer has: its list goes on, or its groups, of which the sums count all, were cut.
 * @param {import('../../types/shapes').Answer<any>} answer
 */
function goesOn({ call, body }) {
  if (body.next) return true;
  const [limit, had] = [limitOf(call), body.rows?.length ?? 0];
  if (limit === 0 || had < limit || !Array.isArray(body.total)) return false;
  return body.total.reduce((/** @type {number} */ sum, /** @type {{ rows?: number }} */ one) => sum + (one.rows ?? 0), 0) > had;
}

/**
 * The foot of a table.
 * @param {import('../../types/shapes').Answer<any>} answer
 * @param {boolean} isWhole whether its rows are all that the answer lists
 * @param {((call: string, rows: number) => void) | undefined} askMore @param {() => void} showAll
 */
export function bound(answer, isWhole, askMore, showAll) {
  const goes = isWhole && goesOn(answer);
  const asked = limitOf(answer.call);
  const next = Math.min(asked + (asked < 100 ? asked : 100), ROWS_MAX);
  const all = h('button', { type: 'button', class: 'more', onclick: showAll });
  const told = h('p', { class: 'note' });
  const further = h('button', { type: 'button', class: 'more', onclick: () => {
    showAll();
    askMore?.(answer.call, next);
  } }, t('ask_more', { count: next - asked }));
  return {
    element: h('div', { class: 'foot' }, all, told, further),
    /** @param {number} had rows of the table @param {number} count how many of them are shown */
    shown(had, count) {
      const hides = had > count;
      all.hidden = !hides;
      all.textContent = t(goes ? 'first_of_more' : 'show_all', { count: had });
      told.hidden = hides || !goes;
      told.textContent = t('first_of_more_note', { count: had });
      further.hidden = hides || !goes || !askMore || next <= asked;
    },
  };
}
