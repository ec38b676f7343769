// The sum of the lines behind a figure, beside the figure: whether the one explains the other is seen, and not believed.

import { cached, callOf } from '../ask.js';
import { fill, h } from '../dom.js';
import { grouped, isNothing, negated, sum } from '../money.js';
import { t } from '../words.js';
import { failed } from './failure.js';
import { partOfSeveral } from './several.js';

/** @typedef {import('./explain.js').Lines} Lines */
/** @typedef {import('../../types/shapes').RowOf<'/v1/entries'>} Entry */
/** @typedef {Entry['lines'][number]} Line */

/** How many entries are asked for at a time where all are summed up, and how often that is asked. */
const SUM_ROWS = '1000';
const SUM_CALLS_MAX = 50;

/** Whether a line is of the book and the currency that are asked for. @param {Line} line @param {Lines} lines */
export const isOf = (line, { currency, book }) => (!currency || line.currency === currency) && (!book || line.book === book);

/** Whether a line is one of those that are asked for. @param {Line} line @param {Lines} lines */
export const isMeant = (line, lines) => isOf(line, lines) && (!lines.legs || lines.legs.includes(line.leg)) && (!lines.codes || lines.codes.includes(line.debit.code) || lines.codes.includes(line.credit.code));

/**
 * What lines add to accounts: credits less debits. Of memo accounts, which always stand against each other, the first is meant.
 * @param {{ lines: Line[] }[]} entries @param {Lines} lines
 */
export function added(entries, lines) {
  const codes = (lines.codes ?? []).filter((one) => !(one.startsWith('9') && one.endsWith('1')));
  const amounts = entries.flatMap((entry) => entry.lines.filter((line) => isMeant(line, lines)).flatMap((line) => [
    ...(codes.includes(line.credit.code) ? [line.amount] : []), ...(codes.includes(line.debit.code) ? [negated(line.amount)] : []),
  ]));
  return sum(amounts);
}

/**
 * The call of a page of entries.
 * @param {Lines} lines @param {string} limit @param {string | undefined} cursor
 * @returns {import('../../types/shapes').Call<import('../../types/shapes').BodyOf<'/v1/entries'>>}
 */
export const entriesCall = (lines, limit, cursor) => callOf(lines.merchant ? '/v1/merchants/{merchant}/entries' : '/v1/entries', { merchant: lines.merchant }, {
  from: lines.from, to: lines.to, type: lines.types?.join(','), currency: lines.merchant ? undefined : lines.currency, limit, cursor,
});

/**
 * The sum of the lines that are listed, as the list grows.
 * @param {Lines} lines @param {string | undefined} figure the amount that the lines are behind
 */
export function sumOfLines(lines, figure) {
  const element = h('div', { class: 'sum', role: 'status' });
  // Nothing, with the decimals of the figure.
  let total = sum([figure ?? '0', negated(figure ?? '0')]);
  let part = total;
  /** Where there are more entries than those that were added. @type {string | null | undefined} */
  let more;
  let isWalked = false;

  /** What is listed is added in its order, each when the one before is. */
  let last = Promise.resolve();

  /**
   * What is listed after all was summed up is in the sum already.
   * @param {Entry[]} entries @param {string | null | undefined} next where there are more
   */
  function add(entries, next) {
    if (lines.codes && figure !== undefined) last = last.then(() => put(entries, next));
  }
  /** @param {Entry[]} entries @param {string | null | undefined} next @returns {Promise<void>} */
  async function put(entries, next) {
    if (isWalked) return undefined;
    // No button meanwhile: to sum up all from the page before would count these twice.
    fill(element, h('p', { class: 'note', text: t('waiting') }));
    /** @type {string} */
    let found;
    try {
      found = await partOfSeveral(entries, lines);
    } catch (error) {
      return new Promise((again) => void fill(element, failed(error, () => again(put(entries, next)))));
    }
    total = sum([total, added(entries, lines)]);
    part = sum([part, found]);
    more = next;
    return tell();
  }
  function tell() {
    const next = more;
    // Costs and receivables are debits: the sum has the sign of the figure.
    const all = sum([total, part]);
    const isTurned = !isNothing(all) && !isNothing(figure ?? '') && all.startsWith('-') !== figure?.startsWith('-');
    const turned = (/** @type {string} */ amount) => (isTurned ? negated(amount) : amount);
    const difference = sum([figure ?? '0', negated(turned(all))]);
    const way = t(isTurned ? 'debits_less_credits' : 'credits_less_debits');
    const rows = [[`${t(next ? 'sum_so_far' : 'sum_of_lines')} (${way})`, turned(total)], ...(isNothing(part) ? [] : [[t('vat_of_several'), turned(part)]]), [t('figure_itself'), figure ?? ''], ...(next || isNothing(difference) ? [] : [[t('sum_differs'), difference]])];
    fill(element, h('dl', {}, rows.map(([words = '', amount = '']) => h('div', {}, h('dt', { text: words }), h('dd', { class: 'number' }, grouped(amount), lines.currency ? [' ', h('span', { class: 'currency', text: lines.currency })] : null)))),
      next ? h('button', { type: 'button', class: 'tool', onclick: () => void walk(next) }, t('sum_all')) : null);
  }
  /** Walks to the end of the entries, which are not listed for that. @param {string} cursor */
  async function walk(cursor) {
    isWalked = true;
    fill(element, h('p', { class: 'note', text: t('waiting') }));
    const before = [total, part];
    try {
      /** @type {string | null | undefined} */
      let next = cursor;
      for (let calls = 0; next && calls < SUM_CALLS_MAX; calls += 1) {
        /** @type {import('../../types/shapes').Answer<import('../../types/shapes').BodyOf<'/v1/entries'>>} */
        const answer = await cached(entriesCall(lines, SUM_ROWS, next));
        total = sum([total, added(answer.body.rows, lines)]);
        part = sum([part, await partOfSeveral(answer.body.rows, lines)]);
        next = answer.body.next;
      }
      more = next;
      tell();
    } catch (error) {
      [total = '0', part = '0'] = before;
      fill(element, failed(error, () => void walk(cursor)));
    }
  }
  return { element, add };
}
