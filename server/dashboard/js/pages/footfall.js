// Footfall: visits by weekday and hour. Weekdays occur unequally in a range, so beside each stands how many of it there are, and
// cells are shaded by visits of one such day.

import { call } from '../ask.js';
import { plus } from '../dates.js';
import { h } from '../dom.js';
import { heat } from '../parts/heat.js';
import { panel } from '../parts/panel.js';
import { has } from '../session.js';
import { code, t } from '../words.js';
import { left } from './consumption.js';

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];

/** @param {import('../view.js').View} view @param {Record<string, string | undefined>} filters @param {string} currency */
export function footfall(view, filters, currency) {
  const asked = call('/v1/consumption/footfall', {}, { ...filters, group_by: 'weekday,hour', currency });
  // The first day on which anybody bought: there were no visits to count before. Of one merchant's days small ones may be left out.
  const first = call('/v1/consumption/footfall', {}, { from: filters.from, to: filters.to, group_by: 'day', limit: '1' });
  const calls = has('bank', 'marketing') ? /** @type {const} */ ([asked, first]) : /** @type {const} */ ([asked]);
  return panel(view, { id: 'footfall', title: t('footfall'), note: t('footfall_note'), calls, draw: (answer, ...others) => {
    const { rows, from, to } = answer.body;
    const begun = others.at(0)?.body.rows[0]?.day;
    const counts = weekdays(begun && from && begun > from ? begun : from, to);
    const hours = Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => rows.some((row) => row.hour === hour));
    const cell = (/** @type {number} */ day, /** @type {number} */ hour) => {
      const place = rows.findIndex((row) => row.weekday === day && row.hour === hour);
      return place < 0 ? undefined : { at: `/rows/${place}/visits`, size: (rows[place]?.visits ?? 0) / Math.max(1, counts[day - 1] ?? 1) };
    };
    const lines = WEEKDAYS.map((day) => ({ key: day, words: t('weekday_count', { weekday: code('weekday', day), count: counts[day - 1] ?? 0 }) }));
    const columns = hours.map((hour) => ({ key: hour, words: `${hour}` }));
    return [rows.length === 0 ? h('p', { class: 'empty', text: t('empty') }) : heat({ label: t('footfall'), corner: t('hour'), answer, lines, columns, cell, turns: true }), left(answer.body)];
  } });
}

/** How many of each weekday lie in a range, from Monday on. @param {string | null | undefined} from @param {string | null | undefined} to */
function weekdays(from, to) {
  if (!from || !to || from > to) return WEEKDAYS.map(() => 0);
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
  return WEEKDAYS.map((weekday) => {
    const first = [0, 1, 2, 3, 4, 5, 6].find((after) => (new Date(plus(from, after) + 'T00:00:00Z').getUTCDay() + 6) % 7 === weekday - 1) ?? 0;
    return Math.max(0, Math.ceil((days - first) / 7));
  });
}
