// Overview: what is sold, what the bank keeps of it, what it holds, and what somebody must look at, as it happens.

import { to } from '../address.js';
import { cached, call } from '../ask.js';
import { h } from '../dom.js';
import { chart } from '../parts/chart.js';
import { currencies, currencyTabs } from '../parts/currency.js';
import { figure, figures } from '../parts/figure.js';
import { grid, panel } from '../parts/panel.js';
import { table } from '../parts/table.js';
import { watch } from '../parts/watch.js';
import { code, t } from '../words.js';
import { alertsPanel } from './alerts.js';
import { against, before } from './before.js';
import { chargebacksPanel, rateTone } from './chargebacks.js';
import { isOpenRow, openNote } from './open_period.js';
import { AGES, ranked } from './ranks.js';

/** @typedef {import('../../types/shapes').RowOf<'/v1/fee-income'>} Row */

/** @param {import('../view.js').View} view */
export async function overview(view) {
  const { from, to: until } = view.query;
  const income = call('/v1/fee-income', {}, { from, to: until });
  const { body } = await cached(income);
  watch(view, income, body, ({ rows }) => rows.map((row) => `${row.currency} ${row.book}`));
  const all = currencies(body.rows.map((row) => ({ currency: row.currency, count: row.sales.count })));
  const currency = all.find((one) => one === view.query.currency) ?? all[0] ?? '';
  const book = body.rows.find((row) => row.currency === currency && row.book === 'bank')?.book ?? body.rows.find((row) => row.currency === currency)?.book ?? 'bank';
  // What is held is of a moment: that at which the last date closed, else now.
  const open = body.business_date ?? '';
  const asOf = until && until < open ? until : undefined;
  const moment = view.live ? undefined : asOf ? t('moment_closed', { date: asOf }) : t('moment_now');
  const told = view.live ? undefined : asOf ? t('moment_closed_note', { date: asOf }) : t('moment_now_note');
  const held = call('/v1/exposure', {}, { group_by: 'reason,age', currency, as_of: asOf });
  return [
    currencyTabs('overview', all, currency, view.query),
    now(view, income, { currency, book, asOf, moment, earlier: before(view.query, open) }),
    grid(days(view, currency, book), reasons(view, held, asOf, told)),
    alertsPanel(view, held, told),
    chargebacksPanel(view, currency),
    books(view, income, currency),
  ];
}

/**
 * The figures of the moment.
 * @param {import('../view.js').View} view @param {import('../../types/shapes').Call<import('../../types/shapes').BodyOf<'/v1/fee-income'>>} income
 * @param {{ currency: string, book: string, asOf: string | undefined, moment: string | undefined, earlier: import('./before.js').Range | undefined }} of
 */
function now(view, income, { currency, book, asOf, moment, earlier }) {
  const all = call('/v1/exposure', {}, { currency, as_of: asOf });
  const title = view.live ? t('now_live') : t('range_of_dates');
  const calls = earlier ? /** @type {const} */ ([income, all, call('/v1/fee-income', {}, { ...earlier, currency, book })]) : /** @type {const} */ ([income, all]);
  return panel(view, { id: 'now', title, calls, csv: call('/v1/fee-income', {}, { from: view.query.from, to: view.query.to, currency, book }), live: true, draw: (sales, exposure, ...others) => {
    const place = sales.body.rows.findIndex((row) => row.currency === currency && row.book === book);
    const at = `/rows/${place}`;
    const row = sales.body.rows[place];
    const was = /** @type {import('../../types/shapes').Answer<import('../../types/shapes').BodyOf<'/v1/fee-income'>> | undefined} */ (others.at(0))?.body.rows[0];
    const than = (/** @type {(row: Row) => string | number} */ figureOf) => (row && was ? against(figureOf(row), figureOf(was), earlier) : undefined);
    const range = { from: sales.body.from ?? '', to: sales.body.to ?? '' };
    const dates = t('from_to', range);
    // What is held, and what is not covered, is of all books.
    const ofBook = (/** @type {string | undefined} */ told) => [t('in_book', { book: code('book', book) }), told].filter(Boolean).join(' · ');
    if (!row) return h('p', { class: 'empty', text: t('empty') });
    const alerts = exposure.body.alerts.filter((alert) => alert.severity === 'critical').length;
    return figures(
      figure({ label: t('volume'), answer: sales, at: `${at}/sales/volume`, currency, note: ofBook(than((one) => one.sales.volume) ?? dates), lines: { ...range, types: ['sale', 'preauth_completed', 'tip_adjusted', 'void', 'reversal'], currency, book } }),
      figure({ label: t('net_margin'), answer: sales, at: `${at}/net_margin`, currency, note: ofBook(than((one) => one.net_margin)), lines: { ...range, codes: ['4010', '4015', '5010', '5020', '5030', '5035'], currency, book } }),
      exposure.body.rows.length === 0 ? null : figure({ label: t('held_funds'), answer: exposure, at: '/rows/0/amount', currency, note: [t('held_note'), moment].filter(Boolean).join(' · '), lines: { to: asOf, codes: ['2010', '2020', '2030', '2040', '2045', '2050'], currency } }),
      exposure.body.liability.length === 0 ? null : figure({ label: t('uncovered'), answer: exposure, at: '/liability/0/uncovered', currency, note: [t('uncovered_note'), moment].filter(Boolean).join(' · '), tone: 'warn' }),
      figure({ label: t('sales_count'), answer: sales, at: `${at}/sales/count`, kind: 'count', note: ofBook(than((one) => one.sales.count) ?? dates) }),
      figure({ label: t('chargeback_rate'), answer: sales, at: `${at}/chargeback_percent`, kind: 'percent', note: ofBook(t('chargeback_rate_note')), tone: rateTone(row.chargeback_percent) }),
      h('article', { class: `figure ${alerts > 0 ? 'bad' : 'good'}` }, h('h3', { text: t('alerts') }), h('p', { class: 'amount computed', text: alerts > 0 ? t('critical_alerts', { count: alerts }) : t('no_critical_alerts') }), moment ? h('p', { class: 'note', text: moment }) : null),
    );
  } });
}

