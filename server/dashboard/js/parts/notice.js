// A short word at the page's foot, which readers hear as well.

import { h } from '../dom.js';

/** How long it stays. */
const STAYS_MS = 6_000;

const place = h('div', { class: 'notices', role: 'status', 'aria-live': 'polite' });

/** Where it is shown. */
export const noticePlace = () => place;

/** @param {...(string | Node)} words */
export function say(...words) {
  const notice = h('p', { class: 'notice' }, words);
  place.append(notice);
  setTimeout(() => notice.remove(), STAYS_MS);
}
