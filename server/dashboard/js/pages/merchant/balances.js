// Balances: what is payable, and the way from sales to it, each step with the journal lines behind it; when the rest comes.

import { to } from '../../address.js';
import { cached, call } from '../../ask.js';
import { isDate, plus } from '../../dates.js';
import { h } from '../../dom.js';
import { stream } from '../../live.js';
import { chart } from '../../parts/chart.js';
import { tabs } from '../../parts/choose.js';
import { figure, figures } from '../../parts/figure.js';
import { grid, panel } from '../../parts/panel.js';
import { table } from '../../parts/table.js';
import { watch } from '../../parts/watch.js';
import { has } from '../../session.js';
import { code, t } from '../../words.js';
import { waterfall } from './waterfall.js';

/** @typedef {import('../../view.js').View} View */
/** @typedef {import('../../../types/shapes').Shapes} Shapes */
/** @typedef {import('../../../types/shapes').Answer<Shapes['Balances']>} Answer */

/** How many days the way from sales to payable covers, where the address says no more. */
const DAYS = 29;

/** @param {View} view @param {string} id @param {Shapes['Balances']} first */
export async function balances(view, id, first) {
  const asked = call('/v1/merchants/{merchant}/balances', { merchant: id }, { as_of: view.query.as_of });
  const accounts = first.balances.map((one) => `${one.currency}.${one.book}`);
  const account = view.query.account && accounts.includes(view.query.account) ? view.query.account : accounts[0] ?? '';
  const [currency = '', book = ''] = split(account);
  const choices = accounts.length < 2 ? null : tabs(t('currency_book'), accounts.map((one) => ({ words: `${split(one)[0]} · ${code('book', split(one)[1])}`, href: to(['merchant', id, 'balances'], { ...view.query, account: one }), isChosen: one === account })));
  const of = (/** @type {Answer} */ answer) => answer.body.balances.findIndex((one) => one.currency === currency && one.book === book);
  const last = await lastClosed(view, id, first);
  const from = view.query.from && view.query.from <= last ? view.query.from : plus(last, -DAYS);
  const now = panel(view, { id: 'balances', title: t('balances'), note: view.query.as_of ? t('as_it_was') : t('as_it_is'), calls: [asked], draw: (answer) => of(answer) < 0 ? h('p', { class: 'empty', text: t('never_moved') }) : tiles(answer, of(answer), id, view.query.as_of ? answer.body.business_date ?? undefined : undefined) });
  // Accounts, and a date that has closed, come by the stream as well.
  watch(view, asked, first, (body) => [body.business_date ?? '', ...body.balances.map((one) => `${one.currency}.${one.book}`)], false);
  follow(view, id, asked);
  return [choices, now, account ? waterfall(view, id, { currency, book, from, to: last }) : null, account ? grid(pending(view, asked, of), reserve(view, asked, of)) : null];
}

/** The last of the closed dates that are shown: the one that it is as of, else that of the address, else the one before the open date. @param {View} view @param {string} id @param {Shapes['Balances']} first */
async function lastClosed({ query }, id, first) {
  const { as_of: asOf, to: until } = query;
  if (asOf && isDate(asOf)) {
    // The answer of a moment says its own date, which is closed unless it is the one that is open now.
    const { body } = await cached(call('/v1/merchants/{merchant}/balances', { merchant: id }, {}));
    if (asOf < (body.business_date ?? '')) return asOf;
  }
  const open = first.business_date ?? '1970-01-01';
  return until && until < open ? until : plus(open, -1);
}

/** @param {string} account */
const split = (account) => [account.slice(0, 3), account.slice(4)];

/** Each change of the balances comes by itself; where that ends, the page asks. @param {View} view @param {string} id @param {string} asked */
function follow(view, id, asked) {
  if (!view.live) return;
  const mine = () => view.panels.filter((one) => one.calls.length === 1 && one.calls[0] === asked);
  const path = `/v1/merchants/${encodeURIComponent(id)}/balances/stream`;
  let pending = 0;
  view.ends.push(stream(path, (body) => {
    // At most one drawing a frame, however fast events come.
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(() => mine().forEach((one) => one.give([{ call: asked, body }])));
  }, () => mine().forEach((one) => { one.isLive = true; })));
}

