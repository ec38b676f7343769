// The one dialog: from the side on a desk, the whole screen on a phone. Escape closes it, and the focus goes back.

import { fill, h, icon } from '../dom.js';
import { t } from '../words.js';

const content = h('div', { class: 'content' });
const title = h('h2', { id: 'dialog-title' });
const element = h('dialog', { class: 'side', 'aria-labelledby': 'dialog-title' });

/** Its element, which the page has once. */
export const dialogPlace = () => element;

/** @param {string} words @param {...import('../dom.js').Children} children */
export function openDialog(words, ...children) {
  title.textContent = words;
  fill(content, ...children);
  if (element.childElementCount === 0) {
    const close = h('button', { type: 'button', class: 'tool close', onclick: () => element.close() }, icon('close'), h('span', { class: 'quiet' }));
    element.append(h('header', {}, title, close), content);
    // A click beside it closes it, too.
    element.addEventListener('click', (event) => event.target === element && element.close());
  }
  /** @type {HTMLElement} */ (element.querySelector('.close span')).textContent = t('close');
  content.scrollTop = 0;
  if (!element.open) element.showModal();
}

export const closeDialog = () => element.close();
