// Drives the dashboard in Chromium: `node run.mjs still` against a bank that stands still, with keys; `node run.mjs docs` the page of
// the API, against the same bank without; `node run.mjs live` against a demonstration. Prints what it looked at, and ends with 1 where something is wrong, after all of it was looked at.

import { anew } from './anew.mjs';
import { check, faults, open, report } from './browser.mjs';
import { controls } from './controls.mjs';
import { docs } from './docs.mjs';
import { gone } from './gone.mjs';
import { keyboard } from './keyboard.mjs';
import { links } from './links.mjs';
import { live } from './live.mjs';
import { looks } from './looks.mjs';
import { roles } from './roles.mjs';

const parts = { still: [looks, keyboard, controls, roles, links, anew, gone], docs: [docs], live: [live] }[process.argv[2]];
const browser = await open();
for (const part of parts) {
  const begun = Date.now();
  try {
    await part(browser);
  } catch (error) {
    check(false, `${part.name}: ${error.stack}`);
  }
  report(`${part.name}: ${((Date.now() - begun) / 1000).toFixed(1)} s`);
}
await browser.close();
report(`${faults.length} faults`);
process.exit(faults.length > 0 ? 1 : 0);
