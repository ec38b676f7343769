// The one table: sortable by each heading, cards on a phone, the first rows until more are asked for. Its order and how many rows
// it shows are kept by the panel.

import { valueAt } from '../ask.js';
import { h } from '../dom.js';
import { compare } from '../money.js';
import { t } from '../words.js';
import { keptOf } from './kept.js';
import { bound } from './rows.js';
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
  const unsorted = options.rows.map((row, place) => ({ row, at: `${at}/${place}` })).filter(({ row }) => options.only?.(row) ?? true);
  if (options.newest) unsorted.reverse();
  if (unsorted.length === 0) return h('p', { class: 'empty', text: options.empty ?? t('empty') });
  const { kept, askMore } = keptOf(options.label);
  const { columns } = options;
  // Of an answer that has changed elsewhere the table is not drawn anew: what is marked in it stays marked.
  const seen = JSON.stringify([options.answer.call, unsorted, unsorted.map(({ row }) => options.mark?.(row)), options.answer.body.next, options.answer.body.total]);
  if (kept.element && kept.seen === seen) return kept.element;
  let rows = unsorted;
  const body = h('tbody', {});
  const more = bound(options.answer, at === '/rows' && !options.only, askMore, () => {
    kept.count = Infinity;
    show(shown());
  });

  /** @param {number} count */
  function show(count) {
    body.replaceChildren(...rows.slice(0, count).map((one) => line(options, one)));
    more.shown(rows.length, count);
  }
  const shown = () => kept.count ?? options.first ?? FIRST;
  const heads = columns.map((column) => h('th', { scope: 'col', class: NUMBERS.has(column.kind) ? 'number' : null },
    h('button', { type: 'button', class: 'sort', onclick: () => turn(column) }, column.title)));
  // Where a row is a card there are no headings to press.
  const by = h('select', { onchange: () => order(by.value || undefined, false) }, h('option', { value: '' }, t('as_it_came')), columns.map(({ at: place, title }) => h('option', { value: place }, title)));
  const way = h('button', { type: 'button', class: 'tool', onclick: () => order(kept.by, !kept.rises) });

  /** @param {Column<R>} column */
  const turn = (column) => order(column.at, kept.by === column.at && !kept.rises);

  /** @param {string | undefined} column where the values are that it is ordered by @param {boolean} rises */
  function order(column, rises) {
    [kept.by, kept.rises] = [column, rises];
    sort();
    show(shown());
  }

  function sort() {
    const place = columns.findIndex((column) => column.at === kept.by);
    const rank = columns[place]?.rank;
    const isNumber = Boolean(rank) || NUMBERS.has(columns[place]?.kind);
    const of = (/** @type {{at: string}} */ one) => {
      const found = valueAt(options.answer.body, `${one.at}/${kept.by}`);
      return rank && typeof found === 'string' ? rank.indexOf(found) : found;
    };
    rows = place < 0 ? unsorted : unsorted.toSorted((one, other) => (kept.rises ? 1 : -1) * ordered(of(one), of(other), isNumber));
    heads.forEach((head, one) => { head.ariaSort = one === place ? (kept.rises ? 'ascending' : 'descending') : null; });
    by.value = place < 0 ? '' : kept.by ?? '';
    way.textContent = t(kept.rises ? 'rising' : 'falling');
    way.hidden = place < 0;
  }
  sort();
  show(shown());
  const element = h('div', { class: 'table' }, rows.length < 2 ? null : h('div', { class: 'order' }, h('label', {}, h('span', { text: t('order') }), by), way),
    h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': options.label },
      h('table', {}, h('caption', { class: 'quiet', text: options.label }), h('thead', {}, h('tr', {}, heads)), body)), more.element);
  [kept.seen, kept.element] = [seen, element];
  element.addEventListener('printing', () => show(Infinity));
  element.addEventListener('printed', () => show(shown()));
  return element;
}

/** On paper there is nothing to press: all rows that are loaded. */
for (const [event, told] of /** @type {const} */ ([['beforeprint', 'printing'], ['afterprint', 'printed']])) {
  addEventListener(event, () => document.querySelectorAll('.table').forEach((one) => one.dispatchEvent(new Event(told))));
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
