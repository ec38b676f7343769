// The place that the address names. Where there is none such the address is put right and it is said, so that what is shown is
// what the address names.

import { here, replace } from './address.js';
import { cached } from './ask.js';
import { isDate } from './dates.js';
import { isTab } from './pages/merchant.js';
import { say } from './parts/notice.js';
import { obeyed } from './parts/period.js';
import { t } from './words.js';

/** @typedef {import('./session.js').PageName} PageName */
/** @typedef {import('../types/shapes').Shapes} Shapes */

/** Whether an address names a page and, of a merchant, a tab. @param {string[]} path @param {PageName[]} drawn */
const isKnown = ([page, , tab], drawn) => drawn.some((one) => one === page) && (page !== 'merchant' || tab === undefined || isTab(tab));

/**
 * The page that the address names.
 * @param {PageName[]} drawn those of who is signed in
 */
export function placed(drawn) {
  const { path, query } = here();
  const page = drawn.find((name) => name === path[0]) ?? drawn[0];
  if (page && path.length > 0 && !isKnown(path, drawn)) {
    replace(page === path[0] ? path.slice(0, 2) : [page], query);
    say(t('no_such_page', { page: path.join('/') }));
  }
  return page;
}

/**
 * Drops a position that is not of every partition from the address of a page of all merchants: the others would be as they are now.
 * @param {PageName | undefined} page
 */
export async function wholeMoment(page) {
  const { path, query } = here();
  const position = query.as_of;
  if (!position || isDate(position) || page === 'merchant' || !obeyed(page, path.slice(1)).moment) return;
  const partitions = await allPartitions().catch(() => undefined);
  // Of a server that does not answer the page says so itself.
  if (!partitions) return;
  const named = position.split(',').map((one) => Number(one.split(':')[0]));
  if (partitions.every((partition) => named.includes(partition))) return;
  replace(path, { ...query, as_of: undefined });
  say(t('position_of_few'));
}

/** The partitions of all nodes; of this one alone where the key may not ask for the others. */
async function allPartitions() {
  const cluster = await cached('/v1/cluster').catch(() => undefined);
  if (cluster) return /** @type {Shapes['Cluster']} */ (cluster.body).partitions.map(({ partition }) => partition);
  const { body } = await cached('/readyz');
  return /** @type {Shapes['Readiness']} */ (body).shards.map(({ partition }) => partition);
}
