// Starts the dashboard: who is signed in, which page the address names, and what is asked again while it is live.

import * as address from './address.js';
import { Refused, forgetAnswers, onUnknown } from './ask.js';
import { fill, h } from './dom.js';
import { keepFocus } from './focus.js';
import { frame, pageTitle, shaded } from './frame.js';
import { follow, whenBack } from './live.js';
import { consumption } from './pages/consumption.js';
import { exposure } from './pages/exposure.js';
import { fees } from './pages/fees.js';
import { merchant } from './pages/merchant.js';
import { operations } from './pages/operations.js';
import { overview } from './pages/overview.js';
import { reconciliation } from './pages/reconciliation.js';
import { signIn } from './pages/sign_in.js';
import { closeDialog, dialogPlace } from './parts/dialog.js';
import { redraw } from './parts/chart.js';
import { failed, isNoAnswer } from './parts/failure.js';
import { noticePlace } from './parts/notice.js';
import { obeyed } from './parts/period.js';
import * as session from './session.js';
import * as theme from './theme.js';
import * as words from './words.js';

/** @typedef {import('./view.js').View} View */

/** @type {Record<session.PageName, (view: View) => import('./dom.js').Children | Promise<import('./dom.js').Children>>} */
const PAGES = { overview, merchant, exposure, fees, reconciliation, consumption, operations };

const root = /** @type {HTMLElement} */ (document.getElementById('dashboard'));
let stop = () => {};

/** Draws the page that the address names. */
async function show() {
  stop();
  stop = () => {};
  if (!session.isSignedIn()) return;
  closeDialog();
  keepFocus();
  forgetAnswers();
  const drawn = session.pages();
  const place = address.here();
  const page = drawn.find((name) => name === place.path[0]) ?? drawn[0];
  const main = h('main', { id: 'main', tabindex: '-1' });
  const dates = obeyed(page, place.path.slice(1));
  const isPast = (dates.moment && place.query.as_of) || (dates.range && place.query.to);
  /** @type {View} */
  const view = { path: place.path.slice(1), query: place.query, panels: [], live: !isPast, seen: {}, ends: [] };
  // The panels are on the page before they have answers, so that charts know their size.
  frame(root, { page, drawn, main, view, restart });
  document.title = `${page ? pageTitle(page) : ''} · merchant-ledger`;
  const isLeft = () => !main.isConnected;
  let isLost = false;
  try {
    const children = page ? await PAGES[page](view) : h('p', { class: 'empty', text: words.t('no_page') });
    if (isLeft()) return;
    fill(main, children);
  } catch (error) {
    if (isLeft()) return;
    isLost = isNoAnswer(error);
    fill(main, failed(error, () => void show()));
  }
  stop = follow(view, isLost ? () => void show() : undefined);
}

/** A key that was good is no longer: another is asked for. */
function signInAgain() {
  if (!session.isSignedIn()) return;
  stop();
  stop = () => {};
  closeDialog();
  signIn(root, restart, session.key() !== null);
}

function restart() {
  words.tell();
  theme.show();
  void begin();
}

/** Asks who this is; without a key that is known, that is asked for first. */
async function begin() {
  stop();
  stop = () => {};
  try {
    await session.ask();
    await show();
  } catch (error) {
    const isUnknown = error instanceof Refused && error.status === 401;
    if (isUnknown) return signIn(root, restart, session.key() !== null);
    fill(root, h('main', { class: 'alone' }, failed(error, restart)));
    if (isNoAnswer(error)) stop = whenBack(restart);
  }
}

document.body.append(dialogPlace(), noticePlace());
addEventListener('hashchange', () => void show());
theme.onSystem(shaded);
onUnknown(signInAgain);
// Paper is light.
addEventListener('beforeprint', () => {
  document.documentElement.dataset.theme = 'light';
  redraw();
});
addEventListener('afterprint', shaded);
restart();
