// Overview: what is sold, what the bank keeps of it, what it holds, and what somebody must look at, as it happens.

import { to } from '../address.js';
import { cached, call } from '../ask.js';
import { chart } from '../parts/chart.js';
import { currencies, currencyTabs } from '../parts/currency.js';
import { figure, figures } from '../parts/figure.js';
import { grid, panel } from '../parts/panel.js';
import { table } from '../parts/table.js';
import { code, t } from '../words.js';
import { alertsPanel } from './alerts.js';

/** @param {import('../view.js').View} view */
export async function overview(view) {
  const { from, to: until } = view.query;
  const income = call('/v1/fee-income', {}, { from, to: until });
  const { body } = await cached(income);
  const all = currencies(body.rows.map((row) => ({ currency: row.currency, count: row.sales.count })));
  const currency = view.query.currency ?? all[0] ?? '';
  const book = body.rows.find((row) => row.currency === currency && row.book === 'bank')?.book ?? body.rows.find((row) => row.currency === currency)?.book ?? 'bank';
  const held = call('/v1/exposure', {}, { group_by: 'reason,age', currency });
  return [
    currencyTabs('overview', all, currency, view.query),
    now(view, income, currency, book),
    grid(days(view, currency, book), reasons(view, held)),
    alertsPanel(view, held),
    books(view, income, currency),
  ];
}

/**
 * The figures of the moment.
 * @param {import('../view.js').View} view @param {import('../../types/shapes').Call<import('../../types/shapes').BodyOf<'/v1/fee-income'>>} income
 * @param {string} currency @param {string} book
 */
function now(view, income, currency, book) {
  const all = call('/v1/exposure', {}, { currency });
  const title = view.live ? t('now_live') : t('range_of_dates');
  return panel(view, { id: 'now', title, calls: [income, all], live: true, draw: (sales, exposure) => {
    const at = `/rows/${sales.body.rows.findIndex((row) => row.currency === currency && row.book === book)}`;
    const range = { from: sales.body.from ?? '', to: sales.body.to ?? '' };
    const dates = t('from_to', range);
    if (at === '/rows/-1') return [];
    const alerts = exposure.body.alerts.filter((alert) => alert.severity === 'critical').length;
    return figures(
      figure({ label: t('volume'), answer: sales, at: `${at}/sales/volume`, currency, note: dates, lines: { ...range, types: ['sale', 'preauth_completed', 'tip_adjusted', 'void', 'reversal'], currency } }),
      figure({ label: t('net_margin'), answer: sales, at: `${at}/net_margin`, currency, note: t('in_book', { book: code('book', book) }), lines: { ...range, codes: ['4010', '4015', '5010', '5020', '5030', '5035'], currency } }),
      exposure.body.rows.length === 0 ? null : figure({ label: t('held_funds'), answer: exposure, at: '/rows/0/amount', currency, note: t('held_note'), lines: { codes: ['2010', '2020', '2030', '2040', '2045', '2050'], currency } }),
      exposure.body.liability.length === 0 ? null : figure({ label: t('uncovered'), answer: exposure, at: '/liability/0/uncovered', currency, note: t('uncovered_note'), tone: 'warn' }),
      figure({ label: t('sales_count'), answer: sales, at: `${at}/sales/count`, kind: 'count', note: dates }),
      figure({ label: t('chargeback_rate'), answer: sales, at: `${at}/chargeback_percent`, kind: 'percent', note: alerts > 0 ? t('critical_alerts', { count: alerts }) : t('no_critical_alerts'), tone: alerts > 0 ? 'bad' : 'good' }),
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
      table({ label: t('by_day'), answer, rows, newest: true, first: 5, columns: [
        { at: 'day', title: t('day'), kind: 'date', href: (row) => to(['fees'], { from: row.day ?? '', to: row.day ?? '', currency }) },
        { at: 'sales/count', title: t('sales_count'), kind: 'count' },
        { at: 'sales/volume', title: t('volume'), kind: 'money' },
        { at: 'net_margin', title: t('net_margin'), kind: 'money' },
        { at: 'contribution', title: t('contribution'), kind: 'money' },
      ] }),
    ];
  } });
}

/** @param {import('../view.js').View} view @param {import('../../types/shapes').Call<import('../../types/shapes').BodyOf<'/v1/exposure'>>} held */
function reasons(view, held) {
  return panel(view, { id: 'held', title: t('held_by_reason'), note: t('held_by_reason_note'), calls: [held], width: 'half', live: true, draw: (answer) => heldChart(answer) });
}

/** Ages in their order. */
const AGES = ['0-1', '2-3', '4-7', '8-14', '15-30', '31-90', '91-180', '>180'];

/**
 * Held funds by reason, a bar each, in parts by age.
 * @param {import('../../types/shapes').Answer<import('../../types/shapes').BodyOf<'/v1/exposure'>>} answer
 */
export function heldChart(answer) {
  const rows = answer.body.rows;
  const found = [...new Set(rows.map((row) => row.reason ?? ''))];
  const ages = AGES.filter((age) => rows.some((row) => row.age === age));
  const amount = (/** @type {string} */ reason, /** @type {string} */ age) => rows.find((row) => row.reason === reason && row.age === age)?.amount ?? null;
  return [
    chart({ label: t('held_by_reason'), names: found.map((reason) => code('reason', reason)), unit: rows[0]?.currency, horizontal: true,
      series: ages.map((age) => ({ name: t('age_days', { age }), stack: 'age', amounts: found.map((reason) => amount(reason, age)) })) }),
    table({ label: t('held_by_reason'), answer, rows, first: 5, columns: [
      { at: 'reason', title: t('reason'), kind: 'code', family: 'reason', href: (row) => to(['exposure'], { group_by: 'merchant,age', reason: row.reason ?? '' }) },
      { at: 'age', title: t('age') },
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
  return panel(view, { id: 'books', title: t('by_book'), note: t('by_book_note'), calls: [income], live: true, draw: (answer) => table({ label: t('by_book'), answer, rows: answer.body.rows, only: (row) => row.currency === currency, columns: [
    { at: 'book', title: t('book'), kind: 'code', family: 'book' },
    { at: 'sales/volume', title: t('volume'), kind: 'money' },
    { at: 'net_margin', title: t('net_margin'), kind: 'money' },
    { at: 'other_income', title: t('other_income'), kind: 'money' },
    { at: 'contribution', title: t('contribution'), kind: 'money' },
    { at: 'effective_percent', title: t('effective_percent'), kind: 'percent' },
  ] }) });
}
