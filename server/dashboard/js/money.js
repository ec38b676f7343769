// Amounts. They are decimal strings from the wire to the screen; where two are added they are integers of their last
// digit. A float is only ever a length in pixels.

/**
 * An amount with its thousands apart: `-1234567.50` is `−1,234,567.50`.
 * @param {string} text
 */
export function grouped(text) {
  const [whole = '', ...rest] = text.replace('-', '').split('.');
  const sign = text.startsWith('-') ? '−' : '';
  return sign + [whole.replace(/\B(?=(\d{3})+$)/g, ','), ...rest].join('.');
}

/** @param {string} text */
const decimalsOf = (text) => (text.split('.')[1] ?? '').length;

/** @param {string} text @param {number} decimals */
function scaled(text, decimals) {
  return BigInt(text.replace('.', '') + '0'.repeat(decimals - decimalsOf(text)));
}

/** @param {bigint} value @param {number} decimals */
function written(value, decimals) {
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, '0');
  const at = digits.length - decimals;
  return (value < 0n ? '-' : '') + digits.slice(0, at) + (decimals > 0 ? '.' + digits.slice(at) : '');
}

/**
 * The exact sum of decimal strings, with the most decimals that one of them has.
 * @param {string[]} amounts
 */
export function sum(amounts) {
  const decimals = Math.max(0, ...amounts.map(decimalsOf));
  return written(amounts.reduce((total, amount) => total + scaled(amount, decimals), 0n), decimals);
}

/** @param {string} amount */
export const negated = (amount) => (amount.startsWith('-') ? amount.slice(1) : isNothing(amount) ? amount : '-' + amount);

/** @param {string} amount */
export const isNothing = (amount) => !/[1-9]/.test(amount);

/** Compares by value. @param {string} one @param {string} other */
export function compare(one, other) {
  const decimals = Math.max(decimalsOf(one), decimalsOf(other));
  const [a, b] = [scaled(one, decimals), scaled(other, decimals)];
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The product of an amount and a percentage, rounded half up to the amount's decimals.
 * @param {string} amount @param {string} percent
 */
export function share(amount, percent) {
  const [decimals, more] = [decimalsOf(amount), decimalsOf(percent)];
  const product = scaled(amount, decimals) * scaled(percent, more);
  const by = 100n * 10n ** BigInt(more);
  const half = product < 0n ? -by / 2n : by / 2n;
  return written((product + half) / by, decimals);
}

/**
 * The volume from which a monthly fee is worth a lower rate: `monthly / (higher − lower)`, rounded up to the currency's decimals:
 * those of an amount of the API. `null` where the one rate is not above the other.
 * @param {string} monthly @param {string} higher @param {string} lower @param {string} [like] an amount in the currency; two decimals without
 */
export function breakEven(monthly, higher, lower, like = '0.00') {
  const decimals = Math.max(decimalsOf(higher), decimalsOf(lower));
  const difference = scaled(higher, decimals) - scaled(lower, decimals);
  if (difference <= 0n) return null;
  const wanted = decimalsOf(like);
  const most = Math.max(wanted, decimalsOf(monthly));
  const numerator = scaled(monthly, most) * 100n * 10n ** BigInt(decimals);
  const by = difference * 10n ** BigInt(most - wanted);
  return written((numerator + by - 1n) / by, wanted);
}

/** A length for a chart, and nothing else. @param {string | null | undefined} amount */
export const length = (amount) => Number(amount ?? 0);
