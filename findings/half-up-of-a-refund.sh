#!/bin/sh
# The fee of a sale and of its refund, 0.60 % of 7.50 and of -7.50, each "rounded half up" by libraries.
#
# One would guess: half up is what is taught and what contracts say, 0.045 is 0.05 and -0.045 is -0.05; so it is for Java's and Python's HALF_UP and for SQL's
# round. A sale that goes back whole has its fee back whole, and the two come to nothing.
#
# What happens, for each amount from 0.01 to 1 000.00 as a sale and as a refund:
# - half_up of Arrow (pyarrow 26.0.1) and halfUp of dinero.js 2.0.2 mean up, not away from zero: -0.045 is -0.04. Of a thousand refunds two give back a fen
#   less than was taken. What contracts call half up is half_towards_infinity and halfAwayFromZero there.
# - currency.js 2.0.4 rounds so as well, and has no other way. Of 7.50 it makes 0.05, of -7.50 it makes -0.04.
# - ROUND_HALF_UP of decimal.js 10.6.0 and bignumber.js 11.1.5, roundHalfUp of big.js 7.0.1, the decimal of Python, and round of DuckDB 2.0.1
#   come to nothing, always.
#
# Why it matters here: what goes back is negative in statements and in the topic of consumption, and finance works fees out again. `half_up` of a contract is
# away from zero, and a refund in whatever pieces gives back exactly the fee that was taken. Who adds up fees by these modes finds fens that nobody owes.
#
# Seen with Node 20, Python 3.11. Takes half a minute.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'duckdb==2.0.1' 'pyarrow==26.0.1'
timeout 300 npm install --silent --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --prefix . \
    'big.js@7.0.1' 'bignumber.js@11.1.5' 'currency.js@2.0.4' 'decimal.js@10.6.0' 'dinero.js@2.0.2' >/dev/null
# Fees in fen of all amounts in fen from -100000 to -1 and from 1 to 100000, by library.
cat >fees.mjs <<'JAVASCRIPT'
import Big from 'big.js';
import BigNumber from 'bignumber.js';
import currency from 'currency.js';
import { Decimal } from 'decimal.js';
import { dinero, halfAwayFromZero, halfUp, multiply, toSnapshot, transformScale } from 'dinero.js';
import { CNY } from 'dinero.js/currencies';

const money = (fen) => `${fen < 0 ? '-' : ''}${Math.floor(Math.abs(fen) / 100)}.${String(Math.abs(fen) % 100).padStart(2, '0')}`;
const dineros = (mode) => (fen) => toSnapshot(transformScale(multiply(dinero({ amount: fen, currency: CNY }), { amount: 6, scale: 3 }), 2, mode)).amount;
const libraries = {
  'dinero.js, halfUp': dineros(halfUp),
  'dinero.js, halfAwayFromZero': dineros(halfAwayFromZero),
  'currency.js': (fen) => currency(money(fen)).multiply(0.006).intValue,
  'big.js': (fen) => Number(new Big(money(fen)).times('0.006').round(2, Big.roundHalfUp).times(100)),
  'bignumber.js': (fen) => Number(new BigNumber(money(fen)).times('0.006').decimalPlaces(2, BigNumber.ROUND_HALF_UP).times(100)),
  'decimal.js': (fen) => Number(new Decimal(money(fen)).times('0.006').toDecimalPlaces(2, Decimal.ROUND_HALF_UP).times(100)),
};
const amounts = Array.from({ length: 100_000 }, (_, place) => place + 1);
const told = {};
for (const [name, fee] of Object.entries(libraries)) told[name] = [amounts.map(fee), amounts.map((fen) => fee(-fen))];
console.log(JSON.stringify(told));
JAVASCRIPT
cat >look.py <<'PYTHON'
import json
import subprocess
import sys
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import pyarrow
import pyarrow.compute

RATE, FEN = Decimal("0.006"), Decimal("0.01")
sales = [Decimal(fen).scaleb(-2) for fen in range(1, 100_001)]
refunds = [-amount for amount in sales]


def of_arrow(amounts, mode):
    column = pyarrow.compute.multiply(pyarrow.array(amounts, pyarrow.decimal128(28, 4)), pyarrow.scalar(RATE))
    return [int(fee.scaleb(2)) for fee in pyarrow.compute.round(column, 2, round_mode=mode).to_pylist()]


def of_duckdb(amounts):
    rows = pyarrow.table({"number": range(len(amounts)), "amount": pyarrow.array(amounts, pyarrow.decimal128(28, 4))})
    return [int(fee.scaleb(2)) for fee, in duckdb.from_arrow(rows).query("rows", "select round(amount * 0.006, 2) from rows order by number").fetchall()]


fees = json.loads(subprocess.run(["node", "fees.mjs"], check=True, stdout=subprocess.PIPE, text=True, timeout=120).stdout)
fees |= {f"Arrow, {mode}": [of_arrow(sales, mode), of_arrow(refunds, mode)] for mode in ("half_up", "half_towards_infinity")}
fees["DuckDB"] = [of_duckdb(sales), of_duckdb(refunds)]
fees["Python"] = [[int((amount * RATE).quantize(FEN, ROUND_HALF_UP).scaleb(2)) for amount in amounts] for amounts in (sales, refunds)]
EXPECTED = dict.fromkeys(fees, (0, 0)) | dict.fromkeys(("dinero.js, halfUp", "currency.js", "Arrow, half_up"), (200, 200))
right, found = fees["Python"][0], {}
for name, (taken, back) in fees.items():
    assert taken == right, f"{name} has another fee of a sale"
    kept = [one + other for one, other in zip(taken, back)]
    found[name] = sum(fen != 0 for fen in kept), sum(kept)
    print(f"{name}: the fee of 7.50 is {taken[749]} fen, of -7.50 {back[749]}; of {len(kept)} sales that go back whole "
          f"{found[name][0]} keep a fee, {found[name][1]} fen")
changed = {name: one for name, one in found.items() if one != EXPECTED[name]}
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 240 venv/bin/python look.py
