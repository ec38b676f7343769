// Which dates a page is of, as its address says: a range, and for figures of a moment a closed date or positions.

import * as address from '../address.js';
import { isDate, plus } from '../dates.js';
import { h } from '../dom.js';
import { t } from '../words.js';

/** @typedef {import('../session.js').PageName} PageName */

/** The pages that tell of a range, those that tell of a moment, and of these the ones that know dates only, no positions. @type {Record<'range' | 'moment' | 'date', PageName[]>} */
const OF = { range: ['overview', 'merchant', 'fees', 'reconciliation', 'consumption'], moment: ['merchant', 'exposure', 'reconciliation'], date: ['reconciliation'] };

/** @param {PageName} page @param {import('../view.js').View} view */
export function period(page, view) {
  const { from, to, as_of: asOf } = view.query;
  const fields = [];
  if (OF.range.includes(page)) fields.push(field('from', t('from'), from), field('to', t('to'), to));
  if (OF.moment.includes(page)) fields.push(field('as_of', t('as_of'), isDate(asOf) ? asOf : undefined));
  if (asOf && !isDate(asOf) && !OF.date.includes(page)) fields.push(h('p', { class: 'note pinned', text: t('at_position') }));
  if (fields.length === 0) return null;
  const inputs = fields.map((one) => one.querySelector('input')).filter((one) => one !== null);
  view.onSeen = () => inputs.forEach((input) => seen(input, view));
  const isPinned = from || to || asOf;
  const now = h('button', { type: 'button', class: 'tool', disabled: !isPinned, onclick: () => address.change({ from: undefined, to: undefined, as_of: undefined }) }, t('now'));
  return h('div', { class: 'dates', role: 'group', 'aria-label': t('dates') }, fields, now, to && OF.range.includes(page) ? steps(from, to) : null);
}

/** @param {string} name @param {string} words @param {string | undefined} value */
function field(name, words, value) {
  const input = h('input', { type: 'date', name, value: value ?? '', onchange: () => address.change({ [name]: input.value || undefined }) });
  return h('label', {}, h('span', { text: words }), input);
}

/** What is seen stands in a field that says nothing by itself. @param {HTMLInputElement} input @param {import('../view.js').View} view */
function seen(input, view) {
  if (view.query[input.name] || document.activeElement === input) return;
  const told = view.seen[input.name === 'as_of' ? 'open' : input.name] ?? '';
  if (input.value !== told) input.value = told;
  input.classList.add('told');
}

/** The range of the same length before, and after. @param {string | undefined} from @param {string} to */
function steps(from, to) {
  if (!from || !isDate(from) || !isDate(to)) return null;
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
  const step = (/** @type {number} */ by) => address.change({ from: plus(from, by * days), to: plus(to, by * days) });
  return [h('button', { type: 'button', class: 'tool', 'aria-label': t('before'), onclick: () => step(-1) }, '‹'), h('button', { type: 'button', class: 'tool', 'aria-label': t('after'), onclick: () => step(1) }, '›')];
}

/**
 * What an address must say so that it shows the same later.
 * @param {PageName | undefined} page @param {import('../view.js').View} view
 * @returns {Record<string, string | undefined>}
 */
export function pinned(page, view) {
  if (!page) return {};
  const { from, to, as_of: seen, open } = { ...view.seen, ...view.query };
  const asOf = OF.date.includes(page) && !isDate(seen) ? open : seen;
  return { ...(OF.range.includes(page) ? { from, to } : {}), ...(OF.moment.includes(page) ? { as_of: asOf } : {}) };
}
