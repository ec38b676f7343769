// Why a line has its amount, as a sentence: rule, formula, rounding, and where the money came from.

import { grouped } from '../money.js';
import { code, t } from '../words.js';

/** @typedef {import('../../types/shapes').Shapes['Why']} Why */

/** @param {Why} why @param {string} currency */
export function reason(why, currency) {
  const money = (/** @type {string} */ amount) => `${grouped(amount)} ${currency}`;
  const parts = [whatIs(why), formula(why, money)];
  if (why.binding) parts.push(code('binding', why.binding));
  if (why.before && /[1-9]/.test(why.before)) parts.push(t('why_before', { amount: money(why.before) }));
  if (why.vat && /[1-9]/.test(why.vat)) parts.push(t('why_vat', { amount: money(why.vat) }));
  if (why.rounding && why.rounding !== 'half_up') parts.push(code('rounding', why.rounding));
  if (why.carried) parts.push(t('why_carried'));
  if (why.mirrored) parts.push(t('why_mirrored'));
  if (why.again) parts.push(t('why_again'));
  if (why.source) parts.push(t('why_source', { source: code('source', why.source) }) + (why.part_of ? t('why_part_of', { amount: money(why.part_of) }) : ''));
  if (why.rule) parts.push(t('why_rule', { rule: why.rule, version: why.contract_version ?? '' }).trim());
  return parts.filter(Boolean).join(t('between')) + t('stop');
}

/** @param {Why} why */
function whatIs(why) {
  const what = code('what', why.what) === why.what ? code('event', why.what) : code('what', why.what);
  return why.fee ? t('why_vat_of', { what, fee: code('what', why.fee) }) : what;
}

/** @param {Why} why @param {(amount: string) => string} money */
function formula(why, money) {
  const price = [why.percent ? `${why.percent} %` : '', why.fixed ? t('why_fixed', { amount: money(why.fixed) }) : ''].filter(Boolean).join(' + ');
  const bounds = [why.floor ? t('why_floor', { amount: money(why.floor) }) : '', why.cap ? t('why_cap', { amount: money(why.cap) }) : ''].filter(Boolean).join(t('between'));
  let told = price && why.of ? t('why_of', { price, of: money(why.of) }) : price || (why.of ? money(why.of) : '');
  if (why.cumulated && why.captured) told += ` × ${grouped(why.cumulated)} ÷ ${grouped(why.captured)}`;
  if (why.settled && why.settled_before) told += ` × ${grouped(why.settled)} ÷ ${grouped(why.settled_before)}`;
  if (bounds) told += ` (${bounds})`;
  return why.result ? `${told} = ${money(why.result)}`.trim() : told;
}
