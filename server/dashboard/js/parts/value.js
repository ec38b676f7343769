// A value of an answer on the screen. Each says where it is from, the call and the place in its JSON, so that whoever doubts it
// can ask again, and a test can compare.

import { valueAt } from '../ask.js';
import { atTerminal } from '../dates.js';
import { h } from '../dom.js';
import { grouped } from '../money.js';
import { code, t } from '../words.js';

/** @typedef {import('../../types/shapes').Answer<any>} Answer */
/** @typedef {import('../../types/shapes').Kind} Kind */

/** What are figures, and stand at the right of a column. @type {Set<Kind | undefined>} */
export const NUMBERS = new Set(/** @type {Kind[]} */ (['money', 'count', 'percent', 'ratio']));

/**
 * A value as people read it.
 * @param {unknown} raw @param {Kind} [kind] @param {string} [family]
 */
export function told(raw, kind = 'text', family = '') {
  if (raw === null || raw === undefined || raw === '') return kind === 'code' ? code(family, null) : '–';
  const text = String(raw);
  switch (kind) {
    case 'money': case 'count': case 'ratio': return grouped(text);
    case 'percent': return grouped(text) + ' %';
    case 'moment': return atTerminal(text);
    case 'code': return code(family, text);
    case 'date': case 'text': case 'id': return text;
  }
}

/**
 * The value at a place of an answer.
 * @param {Answer} answer @param {string} pointer @param {Kind} [kind] @param {string} [family]
 */
export function value(answer, pointer, kind = 'text', family = '') {
  const raw = valueAt(answer.body, pointer);
  const element = h('data', { value: String(raw ?? ''), class: `value ${kind}`, data: { call: answer.call, at: pointer } }, told(raw, kind, family));
  if (kind === 'money' && String(raw).startsWith('-')) element.classList.add('negative');
  return element;
}

/** How many distinct customers: exact up to a bound, above it an estimate with its error. @param {Answer} answer @param {string} pointer */
export function customers(answer, pointer) {
  const error = valueAt(answer.body, `${pointer}/error_percent`);
  const isExact = error === '0.00' || error === undefined;
  return h('span', {}, value(answer, `${pointer}/estimate`, 'count'), isExact ? null : h('small', { text: ` ± ${error} %`, title: t('estimated') }));
}
