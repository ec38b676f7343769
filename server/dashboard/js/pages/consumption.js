// Consumption: who buys what, when and how, and never who they are. Rows with too few customers are told to be left out.

import { to } from '../address.js';
import { cached, call } from '../ask.js';
import { h } from '../dom.js';
import { search } from '../parts/choose.js';
import { currencies, currencyTabs } from '../parts/currency.js';
import { figures } from '../parts/figure.js';
import { grid, panel } from '../parts/panel.js';
import { table } from '../parts/table.js';
import { customers, value } from '../parts/value.js';
import { watch } from '../parts/watch.js';
import { current, has } from '../session.js';
import { t } from '../words.js';
import { cohorts } from './cohorts.js';
import { contractOf } from './contract.js';
import { footfall } from './footfall.js';
import { plainFigure } from './plain_figure.js';
import { FREQUENCIES, RECENCIES, ranked } from './ranks.js';

/** @typedef {import('../view.js').View} View */
/** @typedef {import('../../types/shapes').Answer<any>} Answer */

/** @param {View} view */
export async function consumption(view) {
  const { from, to: until, merchant, mcc, region } = view.query;
  const own = current().merchants;
  const filters = { from, to: until, merchant: merchant ?? (own?.length === 1 ? own[0] : undefined), mcc, region };
  const tickets = call('/v1/consumption/tickets', {}, filters);
  const first = await cached(tickets);
  watch(view, tickets, first.body, ({ rows }) => rows.map((row) => row.currency));
  const all = currencies(first.body.rows);
  const currency = all.find((one) => one === view.query.currency) ?? all[0] ?? '';
  const fields = [{ name: 'merchant', label: t('merchant') }, { name: 'mcc', label: t('mcc'), pattern: '\\d{4}' }, { name: 'region', label: t('region') }];
  const isEmpty = first.body.rows.length === 0 && first.body.suppressed === 0;
  return [
    search(t('apply'), fields, view.query),
    merchant && isEmpty ? h('p', { class: 'warning', role: 'note', text: await nothingOf(merchant) }) : null,
    currencyTabs('consumption', all, currency, view.query),
    h('p', { class: 'note', text: t('consumption_note') }),
    people(view, filters, currency),
    footfall(view, filters, currency),
    grid(distribution(view, tickets, currency), mix(view, filters, currency)),
    cohorts(view, { ...filters, currency }),
    segments(view, filters, currency),
    affinity(view, filters, currency),
  ];
}

/** What is said where a merchant has no purchases: perhaps there is none of this id, which only the bank is told. @param {string} merchant */
async function nothingOf(merchant) {
  if (has('bank')) return t((await contractOf(merchant)) ? 'no_purchases_of' : 'no_such_merchant', { merchant });
  return t(has('merchant') ? 'no_purchases_of' : 'no_purchases_or_merchant', { merchant });
}

/** What is left out, and why. @param {{ suppressed: number, k: number }} body */
export const left = (body) => (body.suppressed > 0 ? h('p', { class: 'suppressed', role: 'note' }, t('suppressed', { count: body.suppressed, k: body.k })) : null);

/** @param {View} view @param {Record<string, string | undefined>} filters @param {string} currency */
function people(view, filters, currency) {
  return panel(view, { id: 'customers', title: t('customers'), note: t('customers_note'), calls: [call('/v1/consumption/customers', {}, { ...filters, currency })], live: true, draw: (answer) => {
    const of = (/** @type {'customers'} */ name) => plainFigure({ label: t(name), told: customers(answer, `/rows/0/${name}`) });
    return [answer.body.rows.length === 0 ? h('p', { class: 'empty', text: t('empty') }) : figures(/** @type {any[]} */ (['customers', 'new', 'returning']).map(of)), left(answer.body)];
  } });
}

/** Quantiles, in their order. */
const QUANTILES = /** @type {const} */ (['p10', 'p25', 'p50', 'p75', 'p90', 'p95', 'p99']);

