// The contract of a merchant, as the merchant itself is asked: of a search by its id it may not be the first that is found.

import { Refused, cached, call } from '../ask.js';

/** The contract in force; none where no merchant has the id. @param {string} merchant */
export async function contractOf(merchant) {
  try {
    const { body } = await cached(call('/v1/merchants/{merchant}/contracts', { merchant }, { limit: '1' }));
    return body.rows[0]?.contract ?? undefined;
  } catch (error) {
    if (error instanceof Refused && error.code === 'not_found') return undefined;
    throw error;
  }
}
