// Payouts: what was paid, what each consists of, and what would go next.

import { to } from '../../address.js';
import { call } from '../../ask.js';
import { h } from '../../dom.js';
import { figure, figures } from '../../parts/figure.js';
import { panel } from '../../parts/panel.js';
import { table } from '../../parts/table.js';
import { t } from '../../words.js';

/** @typedef {import('../../view.js').View} View */
/** @typedef {import('../../../types/shapes').Answer<import('../../../types/shapes').BodyOf<'/v1/merchants/{merchant}/payouts/{payout}'>>} Detail */
/** @typedef {import('../../../types/shapes').Answer<import('../../../types/shapes').BodyOf<'/v1/merchants/{merchant}/payouts/{payout}/items'>>} Items */

/** @param {View} view @param {string} id */
export function payouts(view, id) {
  const payout = view.path[0];
  if (payout) return one(view, id, payout);
  const { from, to: until } = view.query;
  return [
    next(view, id),
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

/** What would go if all that is payable were paid out now. @param {View} view @param {string} id */
function next(view, id) {
  const names = { merchant: id };
  const asked = /** @type {const} */ ([call('/v1/merchants/{merchant}/payouts/next', names, {}), call('/v1/merchants/{merchant}/payouts/next/items', names, { limit: '100' })]);
  return panel(view, { id: 'next', title: t('next_payout'), note: t('next_payout_note'), calls: asked, csv: asked[1], live: true, draw: (detail, items) => [...sums(detail, id), itemsTable(items, id)] });
}

/** @param {View} view @param {string} id @param {string} payout */
function one(view, id, payout) {
  const names = { merchant: id, payout };
  const asked = /** @type {const} */ ([call('/v1/merchants/{merchant}/payouts/{payout}', names, {}), call('/v1/merchants/{merchant}/payouts/{payout}/items', names, { limit: '1000' })]);
  const listed = call('/v1/merchants/{merchant}/payouts', { merchant: id }, { limit: '1000' });
  return [
    h('a', { class: 'tool back', href: to(['merchant', id, 'payouts']) }, t('all_payouts')),
    panel(view, { id: 'payout', title: t('payout_of', { payout }), calls: [listed], csv: false, draw: (answer) => {
      const place = answer.body.rows.findIndex((row) => row.payout === payout);
      const row = answer.body.rows[place];
      return row ? figures(figure({ label: t('amount'), answer, at: `/rows/${place}/amount`, currency: row.currency, lines: { merchant: id, from: row.initiated_on, to: row.closed_on ?? undefined, codes: ['2050'], currency: row.currency } }),
        figure({ label: t('initiated_on'), answer, at: `/rows/${place}/initiated_on`, kind: 'date' })) : h('p', { class: 'empty', text: t('no_payouts') });
    } }),
    panel(view, { id: 'items', title: t('consists_of'), note: t('consists_note'), calls: asked, csv: asked[1], draw: (detail, items) => [...sums(detail, id), itemsTable(items, id)] }),
  ];
}

/** @param {Detail} detail @param {string} id */
function sums(detail, id) {
  const { currency, summary } = detail.body;
  return [
    figures(
      figure({ label: t('amount'), answer: detail, at: '/amount', currency, tone: 'good', lines: { merchant: id, codes: ['2020'], currency } }),
      figure({ label: t('carried_over'), answer: detail, at: '/carried_over', currency, note: t('carried_over_note') }),
      figure({ label: t('carried_on'), answer: detail, at: '/carried_on', currency, note: t('carried_on_note') }),
      figure({ label: t('unattributed'), answer: detail, at: '/unattributed', currency })),
    table({ label: t('summary'), answer: detail, at: '/summary', rows: summary, columns: [{ at: 'kind', title: t('kind'), kind: 'code', family: 'item' }, { at: 'count', title: t('count'), kind: 'count' }, ...parts()] }),
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
