// A figure that opens nothing: what it is, and how it is told. A long one is written smaller, as those that do.

import { h } from '../dom.js';

/** Letters that are as wide as two others. */
const WIDE = /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]/g;

/**
 * @typedef {object} Options
 * @property {string} label
 * @property {HTMLElement} told its value
 * @property {string} [currency]
 * @property {string} [note]
 * @property {string} [tone]
 */

/** @param {Options} options */
export function plainFigure({ label, told, currency, note, tone }) {
  const words = told.textContent ?? '';
  const amount = h('p', { class: 'amount' }, told, currency ? [' ', h('span', { class: 'currency', text: currency })] : null);
  amount.style.setProperty('--letters', String(words.length + (words.match(WIDE)?.length ?? 0) + (currency ? 4 : 0)));
  return h('article', { class: `figure ${tone ?? ''}` }, h('h3', { text: label }), amount, note ? h('p', { class: 'note', text: note }) : null);
}
