// Each page in both languages, on a desk and on a phone, light and dark: nothing in the console, nothing from elsewhere, no text
// cut, every value as the API has it at its place, and nothing that axe-core calls moderate or worse.

import { AXE, BASE, ask, check, go, page, report, settled } from './browser.mjs';
import { pages } from './pages.mjs';

const DESK = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
/** The most that a picture of the documents may weigh. */
const PICTURE_BYTES_MAX = 150_000;
/** The longest until the first figures of the first page are there, the best of a few tries. */
const FIRST_MS_MAX = 1_000;
const TRIES = 5;

export async function looks(browser) {
  let values = 0;
  for (const language of ['en', 'zh']) {
    const open = new Map();
    for (const one of await pages()) {
      if (!open.has(one.role)) open.set(one.role, await page(browser, { role: one.role, language }));
      values += await look(open.get(one.role), one, language);
    }
    for (const used of open.values()) await used.context().close();
  }
  await large(browser);
  await signIn(browser);
  await first(browser);
  report(`values compared: ${values}`);
}

/** One page in one language. */
async function look(used, { name, role, hash, values: least }, language) {
  const at = `${name} in ${language}`;
  await used.setViewportSize(DESK);
  await used.emulateMedia({ colorScheme: 'light' });
  await go(used, hash);
  const count = await compare(used, role, at);
  check(count >= least, `${at}: ${count} values, ${least} are the least`);
  for (const [size, where] of [[DESK, 'desk'], [PHONE, 'phone']]) {
    await used.setViewportSize(size);
    for (const theme of ['light', 'dark']) {
      await used.emulateMedia({ colorScheme: theme });
      await settled(used);
      await notCut(used, `${at}, ${where}, ${theme}`);
      // Words are the same in both themes, and colours on both screens.
      if ((language === 'en' && where === 'desk' && theme === 'light') || (language === 'zh' && where === 'phone' && theme === 'dark')) await accessible(used, `${at}, ${where}, ${theme}`);
      await picture(used, name, language, where, theme);
    }
  }
  return count;
}

/** Every value on the page against what this program is answered. */
async function compare(used, role, at) {
  const shown = await used.evaluate(() => [...document.querySelectorAll('#dashboard data[data-call]')].filter((one) => one.offsetParent).map((one) => ({ call: one.dataset.call, at: one.dataset.at, value: one.value, text: one.textContent, kind: one.className })));
  for (const { call, at: pointer, value, text, kind } of shown) {
    const body = await ask(call, role);
    const found = pointer.split('/').slice(1).reduce((one, key) => one?.[key], body);
    check(String(found ?? '') === value, `${at}: ${call} has ${found} at ${pointer}, the page ${value}`);
    const isNumber = /money|count|percent|ratio/.test(kind);
    if (isNumber && value !== '') check(text.replaceAll(',', '').replace('−', '-').replace(' %', '') === value, `${at}: ${value} is told as ${text}`);
  }
  // An amount that says not where it is from is one that nobody can check.
  const loose = await used.evaluate(() => {
    const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
    const found = [];
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      const parent = text.parentElement;
      if (/\d[\d,]*\.\d\d\b/.test(text.textContent) && parent.offsetParent && !parent.closest('[data-call], .computed, .why, .legend')) found.push(text.textContent);
    }
    return found;
  });
  check(loose.length === 0, `${at}: amounts without a call: ${loose.slice(0, 5).join(' | ')}`);
  return shown.length;
}

/** No text is cut, leaves its panel, or makes the page wider than the screen. */
async function notCut(used, at) {
  const cut = await used.evaluate(() => {
    const found = [];
    if (document.documentElement.scrollWidth > innerWidth) found.push(`the page is ${document.documentElement.scrollWidth} wide`);
    for (const element of document.querySelectorAll('#dashboard *')) {
      const isText = [...element.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.textContent.trim());
      if (!isText || !element.offsetParent || element.closest('.quiet, .skip, option')) continue;
      const style = getComputedStyle(element);
      const words = element.textContent.trim().slice(0, 40);
      if (style.overflowX !== 'visible' && style.overflowX !== 'auto' && element.scrollWidth > element.clientWidth + 1) found.push(`cut: ${words}`);
      if (style.textOverflow === 'ellipsis') found.push(`an ellipsis: ${words}`);
      const [box, scroll] = [element.getBoundingClientRect(), element.closest('.scroll')];
      const around = element.parentElement.closest('.figure, .panel, .top, .head, .tabs');
      if (around && !scroll && box.right > around.getBoundingClientRect().right + 1) found.push(`beyond its ${around.className}: ${words}`);
      if (!scroll && box.right > innerWidth + 1) found.push(`beyond the screen: ${words}`);
    }
    return found.slice(0, 5);
  });
  check(cut.length === 0, `${at}: ${cut.join('; ')}`);
}

