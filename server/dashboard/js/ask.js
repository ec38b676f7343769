// The one way to ask the API. Answers keep the call that gave them, so that each figure can say where it is from.

import * as session from './session.js';

/**
 * @template {import('../types/shapes').GetPath} P
 * @typedef {import('../types/shapes').BodyOf<P>} BodyOf
 */
/**
 * @template B
 * @typedef {import('../types/shapes').Answer<B>} Answer
 */
/** @typedef {import('../types/shapes').Texts} Texts */

/** What the API refused, by its stable code. */
export class Refused extends Error {
  /** @param {number} status @param {string} code @param {string} detail @param {number} [after] in how many seconds to ask again */
  constructor(status, code, detail, after = 0) {
    super(detail);
    this.status = status;
    this.code = code;
    this.after = after;
  }
}

/** What is done where a key is no longer known. */
let unknown = () => {};

/** @param {() => void} listener is told when an answer says that nobody knows who asks */
export const onUnknown = (listener) => { unknown = listener; };

/** How long an answer may take. */
const WAIT_MAX_MS = 30_000;

/** The call of who is signed in. */
const WHO = '/v1/whoami';

/** How many answers are kept that say what was true at one moment: see {@link cached}. */
const CACHED_MAX = 40;

/**
 * A call: the path with its names filled in, and the query without what is absent.
 * @param {string} path @param {Texts} names @param {Texts} query
 */
export function callOf(path, names, query) {
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(names[name] ?? '').replaceAll('%3A', ':'));
  const pairs = Object.entries(query).filter(([, value]) => value).map(([name, value]) => `${name}=${encodeURIComponent(value ?? '').replaceAll('%2C', ',').replaceAll('%3A', ':')}`);
  return filled + (pairs.length > 0 ? '?' + pairs.join('&') : '');
}

/**
 * A call of the API, whose type says what it answers.
 * @template {import('../types/shapes').GetPath} P
 * @param {P} path
 * @param {Texts} names what stands in the braces of the path
 * @param {import('../types/shapes').QueryOf<P>} query
 * @returns {import('../types/shapes').Call<BodyOf<P>>}
 */
export const call = (path, names, query) => callOf(path, names, /** @type {Texts} */ (query));

/**
 * A call of an endpoint that not every server has; its panel is `optional`.
 * @template {keyof import('../types/coming').Coming} P
 * @param {P} path @param {Texts} names @param {Texts} query
 * @returns {import('../types/shapes').Call<import('../types/coming').Coming[P]>}
 */
export function coming(path, names, query) {
  const call = callOf(path, names, query);
  if (!ENDPOINTS.includes(path)) missing.add(call);
  return call;
}

/** The paths of this server's API, which its page names. */
const ENDPOINTS = (document.querySelector('meta[name="endpoints"]')?.getAttribute('content') ?? '').split(' ');
/** Calls of endpoints that this server does not have. @type {Set<string>} */
const missing = new Set();

/** Whether the server has an endpoint. @param {string} path */
export const hasEndpoint = (path) => ENDPOINTS.includes(path);

/** Whether the server has the endpoint of a call. @param {string} call */
export const isThere = (call) => !missing.has(call);

/**
 * Reads a path of the API.
 * @template {import('../types/shapes').GetPath} P
 * @param {P} path
 * @param {Texts} names what stands in the braces of the path
 * @param {import('../types/shapes').QueryOf<P>} query
 * @returns {Promise<Answer<BodyOf<P>>>}
 */
export function get(path, names, query) {
  return read(callOf(path, names, /** @type {Texts} */ (query)));
}

/** @type {Map<string, Promise<Answer<any>>>} */
const answers = new Map();

/**
 * The same, from memory where this page has asked it before: panels that show parts of one answer ask it once.
 * @template B
 * @param {import('../types/shapes').Call<B>} call
 * @param {boolean} [again] whatever is in memory
 * @returns {Promise<Answer<B>>}
 */
export function cached(call, again = false) {
  const found = again ? undefined : answers.get(call);
  if (found) return found;
  if (answers.size >= CACHED_MAX) answers.clear();
  const asked = read(call);
  answers.set(call, asked);
  asked.catch(() => answers.delete(call));
  return asked;
}

/** Forgets what was asked: another page begins, or somebody else is signed in. */
export const forgetAnswers = () => answers.clear();

/** @param {string} call @returns {Promise<Answer<any>>} */
async function read(call) {
  const response = await send(call, 'application/json');
  return { call, body: await response.json() };
}

/**
 * An answer as it comes, in a form that is named.
 * @param {string} call @param {string} accept @param {RequestInit} [init]
 */
export async function send(call, accept, init = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: accept };
  const key = session.key();
  if (key) headers.Authorization = `Bearer ${key}`;
  let response;
  try {
    response = await fetch(call, { signal: AbortSignal.timeout(WAIT_MAX_MS), cache: 'no-store', credentials: 'omit', ...init, headers: { ...headers, ...init.headers } });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Refused(0, 'no_answer', String(error));
  }
  // Readiness says with 503 what it has to say.
  if (response.ok || (response.status === 503 && call.startsWith('/readyz'))) return response;
  const problem = await response.json().catch(() => ({}));
  // Whoever asks who this is says so itself.
  if (response.status === 401 && call !== WHO) unknown();
  // What is between may say a moment instead of seconds: that is asked again at the next look.
  const after = Number(response.headers.get('Retry-After')) || 0;
  throw new Refused(response.status, problem.code ?? 'internal', problem.detail ?? response.statusText, after);
}

/**
 * The call for a terminal. The secret is not in it: it is read from the environment.
 * @param {string} call
 */
export function asCurl(call) {
  const quoted = `curl -s '${location.origin}${call.replaceAll("'", '%27')}'`;
  return session.key() ? `${quoted} -H "Authorization: Bearer $MERCHANT_LEDGER_KEY"` : quoted;
}

/**
 * The value that stands at a JSON pointer.
 * @param {unknown} body @param {string} pointer
 */
export function valueAt(body, pointer) {
  return pointer.split('/').slice(1).reduce((/** @type {any} */ value, name) => value?.[name], body);
}
