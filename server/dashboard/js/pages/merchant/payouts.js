// Payouts: what was paid, what each consists of, and what would go next.

import { to } from '../../address.js';
import { call } from '../../ask.js';
import { h } from '../../dom.js';
import { isNothing } from '../../money.js';
import { figure, figures } from '../../parts/figure.js';
import { panel } from '../../parts/panel.js';
import { table } from '../../parts/table.js';
import { value } from '../../parts/value.js';
import { watch } from '../../parts/watch.js';
import { code, t } from '../../words.js';
import { plainFigure } from '../plain_figure.js';

/** @typedef {import('../../view.js').View} View */
/** @typedef {import('../../parts/explain.js').Lines} Lines */
/** @typedef {import('../../../types/shapes').Shapes} Shapes */
/** @typedef {import('../../../types/shapes').Answer<Shapes['PayoutComposed']>} Detail */
/** @typedef {import('../../../types/shapes').Answer<import('../../../types/shapes').BodyOf<'/v1/merchants/{merchant}/payouts/{payout}/items'>>} Items */

/** @param {View} view @param {string} id @param {Shapes['Balances']} first */
export function payouts(view, id, first) {
  const payout = view.path[0];
  if (payout) return one(view, id, payout);
  const { from, to: until } = view.query;
  watch(view, call('/v1/merchants/{merchant}/balances', { merchant: id }, {}), first, (body) => body.balances.map((one) => `${one.currency}.${one.book}`));
  return [
    // Each account is paid out by itself.
    first.balances.length === 0 ? next(view, id) : first.balances.map((account) => next(view, id, account, first.balances.length > 1)),
    panel(view, { id: 'payouts', title: t('payouts'), note: t('payouts_note'), calls: [call('/v1/merchants/{merchant}/payouts', { merchant: id }, { from, to: until, limit: '100' })], live: true, draw: (answer) => table({ label: t('payouts'), answer, rows: answer.body.rows, first: 20, empty: t('no_payouts'), columns: [
      { at: 'payout', title: t('payout'), kind: 'id', href: (row) => to(['merchant', id, 'payouts', row.payout]) },
      { at: 'state', title: t('state'), kind: 'code', family: 'state' },
      { at: 'amount', title: t('amount'), kind: 'money' },
      { at: 'currency', title: t('currency') },
      { at: 'initiated_on', title: t('initiated_on'), kind: 'date' },
      { at: 'closed_on', title: t('closed_on'), kind: 'date' },
      { at: 'destination', title: t('destination') },
    ] }) }),
  ];
}

/**
 * What would go if all that is payable in an account were paid out now; without one, in that of the contract.
 * @param {View} view @param {string} id @param {{ currency: string, book: string }} [account] @param {boolean} [isOneOfMany]
 */
function next(view, id, account, isOneOfMany) {
  const names = { merchant: id };
  const of = { currency: account?.currency, book: account?.book };
  const asked = /** @type {const} */ ([call('/v1/merchants/{merchant}/payouts/next', names, of), call('/v1/merchants/{merchant}/payouts/next/items', names, { ...of, limit: '100' })]);
  const title = account && isOneOfMany ? t('next_payout_of', { currency: account.currency, book: code('book', account.book) }) : t('next_payout');
  return panel(view, { id: account && isOneOfMany ? `next-${account.currency}-${account.book}` : 'next', title, note: t('next_payout_note'), calls: asked, csv: asked[1], live: true, draw: (detail, items) => {
    const { currency, book } = detail.body;
    return [...sums(detail, { merchant: id, codes: ['2020'], currency, book }), itemsTable(items, id)];
  } });
}

/** @param {View} view @param {string} id @param {string} payout */
function one(view, id, payout) {
  const names = { merchant: id, payout };
  const asked = /** @type {const} */ ([call('/v1/merchants/{merchant}/payouts/{payout}', names, {}), call('/v1/merchants/{merchant}/payouts/{payout}/items', names, { limit: '1000' })]);
  return [
    h('a', { class: 'tool back', href: to(['merchant', id, 'payouts']) }, t('all_payouts')),
    panel(view, { id: 'payout', title: t('payout_of', { payout }), calls: [asked[0]], csv: false, live: true, draw: (detail) => about(detail, id) }),
    panel(view, { id: 'items', title: t('consists_of'), note: t('consists_note'), calls: asked, csv: asked[1], draw: (detail, items) => [...sums(detail, initiated(detail, id)), itemsTable(items, id)] }),
  ];
}

