// Values that have an order of their own, which is not that of their letters.

/** Ages in days, the youngest first. */
export const AGES = ['0-1', '2-3', '4-7', '8-14', '15-30', '31-90', '91-180', '>180'];
/** Days since the last visit, and days with a visit, the fewest first. */
export const RECENCIES = ['0-7', '8-30', '31-90', '>90'];
export const FREQUENCIES = ['1', '2-3', '4-9', '>9'];
/** Severities of alerts, the least first. */
export const SEVERITIES = ['info', 'warning', 'critical'];

/**
 * A column that a table sorts by the place of its values in an order.
 * @template {object} const C
 * @param {readonly string[]} rank @param {C} column @returns {C}
 */
export const ranked = (rank, column) => ({ ...column, rank });
