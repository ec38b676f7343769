// Against the period just before: the same number of dates, where all of them are closed.

import { isDate, plus } from '../dates.js';
import { grouped, isNothing, negated, sum } from '../money.js';
import { t } from '../words.js';

/** @typedef {{ from: string, to: string }} Range */

/**
 * The period of the same length just before that of the address; none where the address has no range, or one with an open date,
 * whose figures still grow.
 * @param {Record<string, string | undefined>} query @param {string} open the open business date
 * @returns {Range | undefined}
 */
export function before({ from, to }, open) {
  if (!from || !to || !isDate(from) || !isDate(to) || from > to || to >= open) return undefined;
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
  return { from: plus(from, -days), to: plus(to, -days) };
}

/**
 * How a figure has changed since then, in words; nothing where there was nothing.
 * @param {string | number | null | undefined} now @param {string | number | null | undefined} was @param {Range | undefined} range
 */
export function against(now, was, range) {
  if (!range || now === null || now === undefined || was === null || was === undefined || isNothing(String(was))) return undefined;
  return t('against', { change: `${change(String(now), String(was))} %`, ...range });
}

/** The change in percent, to one decimal, with its sign. @param {string} now @param {string} was */
function change(now, was) {
  const difference = digits(sum([now, negated(was), '0.00']));
  const base = digits(sum([was, '0.00']));
  const size = base < 0n ? -base : base;
  // In tenths of a percent, rounded half away from zero.
  const tenths = ((difference < 0n ? -difference : difference) * 2_000n + size) / (size * 2n);
  const text = `${tenths / 10n}.${tenths % 10n}`;
  const sign = tenths === 0n ? '' : difference < 0n ? '-' : '+';
  return sign === '+' ? `+${grouped(text)}` : grouped(sign + text);
}

/** An amount as an integer of its last digit. @param {string} amount */
const digits = (amount) => BigInt(amount.replace('.', ''));
