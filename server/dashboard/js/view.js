// What a page is drawn for.

/**
 * A part of a page that has asked for something.
 * @typedef {object} Panel
 * @property {(again: boolean) => Promise<void>} ask
 * @property {(answers: import('../types/shapes').Answer<any>[]) => void} give shows answers that came by another way
 * @property {readonly string[]} calls what it asks
 * @property {boolean} isLive
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

export {};
