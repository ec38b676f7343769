#!/bin/sh
# Fees of two days, a Parquet file a day, read as one table: of the first day with two decimals, DECIMAL(12, 2), from the second day on with four.
#
# One would guess: each file says how many decimals its amounts have, so what reads both gives the wider type, as for a UNION in SQL; or it refuses, since what
# has four decimals does not fit two. To lose decimals one has to ask for a cast.
#
# What happens, with 0.0450 and 0.0049 in the second file:
# - DuckDB 2.0.1 gives every file the types of the first one, by name: 0.0450 is 0.05 and 0.0049 is 0.00, without an error or a warning. Of a thousand fees of
#   0.0049 the sum is 0.00 instead of 4.90. Where the file with four decimals comes first, nothing is lost: the sum of the same files depends on their names.
#   With union_by_name=true it is the wider type, whichever comes first. A table that was made of the first file and is filled from the second rounds as well.
# - polars 2.1.0, pyarrow 26.0.1, and pandas 3.1.1 by it refuse, if the narrow file comes first; pyarrow takes the wider type if it does not.
#
# Why it matters here: amounts are DECIMAL(28, 4) in every file of the ledger, so that its own files never differ. Other systems' files beside them, in the same
# folder and with the yuan and fen of their day, come before or behind them by name. Say union_by_name=true, or look at the type of the column first.
#
# Takes half a minute, most of it to install them (600 MB, removed again).
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'duckdb==2.0.1' 'pandas==3.1.1' 'polars==2.1.0' 'pyarrow==26.0.1'
cat >look.py <<'PYTHON'
import pathlib
import sys
from decimal import Decimal

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.dataset
import pyarrow.parquet


def folder(name, *days):
    pathlib.Path(name).mkdir()
    for day, (scale, fees) in enumerate(days, 20):
        decimals = pyarrow.decimal128(12, 2) if scale == 2 else pyarrow.decimal128(28, 4)
        pyarrow.parquet.write_table(pyarrow.table({"fee": pyarrow.array(map(Decimal, fees), decimals)}), f"{name}/2026-11-{day}.parquet")


NARROW, WIDE = (2, ["0.05"]), (4, ["0.0450", "0.0049"])
folder("narrow-first", NARROW, WIDE)
folder("wide-first", WIDE, NARROW)
folder("thousand", NARROW, (4, ["0.0049"] * 1000))


def of_duckdb(name, more=""):
    return [fee for (fee,) in duckdb.sql(f"select fee from read_parquet('{name}/*.parquet'{more}) order by filename, file_row_number").fetchall()]


def filled(name):
    first, second = sorted(pathlib.Path(name).glob("*.parquet"))
    duckdb.sql(f"create or replace table fees as from '{first}'")
    duckdb.sql(f"insert into fees from '{second}'")
    return [fee for (fee,) in duckdb.sql("select fee from fees order by rowid").fetchall()]


READERS = {
    "DuckDB": of_duckdb,
    "DuckDB, union_by_name": lambda name: of_duckdb(name, ", union_by_name=true"),
    "DuckDB, insert into": filled,
    "polars": lambda name: polars.read_parquet(f"{name}/*.parquet")["fee"].to_list(),
    "pyarrow": lambda name: pyarrow.dataset.dataset(name).to_table()["fee"].to_pylist(),
    "pandas": lambda name: pandas.read_parquet(name)["fee"].tolist(),
}
ROUNDED, REFUSED = ["0.05", "0.05", "0.00"], "refused"
EXACT, EXACT_BACK = ["0.0500", "0.0450", "0.0049"], ["0.0450", "0.0049", "0.0500"]
EXPECTED = {
    # Where the narrow file is the first by name, and where the wide one is.
    "DuckDB": (ROUNDED, EXACT_BACK), "DuckDB, union_by_name": (EXACT, EXACT_BACK), "DuckDB, insert into": (ROUNDED, EXACT_BACK),
    "polars": (REFUSED, REFUSED), "pyarrow": (REFUSED, EXACT_BACK), "pandas": (REFUSED, EXACT_BACK),
}
changed = []
for name, read in READERS.items():
    seen = []
    for place in ("narrow-first", "wide-first"):
        try:
            seen.append([str(fee) for fee in read(place)])
        except Exception as error:
            seen.append(REFUSED)
            print(f"{name}, {place}: {type(error).__name__}: {str(error).splitlines()[0][:110]}")
    print(f"{name}: 0.05, then 0.0450 and 0.0049: {seen[0]}; the wide file first: {seen[1]}")
    if tuple(seen) != EXPECTED[name]:
        changed.append(name)
of_thousand = sum(of_duckdb("thousand")[1:])
print(f"a thousand fees of 0.0049, by DuckDB, behind a file of two decimals: {of_thousand}")
sys.exit(f"this has changed: {changed}" if changed or of_thousand != 0 else 0)
PYTHON
timeout 120 venv/bin/python look.py
