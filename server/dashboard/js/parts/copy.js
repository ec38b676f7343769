// What leaves the page: the clipboard and files.

import { asCurl, send } from '../ask.js';
import { h, icon } from '../dom.js';
import { t } from '../words.js';
import { say } from './notice.js';
import { tellFailure } from './failure.js';

/** @param {string} text @param {string} said */
export async function copy(text, said) {
  try {
    await navigator.clipboard.writeText(text);
    say(said);
  } catch {
    // A page that is served without TLS, from another machine, has no clipboard: the text can be marked by hand.
    say(text);
  }
}

/** A button that copies calls for a terminal. @param {string[]} calls */
export function curlButton(calls) {
  const text = calls.map(asCurl).join('\n');
  return h('button', { type: 'button', class: 'tool', title: text, 'aria-label': t('copy_curl'), onclick: () => copy(text, t('copied_curl')) }, icon('copy'), 'curl');
}

/**
 * A button that saves an answer as a file.
 * @param {string} words @param {string} call @param {string} accept @param {string} name @param {string} [label]
 */
export function fileButton(words, call, accept, name, label) {
  return h('button', { type: 'button', class: 'tool', 'aria-label': label ?? words, onclick: () => save(call, accept, name) }, icon('file'), words);
}

/** @param {string} call @param {string} accept @param {string} name */
async function save(call, accept, name) {
  try {
    const response = await send(call, accept);
    const address = URL.createObjectURL(await response.blob());
    const link = h('a', { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    // The browser has taken it by then.
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  } catch (error) {
    say(tellFailure(error));
  }
}

/**
 * The call for the whole table as CSV: without the page's bound on rows, in its order and with its filters. Of such a call it
 * is the same again.
 * @param {string} call
 */
export function csvCall(call) {
  const [path = '', query = ''] = call.split('?');
  const pairs = query.split('&').filter((pair) => pair && !/^(limit|cursor|format)=/.test(pair));
  return `${path}?${[...pairs, 'format=csv'].join('&')}`;
}

/** @param {string} call */
export const csvButton = (call) => fileButton('CSV', csvCall(call), 'text/csv', call.split('?')[0]?.split('/').slice(2).join('-') + '.csv', t('save_csv'));
