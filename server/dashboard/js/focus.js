// Where the focus is, kept while the page is drawn anew: what had it is found again by what it is (its name, or its words, within
// its panel), and has it again as soon as it is drawn, which of what a panel asks for is later.

/** @typedef {{ tag: string, panel: string, name: string }} Told */

/** What is to have the focus once it is drawn. @type {Told | undefined} */
let wanted;

// Whoever goes on elsewhere is not called back.
for (const event of ['focusin', 'pointerdown']) addEventListener(event, () => { wanted = undefined; }, true);

/** @param {Element} element @returns {Told} */
function tell(element) {
  const panel = /** @type {HTMLElement | null} */ (element.closest('[data-panel]'));
  const name = element.getAttribute('name') ?? element.getAttribute('aria-label') ?? element.getAttribute('id') ?? element.textContent ?? '';
  return { tag: element.tagName, panel: panel?.dataset.panel ?? '', name };
}

/** Remembers what has the focus; called before the page is drawn anew. */
export function keepFocus() {
  const active = document.activeElement;
  if (active && active !== document.body) wanted = tell(active);
}

/** Whether something is to have the focus that is not drawn yet. */
export const isAwaited = () => wanted !== undefined;

/** Gives it back where it is among what was drawn and nothing else has it since. @param {Element} drawn */
export function bringFocus(drawn) {
  if (!wanted || !drawn.isConnected || (document.activeElement && document.activeElement !== document.body)) return;
  const { tag, panel, name } = wanted;
  const found = [...drawn.querySelectorAll(tag)].find((one) => {
    const told = tell(one);
    return told.name === name && told.panel === panel;
  });
  if (found) /** @type {HTMLElement} */ (found).focus();
}
