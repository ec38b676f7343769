// The merchant's journal: every entry, its lines and their reasons; by account.

import { h } from '../../dom.js';
import { select } from '../../parts/choose.js';
import { journal } from '../../parts/journal.js';
import { code, t } from '../../words.js';

/** The accounts of a merchant's own money. */
const OWN = ['2020', '2010', '2030', '2040', '2045', '2050', '1050', '9010', '9020'];

/** @param {import('../../view.js').View} view @param {string} id */
export function journalTab(view, id) {
  const { account, from, to } = view.query;
  const codes = account && OWN.includes(account) ? (account.startsWith('9') ? [account, account.slice(0, 3) + '1'] : [account]) : undefined;
  const choices = [{ value: '', words: t('every_account') }, ...OWN.map((number) => ({ value: number, words: `${number} ${code('account', number)}` }))];
  return h('section', { class: 'panel wide' }, h('header', {}, h('h2', { text: t('tab.journal') }), h('div', { class: 'choices' }, select(t('account'), 'account', codes ? account ?? '' : '', choices))), journal({ merchant: id, from, to, codes }));
}
