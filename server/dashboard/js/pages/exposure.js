// Exposure: money that is held, by holder, reason and age; when it is released; what is not covered; where it is concentrated.

import { to } from '../address.js';
import { cached, call } from '../ask.js';
import { h } from '../dom.js';
import { chart } from '../parts/chart.js';
import { select } from '../parts/choose.js';
import { csvCall } from '../parts/copy.js';
import { currencies, currencyTabs } from '../parts/currency.js';
import { figure, figures } from '../parts/figure.js';
import { grid, panel } from '../parts/panel.js';
import { table } from '../parts/table.js';
import { watch } from '../parts/watch.js';
import { code, t } from '../words.js';
import { alertsPanel } from './alerts.js';
import { heldChart } from './overview.js';
import { AGES, ranked } from './ranks.js';

/** @typedef {import('../view.js').View} View */
/** @typedef {import('../../types/shapes').BodyOf<'/v1/exposure'>} Body */
/** @typedef {import('../../types/shapes').Call<Body>} Call */
/** @typedef {import('../../types/shapes').Column<import('../../types/shapes').RowOf<'/v1/exposure'>>} RowColumn */

const KEYS = /** @type {const} */ (['holder', 'merchant', 'mcc', 'partner', 'reason', 'age']);
/** How many rows of two keys are asked for. */
const ROWS = '200';

/** @param {View} view */
export async function exposure(view) {
  const { as_of, reason } = view.query;
  const whole = call('/v1/exposure', {}, { as_of });
  const first = await cached(whole);
  watch(view, whole, first.body, ({ rows }) => rows.map((row) => row.currency));
  const all = currencies(first.body.rows);
  const currency = all.find((one) => one === view.query.currency) ?? all[0] ?? '';
  const byReason = call('/v1/exposure', {}, { group_by: 'reason,age', currency, as_of });
  return [
    currencyTabs('exposure', all, currency, view.query),
    totals(view, call('/v1/exposure', {}, { currency, as_of }), currency),
    holders(view, currency, as_of),
    grid(
      panel(view, { id: 'held', title: t('held_by_reason'), note: t('held_by_reason_note'), calls: [byReason], width: 'half', live: true, draw: (answer) => heldChart(answer, as_of) }),
      ladder(view, byReason, currency),
    ),
    byKeys(view, currency, as_of, reason),
    uncovered(view, currency, as_of),
    grid(concentration(view, byReason), retention(view, byReason)),
    alertsPanel(view, byReason),
    stopped(view, byReason),
  ];
}

/** @param {View} view @param {Call} asked @param {string} currency */
function totals(view, asked, currency) {
  return panel(view, { id: 'totals', title: t('exposure_now'), calls: [asked], live: true, draw: (answer) => {
    if (answer.body.rows.length === 0) return h('p', { class: 'empty', text: t('empty') });
    // What was booked after the moment is not behind its figures.
    const until = view.query.as_of ? answer.body.business_date ?? undefined : undefined;
    return figures(
      figure({ label: t('held_funds'), answer, at: '/rows/0/amount', currency, lines: { to: until, codes: ['2010', '2020', '2030', '2040', '2045', '2050'], currency } }),
      figure({ label: t('overdue'), answer, at: '/rows/0/overdue', currency, note: t('overdue_note') }),
      figure({ label: t('liability'), answer, at: '/liability/0/exposure', currency, note: t('liability_note') }),
      figure({ label: t('cover'), answer, at: '/liability/0/cover', currency, note: t('cover_note') }),
      figure({ label: t('uncovered'), answer, at: '/liability/0/uncovered', currency, note: t('uncovered_note'), tone: 'warn' }),
      figure({ label: t('owed'), answer, at: '/liability/0/owed', currency, lines: { to: until, codes: ['1050'], currency } }),
    );
  } });
}

