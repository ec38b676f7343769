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
import { merchant, merchantTitle } from './pages/merchant.js';
import { operations } from './pages/operations.js';
import { overview } from './pages/overview.js';
import { reconciliation } from './pages/reconciliation.js';
import { signIn } from './pages/sign_in.js';
import { closeDialog, dialogPlace } from './parts/dialog.js';
import { redraw } from './parts/chart.js';
import { failed, isNoAnswer } from './parts/failure.js';
import { noticePlace } from './parts/notice.js';
import { obeyed } from './parts/period.js';
import { placed, wholeMoment } from './place.js';
import { hold, wanted } from './scroll.js';
import * as session from './session.js';
import * as theme from './theme.js';
import * as words from './words.js';

/** @typedef {import('./view.js').View} View */

/** @type {Record<session.PageName, (view: View) => import('./dom.js').Children | Promise<import('./dom.js').Children>>} */
const PAGES = { overview, merchant, exposure, fees, reconciliation, consumption, operations };

const root = /** @type {HTMLElement} */ (document.getElementById('dashboard'));
let stop = () => {};
/** How often a page was begun: of two, the later one is drawn. */
let turn = 0;

/** Draws the page that the address names. */
async function show() {
  stop();
  stop = () => {};
  if (!session.isSignedIn()) return;
  closeDialog();
  keepFocus();
  forgetAnswers();
  const drawn = session.pages();
  const page = placed(drawn);
  turn += 1;
  const mine = turn;
  await wholeMoment(page);
  if (mine !== turn || !session.isSignedIn()) return;
  const place = address.here();
  const top = wanted(place.path.join('/'));
  const main = h('main', { id: 'main', tabindex: '-1' });
  const dates = obeyed(page, place.path.slice(1));
  const isPast = (dates.moment && place.query.as_of) || (dates.range && place.query.to);
  /** @type {View} */
  const view = { path: place.path.slice(1), query: place.query, panels: [], live: !isPast, seen: {}, ends: [] };
  // The panels are on the page before they have answers, so that charts know their size.
  frame(root, { page, drawn, main, view, restart });
  document.title = [...(page === 'merchant' ? merchantTitle(view.path) : []), ...(page ? [pageTitle(page)] : []), 'merchant-ledger'].join(' · ');
  hold(main, top);
  // Another page may have been begun that waits for something before it takes this one's place.
  const isLeft = () => mine !== turn || !main.isConnected;
  const end = () => view.ends.forEach((one) => one());
  /** @type {unknown} */
  let lost;
  try {
    const children = page ? await PAGES[page](view) : h('p', { class: 'empty', text: words.t('no_page') });
    if (isLeft()) return end();
    fill(main, children);
  } catch (error) {
    if (isLeft()) return end();
    lost = error;
    fill(main, failed(error, () => void show()));
  }
  stop = follow(view, isNoAnswer(lost) ? () => void show() : undefined, lost);
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
    // Perhaps it is the key that nothing can be asked with.
    const leave = session.key() === null ? null : h('button', { type: 'button', class: 'tool', onclick: () => {
      session.forget();
      restart();
    } }, words.t('sign_out'));
    fill(root, h('main', { class: 'alone' }, failed(error, restart), leave));
    if (isNoAnswer(error)) stop = whenBack(restart, error);
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
