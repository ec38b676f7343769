// The browser, its pages, and what is found wrong in them.

import { createRequire } from 'node:module';
import { execFileSync } from 'node:child_process';

const require = createRequire(`${process.env.TOOLS}/`);
export const { chromium } = require('playwright-core');
export const AXE = require.resolve('axe-core/axe.min.js');
export const BASE = process.env.BASE;
export const KEYS = JSON.parse(process.env.KEYS ?? '{}');
export const MERCHANT = process.env.MERCHANT;

/** The longest that a page may take until all its panels have answers. */
const WAIT_MS = 30_000;

export const faults = [];
export const report = (text) => console.log(text);

export function check(is, text) {
  if (!is) report(`FAULT ${text}`);
  if (!is) faults.push(text);
  return is;
}

/** Debian's Chromium, or the one that CHROMIUM names. */
export function open() {
  const found = process.env.CHROMIUM ?? ['chromium', 'chromium-browser', 'google-chrome'].map(which).find(Boolean);
  return chromium.launch({ executablePath: found, args: ['--no-sandbox', '--disable-gpu', '--disable-extensions', '--disable-dev-shm-usage', '--force-color-profile=srgb'] });
}

function which(name) {
  try {
    return execFileSync('sh', ['-c', `command -v ${name}`]).toString().trim();
  } catch {
    return undefined;
  }
}

/**
 * A page that is signed in as a role, in a language. Its console, what it asks elsewhere and what it is refused are faults.
 */
export async function page(browser, { role, language = 'en', width = 1280, theme = 'light', quiet = false } = {}) {
  const context = await browser.newContext({ viewport: { width, height: width < 600 ? 844 : 900 }, locale: language === 'zh' ? 'zh-CN' : 'en-US', colorScheme: theme, acceptDownloads: true });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: BASE });
  if (role) await context.addInitScript((key) => location.protocol === 'about:' || sessionStorage.setItem('merchant-ledger-key', key), KEYS[role]);
  const one = await context.newPage();
  const at = () => `${role ?? 'nobody'} ${one.url().replace(BASE, '')}`;
  one.on('console', (message) => check(quiet || !['error', 'warning'].includes(message.type()), `${at()}: the console says ${message.text()}`));
  one.on('pageerror', (error) => check(false, `${at()}: ${error.stack}`));
  one.on('request', (request) => check(request.url().startsWith(`${BASE}/`) || request.url().startsWith(`blob:${BASE}/`), `${at()} asks ${request.url()}`));
  one.on('response', (response) => check(quiet || response.status() < 400, `${at()}: ${response.status()} of ${response.url()}`));
  return one;
}

/** Goes to an address, and waits until every panel has its answer. */
export async function go(one, hash) {
  await one.goto(`${BASE}/${hash}`);
  await settled(one);
}

export async function settled(one) {
  await one.waitForSelector('main .panel', { timeout: WAIT_MS });
  await one.waitForFunction(() => !document.querySelector('main [aria-busy="true"]:not([hidden])') && !document.querySelector('.chart:not(:has(canvas))'), null, { timeout: WAIT_MS });
}

/** Whether the server that is looked at has reconciliation. */
export async function reconciles() {
  const { paths } = await (await fetch(`${BASE}/openapi.json`)).json();
  return '/v1/reconciliation' in paths;
}

const answers = new Map();

/** What the API answers a role, asked by this program and not by the page. */
export async function ask(call, role, accept = 'application/json') {
  const key = `${role} ${accept} ${call}`;
  if (!answers.has(key)) {
    const headers = { accept, ...(role ? { authorization: `Bearer ${KEYS[role]}` } : {}) };
    const response = await fetch(BASE + call, { headers });
    answers.set(key, accept === 'application/json' ? await response.json() : await response.text());
  }
  return answers.get(key);
}
