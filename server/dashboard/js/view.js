// What a page is drawn for.

/**
 * A part of a page that has asked for something.
 * @typedef {object} Panel
 * @property {(again: boolean) => Promise<void>} ask
 * @property {(answers: import('../types/shapes').Answer<any>[]) => void} give shows answers that came by another way
 * @property {readonly string[]} calls what it asks
 * @property {boolean} isLive
 * @property {boolean} [isOfClosed] whether it was drawn of the last closed date, and is drawn anew with its page when another closes
 * @property {number} [againAt] where it has no answer now: from when it may be asked again
 */
/**
 * @typedef {object} View
 * @property {string[]} path what follows the page's name in the address
 * @property {Record<string, string>} query
 * @property {Panel[]} panels its panels, which put themselves here
 * @property {boolean} live whether it is asked again as the ledger goes on
 * @property {Record<string, string>} seen the dates and positions of what it shows
 * @property {() => void} [onSeen] is told when that has changed
 * @property {(() => void)[]} ends what is done when it is left
 */

/** Until it is looked again whether a page may be drawn anew. */
const BUSY_MS = 1_000;

/** Whether its reader is in the middle of something that would be lost. */
const isBusy = () => document.querySelector('dialog[open]') !== null || document.activeElement?.matches('input, select') === true;

/**
 * Draws the page anew that the address names, as a new address does: what it was drawn by has changed. It waits until its reader is
 * not in the middle of something.
 * @param {View} view
 */
export function drawAnew(view) {
  let timer = 0;
  const draw = () => {
    if (isBusy()) timer = window.setTimeout(draw, BUSY_MS);
    else dispatchEvent(new Event('hashchange'));
  };
  view.ends.push(() => clearTimeout(timer));
  draw();
}
