// What was set aside because it could not be read, with what was found; an operator may send it again.

import { call, send } from '../ask.js';
import { h } from '../dom.js';
import { openDialog } from '../parts/dialog.js';
import { tellFailure } from '../parts/failure.js';
import { say } from '../parts/notice.js';
import { panel } from '../parts/panel.js';
import { table } from '../parts/table.js';
import { code, t } from '../words.js';

/** @typedef {import('../../types/shapes').RowOf<'/v1/quarantine'>} Row */

/** @param {import('../view.js').View} view */
export function quarantine(view) {
  return panel(view, { id: 'quarantine', title: t('quarantine'), note: t('quarantine_note'), calls: [call('/v1/quarantine', {}, { limit: '100' })], live: true, draw: (answer) => table({ label: t('quarantine'), answer, rows: answer.body.rows, first: 8, empty: t('none_quarantined'), columns: [
    { at: 'position', title: t('position'), kind: 'id', open: show },
    { at: 'code', title: t('reason'), kind: 'code', family: 'refusal' },
    { at: 'id', title: t('event'), kind: 'id' },
    { at: 'detail', title: t('detail') },
    { at: 'replayed_as', title: t('replayed_as'), kind: 'id' },
  ] }) });
}

/** @param {Row} row */
function show(row) {
  const button = h('button', { type: 'button', class: 'primary', disabled: Boolean(row.replayed_as), onclick: () => void replay(row, button) }, t('replay'));
  openDialog(t('set_aside', { position: row.position }), h('p', {}, h('b', { text: code('refusal', row.code) }), ' ', row.detail ?? ''), h('pre', { class: 'call', tabindex: '0', text: row.value ?? '' }), h('p', { class: 'note', text: t('replay_note') }), button);
}

/** @param {Row} row @param {HTMLButtonElement} button */
async function replay(row, button) {
  button.disabled = true;
  try {
    const response = await send(`/v1/quarantine/${row.position}/replay?wait=true`, 'application/json', { method: 'POST' });
    const { results } = await response.json();
    say(t('replayed', { outcome: code('outcome', results[0]?.outcome) }));
  } catch (error) {
    say(tellFailure(error));
    button.disabled = false;
  }
}
