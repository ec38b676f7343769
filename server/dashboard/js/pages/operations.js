// Operations: whether the ledger follows its log, what it set aside and refused, and what can be done about it.

import { to } from '../address.js';
import { call, coming } from '../ask.js';
import { h } from '../dom.js';
import { figures } from '../parts/figure.js';
import { grid, panel } from '../parts/panel.js';
import { table } from '../parts/table.js';
import { value } from '../parts/value.js';
import { has } from '../session.js';
import { t } from '../words.js';
import { quarantine } from './quarantine.js';
import { rebuilds } from './rebuilds.js';
import { streams } from './streams.js';

/** @typedef {import('../view.js').View} View */

/** @param {View} view */
export function operations(view) {
  return [
    shards(view),
    has('bank', 'ingest') ? [grid(outcomes(view), rebuilds(view)), refusedMoney(view)] : rebuilds(view),
    has('operator') ? quarantine(view) : null,
    streams(view),
    has('bank', 'merchant') ? heads(view) : null,
    cluster(view),
  ];
}

/** @param {View} view */
function shards(view) {
  return panel(view, { id: 'shards', title: t('shards'), note: t('shards_note'), calls: [call('/readyz', {}, {})], csv: false, live: true, draw: (answer) => {
    const { ready, code: reason, detail, warnings, shards: all } = answer.body;
    return [
      figures(h('article', { class: `figure ${ready ? 'good' : 'bad'}` }, h('h3', { text: t('readiness') }), h('p', { class: 'amount', text: ready ? t('ready') : t('not_ready') }), reason ? h('p', { class: 'note', text: `${reason}: ${detail}` }) : null)),
      warnings.map((warning, place) => h('p', { class: 'warning' }, h('b', {}, value(answer, `/warnings/${place}/code`)), ' ', warning.detail)),
      table({ label: t('shards'), answer, at: '/shards', rows: all, first: 24, mark: (row) => (row.state === 'halted' || row.code ? 'open' : undefined), columns: [
        { at: 'partition', title: t('partition'), kind: 'count' },
        { at: 'state', title: t('state'), kind: 'code', family: 'shard' },
        { at: 'position', title: t('position'), kind: 'id' },
        { at: 'lag', title: t('lag_records'), kind: 'count' },
        { at: 'business_date', title: t('business_date'), kind: 'date' },
        { at: 'code', title: t('code') },
        { at: 'detail', title: t('detail') },
      ] }),
    ];
  } });
}

/** @param {View} view */
function outcomes(view) {
  return panel(view, { id: 'outcomes', title: t('not_booked'), note: t('not_booked_note'), calls: [call('/v1/events', {}, { group_by: 'outcome,code' })], width: 'half', live: true, draw: (answer) => table({ label: t('not_booked'), answer, rows: /** @type {import('../../types/shapes').Shapes['UnbookedCount'][]} */ (answer.body.rows), first: 12, columns: [
    { at: 'outcome', title: t('outcome'), kind: 'code', family: 'outcome' },
    { at: 'code', title: t('reason'), kind: 'code', family: 'refusal' },
    { at: 'count', title: t('count'), kind: 'count' },
    { at: 'amount', title: t('amount'), kind: 'money' },
    { at: 'currency', title: t('currency') },
  ] }) });
}

/** @param {View} view */
function refusedMoney(view) {
  return panel(view, { id: 'refused-money', title: t('money_refused'), note: t('money_refused_note'), calls: [call('/v1/events', {}, { outcome: 'refused', money: 'true', limit: '100' })], live: true, draw: (answer) => table({ label: t('money_refused'), answer, rows: /** @type {import('../../types/shapes').Shapes['PageOfMany_UnbookedRow']['rows']} */ (answer.body.rows), first: 8, empty: t('none_refused'), columns: [
    { at: 'id', title: t('event'), kind: 'id' },
    { at: 'type', title: t('kind'), kind: 'code', family: 'event' },
    { at: 'code', title: t('reason'), kind: 'code', family: 'refusal' },
    { at: 'amount', title: t('amount'), kind: 'money' },
    { at: 'currency', title: t('currency') },
    { at: 'merchant', title: t('merchant'), kind: 'id', href: (row) => (row.merchant ? to(['merchant', row.merchant]) : undefined) },
    { at: 'business_date', title: t('day'), kind: 'date' },
  ] }) });
}

/** @param {View} view */
function heads(view) {
  return panel(view, { id: 'heads', title: t('heads'), note: t('heads_note'), calls: [call('/v1/audit/heads', {}, {})], optional: true, live: true, draw: (answer) => table({ label: t('heads'), answer, rows: answer.body.rows, first: 6, columns: [
    { at: 'partition', title: t('partition'), kind: 'count' }, { at: 'entries', title: t('entries'), kind: 'count' }, { at: 'position', title: t('position'), kind: 'id' }, { at: 'head', title: t('head'), kind: 'id' },
  ] }) });
}

/** @param {View} view */
function cluster(view) {
  return panel(view, { id: 'cluster', title: t('nodes'), calls: [coming('/v1/cluster', {}, {})], csv: false, optional: true, live: true, draw: (answer) => table({ label: t('nodes'), answer, at: '/partitions', rows: answer.body.partitions ?? [], columns: [
    { at: 'partition', title: t('partition'), kind: 'count' }, { at: 'owner', title: t('owner'), kind: 'id' }, { at: 'position', title: t('position'), kind: 'id' }, { at: 'lag', title: t('lag_records'), kind: 'count' },
  ] }) });
}

