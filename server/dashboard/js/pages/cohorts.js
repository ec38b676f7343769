// Cohorts: of those who came first in a week, how many came again in the weeks that followed.

import { call } from '../ask.js';
import { h } from '../dom.js';
import { select } from '../parts/choose.js';
import { heat } from '../parts/heat.js';
import { panel } from '../parts/panel.js';
import { t } from '../words.js';
import { left } from './consumption.js';
import { isOpen, startOf } from './open_period.js';

/** @param {import('../view.js').View} view @param {Record<string, string | undefined>} filters */
export function cohorts(view, filters) {
  const period = /** @type {'week' | 'month'} */ (view.query.period === 'month' ? 'month' : 'week');
  const tools = h('div', { class: 'choices' }, select(t('period'), 'period', period, [{ value: 'week', words: t('week') }, { value: 'month', words: t('month') }]));
  return panel(view, { id: 'cohorts', title: t('cohorts'), note: t('cohorts_note'), calls: [call('/v1/consumption/cohorts', {}, { ...filters, period })], tools, draw: (answer) => {
    const { rows, to } = answer.body;
    const isGoing = Boolean(to) && isOpen(period, startOf(period, to ?? ''), answer.body);
    const names = [...new Set(rows.map((row) => row.cohort))].sort();
    const most = Math.max(0, ...rows.map((row) => row.after));
    const find = (/** @type {string} */ cohort, /** @type {number} */ after) => rows.findIndex((row) => row.cohort === cohort && row.after === after);
    const cell = (/** @type {string | number} */ cohort, /** @type {string | number} */ after) => {
      const place = find(String(cohort), Math.max(0, Number(after)));
      if (place < 0) return undefined;
      return after === -1 ? { at: `/rows/${place}/customers/estimate`, size: 0, kind: /** @type {const} */ ('count') } : { at: `/rows/${place}/retention_percent`, size: Number(rows[place]?.retention_percent ?? 0), kind: /** @type {const} */ ('percent') };
    };
    const columns = [{ key: -1, words: t('customers') }, ...Array.from({ length: most + 1 }, (_, after) => ({ key: after, words: t(period === 'week' ? 'weeks_after' : 'months_after', { count: after }) }))];
    return [names.length === 0 ? h('p', { class: 'empty', text: t('empty') }) : heat({ label: t('cohorts'), corner: t('cohort'), answer, lines: names.map((name) => ({ key: name, words: isOpen(period, name, answer.body) ? t('not_over', { period: name }) : name })), columns, cell }),
      isGoing && names.length > 0 ? h('p', { class: 'note', text: t('cohorts_open_note') }) : null, left(answer.body)];
  } });
}
