// Chargebacks: the rate and whose it is.

import { to } from '../address.js';
import { call } from '../ask.js';
import { compare } from '../money.js';
import { panel } from '../parts/panel.js';
import { table } from '../parts/table.js';
import { t } from '../words.js';

/** The rates, in percent of sales by number, from which it is watched, and near which the schemes' monitoring programmes begin. */
const WATCHED = '0.65';
const MONITORED = '0.90';

/** The tone of a rate. @param {string | null | undefined} rate @returns {'good' | 'warn' | 'bad' | undefined} */
export function rateTone(rate) {
  if (rate === null || rate === undefined) return undefined;
  return compare(rate, MONITORED) >= 0 ? 'bad' : compare(rate, WATCHED) >= 0 ? 'warn' : 'good';
}

/** What marks a row of each tone. */
const MARKS = { good: undefined, warn: 'severity-warning', bad: 'severity-critical' };

/** Every merchant and book, the highest rate first. @param {import('../view.js').View} view @param {string} currency */
export function chargebacksPanel(view, currency) {
  const asked = call('/v1/fee-income', {}, { group_by: 'merchant', from: view.query.from, to: view.query.to, currency, sort: '-chargeback_percent', limit: '100' });
  const mark = (/** @type {string | null | undefined} */ rate) => MARKS[rateTone(rate) ?? 'good'];
  return panel(view, { id: 'chargebacks', title: t('chargebacks_by_merchant'), note: t('chargebacks_note'), calls: [asked], draw: (answer) => table({ label: t('chargebacks_by_merchant'), answer, rows: answer.body.rows, first: 5, mark: (row) => mark(row.chargeback_percent), columns: [
    { at: 'merchant', title: t('merchant'), kind: 'id', href: (row) => (row.merchant ? to(['merchant', row.merchant, 'holds']) : undefined) },
    { at: 'merchant_name', title: t('name') },
    { at: 'book', title: t('book'), kind: 'code', family: 'book' },
    { at: 'chargeback_percent', title: t('chargeback_rate'), kind: 'percent' },
    { at: 'chargebacks/count', title: t('chargebacks'), kind: 'count' },
    { at: 'sales/count', title: t('sales_count'), kind: 'count' },
    { at: 'chargebacks/volume', title: t('charged_back'), kind: 'money' },
    { at: 'sales/volume', title: t('volume'), kind: 'money' },
  ] }) });
}
