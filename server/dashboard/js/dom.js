// Elements, made from code alone: no text ever becomes markup, and no style stands in an attribute, which the page's
// Content-Security-Policy would not take.

import { keepingFocus } from './focus.js';

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Child | readonly Child[]} Some */
/** @typedef {Some | readonly Some[]} More */
/** @typedef {More | readonly More[]} Children */

/**
 * An element. `on…` are listeners, `data` its data attributes, `text` its text; `false`, `null` and `undefined` leave an attribute out.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [props]
 * @param {...Children} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'data') Object.assign(element.dataset, value);
    else if (name === 'text') element.textContent = String(value);
    else if (name === 'value' && 'value' in element) /** @type {any} */ (element).value = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...flat(children));
  return element;
}

/** @param {readonly Children[]} children @returns {(Node | string)[]} */
function flat(children) {
  return /** @type {Child[]} */ (children.flat(9)).filter((child) => child !== null && child !== undefined && child !== false).map((child) => (child instanceof Node ? child : String(child)));
}

/**
 * Puts children in the place of what an element has, and the focus back where it was. What it has already is not taken out for that,
 * so that what is marked in it stays marked.
 * @param {Element} element
 * @param {...Children} children
 */
export function fill(element, ...children) {
  const nodes = flat(children);
  keepingFocus(element, () => {
    for (const had of [...element.childNodes]) if (!nodes.includes(had)) had.remove();
    let next = element.firstChild;
    for (const node of nodes) {
      if (node === next) next = next.nextSibling;
      else element.insertBefore(node instanceof Node ? node : document.createTextNode(node), next);
    }
  });
}

/** Paths of icons on a grid of 24, drawn by strokes. */
const ICONS = {
  overview: 'M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z',
  merchant: 'M4 9l1.5-5h13L20 9M4 9v11h16V9M4 9h16M9 20v-6h6v6',
  exposure: 'M12 3l8 3v6c0 5-3.5 8-8 9-4.5-1-8-4-8-9V6zM12 8v5M12 16.5v.01',
  fees: 'M5 19L19 5M7.5 8.5a1.5 1.5 0 100-3 1.5 1.5 0 000 3zM16.5 18.5a1.5 1.5 0 100-3 1.5 1.5 0 000 3z',
  reconciliation: 'M4 8h13l-3-3M20 16H7l3 3',
  consumption: 'M6 8h12l1 12H5zM9 8V6a3 3 0 016 0v2',
  operations: 'M4 12h4l2-6 4 12 2-6h4',
  menu: 'M4 7h16M4 12h16M4 17h16',
  sun: 'M12 8a4 4 0 100 8 4 4 0 000-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2',
  moon: 'M20 14A8 8 0 0110 4a8 8 0 1010 10z',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  file: 'M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14',
  close: 'M6 6l12 12M18 6L6 18',
  link: 'M10 14a4 4 0 006 0l3-3a4 4 0 00-6-6l-1 1M14 10a4 4 0 00-6 0l-3 3a4 4 0 006 6l1-1',
  out: 'M10 4H5v16h5M14 8l4 4-4 4M9 12h9',
};

/** @typedef {keyof typeof ICONS} IconName */

/** An icon beside words that say the same, so it is hidden from readers. @param {IconName} name */
export function icon(name) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  for (const [key, value] of Object.entries({ viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true', focusable: 'false' })) svg.setAttribute(key, value);
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}
