// From sales to payable: the movements of closed dates, then what of it is not payable, and why. Each step opens its lines.

import { call } from '../../ask.js';
import { plus } from '../../dates.js';
import { h } from '../../dom.js';
import { compare, negated, sum } from '../../money.js';
import { chart } from '../../parts/chart.js';
import { explain } from '../../parts/explain.js';
import { panel } from '../../parts/panel.js';
import { value } from '../../parts/value.js';
import { t } from '../../words.js';
import { noneClosed } from './statements.js';

/** @typedef {import('../../view.js').View} View */
/** @typedef {import('../../../types/shapes').Shapes} Shapes */
/** @typedef {import('../../../types/shapes').Answer<Shapes['Statement']>} Answer */
/** @typedef {{ currency: string, book: string, from: string, to: string }} Of */
/** @typedef {{ label: string, at: string, amount: string, is: 'level' | 'step' | 'kept', types?: string[], codes?: string[], result?: 'payable' | 'owed', isOpening?: boolean }} Step */

/** What is the merchant's and not payable yet. @type {['pending' | 'reserved' | 'held' | 'disputed' | 'in_transit', string[]][]} */
const KEPT = [['pending', ['2010']], ['reserved', ['2030']], ['held', ['2040']], ['disputed', ['2045']], ['in_transit', ['2050']]];
/** All that is the merchant's, less what it owes. */
const ALL = [...KEPT.flatMap(([, codes]) => codes), '2020', '1050'];
/** What schemes owe for sales. What they keep of it is a cost of the bank, and comes to nothing here: both its accounts are among these. */
const SCHEMES = ['1010', '2130', '5010', '5020', '2060', '2070'];

/** The movements of a statement: their events, and the accounts that they touch. Fees are with VAT. @type {[keyof Shapes['Movements'], string[] | undefined, string[] | undefined][]} */
const MOVEMENTS = [
  ['sales', ['sale', 'preauth_completed', 'tip_adjusted', 'void', 'reversal'], SCHEMES],
  ['refunds', ['refund', 'refund_failed', 'standalone_refund'], SCHEMES],
  ['disputes', ['chargeback', 'chargeback_represented', 'dispute_won', 'dispute_lost', 'standalone_chargeback'], [...SCHEMES, '2120']],
  ['fees', undefined, ['4010', '4015', '4020', '4030', '4040', '4090', '2090']],
  ['payouts', ['payout_paid', 'payout_returned'], ALL],
  ['seized', ['hold_seized'], ALL],
  ['debt', ['debt_repaid', 'debt_written_off'], ALL],
  ['adjustments', ['adjustment', 'instalment_subsidy', 'opening_balance'], undefined],
];

/** @param {View} view @param {string} id @param {Of} of */
export function waterfall(view, id, of) {
  const asked = call('/v1/merchants/{merchant}/statements/{date}', { merchant: id, date: `${of.from}..${of.to}` }, { currency: of.currency, book: of.book });
  return panel(view, { id: 'waterfall', title: t('waterfall'), note: t('waterfall_note', { from: of.from, to: of.to }), calls: [asked], ofClosed: true, nothing: noneClosed(view), draw: (answer) => {
    const place = answer.body.accounts.findIndex((one) => one.currency === of.currency && one.book === of.book);
    const account = answer.body.accounts[place];
    if (!account) return h('p', { class: 'empty', text: t('never_moved') });
    const all = steps(account, `/accounts/${place}`);
    const open = (/** @type {Step} */ step) => explain({ label: step.label, answer, at: step.at, currency: of.currency, lines: { merchant: id, ...datesOf(step, of), types: step.types, codes: step.codes, currency: of.currency, book: of.book } });
    return [drawing(all, of.currency, open), list(all, answer, open)];
  } });
}

