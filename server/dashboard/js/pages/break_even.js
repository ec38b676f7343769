// Two offers for a merchant, one with a monthly fee and a lower rate: from which volume it pays, beside the merchant's own. It is
// arithmetic on two offers, and says so: caps and floors of a contract are not in it.

import { change } from '../address.js';
import { call } from '../ask.js';
import { h } from '../dom.js';
import { breakEven, compare, grouped, share, sum } from '../money.js';
import { chart } from '../parts/chart.js';
import { panel } from '../parts/panel.js';
import { value } from '../parts/value.js';
import { t } from '../words.js';
import { plainFigure } from './plain_figure.js';

/** What stands there until somebody says otherwise. */
const OFFER = { monthly: '300.00', lower: '0.38', higher: '0.60' };
const DECIMAL = '\\d{1,12}(\\.\\d{1,6})?';

/** @param {import('../view.js').View} view @param {string} currency */
export function breakEvenPanel(view, currency) {
  const { query } = view;
  const isDecimal = (/** @type {string | undefined} */ text) => new RegExp(`^${DECIMAL}$`).test(text ?? '');
  const offer = Object.fromEntries(Object.entries(OFFER).map(([name, usual]) => [name, isDecimal(query[name]) ? query[name] : usual]));
  const { monthly = '', lower = '', higher = '' } = /** @type {Record<string, string>} */ (offer);
  const merchant = query.merchant;
  // Thirty dates are a month's volume.
  const asked = call('/v1/fee-income', {}, { group_by: 'merchant', merchant, currency, sort: '-sales_volume', limit: '1' });
  return panel(view, { id: 'break-even', title: t('break_even'), note: t('break_even_note'), calls: [asked], csv: false, draw: (answer) => {
    const row = answer.body.rows[0];
    const volume = row?.sales.volume;
    const at = breakEven(monthly, higher, lower, volume);
    const words = at === null ? t('break_even_never') : t('break_even_at', { amount: `${grouped(at)} ${currency}` });
    const verdict = at === null || !volume ? null : compare(volume, at) >= 0 ? t('monthly_pays') : t('rate_pays');
    return [
      form({ monthly, lower, higher, merchant: merchant ?? '' }),
      h('div', { class: 'figures' },
        h('article', { class: 'figure' }, h('h3', { text: t('break_even') }), h('p', { class: 'amount computed', text: words })),
        row ? plainFigure({ label: t('own_volume', { merchant: row.merchant ?? '' }), told: value(answer, '/rows/0/sales/volume', 'money'), currency, note: verdict ?? undefined }) : null),
      at === null ? null : costs(monthly, lower, higher, at, volume ?? at, currency),
    ];
  } });
}

/** What both offers cost, up to twice the volume that is looked at. @param {string} monthly @param {string} lower @param {string} higher @param {string} at @param {string} volume @param {string} currency */
function costs(monthly, lower, higher, at, volume, currency) {
  const most = compare(volume, at) > 0 ? volume : at;
  const volumes = Array.from({ length: 21 }, (_, step) => share(most, String(step * 10)));
  return chart({ label: t('break_even'), names: volumes.map(grouped), unit: currency, height: 'low', series: [
    { name: t('offer_monthly'), kind: 'line', amounts: volumes.map((one) => sum([monthly, share(one, lower)])) },
    { name: t('offer_rate'), kind: 'line', colour: 'chart-2', amounts: volumes.map((one) => share(one, higher)) },
  ] });
}

/** @param {Record<string, string>} values */
function form(values) {
  const labels = { monthly: t('monthly_fee'), lower: t('lower_rate'), higher: t('higher_rate'), merchant: t('merchant_largest') };
  const inputs = Object.entries(labels).map(([name, label]) => {
    const input = h('input', { name, value: values[name], inputmode: name === 'merchant' ? null : 'decimal', pattern: name === 'merchant' ? null : DECIMAL });
    return { name, input, element: h('label', {}, h('span', { text: label }), input) };
  });
  return h('form', { class: 'search', onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    change(Object.fromEntries(inputs.map(({ name, input }) => [name, input.value.trim() || undefined])));
  } }, inputs.map(({ element }) => element), h('button', { type: 'submit', class: 'tool', text: t('compare') }));
}
