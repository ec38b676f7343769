// VAT that a void or a whole reversal gives back for several fees in one line: how much of it is in one of them is not in the line,
// but in those that it undoes.

import { cached, call } from '../ask.js';
import { negated, sum } from '../money.js';
import { isNothingThere } from './failure.js';
import { added } from './sum.js';

/** @typedef {import('./explain.js').Lines} Lines */
/** @typedef {import('../../types/shapes').RowOf<'/v1/entries'>} Entry */

/** What such a line is for. */
const SEVERAL = 'vat';

/**
 * What of such lines is VAT of the fees that are meant.
 * @param {Entry[]} entries @param {Lines} lines
 */
export async function partOfSeveral(entries, lines) {
  const legs = lines.legs?.filter((leg) => leg.endsWith('_vat')) ?? [];
  const found = legs.length === 0 ? [] : entries.filter((entry) => entry.lines.some((line) => line.leg === SEVERAL));
  let total = '0';
  // In turn: a page may have very many.
  for (const entry of found) total = sum([total, await given(entry, { ...lines, legs })]);
  return total;
}

/** All VAT of these fees that the payment was charged before; nothing where that is not told. @param {Entry} entry @param {Lines} lines */
async function given({ merchant, payment, event }, lines) {
  if (!merchant || !payment) return '0';
  try {
    const { body } = await cached(call('/v1/merchants/{merchant}/payments/{payment}', { merchant, payment }, {}));
    const place = body.events.findIndex((one) => one.event === event);
    return negated(added(body.events.slice(0, Math.max(0, place)).map((one) => ({ lines: one.lines ?? [] })), lines));
  } catch (error) {
    if (isNothingThere(error)) return '0';
    throw error;
  }
}
