// Holds and disputes: money that is kept because of something, and what became of it. And what taking payments cost, by day.

import { to } from '../../address.js';
import { call } from '../../ask.js';
import { explain } from '../../parts/explain.js';
import { panel } from '../../parts/panel.js';
import { table } from '../../parts/table.js';
import { t } from '../../words.js';

/** Events that charge for taking a payment, or give some of it back. */
const PAYMENTS = ['sale', 'preauth_completed', 'tip_adjusted', 'void', 'reversal', 'refund', 'refund_failed', 'tier_adjusted'];
/** VAT of every fee is in one account: lines say which fee they are for, and whether they are the VAT in it. @param {...string} fees */
const withVat = (...fees) => fees.flatMap((fee) => [fee, `${fee}_vat`]);
/** What is behind each kind of fee: its events, its income and VAT, and what their lines are for. @type {Record<string, { types: string[], codes?: string[], legs?: string[] }>} */
const FEES = {
  mdr: { types: PAYMENTS, codes: ['4010', '2090'], legs: withVat('mdr', 'refund_fee', 'tier') },
  gateway: { types: PAYMENTS, codes: ['4015', '2090'], legs: withVat('gateway') },
  monthly: { types: ['fee_charged'], codes: ['4020', '2090'], legs: withVat('monthly_fee', 'rental_fee', 'other_fee') },
  dispute: { types: ['chargeback', 'standalone_chargeback', 'dispute_won', 'dispute_lost'], codes: ['4030', '2090'], legs: withVat('dispute_fee') },
  early_release: { types: ['early_release'], codes: ['4040', '2090'], legs: withVat('early_release_fee') },
  waiver: { types: ['fee_waived'], codes: ['4090', '2090'], legs: withVat('waiver') },
  subsidy: { types: ['instalment_subsidy'] },
};

/** @param {import('../../view.js').View} view @param {string} id @param {import('../../../types/shapes').Shapes['Balances']} first */
export function holds(view, id, first) {
  // The rows name no book: it is told where the merchant has one alone in their currency.
  const bookOf = (/** @type {string} */ currency) => {
    const books = first.balances.filter((one) => one.currency === currency).map((one) => one.book);
    return books.length === 1 ? books[0] : undefined;
  };
  const { from, to: until } = view.query;
  const range = { from, to: until, limit: '100' };
  return [
    panel(view, { id: 'holds', title: t('holds'), note: t('holds_note'), calls: [call('/v1/merchants/{merchant}/holds', { merchant: id }, range)], live: true, draw: (answer) => table({ label: t('holds'), answer, rows: answer.body.rows, empty: t('no_holds'), columns: [
      { at: 'hold', title: t('hold'), kind: 'id', open: (row) => explain({ label: row.hold, answer, at: `/rows/${answer.body.rows.indexOf(row)}/amount`, currency: row.currency, lines: { merchant: id, from: row.since, codes: ['2040'], currency: row.currency, book: bookOf(row.currency) } }) },
      { at: 'reason', title: t('reason'), kind: 'code', family: 'reason' },
      { at: 'state', title: t('state'), kind: 'code', family: 'state' },
      { at: 'amount', title: t('held'), kind: 'money' },
      { at: 'placed', title: t('placed'), kind: 'money' },
      { at: 'released', title: t('released'), kind: 'money' },
      { at: 'seized', title: t('seized'), kind: 'money' },
      { at: 'missing', title: t('missing'), kind: 'money' },
      { at: 'currency', title: t('currency') },
      { at: 'since', title: t('since'), kind: 'date' },
      { at: 'expected_release', title: t('expected_release'), kind: 'date' },
    ] }) }),
    panel(view, { id: 'disputes', title: t('disputes'), note: t('disputes_note'), calls: [call('/v1/merchants/{merchant}/disputes', { merchant: id }, range)], live: true, draw: (answer) => table({ label: t('disputes'), answer, rows: answer.body.rows, empty: t('no_disputes'), columns: [
      { at: 'dispute', title: t('dispute'), kind: 'id' },
      { at: 'payment', title: t('payment'), kind: 'id', href: (row) => to(['merchant', id, 'payments', row.payment]) },
      { at: 'state', title: t('state'), kind: 'code', family: 'state' },
      { at: 'amount', title: t('amount'), kind: 'money' },
      { at: 'fee', title: t('dispute_fee'), kind: 'money' },
      { at: 'currency', title: t('currency') },
      { at: 'opened_on', title: t('opened_on'), kind: 'date' },
      { at: 'changed_on', title: t('changed_on'), kind: 'date' },
    ] }) }),
    panel(view, { id: 'fees', title: t('fees_paid'), note: t('fees_paid_note'), calls: [call('/v1/merchants/{merchant}/fees', { merchant: id }, range)], live: true, draw: (answer) => table({ label: t('fees_paid'), answer, rows: answer.body.rows, columns: [
      { at: 'day', title: t('day'), kind: 'date' },
      { at: 'kind', title: t('kind'), kind: 'code', family: 'fee' },
      { at: 'count', title: t('count'), kind: 'count' },
      { at: 'amount', title: t('amount'), kind: 'money', open: (row) => explain({ label: t('fees_paid'), answer, at: `/rows/${answer.body.rows.indexOf(row)}/amount`, currency: row.currency, lines: { merchant: id, from: row.day, to: row.day, ...FEES[row.kind], currency: row.currency, book: bookOf(row.currency) } }) },
      { at: 'vat', title: t('vat'), kind: 'money' },
      { at: 'currency', title: t('currency') },
    ] }) }),
  ];
}
