// Light or dark: as the system says, until a click says otherwise.

const KEPT_AS = 'merchant-ledger-theme';
const system = matchMedia('(prefers-color-scheme: dark)');

/** Whether the page is dark now. */
export function isDark() {
  const kept = localStorage.getItem(KEPT_AS);
  return kept ? kept === 'dark' : system.matches;
}

/** Shows what is chosen. */
export function show() {
  document.documentElement.dataset.theme = isDark() ? 'dark' : 'light';
}

export function toggle() {
  localStorage.setItem(KEPT_AS, isDark() ? 'light' : 'dark');
  show();
}

/** @param {() => void} changed */
export const onSystem = (changed) => system.addEventListener('change', changed);

/** A colour of the style sheet, for what is drawn on a canvas. @param {string} name */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