/** @param {Answer} answer @param {number} place @param {string} id @param {string | undefined} until the date of a moment that is past: what was booked later is not behind its figures */
function tiles(answer, place, id, until) {
  const at = `/balances/${place}`;
  const { currency, book, owed } = /** @type {Shapes['Balance']} */ (answer.body.balances[place]);
  const of = (/** @type {'pending'} */ name, /** @type {string[]} */ codes, /** @type {'good' | 'warn' | undefined} */ tone) => figure({ label: t(name), answer, at: `${at}/${name}`, currency, note: t(`note.${name}`), tone, lines: { merchant: id, to: until, codes, currency, book } });
  const all = /** @type {[any, string[], ('good' | 'warn')?][]} */ ([['payable', ['2020'], 'good'], ['pending', ['2010']], ['reserved', ['2030']], ['held', ['2040']], ['disputed', ['2045']], ['in_transit', ['2050']], ['owed', ['1050'], /[1-9]/.test(owed) ? 'warn' : undefined], ['preauthorised', ['9010']]]);
  return [
    figures(all.map(([name, codes, tone]) => of(name, codes, tone))),
    answer.body.calendar_missing.length > 0 ? h('p', { class: 'note', text: t('calendar_missing', { years: answer.body.calendar_missing.join(', ') }) }) : null,
  ];
}

/** What becomes available when. The bank alone finds payments by that date. @param {View} view @param {import('../../../types/shapes').Call<Shapes['Balances']>} asked @param {(answer: Answer) => number} of */
function pending(view, asked, of) {
  return panel(view, { id: 'pending', title: t('pending_calendar'), note: t('pending_calendar_note'), calls: [asked], csv: false, width: 'half', draw: (answer) => {
    const rows = answer.body.balances[of(answer)]?.pending_by_date ?? [];
    if (rows.length === 0) return h('p', { class: 'empty', text: t('nothing_pending') });
    return [
      chart({ label: t('pending_calendar'), height: 'low', names: rows.map((row) => row.available_on), unit: answer.body.balances[of(answer)]?.currency, series: [{ name: t('pending'), amounts: rows.map((row) => row.amount) }] }),
      table({ label: t('pending_calendar'), answer, at: `/balances/${of(answer)}/pending_by_date`, rows, first: 7, columns: [
        { at: 'available_on', title: t('available_on'), kind: 'date', href: has('bank') ? (row) => to(['merchant', answer.body.merchant, 'payments'], { available_on: row.available_on }) : undefined },
        { at: 'amount', title: t('amount'), kind: 'money' }] }),
    ];
  } });
}

/** @param {View} view @param {import('../../../types/shapes').Call<Shapes['Balances']>} asked @param {(answer: Answer) => number} of */
function reserve(view, asked, of) {
  return panel(view, { id: 'reserve', title: t('reserve_calendar'), note: t('reserve_calendar_note'), calls: [asked], csv: false, width: 'half', draw: (answer) => {
    const rows = answer.body.balances[of(answer)]?.reserved_by_date ?? [];
    if (rows.length === 0) return h('p', { class: 'empty', text: t('nothing_reserved') });
    return [
      chart({ label: t('reserve_calendar'), height: 'low', names: rows.map((row) => row.release_on), unit: answer.body.balances[of(answer)]?.currency, series: [{ name: t('reserved'), colour: 'chart-3', amounts: rows.map((row) => row.amount) }] }),
      table({ label: t('reserve_calendar'), answer, at: `/balances/${of(answer)}/reserved_by_date`, rows, first: 7, columns: [{ at: 'release_on', title: t('release_on'), kind: 'date' }, { at: 'amount', title: t('amount'), kind: 'money' }] }),
    ];
  } });
}
