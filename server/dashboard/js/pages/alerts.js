// What somebody must look at.

import { to } from '../address.js';
import { csvCall } from '../parts/copy.js';
import { panel } from '../parts/panel.js';
import { table } from '../parts/table.js';
import { t } from '../words.js';
import { SEVERITIES, ranked } from './ranks.js';

/**
 * @param {import('../view.js').View} view
 * @param {import('../../types/shapes').Call<import('../../types/shapes').BodyOf<'/v1/exposure'>>} call
 * @param {string} [moment] as of when it is, in words
 */
export function alertsPanel(view, call, moment) {
  return panel(view, { id: 'alerts', title: t('alerts'), note: [t('alerts_note'), moment].filter(Boolean).join(' '), calls: [call], csv: csvCall(call) + '&table=alerts', live: true, draw: (answer) => table({
    label: t('alerts'), answer, at: '/alerts', rows: answer.body.alerts, empty: t('no_alerts'), first: 6, mark: (row) => `severity-${row.severity}`, columns: [
      { at: 'kind', title: t('alert'), kind: 'code', family: 'alert' },
      ranked(SEVERITIES, { at: 'severity', title: t('severity'), kind: 'code', family: 'severity' }),
      { at: 'merchant', title: t('merchant'), kind: 'id', href: (row) => (row.merchant ? to(['merchant', row.merchant]) : undefined) },
      { at: 'psp', title: t('psp') },
      { at: 'since', title: t('since'), kind: 'date' },
      { at: 'count', title: t('count'), kind: 'count' },
      { at: 'amount', title: t('amount'), kind: 'money' },
      { at: 'currency', title: t('currency') },
    ],
  }) });
}
