// Where a figure is from: the call that gives it and its place in the answer, and the journal lines behind it.

import { valueAt } from '../ask.js';
import { h } from '../dom.js';
import { t } from '../words.js';
import { curlButton } from './copy.js';
import { openDialog } from './dialog.js';
import { journal } from './journal.js';
import { told } from './value.js';

/** @typedef {import('../../types/shapes').Answer<any>} Answer */

/**
 * Which lines are behind a figure: entries of a merchant, or of all, in a range, of types, that touch accounts of a book.
 * @typedef {object} Lines
 * @property {string} [merchant]
 * @property {string} [from]
 * @property {string} [to]
 * @property {string[]} [types]
 * @property {string[]} [codes]
 * @property {string[]} [legs] what the lines are for, where accounts alone do not say which are meant
 * @property {string} [currency]
 * @property {string} [book] lines of other books are left out
 */

/**
 * @typedef {object} Figure
 * @property {string} label
 * @property {Answer} answer
 * @property {string} at
 * @property {import('../../types/shapes').Kind} [kind]
 * @property {string} [currency]
 * @property {Lines} [lines]
 */

/** @param {Figure} figure */
export function explain({ label, answer, at, kind = 'money', currency, lines }) {
  const raw = valueAt(answer.body, at);
  const from = h('section', {}, h('h3', { text: t('call') }), h('pre', { class: 'call', tabindex: '0' }, answer.call), h('p', { class: 'note' }, t('place_in_answer'), ' ', h('code', { text: at })), curlButton([answer.call]));
  openDialog(label, h('p', { class: 'big' }, told(raw, kind), currency ? [' ', h('span', { class: 'currency', text: currency })] : null), from, lines ? journal(lines, kind === 'money' && typeof raw === 'string' ? raw : undefined) : null);
}
