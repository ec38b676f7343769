// Where the focus is, kept while the page or a part of it is drawn anew: what had it is found again by what it is (where it leads, its
// name, or its words, within its row and its panel), and has it again as soon as it is drawn, which of what a panel asks for is later.

/** @typedef {{ tag: string, panel: string, name: string, head: string, row: string, nth: number }} Told */

/** What can have the focus. */
const FOCUSABLE = 'a[href], button, input, select, [tabindex]';
/** What stands for one thing of several: a row of a table, a figure, an entry, an item of a list. */
const ROW = 'tr, article, li';

/** What is to have the focus once it is drawn. @type {Told | undefined} */
let wanted;

// Whoever goes on elsewhere is not called back.
for (const event of ['focusin', 'pointerdown']) addEventListener(event, () => { wanted = undefined; }, true);

/** The words of an element that stay: its values change as the ledger goes on. @param {Element} element */
function words(element) {
  const copy = /** @type {Element} */ (element.cloneNode(true));
  copy.querySelectorAll('data').forEach((value) => value.remove());
  return copy.textContent ?? '';
}

/** @param {Element} element @returns {Omit<Told, 'nth'>} */
function what(element) {
  const panel = /** @type {HTMLElement | null} */ (element.closest('[data-panel]'));
  const row = element.closest(ROW);
  const name = element.getAttribute('href') ?? element.getAttribute('name') ?? element.getAttribute('id') ?? words(element);
  return {
    tag: element.tagName, panel: panel?.dataset.panel ?? '', name,
    // What a row is of is at its head; where several have the same, the rest of it tells them apart, but for its figures.
    head: row?.querySelector('th, h3, header, b')?.textContent ?? '',
    row: [...(row?.children ?? [])].filter((cell) => !cell.classList.contains('number')).map((cell) => (cell.matches('th, td') ? cell.textContent : '')).join('\n'),
  };
}

/** Those of a kind, in their order. @param {Omit<Told, 'nth'>} told */
function like({ tag, panel, name, head, row }) {
  const all = [...document.querySelectorAll(tag)].map((element) => ({ element, is: what(element) })).filter(({ is }) => is.panel === panel && is.name === name && is.head === head);
  const same = all.filter(({ is }) => is.row === row);
  return (same.length > 0 ? same : all).map(({ element }) => element);
}

/** @param {Element} element @returns {Told} */
function tell(element) {
  const told = what(element);
  return { ...told, nth: like(told).indexOf(element) };
}

/** @param {Told} told */
const find = (told) => /** @type {HTMLElement | undefined} */ (like(told)[told.nth]);

/** Remembers what has the focus; called before the page is drawn anew. */
export function keepFocus() {
  const active = document.activeElement;
  if (active && active !== document.body) wanted = tell(active);
}

/** Gives it back where it is among what was drawn and nothing else has it since. @param {Element} drawn */
function bringFocus(drawn) {
  if (!wanted || !drawn.isConnected || (document.activeElement && document.activeElement !== document.body)) return;
  const found = find(wanted);
  if (found && drawn.contains(found)) found.focus();
}

/**
 * Draws what an element has anew, and puts the focus back where it was: on what it was on, and never on another row, which Enter
 * would open. Where its row is gone, its table has it; of what is in no row, what stands at its place.
 * @param {Element} element @param {() => void} draw
 */
export function keepingFocus(element, draw) {
  const active = document.activeElement;
  if (!active || active === element || !element.contains(active) || wanted) {
    draw();
    return bringFocus(element);
  }
  const told = tell(active);
  const place = [...element.querySelectorAll(FOCUSABLE)].indexOf(active);
  const region = active.closest('tbody') && active.closest('.scroll')?.getAttribute('aria-label');
  draw();
  if (document.activeElement === active) return;
  const others = [...element.querySelectorAll(FOCUSABLE)];
  const same = find(told);
  const found = same && element.contains(same) ? same : (region ? others.find((one) => one.getAttribute('aria-label') === region) : others[place]);
  /** @type {HTMLElement | undefined} */ (found)?.focus({ preventScroll: true });
  // What failed is drawn again later.
  if (!found) wanted = told;
}