/** Liability and cover of each holder: what a PSP holds is no money at the bank. @param {View} view @param {string} currency @param {string | undefined} asOf */
function holders(view, currency, asOf) {
  const asked = call('/v1/exposure', {}, { group_by: 'holder', currency, as_of: asOf });
  return panel(view, { id: 'holders', title: t('cover_by_holder'), note: t('cover_by_holder_note'), calls: [asked], csv: csvCall(asked) + '&table=liability', live: true, draw: (answer) => table({ label: t('cover_by_holder'), answer, at: '/liability', rows: answer.body.liability, columns: [
    { at: 'holder', title: t('holder'), kind: 'code', family: 'book' },
    { at: 'cover', title: t('cover'), kind: 'money' },
    { at: 'uncovered', title: t('uncovered'), kind: 'money' },
    ...liabilityColumns(),
  ] }) });
}

/** Liability and what it consists of. @returns {import('../../types/shapes').Column<Body['liability'][number]>[]} */
const liabilityColumns = () => [
  { at: 'exposure', title: t('liability'), kind: 'money' },
  { at: 'chargeback', title: t('chargebacks'), kind: 'money' },
  { at: 'refund', title: t('refunds'), kind: 'money' },
  { at: 'non_delivery', title: t('non_delivery'), kind: 'money' },
  { at: 'owed', title: t('owed'), kind: 'money' },
  { at: 'advances', title: t('advances'), kind: 'money' },
];

/** @param {View} view @param {Call} asked @param {string} currency */
function ladder(view, asked, currency) {
  return panel(view, { id: 'ladder', title: t('ladder'), note: t('ladder_note'), calls: [asked], csv: csvCall(asked) + '&table=ladder', width: 'half', live: true, draw: ({ body, call: from }) => [
    chart({ label: t('ladder'), names: body.ladder.map((row) => row.release_on), unit: currency, series: [{ name: t('amount'), amounts: body.ladder.map((row) => row.amount) }] }),
    table({ label: t('ladder'), answer: { body, call: from }, at: '/ladder', rows: body.ladder, first: 5, columns: [{ at: 'release_on', title: t('release_on'), kind: 'date' }, { at: 'amount', title: t('amount'), kind: 'money' }] }),
  ] });
}

/** @param {View} view @param {string} currency @param {string | undefined} asOf @param {string | undefined} reason */
function byKeys(view, currency, asOf, reason) {
  const [one = 'holder', other = 'age'] = (view.query.group_by ?? 'holder,age').split(',');
  const asked = call('/v1/exposure', {}, { group_by: [one, other].filter(Boolean).join(','), currency, reason, as_of: asOf, sort: '-amount', limit: ROWS });
  const choices = KEYS.map((key) => ({ value: key, words: t(key) }));
  const tools = h('div', { class: 'choices' }, select(t('by'), 'group_by', `${one},${other}`, choices.flatMap((a) => choices.filter((b) => b.value !== a.value).map((b) => ({ value: `${a.value},${b.value}`, words: `${a.words} × ${b.words}` })))));
  /** @type {RowColumn[]} */
  const keys = [one, other].filter((key) => KEYS.includes(/** @type {'age'} */ (key))).map((key) => keyColumn(/** @type {typeof KEYS[number]} */ (key)));
  return panel(view, { id: 'keys', title: t('held_by_keys'), note: reason ? t('only_reason', { reason: code('reason', reason) }) : undefined, calls: [asked], tools, draw: (answer) => table({ label: t('held_by_keys'), answer, rows: answer.body.rows, columns: [
    ...keys,
    { at: 'amount', title: t('amount'), kind: 'money' },
    { at: 'overdue', title: t('overdue'), kind: 'money' },
    { at: 'count', title: t('count'), kind: 'count' },
  ] }) });
}

/** @param {typeof KEYS[number]} key @returns {RowColumn} */
function keyColumn(key) {
  if (key === 'merchant') return { at: 'merchant', title: t('merchant'), kind: 'id', href: (row) => (row.merchant ? to(['merchant', row.merchant]) : undefined) };
  if (key === 'reason') return { at: 'reason', title: t('reason'), kind: 'code', family: 'reason' };
  if (key === 'holder') return { at: 'holder', title: t('holder'), kind: 'code', family: 'book' };
  if (key === 'mcc') return { at: 'mcc', title: t('mcc'), kind: 'code', family: 'mcc' };
  if (key === 'age') return ranked(AGES, { at: 'age', title: t('age') });
  return { at: key, title: t(key) };
}

