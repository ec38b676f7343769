// What is looked at stands in the address: page, merchant, dates, `as_of`, currency, keys. So a link shows the same later, and the
// browser's way back works. A key is never in it.
//
//     #/merchant/M100001/payouts?from=2026-11-01&to=2026-11-23&as_of=3:1482211

import { isDate } from './dates.js';

/** @typedef {{ path: string[], query: Record<string, string> }} Place */

/** @returns {Place} */
export function here() {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return { path: path.split('/').filter(Boolean).map(decoded), query: Object.fromEntries(new URLSearchParams(query)) };
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What follows from page to page. */
const KEPT = ['from', 'to', 'currency'];

/** The merchant that a place is of. @param {string[]} path */
const merchantOf = ([page, merchant]) => (page === 'merchant' ? merchant : undefined);

/**
 * What a place is as of, where that means the same at another: a date does, and a position of several partitions. That of one
 * is a merchant's, and stays with it: others are in other partitions.
 * @param {Place} place @param {string[]} other
 */
function momentFor({ path, query: { as_of: moment } }, other) {
  const merchant = merchantOf(path);
  return isDate(moment) || moment?.includes(',') || !merchant || merchant === merchantOf(other) ? moment : undefined;
}

/**
 * The address of a place; dates, a moment that it can have and the currency go with it.
 * @param {string[]} path
 * @param {Record<string, string | undefined>} [query]
 */
export function to(path, query = {}) {
  const now = here();
  const kept = Object.fromEntries(KEPT.map((name) => [name, now.query[name]]));
  return written(path, { ...kept, as_of: momentFor(now, path), ...query });
}

/** @param {string[]} path @param {Record<string, string | undefined>} query */
function written(path, query) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) search.set(name, value);
  // Colons and commas of positions and keys need no escape in a fragment.
  const text = search.toString().replaceAll('%3A', ':').replaceAll('%2C', ',');
  return '#/' + path.map(encodeURIComponent).join('/') + (text ? '?' + text : '');
}

/**
 * Changes parts of the query, and shows that.
 * @param {Record<string, string | undefined>} changes
 */
export function change(changes) {
  const { path, query } = here();
  location.hash = written(path, { ...query, ...changes });
}

/**
 * Puts another address in the place of this one, to which there is no way back.
 * @param {string[]} path @param {Record<string, string | undefined>} query
 */
export const replace = (path, query) => history.replaceState(history.state, '', written(path, query));

/**
 * The whole address of this place with more in its query.
 * @param {Record<string, string | undefined>} more
 */
export function whole(more) {
  const { path, query } = here();
  return location.href.split('#')[0] + written(path, { ...query, ...more });
}
