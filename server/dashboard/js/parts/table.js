// The one table: sortable by each heading, cards on a phone, the first rows until more are asked for.

import { valueAt } from '../ask.js';
import { h } from '../dom.js';
import { compare } from '../money.js';
import { t } from '../words.js';
import { NUMBERS, value } from './value.js';

/**
 * @template R
 * @typedef {import('../../types/shapes').Column<R>} Column
 */
/**
 * @template R
 * @typedef {object} Options
 * @property {import('../../types/shapes').Answer<any>} answer what it shows
 * @property {R[]} rows its rows
 * @property {string} [at] where they are in it: `/rows` by default
 * @property {string} label what it is, for readers
 * @property {Column<R>[]} columns
 * @property {(row: R) => boolean} [only] which rows
 * @property {(row: R) => string | undefined} [mark] a class of a row
 * @property {boolean} [newest] the last row first
 * @property {number} [first] how many rows are shown at first: {@link FIRST} by default
 * @property {string} [empty] what is said where there are no rows
 */

/** How many rows are shown until more are asked for. */
const FIRST = 10;

/**
 * A table of an answer's rows.
 * @template R
 * @param {Options<R>} options
 */
export function table(options) {
  const at = options.at ?? '/rows';
  let rows = options.rows.map((row, place) => ({ row, at: `${at}/${place}` })).filter(({ row }) => options.only?.(row) ?? true);
  if (options.newest) rows.reverse();
  if (rows.length === 0) return h('p', { class: 'empty', text: options.empty ?? t('empty') });
  const body = h('tbody', {});
  const more = h('button', { type: 'button', class: 'more', onclick: () => show(rows.length) });
  const first = options.first ?? FIRST;

  /** @param {number} count */
  function show(count) {
    body.replaceChildren(...rows.slice(0, count).map((one) => line(options, one)));
    more.textContent = t('show_all', { count: rows.length });
    more.hidden = rows.length <= count;
  }
  const heads = options.columns.map((column) => h('th', { scope: 'col', class: NUMBERS.has(column.kind) ? 'number' : null },
    h('button', { type: 'button', class: 'sort', onclick: (/** @type {Event} */ event) => sort(column, /** @type {HTMLElement} */ (event.currentTarget)) }, column.title)));

  /** @param {Column<R>} column @param {HTMLElement} button */
  function sort(column, button) {
    const head = /** @type {HTMLElement} */ (button.parentElement);
    const rises = head.ariaSort === 'descending';
    for (const other of heads) other.ariaSort = null;
    head.ariaSort = rises ? 'ascending' : 'descending';
    const of = (/** @type {{at: string}} */ one) => valueAt(options.answer.body, `${one.at}/${column.at}`);
    rows = rows.toSorted((one, other) => (rises ? 1 : -1) * ordered(of(one), of(other), NUMBERS.has(column.kind)));
    show(body.children.length);
  }
  show(first);
  return h('div', { class: 'table' }, h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': options.label },
    h('table', {}, h('caption', { class: 'quiet', text: options.label }), h('thead', {}, h('tr', {}, heads)), body)), more);
}

/** Nothing comes last. @param {any} one @param {any} other @param {boolean} isNumber */
function ordered(one, other, isNumber) {
  if (one === null || one === undefined || other === null || other === undefined) return one === other ? 0 : one === null || one === undefined ? -1 : 1;
  return isNumber ? compare(String(one), String(other)) : String(one).localeCompare(String(other));
}

/**
 * @template R
 * @param {Options<R>} options @param {{row: R, at: string}} one
 */
function line(options, { row, at }) {
  const cells = options.columns.map((column, place) => {
    const told = value(options.answer, `${at}/${column.at}`, column.kind, column.family);
    const href = column.href?.(row);
    const content = href ? h('a', { href }, told) : column.open ? h('button', { type: 'button', class: 'inline', onclick: () => column.open?.(row) }, told) : told;
    const props = { class: NUMBERS.has(column.kind) ? 'number' : null, data: { title: column.title } };
    return place === 0 ? h('th', { scope: 'row', ...props }, content) : h('td', props, content);
  });
  return h('tr', { class: options.mark?.(row) }, cells);
}
