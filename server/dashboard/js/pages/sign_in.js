// Where nobody knows who asks: a key or a token is asked for. It stays in this tab.

import { fill, h } from '../dom.js';
import * as session from '../session.js';
import { choose, language, t } from '../words.js';

/** @param {HTMLElement} root @param {() => void} restart @param {boolean} isRefused whether there was a key and it is not known */
export function signIn(root, restart, isRefused) {
  const input = h('input', { type: 'password', id: 'key', name: 'key', autocomplete: 'off', spellcheck: 'false', required: true, 'aria-describedby': 'key-note' });
  const other = language() === 'en' ? 'zh' : 'en';
  const form = h('form', { onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    if (session.keep(input.value)) restart();
    else signIn(root, restart, true);
  } },
  h('h1', { text: t('sign_in_title') }),
  h('label', { for: 'key', text: t('key') }), input,
  h('p', { class: 'note', id: 'key-note', text: t('key_note') }),
  isRefused ? h('p', { class: 'failed', role: 'alert', text: t('key_refused') }) : null,
  h('button', { type: 'submit', class: 'primary', text: t('sign_in') }));
  fill(root, h('main', { class: 'alone' }, h('p', { class: 'brand' }, h('span', { class: 'mark', 'aria-hidden': 'true' }), 'merchant-ledger'), form, h('button', { type: 'button', class: 'tool', lang: other === 'zh' ? 'zh-CN' : 'en', onclick: () => {
    choose(other);
    restart();
  } }, other === 'zh' ? '简体中文' : 'English')));
  session.forget();
  document.title = `${t('sign_in')} · merchant-ledger`;
  input.focus();
}
