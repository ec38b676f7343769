// Streams: what the service writes to topics, and how far each is, as its metrics tell.

import { send } from '../ask.js';
import { fill, h } from '../dom.js';
import { t } from '../words.js';

/** @param {import('../view.js').View} view */
export function streams(view) {
  const content = h('div', { class: 'content' });
  const element = h('section', { class: 'panel wide', data: { panel: 'streams' } }, h('header', {}, h('h2', { text: t('streams') })), h('p', { class: 'note', text: t('streams_note') }), content);
  const ask = async () => {
    try {
      const text = await (await send('/metrics', 'text/plain')).text();
      fill(content, listed(text));
    } catch {
      element.remove();
    }
  };
  view.panels.push({ ask, give: () => {}, calls: ['/metrics'], isLive: true });
  void ask();
  return element;
}

/** @param {string} text */
function listed(text) {
  const lines = text.split('\n').filter((line) => /^merchant_ledger_(stream|webhook)s?_/.test(line)).map((line) => /^merchant_ledger_(\w+?)(?:\{(.*)\})? (\S+)$/.exec(line)).filter((found) => found !== null);
  if (lines.length === 0) return h('p', { class: 'empty', text: t('no_streams') });
  return h('dl', { class: 'facts' }, lines.map(([, name, labels, amount]) => h('div', {}, h('dt', { text: [name, labels?.replaceAll('"', '')].filter(Boolean).join(' · ') }), h('dd', { text: amount ?? '' }))));
}
