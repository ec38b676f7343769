// What is said where the API refuses.

import { Refused } from '../ask.js';
import { code, t } from '../words.js';

/** @param {unknown} error */
export function tellFailure(error) {
  if (!(error instanceof Refused)) return t('failed', { detail: String(error) });
  return `${code('problem', error.code)}: ${error.message}`;
}

/** Whether it is that a server without this endpoint, or a role that may not see it, was asked. @param {unknown} error */
export const isAbsent = (error) => error instanceof Refused && (error.status === 404 || error.status === 403);
