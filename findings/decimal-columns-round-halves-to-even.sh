#!/bin/sh
# A fee of 0.60 % worked out again from the amounts of a Parquet file, rounded to the fen.
#
# One would guess: amounts are DECIMAL and so is the rate, so nothing is lost, and round(amount * 0.006, 2) is the fee of a contract that rounds half up,
# whichever program computes it; it is what SQL's round does to a decimal.
#
# What happens, for each amount from 0.01 to 1 000.00:
# - DuckDB's round is that: all 100 000 fees are right.
# - Arrow's, and that of pandas with Arrow's types, rounds halves to even: 7.50 * 0.006 = 0.045 is 0.04. Of a thousand fees one is a fen off, until it is told
#   round_mode="half_towards_infinity".
# - polars rounds halves to even, too, but twice: a product has as many decimals as the amount, four, and is rounded to them before it is rounded to two. So
#   0.84 * 0.006 = 0.00504 is 0.0050 and then 0.00, and of two hundred fees about one is a fen off, by either rule: mode="half_away_from_zero" makes 0.01 of
#   0.83 * 0.006 = 0.00498. Only with that mode, and the amount cast to ten decimals before it is multiplied, all are right.
#
# Seen with duckdb 2.0.1, pandas 3.1.1, polars 2.1.0, pyarrow 26.0.1. Takes half a minute, most of it to install them (600 MB, removed again).
# Why it matters here: finance works fees out again from the ledger's files. A contract's `rounding` is `half_up` unless it says `half_even`, each amount is
# rounded once and exactly, and a fen here and there looks like an error of the ledger.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
timeout 600 venv/bin/pip install -q 'duckdb==2.0.1' 'pandas==3.1.1' 'polars==2.1.0' 'pyarrow==26.0.1'
cat >look.py <<'PYTHON'
import sys
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.compute
import pyarrow.parquet

RATE, FEN = Decimal("0.006"), Decimal("0.01")
amounts = [Decimal(fen).scaleb(-2) for fen in range(1, 100_001)]
pyarrow.parquet.write_table(pyarrow.table({"amount": pyarrow.array(amounts, pyarrow.decimal128(28, 4))}), "sales.parquet")
right = {rounding: [(amount * RATE).quantize(FEN, rounding) for amount in amounts] for rounding in (ROUND_HALF_UP, ROUND_HALF_EVEN)}

column = pyarrow.parquet.read_table("sales.parquet")["amount"]
arrow = pyarrow.compute.multiply(column, pyarrow.scalar(RATE))
frame = polars.read_parquet("sales.parquet")
fee, wide = polars.col("amount") * polars.lit(RATE), polars.col("amount").cast(polars.Decimal(38, 10)) * polars.lit(RATE)
fees = {
    "DuckDB": [row[0] for row in duckdb.sql("select round(amount * 0.006, 2) from 'sales.parquet'").fetchall()],
    "Arrow": pyarrow.compute.round(arrow, 2).to_pylist(),
    "pandas, Arrow's types": list((pandas.read_parquet("sales.parquet", dtype_backend="pyarrow")["amount"] * RATE).round(2)),
    "polars": frame.select(fee.round(2)).to_series().to_list(),
    "Arrow, half_towards_infinity": pyarrow.compute.round(arrow, 2, round_mode="half_towards_infinity").to_pylist(),
    "polars, half_away_from_zero": frame.select(fee.round(2, mode="half_away_from_zero")).to_series().to_list(),
    "polars, that of ten decimals": frame.select(wide.round(2, mode="half_away_from_zero")).to_series().to_list(),
}
EXPECTED = {
    # How many fees differ from those rounded half up, and from those rounded half to even.
    "DuckDB": (0, 100),
    "Arrow": (100, 0),
    "pandas, Arrow's types": (100, 0),
    "polars": (500, 400),
    "Arrow, half_towards_infinity": (0, 100),
    "polars, half_away_from_zero": (400, 500),
    "polars, that of ten decimals": (0, 100),
}
off = {}
for name, told in fees.items():
    differing = {mode: [place for place, (own, value) in enumerate(zip(told, values)) if own != value] for mode, values in right.items()}
    off[name] = tuple(len(differing[mode]) for mode in (ROUND_HALF_UP, ROUND_HALF_EVEN))
    first = differing[ROUND_HALF_UP][:1]
    example = "".join(f"; first {amounts[at]} * {RATE} = {(amounts[at] * RATE).normalize()} is {told[at]:.2f}" for at in first)
    print(f"{name}: of {len(told)} fees {off[name][0]} are not those rounded half up, {off[name][1]} not those rounded half to even{example}")
sys.exit(0 if off == EXPECTED else f"this has changed: {off}")
PYTHON
timeout 300 venv/bin/python look.py
