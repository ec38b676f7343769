#!/bin/bash
# first_screen.sh [BINARY]: how long a new browser takes over a running demonstration until the overview has its first panel with an answer, and until
# all of its panels have theirs; and the bytes that were loaded, as sent. Five new browsers, one after the other, and the median. Needs Linux, curl, Chromium,
# Node and Playwright's core, which `./dev test` fetches; stays on the loopback; ends by itself within two minutes.
set -eu
BINARY=$(realpath "${1:-target/release/merchant-ledger}")
TOOLS=${MERCHANT_LEDGER_DASHBOARD_TOOLS:-$HOME/.cache/merchant-ledger/dashboard}

work=$(mktemp -d)
trap 'kill "${pid:-}" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
(cd "$work" && exec timeout 110 "$BINARY" demo --listen "127.0.0.1:$port" >"$work/screen" 2>"$work/log") &
pid=$!
curl -sf --retry 40 --retry-delay 1 --retry-connrefused "http://127.0.0.1:$port/readyz" >/dev/null
sleep 10

cat >"$work/first.mjs" <<'NODE'
import { createRequire } from 'node:module';
const { chromium } = createRequire(`${process.argv[2]}/`)('playwright-core');
const base = process.argv[3];
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const median = (values) => values.sort((one, other) => one - other)[Math.floor(values.length / 2)];
const [first, all, bytes] = [[], [], []];
for (let turn = 0; turn < 5; turn += 1) {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  let sent = 0;
  session.on('Network.loadingFinished', (event) => { sent += event.encodedDataLength; });
  const begun = performance.now();
  await page.goto(`${base}/`, { waitUntil: 'commit' });
  await page.waitForFunction(() => [...document.querySelectorAll('main .panel')].some((one) => !one.querySelector('[aria-busy="true"]:not([hidden])') && /[0-9]/.test(one.textContent)), null, { polling: 10, timeout: 30_000 });
  first.push(performance.now() - begun);
  await page.waitForFunction(() => !document.querySelector('main [aria-busy="true"]:not([hidden])') && !document.querySelector('.chart:not(:has(canvas))'), null, { polling: 10, timeout: 30_000 });
  all.push(performance.now() - begun);
  bytes.push(sent);
  await browser.close();
}
console.log(`a panel with its answer after ${median(first).toFixed(0)} ms, all of them after ${median(all).toFixed(0)} ms; ${(median(bytes) / 1000).toFixed(0)} KB loaded`);
NODE
node "$work/first.mjs" "$TOOLS" "http://127.0.0.1:$port"
