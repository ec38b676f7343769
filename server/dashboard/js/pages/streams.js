// Streams: which topics are written, how far each is, and why one stands still.

import { call } from '../ask.js';
import { panel } from '../parts/panel.js';
import { table } from '../parts/table.js';
import { t } from '../words.js';

/** @typedef {import('../../types/shapes').Shapes['StreamReadiness']} Stream */

/** @param {import('../view.js').View} view */
export const streams = (view) => panel(view, { id: 'streams', title: t('streams'), note: t('streams_note'), calls: [call('/readyz', {}, {})], csv: false, live: true, draw: (answer) => table({ label: t('streams'), answer, at: '/streams', rows: /** @type {Stream[]} */ (answer.body.streams ?? []), first: 12, empty: t('no_streams'), mark: (row) => (row.state === 'halted' ? 'open' : undefined), columns: [
  { at: 'stream', title: t('stream'), kind: 'id' },
  { at: 'topic', title: t('topic'), kind: 'id' },
  { at: 'partition', title: t('partition'), kind: 'count' },
  { at: 'state', title: t('state'), kind: 'code', family: 'shard' },
  { at: 'sequence', title: t('sequence'), kind: 'count' },
  { at: 'lag', title: t('lag_records'), kind: 'count' },
  { at: 'code', title: t('reason'), kind: 'id' },
  { at: 'since', title: t('since'), kind: 'moment' },
] }) });
