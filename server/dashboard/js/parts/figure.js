// A figure that stands by itself: what it is, its amount, and behind a click the call that gives it and its lines.

import { h } from '../dom.js';
import { isNothing } from '../money.js';
import { t } from '../words.js';
import { explain } from './explain.js';
import { value } from './value.js';

/** @typedef {import('../../types/shapes').Answer<any>} Answer */

/**
 * @typedef {object} Options
 * @property {string} label
 * @property {Answer} answer
 * @property {string} at
 * @property {import('../../types/shapes').Kind} [kind]
 * @property {string} [currency]
 * @property {import('../dom.js').Children} [note]
 * @property {import('./explain.js').Lines} [lines] the lines behind it
 * @property {'good' | 'warn' | 'bad'} [tone] of an amount; nothing warns of nothing
 */

/** @param {Options} options */
export function figure({ label, answer, at, kind = 'money', currency, note, lines, tone }) {
  const amount = value(answer, at, kind);
  const open = () => explain({ label, answer, at, kind, currency, lines });
  const isQuiet = tone !== 'good' && kind === 'money' && isNothing(amount.value);
  const words = amount.textContent ?? '';
  const button = h('button', { type: 'button', class: 'amount', title: t('where_from'), 'aria-label': `${label}: ${words}${currency ? ` ${currency}` : ''}`, onclick: open }, amount, currency ? [' ', h('span', { class: 'currency', text: currency })] : null);
  // An amount is never broken; a long one is written smaller, so that its currency stands beside it.
  button.style.setProperty('--letters', String(words.length + (currency ? 4 : 0)));
  return h('article', { class: `figure ${isQuiet ? '' : tone ?? ''}` }, h('h3', { text: label }), button,
    note ? h('p', { class: 'note' }, note) : null);
}

/** @param {...import('../dom.js').Children} children */
export const figures = (...children) => h('div', { class: 'figures' }, ...children);
