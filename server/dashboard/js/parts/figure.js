// A figure that stands by itself: what it is, its amount, and behind a click the call that gives it and its lines.

import { h } from '../dom.js';
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
 * @property {'good' | 'warn' | 'bad'} [tone]
 */

/** @param {Options} options */
export function figure({ label, answer, at, kind = 'money', currency, note, lines, tone }) {
  const amount = value(answer, at, kind);
  const open = () => explain({ label, answer, at, kind, currency, lines });
  return h('article', { class: `figure ${tone ?? ''}` }, h('h3', { text: label }),
    h('button', { type: 'button', class: 'amount', title: t('where_from'), onclick: open }, amount, currency ? h('span', { class: 'currency', text: currency }) : null),
    note ? h('p', { class: 'note' }, note) : null);
}

/** @param {...import('../dom.js').Children} children */
export const figures = (...children) => h('div', { class: 'figures' }, ...children);
