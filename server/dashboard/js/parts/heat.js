// A heat map is a table whose cells are shaded by their size: numbers that can be read, marked and heard.

import { h } from '../dom.js';
import { t } from '../words.js';
import { value } from './value.js';

/** @typedef {{ key: string | number, words: string }} Name */
/** @typedef {{ at: string, size: number, kind?: import('../../types/shapes').Kind }} Cell */

/** A screen on which days stand above hours. */
const narrow = matchMedia('(max-width: 700px)');

/**
 * @template {string | number} L
 * @template {string | number} C
 * @param {{ label: string, corner: string, answer: import('../../types/shapes').Answer<any>, lines: { key: L, words: string }[], columns: { key: C, words: string }[], cell: (line: L, column: C) => Cell | undefined, turns?: boolean }} options
 */
export function heat({ label, corner, answer, lines, columns, cell, turns }) {
  const sizes = lines.flatMap((line) => columns.map((column) => cell(line.key, column.key)?.size ?? 0));
  const most = Math.max(1, ...sizes);
  const place = h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label });
  const one = (/** @type {L} */ line, /** @type {C} */ column) => {
    const found = cell(line, column);
    if (!found) return h('td', { class: 'nothing', title: t('left_out') }, '·');
    const element = h('td', { class: 'heat' }, value(answer, found.at, found.kind ?? 'count'));
    element.style.setProperty('--heat', `${Math.round((found.size / most) * 100)}%`);
    return element;
  };
  const draw = () => {
    const isTurned = Boolean(turns) && narrow.matches;
    const [across, down] = isTurned ? [lines, columns] : [columns, lines];
    const head = h('tr', {}, h('th', { scope: 'col', text: corner }), across.map((name) => h('th', { scope: 'col', text: name.words })));
    const body = down.map((name) => h('tr', {}, h('th', { scope: 'row', text: name.words }), across.map((other) => (isTurned ? one(/** @type {L} */ (other.key), /** @type {C} */ (name.key)) : one(/** @type {L} */ (name.key), /** @type {C} */ (other.key))))));
    place.replaceChildren(h('table', { class: 'heat-map' }, h('caption', { class: 'quiet', text: label }), h('thead', {}, head), h('tbody', {}, body)));
  };
  draw();
  const turned = () => (place.isConnected ? draw() : narrow.removeEventListener('change', turned));
  if (turns) narrow.addEventListener('change', turned);
  return place;
}
