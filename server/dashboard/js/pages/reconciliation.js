// Reconciliation: what schemes, payment companies and banks say of the same money; where both sides differ, and since when.

import { change, to } from '../address.js';
import { call } from '../ask.js';
import { isDate } from '../dates.js';
import { h } from '../dom.js';
import { select } from '../parts/choose.js';
import { openDialog } from '../parts/dialog.js';
import { grid, panel } from '../parts/panel.js';
import { table } from '../parts/table.js';
import { value } from '../parts/value.js';
import { code, t } from '../words.js';

/** @typedef {import('../view.js').View} View */
/** @typedef {import('../../types/shapes').RowOf<'/v1/reconciliation/breaks'>} Break */
/** @typedef {import('../../types/shapes').Answer<import('../../types/shapes').BodyOf<'/v1/reconciliation/breaks'>>} Breaks */

const STATES = ['missing_there', 'missing_here', 'amount', 'fee', 'currency', 'duplicate'];

/** @param {View} view */
export function reconciliation(view) {
  const { from, to: until } = view.query;
  const as_of = closed(view);
  const range = { from, to: until, as_of };
  const sums = panel(view, { id: 'pairs', title: t('pairs'), note: t('pairs_note'), calls: [call('/v1/reconciliation', {}, { ...range, group_by: 'source,kind,state' })], live: true, draw: (answer) => table({ label: t('pairs'), answer, rows: answer.body.rows, first: 20, mark: (row) => (isBreak(row.state) ? 'open' : undefined), columns: [
      { at: 'source', title: t('source') }, { at: 'kind', title: t('kind'), kind: 'code', family: 'report_kind' },
      { at: 'state', title: t('state'), kind: 'code', family: 'pair' }, { at: 'count', title: t('count'), kind: 'count' },
      { at: 'ours', title: t('ours'), kind: 'money' }, { at: 'theirs', title: t('theirs'), kind: 'money' }, { at: 'difference', title: t('difference'), kind: 'money' },
      { at: 'fees_ours', title: t('fees_ours'), kind: 'money' }, { at: 'fees_theirs', title: t('fees_theirs'), kind: 'money' }, { at: 'currency', title: t('currency') },
    ] }) });
  const { state, source } = view.query;
  const aged = call('/v1/reconciliation', {}, { ...range, state, source, group_by: 'state,age', open: 'true' });
  // Without a state the answer, and so its file, has pairs that are no breaks.
  const ages = panel(view, { id: 'ages', title: t('breaks_by_age'), note: t('breaks_by_age_note'), calls: [aged], csv: state ? aged : false, width: 'half', draw: (answer) => [h('p', { class: 'note', text: t('from_to', { from: answer.body.from ?? '', to: answer.body.to ?? '' }) }), table({ label: t('breaks_by_age'), answer, rows: answer.body.rows, only: (row) => isBreak(row.state), empty: t('no_breaks'), columns: [
    { at: 'state', title: t('state'), kind: 'code', family: 'pair' }, { at: 'age', title: t('age_in_days'), kind: 'count' }, { at: 'count', title: t('count'), kind: 'count' },
    { at: 'difference', title: t('difference'), kind: 'money' }, { at: 'currency', title: t('currency') },
  ] })] });
  const reports = panel(view, { id: 'reports', title: t('reports'), note: t('reports_note'), calls: [call('/v1/reconciliation/reports', {}, { ...range, limit: '100' })], width: 'half', draw: (answer) => table({ label: t('reports'), answer, rows: answer.body.rows, first: 10, empty: t('no_reports'), mark: (row) => (row.state === 'incomplete' ? 'open' : undefined), columns: [
    { at: 'report', title: t('report'), kind: 'id' }, { at: 'source', title: t('source') }, { at: 'date', title: t('day'), kind: 'date' }, { at: 'state', title: t('state'), kind: 'code', family: 'report' },
    { at: 'lines', title: t('lines'), kind: 'count' }, { at: 'credits', title: t('credits'), kind: 'money' }, { at: 'debits', title: t('debits'), kind: 'money' }, { at: 'currency', title: t('currency') },
  ] }) });
  return [breaks(view), grid(ages, reports), sums];
}

