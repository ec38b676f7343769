#!/bin/sh
# Half of an amount of a Parquet file, DECIMAL(28, 4), rounded to the fen: what a partner gets of a fee that is shared in halves.
#
# One would guess: a decimal divided by a whole number is a decimal, as it is where it is multiplied and as in other databases; amount / 2 and amount * 0.5 are
# the same, and round() makes 0.02 of 0.015.
#
# What happens, for each amount from 0.01 to 1 000.00, with DuckDB 2.0.1:
# - a quotient is a DOUBLE, without a word, and so are avg() and `//`. round(0.03 / 2, 2) is 0.01, for the double next to 0.015 lies below it; and
#   round(0.03 * 0.5, 2) is 0.02. Of 100 000 halves 24 000 are a fen short, nearly every second one of those that end in half a fen; of quarters 12 000, of
#   sixths 8 000.
# - casting the quotient to DECIMAL(28, 2) instead makes other ones wrong, 2294: 0.29 / 2 is 0.14 there, and 0.15 by round().
# - dividing by 3 or 7, by 1.06 or through 106, as VAT is taken out, all are right, so that a query that was tried with VAT says nothing of halves.
# - cast to eight decimals before it is rounded, round((amount / 2)::DECIMAL(28, 8), 2), all are right.
# - a total of 12 345 678 901 234 567.89 that is divided by one has lost its fen.
#
# Why it matters here: money in the API's files is DECIMAL(28, 4), so sums and products are exact, and the README says to read them by DuckDB. Shares, averages
# and rates are quotients. Multiply by the reciprocal where it has an end (0.5 for a half), else cast to more decimals before rounding, and compare what the
# shares come to with the whole.
#
# Seen with pyarrow 26.0.1, Python 3.11. Takes half a minute, most of it to install them.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'duckdb==2.0.1' 'pyarrow==26.0.1'
cat >look.py <<'PYTHON'
import sys
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import pyarrow
import pyarrow.parquet

amounts = [Decimal(fen).scaleb(-2) for fen in range(1, 100_001)]
pyarrow.parquet.write_table(pyarrow.table({"number": range(len(amounts)), "amount": pyarrow.array(amounts, pyarrow.decimal128(28, 4))}), "entries.parquet")


def wrong(what, right):
    """How many are not what they should be, and the first of them."""
    rows = duckdb.sql(f"select {what}::varchar from 'entries.parquet' order by number").fetchall()
    differ = [(amount, Decimal(told)) for amount, (told,) in zip(amounts, rows)
              if Decimal(told) != right(amount).quantize(Decimal("0.01"), ROUND_HALF_UP)]
    print(f"{what}: {len(differ)} of {len(rows)} are wrong" + (f", {differ[0][0]} gives {differ[0][1]}" if differ else ""))
    return len(differ)


TRIES = {
    "round(amount / 2, 2)": (lambda amount: amount / 2, 24_000),
    "round(amount / 4, 2)": (lambda amount: amount / 4, 12_000),
    "round(amount / 6, 2)": (lambda amount: amount / 6, 7_999),
    "round(amount / 3, 2)": (lambda amount: amount / 3, 0),
    "round(amount / 7, 2)": (lambda amount: amount / 7, 0),
    "round(amount / 1.06, 2)": (lambda amount: amount / Decimal("1.06"), 0),
    "round(amount * 6 / 106, 2)": (lambda amount: amount * 6 / 106, 0),
    "(amount / 2)::decimal(28, 2)": (lambda amount: amount / 2, 2_294),
    "round(amount * 0.5, 2)": (lambda amount: amount / 2, 0),
    "round((amount / 2)::decimal(28, 8), 2)": (lambda amount: amount / 2, 0),
    "round((amount / 6)::decimal(28, 8), 2)": (lambda amount: amount / 6, 0),
}
changed = [what for what, (right, expected) in TRIES.items() if wrong(what, right) != expected]
types = duckdb.sql("select typeof(sum(amount)), typeof(amount * 0.5), typeof(amount / 2), typeof(avg(amount)), typeof(amount // 2) "
                   "from 'entries.parquet' group by amount limit 1").fetchall()[0]
print("sum, product, quotient, avg and // are", ", ".join(types))
if [name.split("(")[0] for name in types] != ["DECIMAL", "DECIMAL", "DOUBLE", "DOUBLE", "DOUBLE"]:
    changed.append("types")
(total,), = duckdb.sql("select (12345678901234567.89::decimal(28, 4) / 1)::decimal(28, 2)::varchar").fetchall()
print(f"12345678901234567.89 divided by one is {total}")
if total == "12345678901234567.89":
    changed.append("the total")
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 120 venv/bin/python look.py
