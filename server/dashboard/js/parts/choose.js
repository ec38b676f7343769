// Choices that stand in the address: tabs, and lists of keys to group by.

import * as address from '../address.js';
import { h } from '../dom.js';
import { onChosen } from './chosen.js';

/** How long a list rests until what the keyboard walked to is taken. */
const PAUSE_MS = 600;

/**
 * Tabs of a few choices.
 * @param {string} label what is chosen, for readers
 * @param {{ words: string, href: string, isChosen: boolean }[]} choices
 */
export function tabs(label, choices) {
  return h('nav', { class: 'tabs', 'aria-label': label }, choices.map(({ words, href, isChosen }) => h('a', { href, 'aria-current': isChosen ? 'true' : null }, words)));
}

/**
 * A list of which one is chosen; the choice goes into the address under its name.
 * @param {string} label @param {string} name @param {string} chosen @param {{ value: string, words: string }[]} choices
 */
export function select(label, name, chosen, choices) {
  const element = h('select', { name }, choices.map(({ value, words }) => h('option', { value, selected: value === chosen }, words)));
  onChosen(element, PAUSE_MS, () => address.change({ [name]: element.value }));
  return h('label', {}, h('span', { text: label }), element);
}

/**
 * Fields whose texts go into the address together.
 * @param {string} submit @param {{ name: string, label: string, type?: string, pattern?: string }[]} fields @param {Record<string, string>} query
 */
export function search(submit, fields, query) {
  const inputs = fields.map(({ name, label, type, pattern }) => ({ name, label, input: h('input', { name, type: type ?? 'search', pattern, value: query[name] ?? '' }) }));
  return h('form', { class: 'search', role: 'search', onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    address.change(Object.fromEntries(inputs.map(({ name, input }) => [name, input.value.trim() || undefined])));
  } }, inputs.map(({ label, input }) => h('label', {}, h('span', { text: label }), input)), h('button', { type: 'submit', class: 'tool', text: submit }));
}