/**
 * Volume and margin by day; a day that closes becomes a new bar.
 * @param {import('../view.js').View} view @param {string} currency @param {string} book
 */
function days(view, currency, book) {
  const asked = call('/v1/fee-income', {}, { group_by: 'day', from: view.query.from, to: view.query.to, currency, book });
  return panel(view, { id: 'days', title: t('by_day'), note: t('in_book', { book: code('book', book) }), calls: [asked], width: 'half', live: true, draw: (answer) => {
    const rows = answer.body.rows;
    return [
      chart({ label: t('by_day'), names: rows.map((row) => (row.day ?? '').slice(5)), unit: currency, units: [t('volume'), t('net_margin')], series: [
        { name: t('volume'), amounts: rows.map((row) => row.sales.volume) },
        { name: t('net_margin'), kind: 'line', axis: 1, colour: 'chart-2', amounts: rows.map((row) => row.net_margin) },
      ] }),
      openNote(rows, answer.body),
      table({ label: t('by_day'), answer, rows, newest: true, first: 5, mark: (row) => (isOpenRow(row, answer.body) ? 'open' : undefined), columns: [
        { at: 'day', title: t('day'), kind: 'date', href: (row) => to(['fees'], { from: row.day ?? '', to: row.day ?? '', currency }) },
        { at: 'sales/count', title: t('sales_count'), kind: 'count' },
        { at: 'sales/volume', title: t('volume'), kind: 'money' },
        { at: 'net_margin', title: t('net_margin'), kind: 'money' },
        { at: 'contribution', title: t('contribution'), kind: 'money' },
      ] }),
    ];
  } });
}

/** @param {import('../view.js').View} view @param {import('../../types/shapes').Call<import('../../types/shapes').BodyOf<'/v1/exposure'>>} held @param {string | undefined} asOf @param {string | undefined} moment */
function reasons(view, held, asOf, moment) {
  return panel(view, { id: 'held', title: t('held_by_reason'), note: [t('held_by_reason_note'), moment].filter(Boolean).join(' '), calls: [held], width: 'half', live: true, draw: (answer) => heldChart(answer, asOf) });
}

/**
 * Held funds by reason, a bar each, in parts by age.
 * @param {import('../../types/shapes').Answer<import('../../types/shapes').BodyOf<'/v1/exposure'>>} answer @param {string} [asOf] as of when it is, for the page that it leads to
 */
export function heldChart(answer, asOf) {
  const rows = answer.body.rows;
  const found = [...new Set(rows.map((row) => row.reason ?? ''))];
  const ages = AGES.filter((age) => rows.some((row) => row.age === age));
  const amount = (/** @type {string} */ reason, /** @type {string} */ age) => rows.find((row) => row.reason === reason && row.age === age)?.amount ?? null;
  return [
    chart({ label: t('held_by_reason'), names: found.map((reason) => code('reason', reason)), unit: rows[0]?.currency, horizontal: true,
      series: ages.map((age) => ({ name: t('age_days', { age }), stack: 'age', amounts: found.map((reason) => amount(reason, age)) })) }),
    table({ label: t('held_by_reason'), answer, rows, first: 5, columns: [
      { at: 'reason', title: t('reason'), kind: 'code', family: 'reason', href: (row) => to(['exposure'], { group_by: 'merchant,age', reason: row.reason ?? '', currency: row.currency, as_of: asOf }) },
      ranked(AGES, { at: 'age', title: t('age') }),
      { at: 'amount', title: t('amount'), kind: 'money' },
      { at: 'overdue', title: t('overdue'), kind: 'money' },
      { at: 'count', title: t('count'), kind: 'count' },
    ] }),
  ];
}

/**
 * Each book by itself: incomes of two firms are never added.
 * @param {import('../view.js').View} view @param {import('../../types/shapes').Call<import('../../types/shapes').BodyOf<'/v1/fee-income'>>} income @param {string} currency
 */
function books(view, income, currency) {
  return panel(view, { id: 'books', title: t('by_book'), note: t('by_book_note'), calls: [income], csv: call('/v1/fee-income', {}, { from: view.query.from, to: view.query.to, currency }), live: true, draw: (answer) => table({ label: t('by_book'), answer, rows: answer.body.rows, only: (row) => row.currency === currency, columns: [
    { at: 'book', title: t('book'), kind: 'code', family: 'book' },
    { at: 'sales/volume', title: t('volume'), kind: 'money' },
    { at: 'net_margin', title: t('net_margin'), kind: 'money' },
    { at: 'other_income', title: t('other_income'), kind: 'money' },
    { at: 'contribution', title: t('contribution'), kind: 'money' },
    { at: 'effective_percent', title: t('effective_percent'), kind: 'percent' },
  ] }) });
}
