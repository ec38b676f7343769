// What a page is drawn by, such as its currencies, is looked at once, when it is drawn. Where a later answer has another, the page is
// drawn anew.

import { cached } from '../ask.js';
import { drawAnew } from '../view.js';

/**
 * Watches an answer while the page is live, as its panels do theirs.
 * @template B
 * @param {import('../view.js').View} view @param {import('../../types/shapes').Call<B>} call
 * @param {B} body what the page was drawn by @param {(body: B) => string[]} keys what of it decides how it is drawn, in any order
 * @param {boolean} [isLive] whether it is asked again; else it is given what came by another way
 */
export function watch(view, call, body, keys, isLive = true) {
  const told = (/** @type {B} */ one) => [...new Set(keys(one))].sort().join('\n');
  const was = told(body);
  let isDone = false;
  const give = (/** @type {import('../../types/shapes').Answer<any>[]} */ answers) => {
    if (isDone || answers.every((answer) => told(answer.body) === was)) return;
    isDone = true;
    drawAnew(view);
  };
  // Where there is no answer, the next look asks again.
  const ask = (/** @type {boolean} */ again) => cached(call, again).then((answer) => give([answer]), () => {});
  view.ends.push(() => { isDone = true; });
  view.panels.push({ ask, give, calls: [call], isLive });
}
