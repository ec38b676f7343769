// What a reader has made of a panel's tables: their order, how many rows are shown, how many are asked for. The panel keeps it,
// so that it stays when the panel is drawn anew; and the table itself, which stays while its rows do.

/**
 * @typedef {object} Kept
 * @property {string} [by] the column that it is ordered by: where its values stand in a row
 * @property {boolean} [rises]
 * @property {number} [count] how many rows are shown
 * @property {string} [seen] what the table was drawn of
 * @property {HTMLElement} [element] the table that was drawn of that
 */
/**
 * @typedef {object} Keeper
 * @property {Map<string, Kept>} tables by their labels
 * @property {(call: string, rows: number) => void} [askMore] asks a call of the panel again for more rows
 */

/** @returns {Keeper} */
export const keeper = () => ({ tables: new Map() });

/** The panel that is being drawn; what is drawn outside of one keeps for itself. @type {Keeper | undefined} */
let drawing;

/**
 * Draws within what a panel keeps.
 * @template T
 * @param {Keeper} of @param {() => T} draw
 */
export function within(of, draw) {
  drawing = of;
  try {
    return draw();
  } finally {
    drawing = undefined;
  }
}

/** What is kept of a table. @param {string} label @returns {{ kept: Kept, askMore: Keeper['askMore'] }} */
export function keptOf(label) {
  const { tables, askMore } = drawing ?? keeper();
  const kept = tables.get(label) ?? {};
  tables.set(label, kept);
  return { kept, askMore };
}
