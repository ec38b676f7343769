// What stands around every page: its name, the way to the others, dates, language, theme, and who is signed in.

import * as address from './address.js';
import { fill, h, icon } from './dom.js';
import { copy } from './parts/copy.js';
import { period, pinned } from './parts/period.js';
import { redraw } from './parts/chart.js';
import * as session from './session.js';
import * as theme from './theme.js';
import { choose, language, t } from './words.js';

/** @typedef {import('./session.js').PageName} PageName */
/** @typedef {{ page: PageName | undefined, drawn: PageName[], main: HTMLElement, view: import('./view.js').View, restart: () => void }} Frame */

/** @param {PageName} page */
export const pageTitle = (page) => t(`page.${page}`);

const lag = h('p', { class: 'lag', role: 'status' });

/** @param {HTMLElement} root @param {Frame} frame */
export function frame(root, { page, drawn, main, view, restart }) {
  const links = drawn.map((name) => h('a', { href: address.to([name]), 'aria-current': name === page ? 'page' : null }, icon(name), h('span', { text: pageTitle(name) })));
  const nav = h('nav', { id: 'pages', 'aria-label': t('pages') }, links);
  const menu = h('button', { type: 'button', class: 'tool menu', 'aria-expanded': 'false', 'aria-controls': 'pages', onclick: () => {
    const isOpen = nav.classList.toggle('open');
    menu.setAttribute('aria-expanded', String(isOpen));
  } }, icon('menu'), h('span', { class: 'quiet', text: t('pages') }));
  const brand = h('p', { class: 'brand' }, h('span', { class: 'mark', 'aria-hidden': 'true' }), 'merchant-ledger');
  const skip = h('a', { class: 'skip', href: '#main', onclick: (/** @type {Event} */ event) => {
    event.preventDefault();
    main.focus();
  } }, t('skip'));
  const head = h('section', { class: 'head', 'aria-label': page ? `${pageTitle(page)} · merchant-ledger` : null }, h('h1', { text: page ? pageTitle(page) : '' }), lag, h('div', { class: 'period' }, page === undefined ? null : period(page, view), link(page, view)));
  fill(root, skip, h('header', { class: 'top' }, menu, brand, nav, settings(restart)), h('div', { class: 'page' }, head, main));
}

/** @param {() => void} restart */
function settings(restart) {
  const other = language() === 'en' ? 'zh' : 'en';
  const speak = h('button', { type: 'button', class: 'tool language', name: 'language', lang: other === 'zh' ? 'zh-CN' : 'en', onclick: () => {
    choose(other);
    restart();
  } }, other === 'zh' ? '简体中文' : 'English');
  fill(shade, ...shadeWords());
  const leave = h('button', { type: 'button', class: 'tool', onclick: () => {
    session.forget();
    restart();
  } }, icon('out'), t('sign_out'));
  const { who, open, roles } = session.current();
  return h('div', { class: 'settings' }, speak, shade, open ? h('p', { class: 'who', text: t('open_server') }) : [h('p', { class: 'who' }, h('b', { text: who }), ' ', roles.map((role) => t(`role.${/** @type {'bank'} */ (role)}`)).join(t('between'))), leave]);
}

const shade = h('button', { type: 'button', class: 'tool', onclick: () => {
  theme.toggle();
  shaded();
} });

/** What is drawn anew when the theme has changed. */
export function shaded() {
  theme.show();
  fill(shade, ...shadeWords());
  redraw();
}

const shadeWords = () => [icon(theme.isDark() ? 'sun' : 'moon'), h('span', { text: t(theme.isDark() ? 'light' : 'dark') })];

/**
 * A link that shows the same later: with dates, and positions where the page is of a moment.
 * @param {PageName | undefined} page @param {import('./view.js').View} view
 */
function link(page, view) {
  return h('button', { type: 'button', class: 'tool link', title: t('copy_link_note'), onclick: () => void copy(address.whole(pinned(page, view)), t('copied_link')) }, icon('link'), t('copy_link'));
}

/**
 * How far the ledger is; nothing where it does not answer.
 * @param {{ ready: boolean, lag: number, open: string, live: boolean } | undefined} told
 */
export function showLag(told) {
  const tone = told ? (told.ready ? (told.live ? 'good' : 'still') : 'warn') : 'bad';
  const words = told ? [t(told.live ? 'live' : 'not_live'), told.open ? t('open_date', { date: told.open }) : '', t('lag', { count: told.lag })] : [t('no_server')];
  const text = words.filter(Boolean).join(' · ');
  if (lag.textContent !== text || !lag.classList.contains(tone)) fill(lag, h('span', { class: 'dot', 'aria-hidden': 'true' }), text);
  lag.className = `lag ${tone}`;
}
