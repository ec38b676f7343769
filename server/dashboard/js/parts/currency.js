// Amounts of two currencies are never added, so a page of the bank shows one at a time: the one with the most sales at first.

import { to } from '../address.js';
import { t } from '../words.js';
import { tabs } from './choose.js';

/** @typedef {{ currency: string, count: number }} Counted */

/**
 * Currencies, the one with the most first.
 * @param {Counted[]} rows
 */
export function currencies(rows) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { currency, count } of rows) counts.set(currency, (counts.get(currency) ?? 0) + count);
  return [...counts].sort(([one, few], [other, many]) => many - few || one.localeCompare(other)).map(([currency]) => currency);
}

/** @param {string} page @param {string[]} all @param {string} chosen @param {Record<string, string>} query */
export function currencyTabs(page, all, chosen, query) {
  return all.length < 2 ? null : tabs(t('currency'), all.map((currency) => ({ words: currency, href: to([page], { ...query, currency }), isChosen: currency === chosen })));
}
