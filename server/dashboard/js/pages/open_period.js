// Periods that are not over: their figures still grow, and are not compared with those of others.

import { plus } from '../dates.js';
import { h } from '../dom.js';
import { t } from '../words.js';

/** @typedef {'day' | 'week' | 'month'} Period */
/** @typedef {{ to?: string | null, business_date?: string | null }} Body what an answer says of its dates */

const PERIODS = /** @type {const} */ (['day', 'week', 'month']);

/** The Monday of a date's week. @param {string} date */
const monday = (date) => plus(date, -((new Date(date + 'T00:00:00Z').getUTCDay() + 6) % 7));

/** The first day of the period in which a date lies. @param {Period} period @param {string} date */
export const startOf = (period, date) => (period === 'day' ? date : period === 'week' ? monday(date) : date.slice(0, 7) + '-01');

/** The last day of a period. @param {Period} period @param {string} start */
function endOf(period, start) {
  if (period === 'day') return start;
  if (period === 'week') return plus(start, 6);
  const [year, month] = start.split('-').map(Number);
  return new Date(Date.UTC(year ?? 0, month ?? 1, 0)).toISOString().slice(0, 10);
}

/**
 * Whether a period is not over: its last day is not closed, or lies after the dates that were asked.
 * @param {Period} period @param {string | null | undefined} start its first day; of a month also `2026-11` @param {Body} body
 */
export function isOpen(period, start, { to, business_date: open }) {
  if (!start || !to || !open) return false;
  const end = endOf(period, start);
  return end >= open || end > to;
}

/** Whether a row is of such a period. @param {Partial<Record<Period, string | null>>} row @param {Body} body */
export const isOpenRow = (row, body) => PERIODS.some((period) => isOpen(period, row[period], body));

/** What is said beside rows of which some are marked so. @param {Partial<Record<Period, string | null>>[]} rows @param {Body} body */
export const openNote = (rows, body) => (rows.some((row) => isOpenRow(row, body)) ? h('p', { class: 'note', text: t('open_rows_note') }) : null);