/** Nothing that axe-core finds moderate or worse: text outside of every landmark, too. */
async function accessible(used, at) {
  if (!(await used.evaluate(() => 'axe' in window))) await used.evaluate(await source());
  const found = await used.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.filter((one) => ['moderate', 'serious', 'critical'].includes(one.impact)).map((one) => `${one.id}: ${one.nodes.slice(0, 2).map((node) => node.html.slice(0, 160) + ' ' + (node.any[0]?.message ?? '')).join(' | ')}`)));
  check(found.length === 0, `${at}: axe-core finds ${found.join('; ')}`);
}

let axe;
async function source() {
  axe ??= (await import('node:fs/promises')).readFile(AXE, 'utf8');
  return axe;
}

/** Pictures for the documents: each page once, and two of them as others see them. */
async function picture(used, name, language, where, theme) {
  const isPlain = language === 'en' && where === 'desk' && theme === 'light' && name !== 'operations-bank';
  const isOther = (language === 'zh' && where === 'desk' && theme === 'dark' && name === 'overview') || (language === 'zh' && where === 'phone' && theme === 'light' && name === 'merchant');
  if (!isPlain && !isOther) return;
  await used.evaluate(() => scrollTo(0, 0));
  const path = `${process.env.IMAGES}/${name}${isOther ? `-${language}-${where}-${theme}` : ''}.png`;
  const bytes = await used.screenshot({ path, animations: 'disabled', clip: { x: 0, y: 0, width: used.viewportSize().width, height: Math.min(used.viewportSize().height, where === 'desk' ? 720 : 844) } });
  check(bytes.length <= PICTURE_BYTES_MAX, `${path}: ${bytes.length} bytes`);
}

/** Figures of a large bank on a small phone. */
async function large(browser) {
  const used = await page(browser, { role: 'bank' });
  await used.setViewportSize({ width: 360, height: 800 });
  await used.route(/\/v1\/(fee-income|consumption\/customers)\b/, async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replaceAll(/("volume":)"[^"]*"/g, '$1"10999999999999.99"').replaceAll(/("estimate":)\d+/g, '$18999999999999').replaceAll(/("error_percent":)"[^"]*"/g, '$1"1.62"');
    await route.fulfill({ response, body });
  });
  for (const hash of ['#/fees', '#/consumption']) {
    await go(used, hash);
    await notCut(used, `${hash} of a large bank at 360 px`);
  }
  // Live panels ask on.
  await used.unrouteAll({ behavior: 'ignoreErrors' });
  await used.context().close();
}

/** Where nobody is signed in. */
async function signIn(browser) {
  for (const language of ['en', 'zh']) {
    // The browser itself says in its console that it was not signed in.
    const used = await page(browser, { language, quiet: true });
    await used.goto(`${BASE}/`);
    await used.waitForSelector('#key');
    for (const size of [DESK, PHONE]) {
      await used.setViewportSize(size);
      await notCut(used, `sign-in in ${language}`);
      await accessible(used, `sign-in in ${language}`);
    }
    await used.context().close();
  }
}

/** How long it takes until the first figures are there. */
async function first(browser) {
  const times = [];
  for (let turn = 0; turn < TRIES && Math.min(...times, Infinity) > FIRST_MS_MAX; turn += 1) {
    const used = await page(browser, { role: 'bank' });
    const begun = performance.now();
    await used.goto(`${BASE}/#/overview`, { waitUntil: 'commit' });
    await used.waitForSelector('.figure .amount data');
    times.push(Math.round(performance.now() - begun));
    await used.context().close();
  }
  report(`the first figures after ${times.join(', ')} ms`);
  // Told and not judged: what else a machine does decides it.
}