/** Movements are of the range, a balance is of all that was booked up to its date. @param {Step} step @param {Of} of */
const datesOf = (step, { from, to }) => (step.is === 'step' ? { from, to } : { to: step.isOpening ? plus(from, -1) : to });

/** @param {Shapes['StatementAccount']} account @param {string} at @returns {Step[]} */
function steps({ opening, movements, closing }, at) {
  /** @type {Step[]} */
  const all = [{ label: t('opening'), at: `${at}/opening/total`, amount: opening.total, is: 'level', codes: ALL, isOpening: true }];
  for (const [name, types, codes] of MOVEMENTS) if (name === 'sales' || /[1-9]/.test(movements[name])) all.push({ label: t(name), at: `${at}/movements/${name}`, amount: movements[name], is: 'step', types, codes });
  all.push({ label: t('total_funds'), at: `${at}/closing/total`, amount: closing.total, is: 'level', codes: ALL });
  for (const [name, codes] of KEPT) if (/[1-9]/.test(closing[name])) all.push({ label: t(name), at: `${at}/closing/${name}`, amount: closing[name], is: 'kept', codes });
  const owes = /[1-9]/.test(closing.owed);
  all.push(owes ? { label: t('owed'), at: `${at}/closing/owed`, amount: closing.owed, is: 'level', codes: ['1050'], result: 'owed' } : { label: t('payable'), at: `${at}/closing/available`, amount: closing.available, is: 'level', codes: ['2020'], result: 'payable' });
  return all;
}

/** @param {Step[]} steps @param {string} currency @param {(step: Step) => void} open */
function drawing(steps, currency, open) {
  /** @type {{ base: string[], over: string[], baseBelow: string[], below: string[], colours: string[] }} */
  const bars = { base: [], over: [], baseBelow: [], below: [], colours: [] };
  const zero = (/** @type {string} */ amount) => (amount.startsWith('-') ? '0' : amount);
  const less = (/** @type {string} */ amount) => (amount.startsWith('-') ? amount : '0');
  let level = '0';
  for (const step of steps) {
    const change = step.is === 'kept' ? negated(step.amount) : step.amount;
    const start = step.is === 'level' ? '0' : level;
    // What is owed lies below nothing.
    level = step.is === 'level' ? (step.result === 'owed' ? negated(step.amount) : step.amount) : sum([level, change]);
    const [low, high] = compare(start, level) < 0 ? [start, level] : [level, start];
    bars.base.push(zero(low));
    bars.over.push(sum([zero(high), negated(zero(low))]));
    bars.baseBelow.push(less(high));
    bars.below.push(sum([less(low), negated(less(high))]));
    bars.colours.push(step.result ? (step.result === 'owed' ? 'bad' : 'good') : step.is === 'level' ? 'chart-1' : step.is === 'kept' ? 'chart-4' : change.startsWith('-') ? 'chart-5' : 'chart-2');
  }
  return chart({ label: t('waterfall'), height: 'high', names: steps.map((step) => step.label), unit: currency, told: steps.map((step) => step.amount), open: (place) => steps[place] && open(steps[place]), series: [
    { name: '', stack: 'all', hidden: true, amounts: bars.base },
    { name: t('amount'), stack: 'all', amounts: bars.over, colours: bars.colours },
    { name: '', stack: 'all', hidden: true, amounts: bars.baseBelow },
    { name: '', stack: 'all', amounts: bars.below, colours: bars.colours },
  ] });
}

/** The same steps in words, for the keyboard and for readers. @param {Step[]} steps @param {Answer} answer @param {(step: Step) => void} open */
function list(steps, answer, open) {
  return h('ol', { class: 'steps' }, steps.map((step) => h('li', { class: `${step.is} ${step.result ?? ''}` }, h('button', { type: 'button', class: 'inline', onclick: () => open(step) },
    h('span', { text: step.label }), h('span', { class: 'amount' }, step.is === 'kept' ? '− ' : '', value(answer, step.at, 'money'))))));
}
