// Words in the language that is chosen: by the address of the browser at first, by one click from then on.

import { PARTS as PARTS_EN } from './parts/words/en.js';
import { PARTS as PARTS_ZH } from './parts/words/zh.js';
import { EN } from './words/en.js';
import { ZH } from './words/zh.js';

/** @typedef {keyof typeof EN | keyof typeof PARTS_EN} Word */
/** @typedef {'en' | 'zh'} Language */

const KEPT_AS = 'merchant-ledger-language';
/** @type {Record<Language, Record<Word, string>>} */
const TABLES = { en: { ...EN, ...PARTS_EN }, zh: { ...ZH, ...PARTS_ZH } };

/** The language that is chosen. @returns {Language} */
export function language() {
  const kept = localStorage.getItem(KEPT_AS);
  if (kept === 'en' || kept === 'zh') return kept;
  return navigator.languages.some((one) => one.toLowerCase().startsWith('zh')) && !navigator.languages[0]?.toLowerCase().startsWith('en') ? 'zh' : 'en';
}

/** @param {Language} chosen */
export function choose(chosen) {
  localStorage.setItem(KEPT_AS, chosen);
  tell();
}

/** Tells the browser, and readers of the page, which language it is in. */
export function tell() {
  document.documentElement.lang = language() === 'zh' ? 'zh-CN' : 'en';
}

/**
 * A word, with `{name}` filled in.
 * @param {Word} word @param {Record<string, string | number>} [parts]
 */
export function t(word, parts = {}) {
  return TABLES[language()][word].replace(/\{(\w+)\}/g, (whole, name) => String(parts[name] ?? whole));
}

/**
 * A code of the API in words: `state` and `open` are the word `state.open`. A code that has no word is told as it is.
 * @param {string} family @param {string | number | null | undefined} code
 */
export function code(family, code) {
  if (code === null || code === undefined) return t('none');
  const table = /** @type {Record<string, string>} */ (TABLES[language()]);
  return table[`${family}.${code}`] ?? String(code);
}
