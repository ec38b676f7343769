// Business dates, as the API writes them. None of them is read from this machine's clock: the ledger says which date is open.

/** @param {string} date @param {number} days */
export function plus(date, days) {
  const moment = new Date(date + 'T00:00:00Z');
  moment.setUTCDate(moment.getUTCDate() + days);
  return moment.toISOString().slice(0, 10);
}

/** Dates from one to another, both included; 400 at most. @param {string} from @param {string} to */
export function between(from, to) {
  const dates = [];
  for (let date = from; date <= to && dates.length < 400; date = plus(date, 1)) dates.push(date);
  return dates;
}

/** @param {string | undefined} text */
export const isDate = (text) => /^\d{4}-\d{2}-\d{2}$/.test(text ?? '');

/** A moment to the second with its offset, both as they came: `2026-12-31 15:30:00Z`, `2027-01-01 00:30:00+09:00`. @param {string} moment */
export const atTerminal = (moment) => moment.replace('T', ' ').replace(/\.\d+/, '');
