// A panel: a heading, what it asks, what it draws of the answers, and its tools. It says that it waits, that there is nothing,
// or what went wrong; where a server has no such endpoint or a role may not ask it, it is not drawn.

import { cached, isThere } from '../ask.js';
import { fill, h } from '../dom.js';
import { t } from '../words.js';
import { csvButton, curlButton } from './copy.js';
import { againAt, failed, isAbsent, isNoAnswer, isNothingThere, tellFailure } from './failure.js';
import { keeper, within } from './kept.js';

/** @typedef {import('../dom.js').Children} Children */
/** @typedef {import('../../types/shapes').Answer<any>} Answer */
/** @typedef {import('../view.js').View} View */

/**
 * @template {readonly string[]} C
 * @typedef {object} Options
 * @property {string} title
 * @property {string} [note] a sentence on what it tells
 * @property {C} calls what it asks
 * @property {(...answers: import('../../types/shapes').AnswersOf<C>) => Children} draw
 * @property {string | false} [csv] the call of the table to save; the first call by default
 * @property {boolean} [optional] not drawn where the server has no such endpoint
 * @property {boolean} [live] asked again while the page is live
 * @property {boolean} [ofClosed] drawn of the last closed date: when another closes, its page is drawn anew
 * @property {string} [nothing] what is said where there is none of what it asks; that is a failure otherwise
 * @property {'wide' | 'half' | 'third'} [width]
 * @property {Children} [tools] more tools
 * @property {string} [id]
 */

/**
 * @template {readonly string[]} const C
 * @param {View} view @param {Options<C>} options
 */
export function panel(view, options) {
  const content = h('div', { class: 'content' }, skeleton());
  const tools = h('div', { class: 'tools' }, options.tools ?? null, curlButton([...options.calls]), options.csv === false ? null : csvButton(options.csv ?? options.calls[0] ?? ''));
  const element = h('section', { class: `panel ${options.width ?? 'wide'}`, 'aria-busy': 'true', data: { panel: options.id ?? '' } },
    h('header', {}, h('h2', { text: options.title }), tools), options.note ? h('p', { class: 'note', text: options.note }) : null, content);
  element.hidden = options.optional ?? false;
  let seen = '';
  /** @type {string[]} */
  let calls = [...options.calls];
  const kept = keeper();
  kept.askMore = (call, rows) => {
    calls = calls.map((one) => (one === call ? one.replace(/\blimit=\d+/, `limit=${rows}`) : one));
    element.setAttribute('aria-busy', 'true');
    void ask(false);
  };

  function leave() {
    element.remove();
    const place = view.panels.indexOf(self);
    if (place >= 0) view.panels.splice(place, 1);
  }
  /** @param {Answer[]} answers */
  function give(answers) {
    const text = JSON.stringify(answers.map((answer) => [answer.call, standing(answer.body)]));
    if (text !== seen) fill(content, within(kept, () => options.draw(.../** @type {any} */ (answers))));
    seen = text;
    self.againAt = undefined;
    element.hidden = false;
    answers.forEach((answer) => note(view, answer.body));
  }
  /** @param {unknown} error */
  function fail(error) {
    element.hidden = false;
    self.againAt = isNoAnswer(error) ? againAt(error) : undefined;
    const isNothing = options.nothing && isNothingThere(error);
    // What is said already is not said again.
    const text = isNothing ? options.nothing : tellFailure(error);
    if (text !== seen) fill(content, isNothing ? h('p', { class: 'empty', text }) : failed(error, () => void ask(true)));
    seen = text ?? '';
  }
  /** @param {boolean} again */
  async function ask(again) {
    try {
      give(await Promise.all(calls.map((call) => cached(call, again))));
    } catch (error) {
      if (isAbsent(error) && options.optional) return leave();
      fail(error);
    }
    element.setAttribute('aria-busy', 'false');
  }
  if (options.optional && !options.calls.every(isThere)) return null;
  /** @type {import('../view.js').Panel} */
  const self = { ask, give, calls: options.calls, isLive: options.live ?? false, isOfClosed: options.ofClosed };
  view.panels.push(self);
  void ask(false);
  return element;
}

/** What of an answer is drawn: each event moves its position, and changes nothing else of most answers. @param {any} body */
function standing(body) {
  const { position: _, ...rest } = body ?? {};
  return rest;
}

/** A statement's position is that of a closed date: what was seen last is the later one. @param {string | undefined} seen @param {string} position */
function later(seen, position) {
  const offset = (/** @type {string} */ text) => Number(text.split(',')[0]?.split(':')[1] ?? -1);
  return seen && offset(seen) > offset(position) ? seen : position;
}

/** What makes a link show the same later: dates and positions of what is seen. @param {View} view @param {any} body */
function note(view, body) {
  if (body?.from && body.to) [view.seen.from, view.seen.to] = [body.from, body.to];
  if (body?.position) view.seen.as_of = later(view.seen.as_of, [body.position].flat().join(','));
  if (body?.business_date) view.seen.open = body.business_date;
  view.onSeen?.();
}

const skeleton = () => h('div', { class: 'waiting' }, h('span', {}), h('span', {}), h('span', {}), h('p', { class: 'quiet', text: t('waiting') }));

/** Panels side by side. @param {...Children} children */
export const grid = (...children) => h('div', { class: 'grid' }, ...children);
