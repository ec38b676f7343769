// Fee income: by day and by any two dimensions, where it is negative, and from which volume a monthly fee pays.

import { to } from '../address.js';
import { cached, call } from '../ask.js';
import { h } from '../dom.js';
import { chart } from '../parts/chart.js';
import { select } from '../parts/choose.js';
import { currencies, currencyTabs } from '../parts/currency.js';
import { figure, figures } from '../parts/figure.js';
import { panel } from '../parts/panel.js';
import { table } from '../parts/table.js';
import { watch } from '../parts/watch.js';
import { code, t } from '../words.js';
import { against, before } from './before.js';
import { breakEvenPanel } from './break_even.js';
import { isOpenRow, openNote } from './open_period.js';

/** @typedef {import('../view.js').View} View */
/** @typedef {import('../../types/shapes').RowOf<'/v1/fee-income'>} Row */
/** @typedef {import('../../types/shapes').Column<Row>} RowColumn */
/** @typedef {'mdr' | 'gateway' | 'interchange' | 'scheme_fees' | 'partner_share' | 'maintenance' | 'net_margin' | 'other_income' | 'other_cost' | 'contribution' | 'refund_leakage'} Amount */

const KEYS = /** @type {const} */ (['day', 'week', 'month', 'merchant', 'contract_version', 'mcc', 'card', 'entry_mode', 'terminal', 'partner', 'scheme', 'model']);
/** How many rows of two keys are asked for. */
const ROWS = '200';
const MARGIN_CODES = ['4010', '4015', '5010', '5020', '5030', '5035'];

/** @param {View} view */
export async function fees(view) {
  const { from, to: until } = view.query;
  const whole = call('/v1/fee-income', {}, { from, to: until });
  const { body } = await cached(whole);
  watch(view, whole, body, ({ rows }) => rows.map((row) => `${row.currency} ${row.book}`));
  const all = currencies(body.rows.map((row) => ({ currency: row.currency, count: row.sales.count })));
  const currency = all.find((one) => one === view.query.currency) ?? all[0] ?? '';
  const books = body.rows.filter((row) => row.currency === currency).map((row) => row.book);
  const book = view.query.book && books.includes(view.query.book) ? view.query.book : books.includes('bank') ? 'bank' : books[0] ?? 'bank';
  return [
    h('div', { class: 'choices' }, currencyTabs('fees', all, currency, view.query), select(t('book'), 'book', book, books.map((one) => ({ value: one, words: code('book', one) })))),
    totals(view, currency, book, before(view.query, body.business_date ?? '')),
    days(view, currency, book),
    byKeys(view, currency, book),
    negative(view, currency, book),
    breakEvenPanel(view, currency),
  ];
}

/** @param {View} view @param {string} currency @param {string} book @param {import('./before.js').Range | undefined} earlier the period before */
function totals(view, currency, book, earlier) {
  const { from, to: until } = view.query;
  const asked = call('/v1/fee-income', {}, { from, to: until, currency, book });
  const calls = earlier ? /** @type {const} */ ([asked, call('/v1/fee-income', {}, { ...earlier, currency, book })]) : /** @type {const} */ ([asked]);
  return panel(view, { id: 'totals', title: t('margin_from_fees'), note: t('margin_note'), calls, live: true, draw: (answer, ...others) => {
    const row = answer.body.rows[0];
    const was = others.at(0)?.body.rows[0];
    if (!row) return h('p', { class: 'empty', text: t('empty') });
    const note = (/** @type {Amount} */ at) => against(row[at], was?.[at], earlier);
    const lines = (/** @type {string[]} */ ...codes) => ({ from: answer.body.from ?? '', to: answer.body.to ?? '', codes, currency, book });
    const of = (/** @type {Amount} */ at, /** @type {string[]} */ ...codes) => figure({ label: t(at), answer, at: `/rows/0/${at}`, currency, note: note(at), lines: codes.length > 0 ? lines(...codes) : undefined });
    return figures(of('mdr', '4010'), of('gateway', '4015'), of('interchange', '5010'), of('scheme_fees', '5020'), of('partner_share', '5030'), of('maintenance', '5035'),
      figure({ label: t('net_margin'), answer, at: '/rows/0/net_margin', currency, note: note('net_margin'), lines: lines(...MARGIN_CODES), tone: 'good' }), of('other_income', '4020', '4030', '4040', '4080', '4090'), of('other_cost', '5040', '5045'),
      figure({ label: t('contribution'), answer, at: '/rows/0/contribution', currency, note: note('contribution'), tone: 'good' }), of('refund_leakage'),
      figure({ label: t('effective_percent'), answer, at: '/rows/0/effective_percent', kind: 'percent', note: t('effective_note') }));
  } });
}