/** The date that it is as of: other pages also stand at positions, these answers at dates only. @param {View} view */
const closed = ({ query }) => (isDate(query.as_of) ? query.as_of : undefined);

/** @param {string | null | undefined} state */
const isBreak = (state) => STATES.includes(state ?? '');

/** @param {View} view */
function breaks(view) {
  const { state, source, from, to: until } = view.query;
  const asked = call('/v1/reconciliation/breaks', {}, { state, source, from, to: until, as_of: closed(view), limit: '200' });
  const tools = h('div', { class: 'choices' }, select(t('state'), 'state', state ?? '', [{ value: '', words: t('every_state') }, ...STATES.map((one) => ({ value: one, words: code('pair', one) }))]),
    source ? h('button', { type: 'button', class: 'tool', onclick: () => change({ source: undefined }) }, t('every_source')) : null);
  return panel(view, { id: 'breaks', title: t('breaks'), note: from || until ? t('breaks_note') : t('breaks_note_all'), calls: [asked], live: true, tools, draw: (answer) => table({ label: t('breaks'), answer, rows: answer.body.rows, first: 20, empty: t('no_breaks'), columns: breakColumns(answer) }) });
}

/** @param {Breaks} answer @returns {import('../../types/shapes').Column<Break>[]} */
const breakColumns = (answer) => [
  { at: 'break', title: t('break'), kind: 'id', open: (row) => both(answer, row) },
  { at: 'source', title: t('source') }, { at: 'state', title: t('state'), kind: 'code', family: 'pair' }, { at: 'age', title: t('age_in_days'), kind: 'count' },
  { at: 'ours', title: t('ours'), kind: 'money' }, { at: 'theirs', title: t('theirs'), kind: 'money' }, { at: 'difference', title: t('difference'), kind: 'money' }, { at: 'currency', title: t('currency') },
  { at: 'merchant', title: t('merchant'), kind: 'id', href: (row) => (row.merchant ? to(['merchant', row.merchant]) : undefined) },
];

/** Both sides of a break, and what is known of each. @param {Breaks} answer @param {Break} row */
function both(answer, row) {
  const at = `/rows/${answer.body.rows.indexOf(row)}`;
  const side = (/** @type {string} */ title, /** @type {[string, string, ('money' | 'id' | 'date' | 'count')?][]} */ facts) => h('section', { class: 'half' }, h('h3', { text: title }), h('dl', { class: 'facts' }, facts.map(([words, name, kind]) => h('div', {}, h('dt', { text: words }), h('dd', {}, value(answer, `${at}/${name}`, kind ?? 'id'))))));
  const closed = row.closed;
  openDialog(t('break'), h('p', { class: 'ids', text: row.break }), h('p', { text: `${code('pair', row.state)}: ${code('pair_means', row.state)}` }), h('div', { class: 'grid' },
    side(t('our_side'), [[t('amount'), 'ours', 'money'], [t('fees'), 'fees_ours', 'money'], [t('payment'), 'payment'], [t('entry'), 'entry'], [t('position'), 'position'], [t('day'), 'day', 'date']]),
    side(t('their_side'), [[t('amount'), 'theirs', 'money'], [t('fees'), 'fees_theirs', 'money'], [t('reference'), 'reference'], [t('report'), 'report'], [t('line'), 'line', 'count'], [t('position'), 'reported']])),
  h('p', { class: 'big' }, h('span', { text: t('difference') }), ' ', value(answer, `${at}/difference`, 'money'), h('span', { class: 'currency', text: row.currency })),
  closed ? h('p', { text: t('closed_by', { date: closed.date, maker: closed.maker, checker: closed.checker, reason: closed.reason }) }) : null,
  row.merchant && row.payment ? h('a', { href: to(['merchant', row.merchant, 'payments', row.payment]) }, t('life_of', { payment: row.payment })) : null);
}