/** The lines that initiated a payout. @param {Detail} detail @param {string} id @returns {Lines} */
function initiated({ body }, id) {
  const on = body.initiated_on ?? undefined;
  return { merchant: id, from: on, to: on, types: ['payout_initiated'], codes: ['2050'], currency: body.currency, book: body.book };
}

/** The tone of each state: a payout that failed or came back has not reached the merchant. @type {Record<string, 'good' | 'warn' | 'bad'>} */
const TONES = { initiated: 'warn', paid: 'good', failed: 'bad', returned: 'bad' };

/** What has become of a payout. @param {Detail} detail @param {string} id */
function about(detail, id) {
  const { currency, book, state, closed_on: closed } = detail.body;
  const tone = TONES[state ?? ''];
  /** @type {Lines | undefined} */
  const closing = closed ? { merchant: id, from: closed, to: closed, types: ['payout_paid', 'payout_failed', 'payout_returned'], codes: ['2050', '2040'], currency, book } : undefined;
  return [
    figures(
      figure({ label: t('amount'), answer: detail, at: '/amount', currency, tone, lines: initiated(detail, id) }),
      plainFigure({ label: t('state'), told: value(detail, '/state', 'code', 'state'), note: code('payout_note', state), tone }),
      figure({ label: t('initiated_on'), answer: detail, at: '/initiated_on', kind: 'date', lines: initiated(detail, id) }),
      figure({ label: t('closed_on'), answer: detail, at: '/closed_on', kind: 'date', lines: closing })),
    h('dl', { class: 'facts' }, h('div', {}, h('dt', { text: t('destination') }), h('dd', {}, value(detail, '/destination')))),
  ];
}

/** @param {Detail} detail @param {Lines} lines those behind its amount */
function sums(detail, lines) {
  const { currency, summary } = detail.body;
  return [
    figures(
      figure({ label: t('amount'), answer: detail, at: '/amount', currency, tone: detail.body.state || isNothing(detail.body.amount) ? undefined : 'good', lines }),
      figure({ label: t('carried_over'), answer: detail, at: '/carried_over', currency, note: t('carried_over_note') }),
      figure({ label: t('carried_on'), answer: detail, at: '/carried_on', currency, note: t('carried_on_note') }),
      figure({ label: t('unattributed'), answer: detail, at: '/unattributed', currency })),
    summary.length === 0 ? null : table({ label: t('summary'), answer: detail, at: '/summary', rows: summary, columns: [{ at: 'kind', title: t('kind'), kind: 'code', family: 'item' }, { at: 'count', title: t('count'), kind: 'count' }, ...parts()] }),
  ];
}

/** The parts of an item. @returns {import('../../../types/shapes').Column<any>[]} */
const parts = () => [
  { at: 'gross', title: t('gross'), kind: 'money' }, { at: 'refunds', title: t('refunds'), kind: 'money' }, { at: 'disputes', title: t('disputes'), kind: 'money' },
  { at: 'fees', title: t('fees'), kind: 'money' }, { at: 'reserve', title: t('reserved'), kind: 'money' }, { at: 'other', title: t('other'), kind: 'money' }, { at: 'net', title: t('net'), kind: 'money' },
];

/** @param {Items} items @param {string} id */
function itemsTable(items, id) {
  return table({ label: t('items'), answer: items, rows: items.body.rows, first: 15, empty: t('no_items'), columns: [
    { at: 'id', title: t('item'), kind: 'id', href: (row) => (row.kind === 'payment' && row.id ? to(['merchant', id, 'payments', row.id]) : row.kind === 'payout' && row.id ? to(['merchant', id, 'payouts', row.id]) : undefined) },
    { at: 'kind', title: t('kind'), kind: 'code', family: 'item' },
    { at: 'occurred_at', title: t('occurred_at'), kind: 'moment' },
    ...parts(),
  ] });
}
