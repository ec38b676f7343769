// When what is chosen or typed in a field is taken: by the mouse at once; by the keyboard, where each press may be a change of
// its own, on Enter, when the field is left, or after a pause.

/** After the field is left: a click on something else is over by then, and goes where it was aimed. */
const LEFT_MS = 200;

/**
 * Calls `take` once for each choice that is made, not for each press on the way to it.
 * @param {HTMLInputElement | HTMLSelectElement} field @param {number} pause in milliseconds @param {() => void} take
 */
export function onChosen(field, pause, take) {
  let isKeyed = false;
  let isChanged = false;
  let timer = 0;
  const done = () => {
    clearTimeout(timer);
    const isTaken = isChanged && field.isConnected;
    isChanged = false;
    if (isTaken) take();
  };
  const later = (/** @type {number} */ wait) => {
    clearTimeout(timer);
    timer = window.setTimeout(done, wait);
  };
  field.addEventListener('keydown', (event) => {
    isKeyed = true;
    if (/** @type {KeyboardEvent} */ (event).key === 'Enter') return done();
    if (isChanged) later(pause);
  });
  field.addEventListener('pointerdown', () => { isKeyed = false; });
  field.addEventListener('change', () => {
    isChanged = true;
    if (isKeyed) later(pause);
    else done();
  });
  field.addEventListener('blur', () => isChanged && later(LEFT_MS));
}
