// A merchant: what it can be paid, when, and why not the rest. Without one in the address, those that there are.

import { to } from '../address.js';
import { cached, call } from '../ask.js';
import { h } from '../dom.js';
import { search, tabs } from '../parts/choose.js';
import { panel } from '../parts/panel.js';
import { table } from '../parts/table.js';
import { current, has } from '../session.js';
import { code, t } from '../words.js';
import { contractOf } from './contract.js';
import { balances } from './merchant/balances.js';
import { journalTab } from './merchant/journal.js';
import { payments } from './merchant/payments.js';
import { payouts } from './merchant/payouts.js';
import { statements } from './merchant/statements.js';
import { holds } from './merchant/holds.js';

/** @typedef {import('../view.js').View} View */

/** What is told of a merchant, each under its name in the address. */
const TABS = { balances, payments, payouts, holds, journal: journalTab, statements };
/** @typedef {keyof typeof TABS} Tab */
/** Tabs of which each one has an address. @type {Partial<Record<Tab, (one: string) => string>>} */
const ONES = { payments: (payment) => t('life_of', { payment }), payouts: (payout) => t('payout_of', { payout }) };

/** Whether there is such a tab. @param {string} name @returns {name is Tab} */
export const isTab = (name) => Object.hasOwn(TABS, name);

/** What is looked at by an address. @param {string[]} path */
function asked([named, tab = 'balances', ...rest]) {
  const only = current().merchants;
  return { id: named ?? (only?.length === 1 ? only[0] : undefined), tab: isTab(tab) ? tab : /** @type {const} */ ('balances'), rest };
}

/** What of which merchant is looked at, for the title of the document. @param {string[]} path */
export function merchantTitle(path) {
  const { id, tab, rest: [one] } = asked(path);
  if (!id) return [];
  return [(one && ONES[tab]?.(one)) || t(`tab.${tab}`), id];
}

/** @param {View} view */
export async function merchant(view) {
  const only = current().merchants;
  const { id, tab, rest } = asked(view.path);
  if (!id) return only ? ownMerchants(only) : list(view);
  const first = await cached(call('/v1/merchants/{merchant}/balances', { merchant: id }, { as_of: tab === 'balances' ? view.query.as_of : undefined }));
  const links = /** @type {Tab[]} */ (Object.keys(TABS)).map((name) => ({ words: t(`tab.${name}`), href: to(['merchant', id, name]), isChosen: name === tab }));
  const holder = first.body.holder;
  const name = h('h2', { class: 'merchant-name' }, h('span', { text: id }));
  if (has('bank')) void nameOf(id).then((known) => known && name.append(' ', h('small', { text: known })), () => {});
  return [
    h('div', { class: 'who-is' }, name, h('p', { class: 'note', text: t('held_by', { holder: holder.kind === 'psp' ? code('book', `psp:${holder.psp}`) : code('book', 'bank') }) }),
      only && only.length < 2 ? null : h('a', { class: 'tool', href: to(['merchant']) }, t('other_merchant'))),
    tabs(t('of_merchant'), links),
    await TABS[tab]({ ...view, path: rest }, id, first.body),
  ];
}

/** A merchant's name, which the bank is told. @param {string} id */
async function nameOf(id) {
  const contract = /** @type {{ name?: string } | undefined} */ (await contractOf(id));
  return contract?.name;
}

/** @param {string[]} merchants */
function ownMerchants(merchants) {
  return h('section', { class: 'panel' }, h('header', {}, h('h2', { text: t('your_merchants') })), h('ul', { class: 'links' }, merchants.map((id) => h('li', {}, h('a', { href: to(['merchant', id]) }, id)))));
}

/** @param {View} view */
function list(view) {
  const { q, mcc, model, partner } = view.query;
  const asked = call('/v1/merchants', {}, { q, mcc, model, partner, limit: '100' });
  return [
    search(t('search'), [{ name: 'q', label: t('name_or_id') }, { name: 'mcc', label: t('mcc'), pattern: '\\d{4}' }, { name: 'partner', label: t('partner') }], view.query),
    panel(view, { id: 'merchants', title: t('merchants'), note: t('merchants_note'), calls: [asked], live: true, draw: (answer) => table({ label: t('merchants'), answer, rows: answer.body.rows, first: 20, empty: t('no_merchants'), columns: [
      { at: 'merchant', title: t('merchant'), kind: 'id', href: (row) => to(['merchant', row.merchant]) },
      { at: 'name', title: t('name') },
      { at: 'model', title: t('model'), kind: 'code', family: 'model' },
      { at: 'contract/mcc', title: t('mcc'), kind: 'code', family: 'mcc' },
      { at: 'contract/region', title: t('region') },
      { at: 'contract/currency', title: t('currency') },
      { at: 'contract/plan', title: t('plan') },
    ] }) }),
  ];
}