/** @param {View} view @param {string} currency @param {string} book */
function days(view, currency, book) {
  const { from, to: until } = view.query;
  return panel(view, { id: 'days', title: t('by_day'), calls: [call('/v1/fee-income', {}, { group_by: 'day', from, to: until, currency, book })], draw: (answer) => {
    const rows = answer.body.rows;
    return [
      chart({ label: t('by_day'), names: rows.map((row) => row.day ?? ''), unit: currency, units: [t('volume'), t('net_margin')], series: [
        { name: t('volume'), amounts: rows.map((row) => row.sales.volume) },
        { name: t('net_margin'), kind: 'line', axis: 1, colour: 'chart-2', amounts: rows.map((row) => row.net_margin) },
        { name: t('contribution'), kind: 'line', axis: 1, colour: 'chart-3', amounts: rows.map((row) => row.contribution) },
      ] }),
      openNote(rows, answer.body),
      table({ label: t('by_day'), answer, rows, newest: true, first: 7, mark: (row) => (isOpenRow(row, answer.body) ? 'open' : undefined), columns: [{ at: 'day', title: t('day'), kind: 'date', href: (row) => to(['fees'], { ...view.query, from: row.day ?? '', to: row.day ?? '' }) }, ...columns()] }),
    ];
  } });
}

/** The figures of a row that tables show. @returns {RowColumn[]} */
const columns = () => [
  { at: 'sales/count', title: t('sales_count'), kind: 'count' },
  { at: 'sales/volume', title: t('volume'), kind: 'money' },
  { at: 'mdr', title: t('mdr'), kind: 'money' },
  { at: 'interchange', title: t('interchange'), kind: 'money' },
  { at: 'scheme_fees', title: t('scheme_fees'), kind: 'money' },
  { at: 'partner_share', title: t('partner_share'), kind: 'money' },
  { at: 'net_margin', title: t('net_margin'), kind: 'money' },
  { at: 'contribution', title: t('contribution'), kind: 'money' },
  { at: 'effective_percent', title: t('effective_percent'), kind: 'percent' },
];

/** @param {View} view @param {string} currency @param {string} book */
function byKeys(view, currency, book) {
  const { from, to: until } = view.query;
  const [one = 'model', other = ''] = (view.query.group_by ?? 'model,card').split(',');
  const chosen = [one, other].filter((key) => KEYS.includes(/** @type {'day'} */ (key)));
  const asked = call('/v1/fee-income', {}, { group_by: chosen.join(','), from, to: until, currency, book, sort: '-net_margin', limit: ROWS });
  const choices = KEYS.map((key) => ({ value: key, words: t(key) }));
  const pairs = [...choices, ...choices.flatMap((a) => choices.filter((b) => b.value !== a.value && !(isTime(a.value) && isTime(b.value))).map((b) => ({ value: `${a.value},${b.value}`, words: `${a.words} × ${b.words}` })))];
  return panel(view, { id: 'keys', title: t('by_keys'), note: t('by_keys_note'), calls: [asked], tools: h('div', { class: 'choices' }, select(t('by'), 'group_by', chosen.join(','), pairs)),
    draw: (answer) => [openNote(answer.body.rows, answer.body), table({ label: t('by_keys'), answer, rows: answer.body.rows, mark: (row) => (isOpenRow(row, answer.body) ? 'open' : undefined), columns: [...chosen.map((key) => keyColumn(/** @type {typeof KEYS[number]} */ (key))), ...columns()] })] });
}

/** @param {string} key */
const isTime = (key) => ['day', 'week', 'month'].includes(key);

/** @param {typeof KEYS[number]} key @returns {RowColumn} */
function keyColumn(key) {
  if (key === 'merchant') return { at: 'merchant', title: t('merchant'), kind: 'id', href: (row) => (row.merchant ? to(['merchant', row.merchant]) : undefined) };
  if (key === 'mcc' || key === 'card' || key === 'entry_mode' || key === 'scheme' || key === 'model') return { at: key, title: t(key), kind: 'code', family: key };
  return { at: key, title: t(key) };
}

/** @param {View} view @param {string} currency @param {string} book */
function negative(view, currency, book) {
  const { from, to: until } = view.query;
  const asked = call('/v1/fee-income', {}, { group_by: 'merchant,card', from, to: until, currency, book, sort: '-negative_margin_amount', limit: '10' });
  return panel(view, { id: 'negative', title: t('negative_margins'), note: `${t('negative_note')} ${t('negative_file')}`, calls: [asked], draw: (answer) => table({ label: t('negative_margins'), answer, rows: answer.body.rows, only: (row) => row.negative_margin.count > 0, empty: t('none_negative'), columns: [
    keyColumn('merchant'), { at: 'merchant_name', title: t('name') }, keyColumn('card'),
    { at: 'negative_margin/count', title: t('sales_count'), kind: 'count' },
    { at: 'negative_margin/amount', title: t('loss'), kind: 'money' },
    { at: 'sales/volume', title: t('volume'), kind: 'money' },
    { at: 'net_margin', title: t('net_margin'), kind: 'money' },
    { at: 'refund_leakage', title: t('refund_leakage'), kind: 'money' },
  ] }) });
}
