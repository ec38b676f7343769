// Statements of closed dates, in each form that other tools read.

import { callOf } from '../../ask.js';
import { plus } from '../../dates.js';
import { h } from '../../dom.js';
import { fileButton } from '../../parts/copy.js';
import { panel } from '../../parts/panel.js';
import { table } from '../../parts/table.js';
import { call } from '../../ask.js';
import { watch } from '../../parts/watch.js';
import { has } from '../../session.js';
import { t } from '../../words.js';

/** What the files of each view are headed. */
const BOOKS = /** @type {const} */ ({ merchant: 'books_of_merchant', bank: 'books_of_bank' });
/** The forms: their names, their media types, and how their files end. The ledgers are of the merchant's books or of the bank's, the others are the same for both. */
const STATEMENTS = [['camt.053', 'application/xml', 'xml'], ['CSV', 'text/csv', 'csv'], ['JSON', 'application/json', 'json']];
const LEDGERS = [['hledger', 'text/x-hledger', 'journal'], ['beancount', 'text/x-beancount', 'beancount']];

/** What is said where there is no statement of closed dates: the ledger opened later. @param {import('../../view.js').View} view */
export const noneClosed = ({ query }) => t(query.to ? 'none_closed_of' : 'none_closed');

/** @param {import('../../view.js').View} view @param {string} id @param {import('../../../types/shapes').Shapes['Balances']} first */
export function statements(view, id, first) {
  const last = plus(first.business_date ?? '1970-01-01', -1);
  const to = view.query.to && view.query.to <= last ? view.query.to : last;
  const from = view.query.from && view.query.from <= to ? view.query.from : to;
  const date = from === to ? to : `${from}..${to}`;
  const asked = call('/v1/merchants/{merchant}/statements/{date}', { merchant: id, date }, {});
  // Fields above show the dates that were asked.
  const isOther = (view.query.to && view.query.to !== to) || (view.query.from && view.query.from !== from);
  const files = (/** @type {'merchant' | 'bank'} */ books) => h('p', { class: 'files' }, h('span', { text: t(BOOKS[books]) }), (books === 'merchant' ? [...STATEMENTS, ...LEDGERS] : LEDGERS).map(([name = '', media = '', end]) =>
    fileButton(name, callOf('/v1/merchants/{merchant}/statements/{date}', { merchant: id, date }, { view: books }), media, `${id}-${date}-${books}.${end}`, `${name}: ${t(BOOKS[books])}`)));
  // A date that has closed is there once the views have it.
  watch(view, call('/v1/merchants/{merchant}/balances', { merchant: id }, {}), first, (body) => [body.business_date ?? '']);
  return panel(view, { id: 'statement', title: t('statement_of', { date }), note: t('statement_note'), calls: [asked], ofClosed: true, nothing: noneClosed(view), draw: (answer) => [
    isOther ? h('p', { class: 'warning', role: 'note', text: t('statement_other_dates', { date, last }) }) : null,
    files('merchant'), has('bank') ? files('bank') : null,
    answer.body.accounts.length === 0 ? h('p', { class: 'empty', text: t('never_moved') }) : [
      table({ label: t('movements'), answer, at: '/accounts', rows: answer.body.accounts, columns: [
        { at: 'currency', title: t('currency') }, { at: 'book', title: t('book'), kind: 'code', family: 'book' },
        { at: 'opening/total', title: t('opening'), kind: 'money' },
        { at: 'movements/sales', title: t('sales'), kind: 'money' }, { at: 'movements/refunds', title: t('refunds'), kind: 'money' },
        { at: 'movements/disputes', title: t('disputes'), kind: 'money' }, { at: 'movements/fees', title: t('fees'), kind: 'money' },
        { at: 'movements/payouts', title: t('payouts'), kind: 'money' }, { at: 'movements/seized', title: t('seized'), kind: 'money' },
        { at: 'movements/debt', title: t('debt'), kind: 'money' }, { at: 'movements/adjustments', title: t('adjustments'), kind: 'money' },
        { at: 'closing/total', title: t('closing'), kind: 'money' },
      ] }),
      table({ label: t('closing_balances'), answer, at: '/accounts', rows: answer.body.accounts, columns: [
        { at: 'currency', title: t('currency') }, { at: 'book', title: t('book'), kind: 'code', family: 'book' },
        { at: 'closing/pending', title: t('pending'), kind: 'money' }, { at: 'closing/available', title: t('available'), kind: 'money' },
        { at: 'closing/reserved', title: t('reserved'), kind: 'money' }, { at: 'closing/held', title: t('held'), kind: 'money' },
        { at: 'closing/disputed', title: t('disputed'), kind: 'money' }, { at: 'closing/in_transit', title: t('in_transit'), kind: 'money' },
        { at: 'closing/owed', title: t('owed'), kind: 'money' }, { at: 'closing/total', title: t('total_funds'), kind: 'money' },
      ] }),
    ],
  ] });
}