/** @param {View} view @param {import('../../types/shapes').Call<import('../../types/shapes').BodyOf<'/v1/consumption/tickets'>>} asked @param {string} currency */
function distribution(view, asked, currency) {
  return panel(view, { id: 'tickets', title: t('tickets'), note: t('tickets_note'), calls: [asked], width: 'half', draw: (answer) => {
    const place = answer.body.rows.findIndex((row) => row.currency === currency);
    const row = answer.body.rows[place];
    if (!row) return [h('p', { class: 'empty', text: t('empty') }), left(answer.body)];
    const most = Number(row.p99 ?? 1);
    return [
      h('p', {}, t('average_ticket'), ' ', value(answer, `/rows/${place}/mean`, 'money'), ' ', h('span', { class: 'currency', text: currency }), ' · ', value(answer, `/rows/${place}/count`, 'count'), ' ', t('tickets_count')),
      h('ol', { class: 'quantiles' }, QUANTILES.map((name) => {
        const meter = h('span', { class: 'meter', 'aria-hidden': 'true' }, h('span', {}));
        /** @type {HTMLElement} */ (meter.firstElementChild).style.setProperty('--part', String(Math.max(0.01, Math.sqrt(Number(row[name] ?? 0) / most))));
        return h('li', {}, h('span', { class: 'name', text: t('quantile', { percent: name.slice(1) }) }), meter, value(answer, `/rows/${place}/${name}`, 'money'));
      })),
      left(answer.body),
    ];
  } });
}

/** @param {View} view @param {Record<string, string | undefined>} filters @param {string} currency */
function mix(view, filters, currency) {
  const by = has('bank', 'marketing') ? 'mcc' : 'card';
  return panel(view, { id: 'mix', title: t('mix'), note: t('mix_note'), calls: [call('/v1/consumption/mix', {}, { ...filters, group_by: by, currency })], width: 'half', draw: (answer) => [table({ label: t('mix'), answer, rows: answer.body.rows, columns: [
    { at: by, title: t(by), kind: 'code', family: by, href: (row) => (by === 'mcc' && row.mcc ? to(['consumption'], { ...view.query, mcc: row.mcc }) : undefined) },
    { at: 'visits', title: t('visits'), kind: 'count' },
    { at: 'customers/estimate', title: t('customers'), kind: 'count' },
    { at: 'sales', title: t('sales'), kind: 'money' },
    { at: 'share_percent', title: t('share'), kind: 'percent' },
  ] }), left(answer.body)] });
}

/** @param {View} view @param {Record<string, string | undefined>} filters @param {string} currency */
function segments(view, filters, currency) {
  return panel(view, { id: 'segments', title: t('segments'), note: t('segments_note'), calls: [call('/v1/consumption/segments', {}, { ...filters, currency })], draw: (answer) => [table({ label: t('segments'), answer, rows: answer.body.rows, columns: [
    ranked(RECENCIES, { at: 'recency', title: t('recency') }), ranked(FREQUENCIES, { at: 'frequency', title: t('frequency') }),
    { at: 'customers/estimate', title: t('customers'), kind: 'count' }, { at: 'visit_days', title: t('visit_days'), kind: 'count' }, { at: 'sales', title: t('sales'), kind: 'money' },
  ] }), left(answer.body)] });
}

/** @param {View} view @param {Record<string, string | undefined>} filters @param {string} currency */
function affinity(view, filters, currency) {
  const byMerchant = has('bank', 'marketing') && !filters.merchant;
  const asked = call('/v1/consumption/affinity', {}, { ...filters, currency, group_by: byMerchant ? 'merchant' : 'mcc', sort: '-lift', limit: '100' });
  const family = byMerchant ? 'merchant' : 'mcc';
  return panel(view, { id: 'affinity', title: t('affinity'), note: t('affinity_note'), calls: [asked], optional: true, draw: (answer) => [table({ label: t('affinity'), answer, rows: answer.body.rows, columns: [
    { at: 'a', title: t('one'), kind: 'code', family }, ...(byMerchant ? [/** @type {const} */ ({ at: 'a_name', title: t('name') })] : []),
    { at: 'b', title: t('other_one'), kind: 'code', family }, ...(byMerchant ? [/** @type {const} */ ({ at: 'b_name', title: t('name') })] : []),
    { at: 'customers/estimate', title: t('customers'), kind: 'count' }, { at: 'jaccard', title: 'Jaccard', kind: 'ratio' }, { at: 'lift', title: 'Lift', kind: 'ratio' },
  ] }), left(answer.body)] });
}