/** @param {View} view @param {string} currency @param {string | undefined} asOf */
function uncovered(view, currency, asOf) {
  const asked = call('/v1/exposure', {}, { group_by: 'merchant', currency, as_of: asOf, sort: '-uncovered', limit: '10' });
  return panel(view, { id: 'uncovered', title: t('ten_uncovered'), note: t('ten_uncovered_note'), calls: [asked], csv: csvCall(asked) + '&table=liability', draw: (answer) => table({ label: t('ten_uncovered'), answer, at: '/liability', rows: answer.body.liability, columns: [
    { at: 'merchant', title: t('merchant'), kind: 'id', href: (row) => (row.merchant ? to(['merchant', row.merchant]) : undefined) },
    { at: 'merchant_name', title: t('name') },
    { at: 'uncovered', title: t('uncovered'), kind: 'money' },
    { at: 'cover', title: t('cover'), kind: 'money' },
    ...liabilityColumns(),
  ] }) });
}

/** @param {View} view @param {Call} asked */
function concentration(view, asked) {
  return panel(view, { id: 'concentration', title: t('concentration'), note: t('concentration_note'), calls: [asked], csv: csvCall(asked) + '&table=concentration', width: 'half', draw: (answer) => answer.body.concentration.map((one, place) => [
    h('h3', { class: 'between' }, code('key', one.by), h('small', {}, 'HHI ', h('data', { value: one.hhi ?? '', class: 'value', data: { call: answer.call, at: `/concentration/${place}/hhi` } }, one.hhi ?? '–'))),
    table({ label: `${t('concentration')}: ${code('key', one.by)}`, answer, at: `/concentration/${place}/top`, rows: one.top, first: 5, columns: [
      { at: 'key', title: code('key', one.by), kind: 'code', family: one.by === 'holder' ? 'book' : one.by, href: (row) => (one.by === 'merchant' ? to(['merchant', row.key]) : undefined) },
      { at: 'amount', title: t('amount'), kind: 'money' },
      { at: 'share_percent', title: t('share'), kind: 'percent' },
    ] }),
  ]).flat() });
}

/** @param {View} view @param {Call} asked */
function retention(view, asked) {
  return panel(view, { id: 'retention', title: t('retention'), note: t('retention_note'), calls: [asked], csv: csvCall(asked) + '&table=retention', width: 'half', draw: (answer) => [
    table({ label: t('retention'), answer, at: '/retention', rows: answer.body.retention, columns: [
      { at: 'psp', title: t('psp') },
      { at: 'amount', title: t('amount'), kind: 'money' },
      { at: 'days_to_pay/p50', title: t('days_p50'), kind: 'ratio' },
      { at: 'days_to_pay/p95', title: t('days_p95'), kind: 'ratio' },
    ] }),
    h('h3', { text: t('scheme_receivable') }),
    table({ label: t('scheme_receivable'), answer, at: '/scheme_receivable', rows: answer.body.scheme_receivable, columns: [
      { at: 'scheme', title: t('scheme'), kind: 'code', family: 'scheme' },
      { at: 'holder', title: t('holder'), kind: 'code', family: 'book' },
      { at: 'amount', title: t('amount'), kind: 'money' },
    ] }),
  ] });
}

/** @param {View} view @param {Call} asked */
function stopped(view, asked) {
  return panel(view, { id: 'stopped', title: t('stopped_trading'), note: t('stopped_note'), calls: [asked], csv: csvCall(asked) + '&table=stopped_trading', draw: (answer) => table({ label: t('stopped_trading'), answer, at: '/stopped_trading', rows: answer.body.stopped_trading, empty: t('none_stopped'), first: 8, columns: [
    { at: 'merchant', title: t('merchant'), kind: 'id', href: (row) => to(['merchant', row.merchant]) },
    { at: 'last_sale_on', title: t('last_sale_on'), kind: 'date' },
    { at: 'sale_dates', title: t('sale_dates'), kind: 'count' },
    { at: 'silent_weekdays', title: t('silent_weekdays'), kind: 'count' },
  ] }) });
}
