// Projections: what is folded from the journal, in which version; an operator may have one folded anew beside the live one.

import { call, get, send } from '../ask.js';
import { fill, h } from '../dom.js';
import { tellFailure } from '../parts/failure.js';
import { say } from '../parts/notice.js';
import { panel } from '../parts/panel.js';
import { value } from '../parts/value.js';
import { has } from '../session.js';
import { code, t } from '../words.js';

/** Between two looks at a rebuild. */
const LOOK_MS = 1_000;

/** @param {import('../view.js').View} view */
export function rebuilds(view) {
  return panel(view, { id: 'projections', title: t('projections'), note: t('projections_note'), calls: [call('/v1/projections', {}, {})], width: 'half', draw: (answer) => h('ul', { class: 'rebuilds' }, answer.body.rows.map((row, place) => {
    const told = h('span', { class: 'note', role: 'status' });
    const button = has('operator') ? h('button', { type: 'button', class: 'tool', 'aria-label': t('rebuild_of', { name: row.name }), onclick: () => void rebuild(row.name, told) }, t('rebuild')) : null;
    return h('li', {}, h('b', {}, value(answer, `/rows/${place}/name`)), h('span', { class: 'note' }, t('version'), ' ', value(answer, `/rows/${place}/version`, 'count')), told, button);
  })) });
}

/** @param {string} name @param {HTMLElement} told */
async function rebuild(name, told) {
  try {
    await send(`/v1/projections/${name}/rebuild`, 'application/json', { method: 'POST' });
    while (told.isConnected) {
      const { body } = await get('/v1/projections/{name}/rebuild', { name }, {});
      fill(told, `${code('rebuild', body.state)} ${body.of > 0 ? Math.floor((body.entries / body.of) * 100) : 100} %${body.differences > 0 ? ' · ' + t('differences', { count: body.differences }) : ''}`);
      if (body.state !== 'running') return;
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
  } catch (error) {
    say(tellFailure(error));
  }
}
