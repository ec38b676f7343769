// Who is signed in. The key or token lives in this tab's session storage and nowhere else: not in the address, not in a
// cookie, not in what is copied.

import { get, hasEndpoint } from './ask.js';

/** @typedef {import('../types/shapes').Who} Who */
/** @typedef {'overview' | 'merchant' | 'exposure' | 'fees' | 'reconciliation' | 'consumption' | 'operations'} PageName */

const KEPT_AS = 'merchant-ledger-key';

/** @type {Who | undefined} */
let who;

export const key = () => sessionStorage.getItem(KEPT_AS);

/** What comes with a text that is copied, and is not seen: soft hyphens, widths of nothing, marks of direction and of order. */
const UNSEEN = /[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]/g;

/**
 * Keeps a key or token, without what copying added. One with anything but visible ASCII cannot be sent in a header, and is none.
 * @param {string} text @returns {boolean} whether it is kept
 */
export function keep(text) {
  const secret = text.replace(UNSEEN, '').trim();
  if (!/^[\x21-\x7e]+$/.test(secret)) return false;
  sessionStorage.setItem(KEPT_AS, secret);
  return true;
}

export function forget() {
  sessionStorage.removeItem(KEPT_AS);
  who = undefined;
}

/** Asks who this is; throws `unauthenticated` where nobody knows. */
export async function ask() {
  who = (await get('/v1/whoami', {}, {})).body;
  return who;
}

/** Who it was found to be. @returns {Who} */
export function current() {
  if (!who) throw new Error('nobody is signed in');
  return who;
}

/** Whether somebody is signed in. */
export const isSignedIn = () => who !== undefined;

/** @param {...string} roles */
export const has = (...roles) => current().roles.some((role) => roles.includes(role));

/** Which roles see a page. What a role may not see is not drawn. @type {Record<PageName, string[]>} */
const PAGES = {
  overview: ['bank'],
  merchant: ['bank', 'merchant'],
  exposure: ['bank'],
  fees: ['bank'],
  reconciliation: ['bank'],
  consumption: ['bank', 'marketing', 'merchant'],
  operations: ['bank', 'operator'],
};

/** The pages that are drawn for who is signed in, in their order; of what this server does not have there is none. */
export const pages = () => /** @type {PageName[]} */ (Object.keys(PAGES)).filter((page) => has(...PAGES[page]) && (page !== 'reconciliation' || hasEndpoint('/v1/reconciliation')));
