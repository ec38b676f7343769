// Payments: found by what one knows of them; and the life of one, each line with its reason.

import { to } from '../../address.js';
import { call } from '../../ask.js';
import { atTerminal } from '../../dates.js';
import { h } from '../../dom.js';
import { search } from '../../parts/choose.js';
import { figure, figures } from '../../parts/figure.js';
import { linesTable } from '../../parts/journal.js';
import { panel } from '../../parts/panel.js';
import { table } from '../../parts/table.js';
import { value } from '../../parts/value.js';
import { has } from '../../session.js';
import { code, t } from '../../words.js';

/** @typedef {import('../../view.js').View} View */
/** @typedef {import('../../../types/shapes').Shapes} Shapes */
/** @typedef {import('../../../types/shapes').Answer<Shapes['Payment']>} Answer */

/** @param {View} view @param {string} id */
export function payments(view, id) {
  const payment = view.path[0];
  if (payment) return life(view, id, payment);
  const fields = [{ name: 'payment', label: t('payment') }, { name: 'reference', label: t('reference') }, { name: 'amount', label: t('amount_as_sold'), pattern: '\\d+(\\.\\d+)?' }, { name: 'terminal', label: t('terminal') }];
  return [search(t('search'), fields, view.query), has('bank') ? listForBank(view, id) : listOfEntries(view, id)];
}

/** @param {View} view @param {string} id */
function listForBank(view, id) {
  const { payment, reference, amount, terminal, available_on, from, to: until } = view.query;
  const asked = call('/v1/payments', {}, { merchant: id, payment, reference, amount, terminal, available_on, from, to: until, limit: '100' });
  return panel(view, { id: 'payments', title: t('payments'), note: [available_on ? t('only_available_on', { date: available_on }) : '', t('payments_note')].filter(Boolean).join(' '), calls: [asked], live: true, draw: (answer) => table({ label: t('payments'), answer, rows: answer.body.rows, first: 25, columns: [
    { at: 'payment', title: t('payment'), kind: 'id', href: (row) => to(['merchant', id, 'payments', row.payment]) },
    { at: 'booked_on', title: t('booked_on'), kind: 'date' },
    { at: 'state', title: t('state'), kind: 'code', family: 'state' },
    { at: 'amount', title: t('as_sold'), kind: 'money' },
    { at: 'captured', title: t('captured'), kind: 'money' },
    { at: 'refunded', title: t('refunded'), kind: 'money' },
    { at: 'charged_back', title: t('charged_back'), kind: 'money' },
    { at: 'fees', title: t('fees'), kind: 'money' },
    { at: 'net', title: t('net'), kind: 'money' },
    { at: 'currency', title: t('currency') },
    { at: 'available_on', title: t('available_on'), kind: 'date' },
    { at: 'card', title: t('card'), kind: 'code', family: 'card' },
  ] }) });
}

/** A merchant finds its payments by their sales. @param {View} view @param {string} id */
function listOfEntries(view, id) {
  const { payment, reference, amount, terminal, from, to: until } = view.query;
  const asked = call('/v1/merchants/{merchant}/entries', { merchant: id }, { type: 'sale,preauth_completed,preauth_placed', payment, reference, amount, terminal, from, to: until, limit: '100' });
  return panel(view, { id: 'payments', title: t('payments'), note: view.query.available_on ? t('not_by_available_on') : undefined, calls: [asked], live: true, draw: (answer) => table({ label: t('payments'), answer, rows: answer.body.rows, first: 25, columns: [
    { at: 'payment', title: t('payment'), kind: 'id', href: (row) => (row.payment ? to(['merchant', id, 'payments', row.payment]) : undefined) },
    { at: 'business_date', title: t('booked_on'), kind: 'date' },
    { at: 'occurred_at', title: t('occurred_at'), kind: 'moment' },
    { at: 'type', title: t('event'), kind: 'code', family: 'event' },
    { at: 'amount', title: t('amount'), kind: 'money' },
    { at: 'currency', title: t('currency') },
    { at: 'terminal', title: t('terminal') },
    { at: 'reference', title: t('reference') },
  ] }) });
}

/** @param {View} view @param {string} id @param {string} payment */
function life(view, id, payment) {
  const asked = call('/v1/merchants/{merchant}/payments/{payment}', { merchant: id, payment }, {});
  return [
    h('a', { class: 'tool back', href: to(['merchant', id, 'payments']) }, t('all_payments')),
    panel(view, { id: 'payment', title: t('life_of', { payment }), note: t('life_note'), calls: [asked], live: true, draw: (answer) => [sums(answer), facts(answer), ...answer.body.events.map((event, place) => step(answer, event, place))] }),
  ];
}

/** @param {Answer} answer */
function sums(answer) {
  const currency = answer.body.currency ?? '';
  const of = (/** @type {'captured'} */ at) => (answer.body[at] === null || answer.body[at] === undefined ? null : figure({ label: t(at), answer, at: `/${at}`, currency }));
  return figures(/** @type {any[]} */ (['authorised', 'captured', 'refunded', 'charged_back', 'fees', 'net']).map(of));
}

/** @param {Answer} answer */
function facts(answer) {
  /** @type {[keyof Shapes['Payment'] & string, any, string?][]} */
  const all = [['state', 'code', 'state'], ['card', 'code', 'card'], ['scheme', 'code', 'scheme'], ['entry_mode', 'code', 'entry_mode'], ['terminal', 'text'], ['reference', 'text'], ['booked_on', 'date'], ['available_on', 'date'], ['contract_version', 'text'], ['book', 'code', 'book']];
  return h('dl', { class: 'facts' }, all.filter(([name]) => answer.body[name]).map(([name, kind, family]) => h('div', {}, h('dt', { text: t(/** @type {'state'} */ (name)) }), h('dd', {}, value(answer, `/${name}`, kind, family)))));
}

/** @param {Answer} answer @param {Shapes['Payment']['events'][number]} event @param {number} place */
function step(answer, event, place) {
  const at = `/events/${place}`;
  const isBooked = event.outcome === 'posted';
  return h('article', { class: `entry step ${isBooked ? '' : 'refused'}` },
    h('header', {}, h('strong', { text: code('event', event.type) }), event.amount ? h('span', {}, value(answer, `${at}/amount`, 'money'), ' ', h('span', { class: 'currency', text: answer.body.currency ?? '' })) : null, h('span', { class: 'badge', text: code('outcome', event.outcome) }), value(answer, `${at}/business_date`, 'date')),
    h('p', { class: 'note ids', text: [event.event, event.occurred_at ? atTerminal(event.occurred_at) : '', event.entry].filter(Boolean).join(' · ') }),
    event.code ? h('p', { class: 'failed', text: `${code('refusal', event.code)}` }) : null,
    event.lines && event.lines.length > 0 ? linesTable(answer, event.lines, `${at}/lines`) : null);
}
