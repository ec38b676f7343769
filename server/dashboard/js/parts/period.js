// Which dates a page is of, as its address says: a range, and for figures of a moment a closed date or positions. What a page or
// one of its tabs does not obey is not asked for there.

import * as address from '../address.js';
import { isDate, plus } from '../dates.js';
import { h } from '../dom.js';
import { current } from '../session.js';
import { t } from '../words.js';
import { onChosen } from './chosen.js';

/** @typedef {import('../session.js').PageName} PageName */
/** @typedef {{ range?: boolean, moment?: boolean, date?: boolean }} Obeys a range, a moment, and of moments closed dates only */

/** What each page obeys; that of a merchant by its tab. @type {Record<Exclude<PageName, 'merchant'>, Obeys>} */
const PAGES = {
  overview: { range: true },
  exposure: { moment: true },
  fees: { range: true },
  reconciliation: { range: true, moment: true, date: true },
  consumption: { range: true },
  operations: {},
};

/** The tabs of a merchant; one payment and one payout are of no dates. @type {Record<string, Obeys>} */
const TABS = {
  balances: { range: true, moment: true },
  payments: { range: true },
  payouts: { range: true },
  holds: { range: true },
  journal: { range: true },
  statements: { range: true },
};
const WITH_ONES = ['payments', 'payouts'];

/** How long a date field rests until what was typed is taken: a date is typed in three parts. */
const PAUSE_MS = 1_500;

/** What is typed of a year is a year as well: 20 of 2026. */
const FIRST_YEAR = '1900';

/**
 * Which dates are obeyed at an address.
 * @param {PageName | undefined} page @param {string[]} path what follows the page's name
 * @returns {Obeys}
 */
export function obeyed(page, path) {
  if (!page) return {};
  if (page !== 'merchant') return PAGES[page];
  const [merchant, tab = 'balances', one] = path;
  // The list of merchants; who has one merchant alone sees that instead.
  if (!merchant && current().merchants?.length !== 1) return {};
  if (one && WITH_ONES.includes(tab)) return {};
  return TABS[tab] ?? TABS.balances ?? {};
}

/** @param {PageName} page @param {import('../view.js').View} view */
export function period(page, view) {
  const { range, moment, date } = obeyed(page, view.path);
  const { from, to, as_of: asOf } = view.query;
  const fields = [];
  if (range) fields.push(field('from', t('from'), from), field('to', t('to'), to));
  if (moment) fields.push(field('as_of', t('as_of'), isDate(asOf) ? asOf : undefined));
  if (moment && asOf && !isDate(asOf) && !date) fields.push(h('p', { class: 'note pinned', text: t('at_position') }));
  if (fields.length === 0) return null;
  const inputs = fields.map((one) => one.querySelector('input')).filter((one) => one !== null);
  view.onSeen = () => inputs.forEach((input) => seen(input, view));
  const isPinned = (range && (from || to)) || (moment && asOf);
  const now = h('button', { type: 'button', class: 'tool', disabled: !isPinned, onclick: () => address.change({ from: undefined, to: undefined, as_of: undefined }) }, t('now'));
  return h('div', { class: 'dates', role: 'group', 'aria-label': t('dates') }, fields, now, to && range ? steps(from, to) : null);
}

/** @param {string} name @param {string} words @param {string | undefined} value */
function field(name, words, value) {
  const input = h('input', { type: 'date', name, value: value ?? '' });
  onChosen(input, PAUSE_MS, () => {
    // A date of which a part is missing has no value, and is not meant to be none.
    if (input.validity.badInput || (input.value && input.value < FIRST_YEAR)) return;
    address.change({ [name]: input.value || undefined });
  });
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
  const { range, moment, date } = obeyed(page, view.path);
  const { from, to, as_of: seen, open } = { ...view.seen, ...view.query };
  const asOf = date && !isDate(seen) ? open : seen;
  return { ...(range ? { from, to } : {}), ...(moment ? { as_of: asOf } : {}) };
}
