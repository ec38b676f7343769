// Journal entries, newest first, with their lines; of a payment's entry each line says why it has its amount.

import { cached, get } from '../ask.js';
import { to } from '../address.js';
import { atTerminal } from '../dates.js';
import { fill, h } from '../dom.js';
import { has } from '../session.js';
import { code, t } from '../words.js';
import { tellFailure } from './failure.js';
import { reason } from './reason.js';
import { entriesCall, isMeant, sumOfLines } from './sum.js';
import { value } from './value.js';

/** @typedef {import('./explain.js').Lines} Lines */
/** @typedef {import('../../types/shapes').Shapes} Shapes */
/** @typedef {import('../../types/shapes').RowOf<'/v1/entries'>} Entry */
/** @typedef {import('../../types/shapes').Answer<any>} Answer */

/** How many entries are asked for at a time. */
const PAGE_ROWS = '50';

/**
 * The entries behind a figure, and their sum.
 * @param {Lines} lines @param {string} [figure] the amount that they are behind
 */
export function journal(lines, figure) {
  const list = h('div', { class: 'entries' });
  const more = h('button', { type: 'button', class: 'more', hidden: true }, t('more_entries'));
  const total = sumOfLines(lines, figure);
  const section = h('section', { 'aria-busy': 'true' }, h('h3', { text: t('lines_behind') }), list, more, total.element);
  let shown = 0;

  /** @param {string | undefined} cursor */
  async function page(cursor) {
    more.hidden = true;
    try {
      /** @type {Answer} */
      const answer = await cached(entriesCall(lines, PAGE_ROWS, cursor));
      /** @type {Entry[]} */
      const rows = answer.body.rows;
      const drawn = rows.map((row, place) => ({ row, place })).filter(({ row }) => touches(row, lines)).map(({ row, place }) => entry(answer, row, `/rows/${place}`, lines));
      shown += drawn.length;
      list.append(...drawn);
      const next = answer.body.next;
      total.add(rows, next);
      more.hidden = !next;
      more.onclick = () => void page(next);
      if (shown === 0 && !next) fill(list, h('p', { class: 'empty', text: t('no_lines') }));
      // A page of entries may have none that touch these accounts.
      if (shown === 0 && next) await page(next);
    } catch (error) {
      list.append(h('p', { class: 'failed', role: 'alert', text: tellFailure(error) }));
    }
    section.setAttribute('aria-busy', 'false');
  }
  void page(undefined);
  return section;
}

/** @param {Entry} entry @param {Lines} lines */
function touches(entry, lines) {
  return entry.lines.some((line) => isMeant(line, lines));
}

/**
 * One entry.
 * @param {Answer} answer @param {Entry} row @param {string} at @param {Lines} of what is marked, and of which book lines are shown
 */
function entry(answer, row, at, of) {
  const merchant = row.merchant && row.merchant !== '@house' ? row.merchant : undefined;
  const lines = h('div', {}, linesTable(answer, row.lines, `${at}/lines`, of.codes, of));
  const why = merchant && row.payment ? h('button', { type: 'button', class: 'inline', onclick: () => void explained(merchant, row.payment ?? '', row.event ?? '', lines, of) }, t('why')) : null;
  const payment = merchant && row.payment ? h('a', { href: to(['merchant', merchant, 'payments', row.payment]) }, row.payment) : row.payment;
  return h('article', { class: 'entry' },
    h('header', {}, h('strong', { text: code('event', row.type) }), value(answer, `${at}/business_date`, 'date'), h('span', { class: 'note', text: row.occurred_at ? atTerminal(row.occurred_at) : '' }), why),
    h('p', { class: 'note ids' }, [row.merchant, payment, row.event, row.entry].filter(Boolean).flatMap((id, place) => (place > 0 ? [' · ', id] : [id]))), lines);
}

/**
 * Lines as a table of debit, credit and amount; with reasons where the answer has them.
 * @param {Answer} answer @param {(Shapes['ExplainedLine'])[]} lines @param {string} at @param {string[]} [codes] what is marked
 * @param {Lines} [of] of which book, and of which currency marks are
 */
export function linesTable(answer, lines, at, codes = [], of = {}) {
  if (lines.length === 0) return h('p', { class: 'empty', text: t('nothing_posted') });
  const body = lines.flatMap((line, place) => {
    if (of.book && line.book !== of.book) return [];
    const isMarked = codes.length > 0 && isMeant(line, { ...of, codes });
    const amount = h('td', { class: 'number' }, value(answer, `${at}/${place}/amount`, 'money'), ' ', h('span', { class: 'currency', text: line.currency }));
    const told = line.why ? h('tr', { class: 'why' }, h('td', { colspan: 3, text: reason(line.why, line.currency) })) : null;
    return [h('tr', { class: isMarked ? 'marked' : null }, h('td', {}, account(line.debit, line.book)), h('td', {}, account(line.credit, line.book)), amount), told];
  });
  return h('table', { class: 'lines' }, h('thead', {}, h('tr', {}, h('th', { scope: 'col', text: t('debit') }), h('th', { scope: 'col', text: t('credit') }), h('th', { scope: 'col', class: 'number', text: t('amount') }))), h('tbody', {}, body));
}

/** @param {Shapes['Account']} account @param {string} book */
function account({ code: number, party, detail }, book) {
  const of = [book === 'bank' ? null : book, party, detail].filter(Boolean).join(' · ');
  return [h('span', { class: 'account' }, h('b', { text: number }), ' ', code('account', number)), of ? h('small', { text: of }) : null];
}

/**
 * Puts lines with their reasons in the place of lines without them.
 * @param {string} merchant @param {string} payment @param {string} event @param {HTMLElement} place @param {Lines} of
 */
async function explained(merchant, payment, event, place, of) {
  try {
    const answer = await get('/v1/merchants/{merchant}/payments/{payment}', { merchant, payment }, {});
    const found = answer.body.events.findIndex((one) => one.event === event);
    const lines = answer.body.events[found]?.lines ?? [];
    fill(place, found < 0 ? h('p', { class: 'note', text: t('no_reason') }) : linesTable(answer, lines, `/events/${found}/lines`, of.codes, of), has('bank') || found < 0 ? null : h('p', { class: 'note', text: t('own_lines') }));
  } catch (error) {
    fill(place, h('p', { class: 'failed', role: 'alert', text: tellFailure(error) }));
  }
}
