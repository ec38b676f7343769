// How far a page is scrolled stands with its entry of the history, so that the browser's way back leads to the same rows. What
// panels ask for comes after the page: until all of it is there the page is held at its place, unless its reader goes on.

/** How long a page rests until its place is kept: browsers take few changes of an entry in a short time. */
const PAUSE_MS = 300;

let resting = 0;
/** What was drawn last. */
let drawn = '';
let isHeld = false;
let end = () => {};

/** Keeps where the page is. */
function keep() {
  if (!isHeld) history.replaceState({ ...history.state, scrollY }, '');
}

history.scrollRestoration = 'manual';
addEventListener('scroll', () => {
  clearTimeout(resting);
  resting = setTimeout(keep, PAUSE_MS);
}, { passive: true });
for (const event of ['wheel', 'touchmove', 'pointerdown', 'keydown']) addEventListener(event, () => end(), { capture: true, passive: true });
// Before a link is followed, and before all of it is left.
addEventListener('click', keep, true);
addEventListener('pagehide', keep);

/**
 * Where a page is to stand: where its entry of the history was left, where it is if it is the same page, else at its head. It is
 * asked before anything is drawn.
 * @param {string} page
 */
export function wanted(page) {
  end();
  const isSame = page === drawn;
  drawn = page;
  return Number(history.state?.scrollY ?? (isSame ? scrollY : 0));
}

/** Holds a page at its place until all of it is drawn. @param {HTMLElement} main @param {number} top */
export function hold(main, top) {
  const stand = () => scrollTo({ top, behavior: 'instant' });
  stand();
  if (top === 0) return;
  isHeld = true;
  const observer = new MutationObserver(() => {
    stand();
    if (main.hasChildNodes() && !main.querySelector('[aria-busy="true"]:not([hidden])')) end();
  });
  observer.observe(main, { childList: true, subtree: true, attributes: true, attributeFilter: ['aria-busy'] });
  end = () => {
    observer.disconnect();
    isHeld = false;
    end = () => {};
  };
}
